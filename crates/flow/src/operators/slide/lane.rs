//! The values of one group's rows in a window, oldest first.

use std::collections::VecDeque;
use std::hint::black_box;

use super::values::Stored;
use crate::state::{Damaged, Loader, Saver};

/// Rows come in at one end and leave at the other. Values stand close together; NULLs are only remembered by the number
/// of their row, since most columns have few.
#[derive(Debug)]
pub(super) struct Lane<T> {
    values: VecDeque<T>,
    #[expect(
        clippy::box_collection,
        reason = "there is a lane for each group, and most have no NULLs: 8 bytes, not 32"
    )]
    nulls: Option<Box<VecDeque<u64>>>,
    /// The number of the oldest row here.
    first: u64,
    /// The number of the row that comes next.
    next: u64,
    /// Memory that values hold themselves.
    bytes: usize,
}

impl<T> Default for Lane<T> {
    fn default() -> Self {
        Self { values: VecDeque::new(), nulls: None, first: 0, next: 0, bytes: 0 }
    }
}

/// A lane begins with room for as many values, and grows by at least as many.
const LEAST: usize = 4;
/// A full lane grows by a quarter. There are many of them and they change little in length, so that room to double would stay
/// empty, and what is used would lie farther apart.
const GROWN_BY: usize = 4;
/// Below this a lane keeps its memory.
const SHRINK_ABOVE: usize = 32;

impl<T: Stored> Lane<T> {
    #[inline]
    pub(super) fn push(&mut self, value: Option<T>) {
        match value {
            Some(value) => {
                self.bytes += value.heap();
                let count = self.values.len();
                if count == self.values.capacity() {
                    self.values.reserve_exact((count / GROWN_BY).max(LEAST));
                }
                self.values.push_back(value);
            }
            None => self.nulls.get_or_insert_default().push_back(self.next),
        }
        self.next += 1;
    }

    /// Whether the oldest row is there and holds a NULL.
    #[inline]
    pub(super) fn oldest_is_null(&self) -> bool {
        self.nulls.as_ref().is_some_and(|nulls| nulls.front() == Some(&self.first))
    }

    /// The oldest row leaves.
    #[inline]
    pub(super) fn leave(&mut self) -> Option<T> {
        let null = self.oldest_is_null();
        self.first += 1;
        if null {
            let nulls = self.nulls.as_mut()?;
            nulls.pop_front();
            if nulls.is_empty() {
                self.nulls = None;
            }
            return None;
        }
        let value = self.values.pop_front()?;
        self.bytes -= value.heap();
        if self.values.capacity() > SHRINK_ABOVE && self.values.len() * 4 < self.values.capacity() {
            self.values.shrink_to(self.values.len() * 2);
        }
        Some(value)
    }

    /// Rows before this one leave; what becomes of their values is told.
    pub(super) fn leave_before(&mut self, first: u64, mut left: impl FnMut(T)) {
        while self.first < first && self.first < self.next {
            if let Some(value) = self.leave() {
                left(value);
            }
        }
        // A group that is new to this call begins where its rows begin.
        self.first = self.first.max(first);
        self.next = self.next.max(first);
    }

    /// Looks at both ends.
    #[inline]
    pub(super) fn glance(&self)
    where
        T: Copy,
    {
        black_box((self.values.front().copied(), self.values.back().copied()));
    }

    /// Whether it holds no values.
    pub(super) fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    pub(super) fn first(&self) -> u64 {
        self.first
    }

    /// How many rows there are.
    pub(super) fn rows(&self) -> u64 {
        self.next - self.first
    }

    /// Those that are not NULL.
    pub(super) fn values(&self) -> &VecDeque<T> {
        &self.values
    }

    pub(super) fn values_mut(&mut self) -> &mut VecDeque<T> {
        &mut self.values
    }

    /// The value of a row by its place; none if there is no such row.
    pub(super) fn row(&self, place: u64) -> Option<Option<&T>> {
        if place >= self.rows() {
            return None;
        }
        let number = self.first + place;
        let before = match &self.nulls {
            None => 0,
            Some(nulls) => match nulls.binary_search(&number) {
                Ok(_) => return Some(None),
                Err(before) => before,
            },
        };
        let place = usize::try_from(place).ok()?;
        Some(self.values.get(place - before))
    }

    /// The memory beside the lane itself, in bytes.
    #[inline]
    pub(super) fn memory(&self) -> usize {
        let nulls = self.nulls.as_ref().map_or(0, |nulls| size_of::<VecDeque<u64>>() + nulls.capacity() * 8);
        self.values.capacity() * size_of::<T>() + nulls + self.bytes
    }

    pub(super) fn save(&self, saver: &mut Saver) {
        saver.count(usize::try_from(self.first).expect("a number of rows"));
        saver.count(self.nulls.as_ref().map_or(0, |nulls| nulls.len()));
        for null in self.nulls.iter().flat_map(|nulls| nulls.iter()) {
            saver.count(usize::try_from(null - self.first).expect("a number of rows"));
        }
        saver.count(self.values.len());
        self.values.iter().for_each(|value| value.save(saver));
    }

    pub(super) fn load(loader: &mut Loader<'_>) -> Result<Self, Damaged> {
        let first = loader.count()? as u64;
        let mut lane = Self { first, ..Self::default() };
        let nulls = loader.count()?;
        for _ in 0..nulls {
            let null = first.checked_add(loader.count()? as u64).ok_or(Damaged)?;
            lane.nulls.get_or_insert_default().push_back(null);
        }
        let values = loader.count()?;
        // More bytes than values are left where nothing is wrong.
        lane.values.reserve_exact(values.min(loader.left()));
        for _ in 0..values {
            let value = T::load(loader)?;
            lane.bytes += value.heap();
            lane.values.push_back(value);
        }
        lane.next = first.checked_add((lane.values.len() + nulls) as u64).ok_or(Damaged)?;
        let ordered = lane.nulls.iter().all(|nulls| {
            nulls.iter().zip(nulls.iter().skip(1)).all(|(one, two)| one < two)
                && nulls.back().is_some_and(|last| *last < lane.next)
        });
        if ordered { Ok(lane) } else { Err(Damaged) }
    }
}
