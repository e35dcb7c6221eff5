//! Sums of floating-point numbers, variances and weighted means, made anew from what is in the window.
//!
//! Nothing is subtracted, so that no error of a value that left stays behind. Each group is two stacks in one lane: the
//! older entries hold what they and all older-stack entries behind them make together, the newer ones their own value, and
//! beside the lane stands what the newer ones make together. When the older ones have left, the newer ones become them.
//! Each row is turned over once.

use std::hint::black_box;

use super::call::{Answer, State, Step};
use super::lane::Lane;
use super::values::Stored;
use crate::state::{Damaged, Loader, Saver};

/// What some values that follow one another make together.
pub(super) trait Summary: Copy + Default + Send + 'static {
    /// What is asked for.
    type Question: Copy + Send + 'static;
    /// How it is kept in a lane.
    type Kept: Stored + Copy + Send + 'static;
    fn value(value: f64, time: i64) -> Self::Kept;
    fn of(kept: Self::Kept) -> Self;
    fn kept(self) -> Self::Kept;
    /// With what follows.
    fn then(self, newer: Self, question: Self::Question) -> Self;
    /// The answer, if there is one for so many values.
    fn answer(self, count: u64, question: Self::Question) -> Option<f64>;
    fn save(self, saver: &mut Saver);
    fn load(loader: &mut Loader<'_>) -> Result<Self, Damaged>;
}

/// A group.
pub(super) struct Fold<S: Summary> {
    lane: Lane<S::Kept>,
    /// How many values of the lane are the older ones.
    older: usize,
    newer: S,
    count: u64,
}

impl<S: Summary> Default for Fold<S> {
    fn default() -> Self {
        Self { lane: Lane::default(), older: 0, newer: S::default(), count: 0 }
    }
}

impl<S: Summary> Fold<S> {
    #[inline]
    fn leave_before(&mut self, first: u64, question: S::Question) {
        if first >= self.lane.first() + self.lane.rows() {
            self.lane.leave_before(first, drop);
            (self.older, self.newer, self.count) = (0, S::default(), 0);
            return;
        }
        while self.lane.first() < first {
            if !self.lane.oldest_is_null() {
                if self.older == 0 {
                    self.turn_over(question);
                }
                self.older -= 1;
                self.count -= 1;
            }
            self.lane.leave();
        }
    }

    fn turn_over(&mut self, question: S::Question) {
        let mut together = S::default();
        let values = self.lane.values_mut();
        for value in values.iter_mut().rev() {
            together = S::of(*value).then(together, question);
            *value = together.kept();
        }
        self.older = values.len();
        self.newer = S::default();
    }
}

impl<S: Summary> State for Fold<S> {
    type Settings = (S::Question, bool);
    type Value = f64;
    type Answer = f64;

    #[inline]
    fn glance(&self) {
        // It is larger than what the memory gives at once.
        black_box((self.lane.is_empty(), self.count));
    }

    #[inline]
    fn glance_beside(&self) {
        self.lane.glance();
    }

    #[inline]
    fn step(&mut self, (question, endless): &Self::Settings, step: Step, value: Option<f64>) {
        let value = value.map(|value| S::value(value, step.time));
        if !endless {
            self.leave_before(step.first, *question);
            self.lane.push(value);
        }
        if let Some(value) = value {
            self.newer = self.newer.then(S::of(value), *question);
            self.count += 1;
        }
    }

    #[inline]
    fn answer(&self, (question, _): &Self::Settings) -> Answer<f64> {
        let whole = match self.lane.values().front() {
            Some(older) if self.older > 0 => S::of(*older).then(self.newer, *question),
            _ => self.newer,
        };
        match whole.answer(self.count, *question) {
            None => Answer::Null,
            Some(value) if value.is_finite() => Answer::Value(value),
            Some(_) => Answer::Overflow,
        }
    }

    #[inline]
    fn memory(&self) -> usize {
        self.lane.memory()
    }

    fn save(&self, saver: &mut Saver) {
        self.lane.save(saver);
        saver.count(self.older);
        self.newer.save(saver);
        saver.count(usize::try_from(self.count).expect("a number of rows"));
    }

    fn load(loader: &mut Loader<'_>) -> Result<Self, Damaged> {
        let lane = Lane::load(loader)?;
        let (older, newer, count) = (loader.count()?, S::load(loader)?, loader.count()? as u64);
        let values = lane.values().len();
        if older > values || count < values as u64 { Err(Damaged) } else { Ok(Self { lane, older, newer, count }) }
    }
}

/// What a number of values is asked for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Measure {
    Sum,
    Mean,
    VarPop,
    VarSamp,
    StddevPop,
    StddevSamp,
}

/// A sum, and what was lost to rounding on the way to it.
/// <https://en.wikipedia.org/wiki/Kahan_summation_algorithm#Further_enhancements>
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct DoubleSum {
    sum: f64,
    lost: f64,
}

impl Summary for DoubleSum {
    type Question = Measure;
    type Kept = f64;

    fn value(value: f64, _: i64) -> f64 {
        value
    }

    fn of(sum: f64) -> Self {
        Self { sum, lost: 0.0 }
    }

    fn kept(self) -> f64 {
        // Beside an infinity nothing is lost that could be counted.
        if self.sum.is_finite() { self.sum + self.lost } else { self.sum }
    }

