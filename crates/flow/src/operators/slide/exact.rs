//! Sums of whole numbers, decimals and truth values: what leaves the window is subtracted, and nothing is ever lost.

use std::hint::black_box;
use std::ops::RangeInclusive;

use super::call::{Answer, State, Step};
use super::lane::Lane;
use super::values::Native;
use crate::state::{Damaged, Loader, Saver};

/// What is made of the sum and the number of values.
#[derive(Debug, Clone, Copy)]
pub(super) enum Of {
    Count,
    Sum,
    /// Towards zero.
    Mean,
    Any,
    Every,
}

pub(super) struct Settings {
    pub(super) of: Of,
    /// What fits the answer's type.
    pub(super) range: RangeInclusive<i128>,
    /// Nothing leaves, so nothing needs to be kept.
    pub(super) endless: bool,
}

/// A value that adds up.
pub(super) trait Addend: Native {
    fn amount(&self) -> i128;
}

impl Addend for () {
    fn amount(&self) -> i128 {
        0
    }
}

impl Addend for bool {
    fn amount(&self) -> i128 {
        i128::from(*self)
    }
}

impl Addend for i32 {
    fn amount(&self) -> i128 {
        i128::from(*self)
    }
}

impl Addend for i64 {
    fn amount(&self) -> i128 {
        i128::from(*self)
    }
}

impl Addend for i128 {
    fn amount(&self) -> i128 {
        *self
    }
}

pub(super) struct ExactSum<T> {
    lane: Lane<T>,
    /// 2^64 values of 19 digits stay below 2^127.
    sum: i128,
    count: u64,
}

impl<T: Addend> Default for ExactSum<T> {
    fn default() -> Self {
        Self { lane: Lane::default(), sum: 0, count: 0 }
    }
}

impl<T: Addend> State for ExactSum<T> {
    type Settings = Settings;
    type Value = T;
    type Answer = i128;

    #[inline]
    fn glance(&self) {
        black_box((self.lane.is_empty(), self.count));
    }

    #[inline]
    fn glance_beside(&self) {
        let values = self.lane.values();
        black_box((values.front().map(Addend::amount), values.back().map(Addend::amount)));
    }

    #[inline]
    fn step(&mut self, settings: &Settings, step: Step, value: Option<T>) {
        if let Some(value) = &value {
            self.sum += value.amount();
            self.count += 1;
        }
        if settings.endless {
            return;
        }
        let Self { lane, sum, count } = self;
        lane.leave_before(step.first, |left| {
            *sum -= left.amount();
            *count -= 1;
        });
        lane.push(value);
    }

    #[inline]
    fn answer(&self, settings: &Settings) -> Answer<i128> {
        let count = i128::from(self.count);
        let value = match settings.of {
            Of::Count => count,
            _ if count == 0 => return Answer::Null,
            Of::Sum => self.sum,
            Of::Mean => self.sum / count,
            Of::Any => i128::from(self.sum > 0),
            Of::Every => i128::from(self.sum == count),
        };
        if settings.range.contains(&value) { Answer::Value(value) } else { Answer::Overflow }
    }

    #[inline]
    fn memory(&self) -> usize {
        self.lane.memory()
    }

    fn save(&self, saver: &mut Saver) {
        self.lane.save(saver);
        saver.bytes(&self.sum.to_le_bytes());
        saver.count(usize::try_from(self.count).expect("a number of rows"));
    }

    fn load(loader: &mut Loader<'_>) -> Result<Self, Damaged> {
        let lane = Lane::load(loader)?;
        let sum = i128::from_le_bytes(loader.bytes()?.try_into().map_err(|_| Damaged)?);
        let count = loader.count()? as u64;
        // In a window that rows leave, all that is counted is there.
        if count < lane.values().len() as u64 { Err(Damaged) } else { Ok(Self { lane, sum, count }) }
    }
}
