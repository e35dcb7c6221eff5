//! `AVG`. The mean of whole numbers is a whole number, cut towards zero; that of decimals keeps its digits behind the
//! point in the same way.

use std::marker::PhantomData;
use std::sync::Arc;

use arrow_array::types::{
    ArrowPrimitiveType, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
};
use arrow_array::{ArrayRef, Decimal128Array, Float64Array, Int64Array, PrimitiveArray};

use super::{Accumulator, column, each_value, typed};
use crate::evaluate::Evaluated;
use crate::row_error::{ErrorName, RowError};
use crate::state::Damaged;
use crate::types::DataType;

/// What takes the mean of values of a type, which is of that type.
pub(super) fn mean(argument: DataType, data_type: DataType) -> Box<dyn Accumulator> {
    match argument {
        DataType::TinyInt => Box::new(Mean::<Int8Type, i128>::new(data_type)),
        DataType::SmallInt => Box::new(Mean::<Int16Type, i128>::new(data_type)),
        DataType::Integer => Box::new(Mean::<Int32Type, i128>::new(data_type)),
        DataType::Decimal { .. } => Box::new(Mean::<Decimal128Type, i128>::new(data_type)),
        DataType::Real => Box::new(Mean::<Float32Type, f64>::new(data_type)),
        DataType::Double => Box::new(Mean::<Float64Type, f64>::new(data_type)),
        _ => Box::new(Mean::<Int64Type, i128>::new(data_type)),
    }
}

/// What values are added up in.
trait Total<T: ArrowPrimitiveType>: Copy + Default + Send + 'static {
    fn add(self, value: T::Native) -> Self;
    /// The mean; none if it has no value.
    fn divided(self, count: i64) -> Option<T::Native>;
    fn array(totals: Vec<Self>) -> ArrayRef;
    fn totals(columns: &mut dyn Iterator<Item = &ArrayRef>) -> Result<Vec<Self>, Damaged>;
}

impl<T: ArrowPrimitiveType> Total<T> for i128
where
    T::Native: Into<i128> + TryFrom<i128>,
{
    fn add(self, value: T::Native) -> Self {
        self.wrapping_add(value.into())
    }

    fn divided(self, count: i64) -> Option<T::Native> {
        T::Native::try_from(self / i128::from(count)).ok()
    }

    fn array(totals: Vec<Self>) -> ArrayRef {
        Arc::new(Decimal128Array::from(totals))
    }

    fn totals(columns: &mut dyn Iterator<Item = &ArrayRef>) -> Result<Vec<Self>, Damaged> {
        Ok(column::<Decimal128Array>(columns)?.values().to_vec())
    }
}

/// Narrows what was widened to be added up.
trait Narrow: Into<f64> {
    fn narrow(wide: f64) -> Self;
}

impl Narrow for f64 {
    fn narrow(wide: f64) -> Self {
        wide
    }
}

impl Narrow for f32 {
    #[expect(clippy::cast_possible_truncation, reason = "a mean of REAL is a REAL, and lies between its values")]
    fn narrow(wide: f64) -> Self {
        wide as f32
    }
}

impl<T: ArrowPrimitiveType> Total<T> for f64
where
    T::Native: Narrow,
{
    fn add(self, value: T::Native) -> Self {
        self + value.into()
    }

    #[expect(clippy::cast_precision_loss, reason = "nobody counts to 2^53")]
    fn divided(self, count: i64) -> Option<T::Native> {
        let mean = self / count as f64;
        mean.is_finite().then(|| T::Native::narrow(mean))
    }

    fn array(totals: Vec<Self>) -> ArrayRef {
        Arc::new(Float64Array::from(totals))
    }

    fn totals(columns: &mut dyn Iterator<Item = &ArrayRef>) -> Result<Vec<Self>, Damaged> {
        Ok(column::<Float64Array>(columns)?.values().to_vec())
    }
}

struct Mean<T, S> {
    data_type: DataType,
    totals: Vec<(S, i64)>,
    values: PhantomData<fn() -> T>,
}

impl<T, S> Mean<T, S> {
    fn new(data_type: DataType) -> Self {
        Self { data_type, totals: Vec::new(), values: PhantomData }
    }
}

impl<T: ArrowPrimitiveType, S: Total<T>> Accumulator for Mean<T, S> {
    fn grow(&mut self, count: usize) {
        self.totals.resize(count, (S::default(), 0));
    }

    fn update(&mut self, groups: &[u32], values: Option<&ArrayRef>) {
        let Some(array) = values.map(typed::<PrimitiveArray<T>>) else { return };
        let numbers = array.values();
        each_value(groups, array, |group, row| {
            let (total, count) = self.totals[group];
            self.totals[group] = (total.add(numbers[row]), count + 1);
        });
    }

    fn values(&self, groups: &[u32]) -> Evaluated {
        let mut errors = Vec::new();
        let means: PrimitiveArray<T> = groups
            .iter()
            .enumerate()
            .map(|(place, group)| {
                let (total, count) = self.totals[*group as usize];
                let mean = if count == 0 { return None } else { total.divided(count) };
                if mean.is_none() {
                    errors.push((place, RowError::new(ErrorName::Overflow, "The sum behind a mean is too large")));
                }
                mean
            })
            .collect();
        Evaluated { values: Arc::new(means.with_data_type(super::arrow(self.data_type))), errors }
    }

    fn reset(&mut self, groups: &[u32]) {
        groups.iter().for_each(|group| self.totals[*group as usize] = (S::default(), 0));
    }

    fn clear(&mut self) {
        self.totals.clear();
    }

    fn memory(&self) -> usize {
        self.totals.capacity() * size_of::<(S, i64)>()
    }

    fn state(&self, groups: &[u32]) -> Vec<ArrayRef> {
        let (totals, counts): (Vec<S>, Vec<i64>) = groups.iter().map(|group| self.totals[*group as usize]).unzip();
        vec![S::array(totals), Arc::new(Int64Array::from(counts))]
    }

    fn restore(&mut self, columns: &mut dyn Iterator<Item = &ArrayRef>) -> Result<(), Damaged> {
        let totals = S::totals(columns)?;
        let counts = column::<Int64Array>(columns)?.values();
        self.totals = totals.into_iter().zip(counts.iter().copied()).collect();
        Ok(())
    }
}