    fn then(self, newer: Self, _: Measure) -> Self {
        let sum = self.sum + newer.sum;
        let of_newer = sum - self.sum;
        let lost = (self.sum - (sum - of_newer)) + (newer.sum - of_newer);
        Self { sum, lost: self.lost + newer.lost + lost }
    }

    #[expect(clippy::cast_precision_loss, reason = "a count of rows in memory is far below 2^53")]
    fn answer(self, count: u64, measure: Measure) -> Option<f64> {
        match (count, measure) {
            (0, _) => None,
            (_, Measure::Mean) => Some(self.kept() / count as f64),
            _ => Some(self.kept()),
        }
    }

    fn save(self, saver: &mut Saver) {
        saver.double(self.sum);
        saver.double(self.lost);
    }

    fn load(loader: &mut Loader<'_>) -> Result<Self, Damaged> {
        Ok(Self { sum: loader.double()?, lost: loader.double()? })
    }
}

/// A mean and the sum of squared differences from it.
/// <https://en.wikipedia.org/wiki/Algorithms_for_calculating_variance#Parallel_algorithm>
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Moments {
    count: f64,
    mean: f64,
    squares: f64,
}

impl Summary for Moments {
    type Question = Measure;
    type Kept = Self;

    fn value(value: f64, _: i64) -> Self {
        Self { count: 1.0, mean: value, squares: 0.0 }
    }

    fn of(kept: Self) -> Self {
        kept
    }

    fn kept(self) -> Self {
        self
    }

    fn then(self, newer: Self, _: Measure) -> Self {
        if self.count == 0.0 {
            return newer;
        }
        if newer.count == 0.0 {
            return self;
        }
        let count = self.count + newer.count;
        let apart = newer.mean - self.mean;
        Self {
            count,
            mean: self.mean + apart * (newer.count / count),
            squares: self.squares + newer.squares + apart * apart * (self.count * newer.count / count),
        }
    }

    fn answer(self, _: u64, measure: Measure) -> Option<f64> {
        let of_sample = matches!(measure, Measure::VarSamp | Measure::StddevSamp);
        let divisor = if of_sample { self.count - 1.0 } else { self.count };
        if divisor <= 0.0 {
            return None;
        }
        let variance = self.squares / divisor;
        let is_variance = matches!(measure, Measure::VarPop | Measure::VarSamp);
        Some(if is_variance { variance } else { variance.sqrt() })
    }

    fn save(self, saver: &mut Saver) {
        Stored::save(&self, saver);
    }

    fn load(loader: &mut Loader<'_>) -> Result<Self, Damaged> {
        Stored::load(loader)
    }
}

impl Stored for Moments {
    fn save(&self, saver: &mut Saver) {
        [self.count, self.mean, self.squares].into_iter().for_each(|number| saver.double(number));
    }
    fn load(loader: &mut Loader<'_>) -> Result<Self, Damaged> {
        Ok(Self { count: loader.double()?, mean: loader.double()?, squares: loader.double()? })
    }
}

/// How fast weights fall.
#[derive(Debug, Clone, Copy)]
pub(super) struct Decay {
    half_lives_per_ms: f64,
}

impl Decay {
    #[expect(clippy::cast_precision_loss, reason = "no window is 2^53 milliseconds long")]
    pub(super) fn new(half_life_ms: i64) -> Self {
        Self { half_lives_per_ms: 1.0 / half_life_ms as f64 }
    }
}

/// A sum of values and their weights, as they are at the newest value's ROWTIME: that one weighs 1, so that the whole never
/// weighs nothing.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Weighted {
    sum: f64,
    weight: f64,
    time: i64,
}

impl Summary for Weighted {
    type Question = Decay;
    type Kept = Self;

    fn value(value: f64, time: i64) -> Self {
        Self { sum: value, weight: 1.0, time }
    }

    fn of(kept: Self) -> Self {
        kept
    }

    fn kept(self) -> Self {
        self
    }

    #[expect(clippy::cast_precision_loss, reason = "no window is 2^53 milliseconds long")]
    fn then(self, newer: Self, decay: Decay) -> Self {
        if self.weight == 0.0 {
            return newer;
        }
        if newer.weight == 0.0 {
            return self;
        }
        let fallen = (-((newer.time - self.time) as f64) * decay.half_lives_per_ms).exp2();
        // Not 0 × ∞: what weighs nothing any more does not count.
        let older = if fallen == 0.0 { 0.0 } else { self.sum * fallen };
        Self { sum: older + newer.sum, weight: self.weight * fallen + newer.weight, time: newer.time }
    }

    fn answer(self, count: u64, _: Decay) -> Option<f64> {
        (count > 0).then(|| self.sum / self.weight)
    }

    fn save(self, saver: &mut Saver) {
        Stored::save(&self, saver);
    }

    fn load(loader: &mut Loader<'_>) -> Result<Self, Damaged> {
        Stored::load(loader)
    }
}

impl Stored for Weighted {
    fn save(&self, saver: &mut Saver) {
        saver.double(self.sum);
        saver.double(self.weight);
        saver.integer(self.time);
    }
    fn load(loader: &mut Loader<'_>) -> Result<Self, Damaged> {
        Ok(Self { sum: loader.double()?, weight: loader.double()?, time: loader.integer()? })
    }
}
