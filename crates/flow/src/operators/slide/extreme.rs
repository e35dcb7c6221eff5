//! MIN and MAX: only values that can still become the answer are kept, the best one first.

use std::cmp::Ordering;
use std::collections::VecDeque;
use std::hint::black_box;

use super::call::{Answer, State, Step};
use super::values::Native;
use crate::state::{Damaged, Loader, Saver};

pub(super) struct Search {
    pub(super) largest: bool,
    /// Nothing leaves, so only the best one is kept.
    pub(super) endless: bool,
}

/// A value with an order.
pub(super) trait Ordered: Native {
    fn order(&self, other: &Self) -> Ordering;
}

macro_rules! ordered {
    ($($plain:ty)*) => {
        $(impl Ordered for $plain {
            fn order(&self, other: &Self) -> Ordering {
                self.cmp(other)
            }
        })*
    };
}

ordered!(bool i32 i64 i128 Box<[u8]>);

/// What is not a number is larger than all that are.
impl Ordered for f64 {
    fn order(&self, other: &Self) -> Ordering {
        self.total_cmp(other)
    }
}

/// Values with the numbers of their rows; each is better than all behind it.
pub(super) struct Extreme<T> {
    values: VecDeque<(u64, T)>,
    /// Memory that values hold themselves.
    bytes: usize,
}

impl<T> Default for Extreme<T> {
    fn default() -> Self {
        Self { values: VecDeque::new(), bytes: 0 }
    }
}

/// Below this a group keeps its memory.
const SHRINK_ABOVE: usize = 32;

impl<T: Ordered> Extreme<T> {
    #[inline]
    fn add(&mut self, search: &Search, row: u64, value: T) {
        let wanted = if search.largest { Ordering::Greater } else { Ordering::Less };
        while let Some((_, last)) = self.values.back() {
            if last.order(&value) == wanted {
                if search.endless {
                    return;
                }
                break;
            }
            self.bytes -= last.heap();
            self.values.pop_back();
        }
        self.bytes += value.heap();
        self.values.push_back((row, value));
    }
}

impl<T: Ordered> State for Extreme<T> {
    type Settings = Search;
    type Value = T;
    type Answer = T;

    #[inline]
    fn glance(&self) {
        black_box(self.values.is_empty());
    }

    #[inline]
    fn glance_beside(&self) {
        black_box((self.values.front().map(|(row, _)| *row), self.values.back().map(|(row, _)| *row)));
    }

    #[inline]
    fn step(&mut self, search: &Search, step: Step, value: Option<T>) {
        while let Some((row, value)) = self.values.front()
            && *row < step.first
        {
            self.bytes -= value.heap();
            self.values.pop_front();
        }
        if let Some(value) = value {
            self.add(search, step.row, value);
        }
        if self.values.capacity() > SHRINK_ABOVE && self.values.len() * 4 < self.values.capacity() {
            self.values.shrink_to(self.values.len() * 2);
        }
    }

    #[inline]
    fn answer(&self, _: &Search) -> Answer<T> {
        self.values.front().map_or(Answer::Null, |(_, value)| Answer::Value(value.clone()))
    }

    #[inline]
    fn memory(&self) -> usize {
        self.values.capacity() * size_of::<(u64, T)>() + self.bytes
    }

    fn save(&self, saver: &mut Saver) {
        saver.count(self.values.len());
        for (row, value) in &self.values {
            saver.count(usize::try_from(*row).expect("a number of rows"));
            value.save(saver);
        }
    }

    fn load(loader: &mut Loader<'_>) -> Result<Self, Damaged> {
        let mut loaded = Self::default();
        for _ in 0..loader.count()? {
            let (row, value) = (loader.count()? as u64, T::load(loader)?);
            loaded.bytes += value.heap();
            loaded.values.push_back((row, value));
        }
        Ok(loaded)
    }
}
