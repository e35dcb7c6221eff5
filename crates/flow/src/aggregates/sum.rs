//! `SUM`. Whole numbers and decimals are added in 128 bits, so that only a sum that does not fit at the end is an error,
//! whatever stood in between.

use std::marker::PhantomData;
use std::sync::Arc;

use arrow_array::types::{
    ArrowPrimitiveType, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
};
use arrow_array::{ArrayRef, BooleanArray, Decimal128Array, Float64Array, Int64Array, PrimitiveArray};

use super::{Accumulator, column, each_value, typed};
use crate::evaluate::Evaluated;
use crate::row_error::{ErrorName, RowError};
use crate::state::Damaged;
use crate::types::{DECIMAL_DIGITS_MAX, DataType};

/// What adds values of a type.
pub(super) fn sum(argument: DataType, data_type: DataType) -> Box<dyn Accumulator> {
    match argument {
        DataType::TinyInt => Box::new(Whole::<Int8Type>::new(data_type)),
        DataType::SmallInt => Box::new(Whole::<Int16Type>::new(data_type)),
        DataType::Integer => Box::new(Whole::<Int32Type>::new(data_type)),
        DataType::Decimal { .. } => Box::new(Whole::<Decimal128Type>::new(data_type)),
        DataType::Real => Box::new(Approximate::<Float32Type>::default()),
        DataType::Double => Box::new(Approximate::<Float64Type>::default()),
        _ => Box::new(Whole::<Int64Type>::new(data_type)),
    }
}

/// Adds whole numbers, or the digits of decimals.
struct Whole<T> {
    data_type: DataType,
    sums: Vec<i128>,
    /// Whether a group has had a value that is not NULL.
    seen: Vec<bool>,
    values: PhantomData<fn() -> T>,
}

impl<T> Whole<T> {
    fn new(data_type: DataType) -> Self {
        Self { data_type, sums: Vec::new(), seen: Vec::new(), values: PhantomData }
    }
}

impl<T> Accumulator for Whole<T>
where
    T: ArrowPrimitiveType,
    T::Native: Into<i128>,
{
    fn grow(&mut self, count: usize) {
        self.sums.resize(count, 0);
        self.seen.resize(count, false);
    }

    fn update(&mut self, groups: &[u32], values: Option<&ArrayRef>) {
        let Some(array) = values.map(typed::<PrimitiveArray<T>>) else { return };
        let numbers = array.values();
        each_value(groups, array, |group, row| {
            // 2^63 rows of 2^63 each still fit.
            self.sums[group] = self.sums[group].wrapping_add(numbers[row].into());
            self.seen[group] = true;
        });
    }

    fn values(&self, groups: &[u32]) -> Evaluated {
        let mut errors = Vec::new();
        let most = if let DataType::Decimal { .. } = self.data_type {
            10_i128.pow(u32::from(DECIMAL_DIGITS_MAX)) - 1
        } else {
            i128::from(i64::MAX)
        };
        let least = if most == i128::from(i64::MAX) { i128::from(i64::MIN) } else { -most };
        let sums = groups.iter().enumerate().map(|(place, group)| {
            let (sum, seen) = (self.sums[*group as usize], self.seen[*group as usize]);
            if seen && !(least..=most).contains(&sum) {
                errors.push((place, overflow(self.data_type)));
                return None;
            }
            seen.then_some(sum)
        });
        let values: ArrayRef = if let DataType::Decimal { .. } = self.data_type {
            let sums: Decimal128Array = sums.collect();
            Arc::new(sums.with_data_type(super::arrow(self.data_type)))
        } else {
            let whole = |sum| i64::try_from(sum).expect("checked to fit");
            Arc::new(sums.map(|sum| sum.map(whole)).collect::<Int64Array>())
        };
        Evaluated { values, errors }
    }

    fn reset(&mut self, groups: &[u32]) {
        for group in groups {
            self.sums[*group as usize] = 0;
            self.seen[*group as usize] = false;
        }
    }

    fn clear(&mut self) {
        self.sums.clear();
        self.seen.clear();
    }

    fn memory(&self) -> usize {
        self.sums.capacity() * size_of::<i128>() + self.seen.capacity()
    }

    fn state(&self, groups: &[u32]) -> Vec<ArrayRef> {
        let sums: Decimal128Array = groups.iter().map(|group| Some(self.sums[*group as usize])).collect();
        let seen: BooleanArray = groups.iter().map(|group| Some(self.seen[*group as usize])).collect();
        vec![Arc::new(sums), Arc::new(seen)]
    }

    fn restore(&mut self, columns: &mut dyn Iterator<Item = &ArrayRef>) -> Result<(), Damaged> {
        self.sums = column::<Decimal128Array>(columns)?.values().to_vec();
        self.seen = column::<BooleanArray>(columns)?.values().iter().collect();
        Ok(())
    }
}

/// Adds binary floating-point numbers, in the order of the rows.
struct Approximate<T> {
    sums: Vec<f64>,
    seen: Vec<bool>,
    values: PhantomData<fn() -> T>,
}

impl<T> Default for Approximate<T> {
    fn default() -> Self {
        Self { sums: Vec::new(), seen: Vec::new(), values: PhantomData }
    }
}

impl<T> Accumulator for Approximate<T>
where
    T: ArrowPrimitiveType,
    T::Native: Into<f64>,
{
    fn grow(&mut self, count: usize) {
        self.sums.resize(count, 0.0);
        self.seen.resize(count, false);
    }

    fn update(&mut self, groups: &[u32], values: Option<&ArrayRef>) {
        let Some(array) = values.map(typed::<PrimitiveArray<T>>) else { return };
        let numbers = array.values();
        each_value(groups, array, |group, row| {
            self.sums[group] += numbers[row].into();
            self.seen[group] = true;
        });
    }

    fn values(&self, groups: &[u32]) -> Evaluated {
        let mut errors = Vec::new();
        let sums: Float64Array = groups
            .iter()
            .enumerate()
            .map(|(place, group)| {
                let (sum, seen) = (self.sums[*group as usize], self.seen[*group as usize]);
                if seen && !sum.is_finite() {
                    errors.push((place, overflow(DataType::Double)));
                    return None;
                }
                seen.then_some(sum)
            })
            .collect();
        Evaluated { values: Arc::new(sums), errors }
    }

    fn reset(&mut self, groups: &[u32]) {
        for group in groups {
            self.sums[*group as usize] = 0.0;
            self.seen[*group as usize] = false;
        }
    }

    fn clear(&mut self) {
        self.sums.clear();
        self.seen.clear();
    }

    fn memory(&self) -> usize {
        self.sums.capacity() * size_of::<f64>() + self.seen.capacity()
    }

    fn state(&self, groups: &[u32]) -> Vec<ArrayRef> {
        let sums: Float64Array = groups.iter().map(|group| Some(self.sums[*group as usize])).collect();
        let seen: BooleanArray = groups.iter().map(|group| Some(self.seen[*group as usize])).collect();
        vec![Arc::new(sums), Arc::new(seen)]
    }

    fn restore(&mut self, columns: &mut dyn Iterator<Item = &ArrayRef>) -> Result<(), Damaged> {
        self.sums = column::<Float64Array>(columns)?.values().to_vec();
        self.seen = column::<BooleanArray>(columns)?.values().iter().collect();
        Ok(())
    }
}

/// What is said of a group whose sum does not fit.
fn overflow(data_type: DataType) -> RowError {
    RowError::new(ErrorName::Overflow, format!("The sum of a group does not fit into {data_type}"))
}
