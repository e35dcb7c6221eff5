//! `VAR_POP`, `VAR_SAMP`, `STDDEV_POP` and `STDDEV_SAMP`, by Welford's way of adding one value at a time, which does not
//! lose digits when values are large and close together.

use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array};

use super::{Accumulator, column, each_value, typed};
use crate::evaluate::Evaluated;
use crate::row_error::{ErrorName, RowError};
use crate::state::Damaged;

pub(super) struct Variance {
    sample: bool,
    root: bool,
    groups: Vec<Spread>,
}

/// How far the values of a group lie apart.
#[derive(Debug, Clone, Copy, Default)]
struct Spread {
    count: f64,
    mean: f64,
    /// The sum of the squared distances from the mean.
    squares: f64,
}

impl Variance {
    pub(super) fn new(sample: bool, root: bool) -> Self {
        Self { sample, root, groups: Vec::new() }
    }

    /// None for too few values.
    fn of(&self, spread: Spread) -> Option<f64> {
        let degrees = if self.sample { spread.count - 1.0 } else { spread.count };
        if degrees < 1.0 {
            return None;
        }
        let variance = spread.squares / degrees;
        Some(if self.root { variance.sqrt() } else { variance })
    }
}

impl Accumulator for Variance {
    fn grow(&mut self, count: usize) {
        self.groups.resize(count, Spread::default());
    }

    fn update(&mut self, groups: &[u32], values: Option<&ArrayRef>) {
        let Some(array) = values.map(typed::<Float64Array>) else { return };
        let numbers = array.values();
        each_value(groups, array, |group, row| {
            let spread = &mut self.groups[group];
            spread.count += 1.0;
            let distance = numbers[row] - spread.mean;
            spread.mean += distance / spread.count;
            spread.squares += distance * (numbers[row] - spread.mean);
        });
    }

    fn values(&self, groups: &[u32]) -> Evaluated {
        let mut errors = Vec::new();
        let values: Float64Array = groups
            .iter()
            .enumerate()
            .map(|(place, group)| {
                let value = self.of(self.groups[*group as usize])?;
                if !value.is_finite() {
                    errors.push((place, RowError::new(ErrorName::Overflow, "The values of a group lie too far apart")));
                    return None;
                }
                Some(value)
            })
            .collect();
        Evaluated { values: Arc::new(values), errors }
    }

    fn reset(&mut self, groups: &[u32]) {
        groups.iter().for_each(|group| self.groups[*group as usize] = Spread::default());
    }

    fn clear(&mut self) {
        self.groups.clear();
    }

    fn memory(&self) -> usize {
        self.groups.capacity() * size_of::<Spread>()
    }

    fn state(&self, groups: &[u32]) -> Vec<ArrayRef> {
        let part = |part: fn(&Spread) -> f64| -> ArrayRef {
            Arc::new(groups.iter().map(|group| Some(part(&self.groups[*group as usize]))).collect::<Float64Array>())
        };
        vec![part(|spread| spread.count), part(|spread| spread.mean), part(|spread| spread.squares)]
    }

    fn restore(&mut self, columns: &mut dyn Iterator<Item = &ArrayRef>) -> Result<(), Damaged> {
        let counts = column::<Float64Array>(columns)?.values();
        let means = column::<Float64Array>(columns)?.values();
        let squares = column::<Float64Array>(columns)?.values();
        let spreads = counts.iter().zip(means).zip(squares);
        self.groups =
            spreads.map(|((count, mean), squares)| Spread { count: *count, mean: *mean, squares: *squares }).collect();
        Ok(())
    }
}
