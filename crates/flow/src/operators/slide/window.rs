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
    /// Of a range: the groups of the rows that are in it, oldest first.
    members: VecDeque<u32>,
    /// Their ROWTIMEs, of which many that follow one another are the same.
    times: VecDeque<Run>,
    /// Groups whose last row has left, unless one came since.
    emptied: Vec<u32>,
}

/// Rows of one ROWTIME.
#[derive(Debug, Clone, Copy)]
struct Run {
    time: i64,
    count: usize,
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
            members: VecDeque::new(),
            times: VecDeque::new(),
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
        let mut rest = &groups[..];
        for run in times.chunk_by(|time, next| time == next) {
            let (numbers, later) = rest.split_at(run.len());
            rest = later;
            if let Extent::RangeMs(range) = self.extent {
                self.leave_before(run[0].saturating_sub(range));
                self.come(run[0], numbers);
            }
            for number in numbers {
                let group = &mut self.groups[*number as usize];
                rows.push(group.arrived);
                group.arrived += 1;
                if let Extent::Rows(before) = self.extent {
                    group.left = group.arrived.saturating_sub(before.saturating_add(1));
                }
                firsts.push(group.left);
            }
        }
        Moves { times: times.clone(), groups, rows, firsts, groups_end: self.groups.len() }
    }

    fn groups_of(&mut self, count: usize, keys: &[ArrayRef]) -> Vec<u32> {
        if !self.partitioned {
            return vec![0; count];
        }
        self.keys.number_all(&KeyColumns::new(keys), 0..count)
    }

    /// Rows of one ROWTIME and of these groups come into a range.
    fn come(&mut self, time: i64, numbers: &[u32]) {
        self.members.extend(numbers);
        match self.times.back_mut() {
            Some(last) if last.time == time => last.count += numbers.len(),
            _ => self.times.push_back(Run { time, count: numbers.len() }),
        }
    }

    /// Rows older than this leave a range.
    fn leave_before(&mut self, oldest: i64) {
        while let Some(run) = self.times.pop_front_if(|run| run.time < oldest) {
            for number in self.members.drain(..run.count) {
                let group = &mut self.groups[number as usize];
                group.left += 1;
                if group.left == group.arrived && self.partitioned {
                    self.emptied.push(number);
                }
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
        if self.members.capacity() > SHRINK_ABOVE && self.members.len() * 4 < self.members.capacity() {
            self.members.shrink_to(self.members.len() * 2);
            self.times.shrink_to(self.times.len() * 2);
        }
        kept
    }

    pub(super) fn memory(&self) -> usize {
        self.keys.memory()
            + self.groups.capacity() * size_of::<Group>()
            + self.times.capacity() * size_of::<Run>()
            + (self.members.capacity() + self.emptied.capacity()) * 4
    }

    pub(super) fn save(&self, saver: &mut Saver) {
        self.keys.save(saver);
        saver.count(self.groups.len());
        for group in &self.groups {
            saver.count(usize::try_from(group.arrived).expect("a number of rows"));
            saver.count(usize::try_from(group.left).expect("a number of rows"));
        }
        saver.count(self.members.len());
        let times = self.times.iter().flat_map(|run| std::iter::repeat_n(run.time, run.count));
        for (time, member) in times.zip(&self.members) {
            saver.integer(time);
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
            let (time, member) = (loader.integer()?, loader.integer()?);
            self.come(time, &[u32::try_from(member).map_err(|_| Damaged)?]);
        }
        let known = self.members.iter().all(|member| (*member as usize) < self.groups.len());
        if known { Ok(()) } else { Err(Damaged) }
    }
}

/// Below this many rows a window keeps its memory.
const SHRINK_ABOVE: usize = 1024;
