//! Which rows are in a window, group by group.
//!
//! Rows of a group are numbered. A row's window is then told by two numbers, its own and that of the oldest row that is
//! still in it, and a call drops what is older when its group is next looked at.

use std::collections::VecDeque;

use arrow_array::ArrayRef;
use arrow_buffer::ScalarBuffer;

use super::super::keys::{KeyColumns, Keys};
use crate::plan::Extent;
use crate::state::{Damaged, Loader, Saver};

/// One window of a select.
pub(super) struct Window {
    extent: Extent,
    /// Groups by their keys; without keys all rows are group 0.
    keys: Keys,
    partitioned: bool,
    groups: Vec<Group>,
    /// Of a range: the rows that are in it, oldest first, by ROWTIME and group.
    times: VecDeque<i64>,
    members: VecDeque<u32>,
    /// Groups whose last row has left, unless one came since.
    emptied: Vec<u32>,
}

/// How many rows came, and how many of them have left.
#[derive(Debug, Clone, Copy, Default)]
struct Group {
    arrived: u64,
    left: u64,
}

/// What happens in a window when rows come: one entry for each row.
pub(super) struct Moves {
    /// Their ROWTIMEs.
    pub(super) times: ScalarBuffer<i64>,
    /// The group of each.
    pub(super) groups: Vec<u32>,
    /// Its number within the group.
    pub(super) rows: Vec<u64>,
    /// The number of the oldest row in its window.
    pub(super) firsts: Vec<u64>,
    /// All groups are below this.
    pub(super) groups_end: usize,
}

impl Window {
    pub(super) fn new(extent: Extent, partitioned: bool) -> Self {
        Self {
            extent,
            keys: Keys::default(),
            partitioned,
            groups: Vec::new(),
            times: VecDeque::new(),
            members: VecDeque::new(),
            emptied: Vec::new(),
        }
    }

    pub(super) fn extent(&self) -> Extent {
        self.extent
    }

    /// Rows come in, with their keys.
    pub(super) fn take(&mut self, times: &ScalarBuffer<i64>, keys: &[ArrayRef]) -> Moves {
        let groups = self.groups_of(times.len(), keys);
        let count = self.keys.numbers().max(1);
        self.groups.resize_with(count.max(self.groups.len()), Group::default);
        let mut rows = Vec::with_capacity(groups.len());
        let mut firsts = Vec::with_capacity(groups.len());
        for (time, number) in times.iter().zip(&groups) {
            if let Extent::RangeMs(range) = self.extent {
                self.leave_before(time.saturating_sub(range));
                self.times.push_back(*time);
                self.members.push_back(*number);
            }
            let group = &mut self.groups[*number as usize];
            rows.push(group.arrived);
            group.arrived += 1;
            if let Extent::Rows(before) = self.extent {
                group.left = group.arrived.saturating_sub(before.saturating_add(1));
            }
            firsts.push(group.left);
        }
        Moves { times: times.clone(), groups, rows, firsts, groups_end: self.groups.len() }
    }

    fn groups_of(&mut self, count: usize, keys: &[ArrayRef]) -> Vec<u32> {
        if !self.partitioned {
            return vec![0; count];
        }
        let columns = KeyColumns::new(keys);
        let mut buffer = Vec::new();
        (0..count).map(|row| self.keys.number_of(&columns.key(row, &mut buffer))).collect()
    }

    /// Rows older than this leave a range.
    fn leave_before(&mut self, oldest: i64) {
        while self.times.front().is_some_and(|time| *time < oldest) {
            self.times.pop_front();
            let Some(number) = self.members.pop_front() else { return };
            let group = &mut self.groups[number as usize];
            group.left += 1;
            if group.left == group.arrived && self.partitioned {
                self.emptied.push(number);
            }
        }
    }

    /// Time has come so far; rows that no later row sees leave.
    pub(super) fn advance(&mut self, bound: i64) {
        if let Extent::RangeMs(range) = self.extent {
            self.leave_before(bound.saturating_sub(range));
        }
    }

    /// Takes out groups without rows, and tells the old numbers of the groups if they got new ones.
    pub(super) fn sweep(&mut self, mut gone: impl FnMut(u32)) -> Option<Vec<u32>> {
        while let Some(number) = self.emptied.pop() {
            let group = &mut self.groups[number as usize];
            if group.arrived > 0 && group.left == group.arrived {
                *group = Group::default();
                self.keys.remove(number);
                gone(number);
            }
        }
        let kept = self.keys.compact();
        if let Some(kept) = &kept {
            let mut numbers = vec![0; self.groups.len()];
            for (new, old) in (0..).zip(kept) {
                numbers[*old as usize] = new;
            }
            self.members.iter_mut().for_each(|member| *member = numbers[*member as usize]);
            self.groups = kept.iter().map(|old| self.groups[*old as usize]).collect();
            self.emptied.shrink_to_fit();
        }
        if self.times.capacity() > SHRINK_ABOVE && self.times.len() * 4 < self.times.capacity() {
            self.times.shrink_to(self.times.len() * 2);
            self.members.shrink_to(self.members.len() * 2);
        }
        kept
    }

    pub(super) fn memory(&self) -> usize {
        self.keys.memory()
            + self.groups.capacity() * size_of::<Group>()
            + self.times.capacity() * 8
            + (self.members.capacity() + self.emptied.capacity()) * 4
    }

    pub(super) fn save(&self, saver: &mut Saver) {
        self.keys.save(saver);
        saver.count(self.groups.len());
        for group in &self.groups {
            saver.count(usize::try_from(group.arrived).expect("a number of rows"));
            saver.count(usize::try_from(group.left).expect("a number of rows"));
        }
        saver.count(self.times.len());
        for (time, member) in self.times.iter().zip(&self.members) {
            saver.integer(*time);
            saver.integer(i64::from(*member));
        }
    }

    pub(super) fn load(&mut self, loader: &mut Loader<'_>) -> Result<(), Damaged> {
        *self = Self::new(self.extent, self.partitioned);
        self.keys = Keys::load(loader)?;
        for _ in 0..loader.count()? {
            let group = Group { arrived: loader.count()? as u64, left: loader.count()? as u64 };
            if group.left > group.arrived {
                return Err(Damaged);
            }
            self.groups.push(group);
        }
        for _ in 0..loader.count()? {
            self.times.push_back(loader.integer()?);
            self.members.push_back(u32::try_from(loader.integer()?).map_err(|_| Damaged)?);
        }
        let known = self.members.iter().all(|member| (*member as usize) < self.groups.len());
        if known { Ok(()) } else { Err(Damaged) }
    }
}

/// Below this many rows a window keeps its memory.
const SHRINK_ABOVE: usize = 1024;
