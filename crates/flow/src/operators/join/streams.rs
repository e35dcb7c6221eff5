//! A stream with a stream.

use std::collections::VecDeque;

use super::pairs::Pairs;
use super::reach::Reach;
use super::remembered::Remembered;
use super::side::{Batch, Side};
use super::store::{Entry, Lifetime, NO_ROW, Store};
use super::{KeyValues, condition, numbers};
use crate::Fault;
use crate::operators::keys::{Keys, NO_NUMBER};
use crate::operators::{Context, Operator};
use crate::plan::JoinNode;
use crate::rows::Rows;
use crate::state::{Damaged, Loader, Saver};
use crate::tables::Tables;

/// A join of two streams.
pub(super) struct StreamJoin {
    sides: [Side; 2],
    /// Keys of rows that can be found. Without keys all rows are of group 0.
    keys: Keys,
    keyed: bool,
    groups: Vec<Group>,
    /// Groups that have lost their last row, unless one came since.
    emptied: Vec<u32>,
    pairs: Pairs,
    bound: i64,
}

/// The first and the last row of each side with one key.
#[derive(Debug, Clone, Copy)]
struct Group([(u64, u64); 2]);

impl Group {
    fn is_empty(self) -> bool {
        self.0.iter().all(|(first, _)| *first == NO_ROW)
    }
}

const EMPTY: Group = Group([(NO_ROW, NO_ROW); 2]);
/// The group of rows that equal none, as their key holds a NULL.
const NO_GROUP: u32 = NO_NUMBER;

impl StreamJoin {
    pub(super) fn new(plan: &JoinNode, tables: &Tables) -> Result<Self, Fault> {
        let windows = [plan.left.window, plan.right.window];
        let side = |left: bool| {
            let (own, other) = if left { (windows[0], windows[1]) } else { (windows[1], windows[0]) };
            let (input, outer) =
                if left { (&plan.left.input, plan.left_outer) } else { (&plan.right.input, plan.right_outer) };
            let reach = Reach::new(own, other);
            let instant = reach.rows.is_none() && reach.ms.is_none_or(|ms| ms == 0);
            let lifetime = if instant { Lifetime::Instant } else { Lifetime::Window };
            Ok::<_, Fault>(Side {
                values: KeyValues::new(plan, left, tables)?,
                reach,
                outer,
                waiting: VecDeque::new(),
                waiting_memory: 0,
                bound: i64::MIN,
                store: Store::new(&input.schema, lifetime),
                found_from: 0,
                lone_from: 0,
            })
        };
        Ok(Self {
            sides: [side(true)?, side(false)?],
            keys: Keys::default(),
            keyed: !plan.equal.is_empty(),
            groups: Vec::new(),
            emptied: Vec::new(),
            pairs: Pairs::new(
                condition(plan, tables)?,
                [
                    Remembered::new(plan.lone_rows, windows[0], windows[1]),
                    Remembered::new(plan.lone_rows, windows[1], windows[0]),
                ],
            ),
            bound: i64::MIN,
        })
    }

    /// Looks at all rows older than a bound.
    fn look(&mut self, bound: i64, context: &mut Context) {
        let mut batches = [0, 1].map(|side| self.sides[side].ready(bound, context));
        for side in [0, 1] {
            self.sides[side].store.add_batch(batches[side].rows.clone());
        }
        let groups = self.number(&batches);
        let mut now = None;
        loop {
            let (side, time) = match [batches[0].time(), batches[1].time()] {
                [Some(left), Some(right)] if right < left => (1, right),
                [Some(left), _] => (0, left),
                [None, Some(right)] => (1, right),
                [None, None] => break,
            };
            if now.replace(time) != Some(time) {
                self.advance(time, context);
            }
            let group = groups[side][batches[side].next];
            batches[side].next += 1;
            self.meet(side, time, group, context);
            if context.is_full() {
                return;
            }
        }
        self.advance(bound, context);
        self.flush(context);
        self.sweep();
    }

    /// The group of each row. Keys are looked up for all of them at once, so that the memory is waited for once for many of them.
    fn number(&mut self, batches: &[Batch; 2]) -> [Vec<u32>; 2] {
        let mut groups = [Vec::new(), Vec::new()];
        let is_found = [0, 1].map(|side| self.sides[side].reach.is_some());
        // Rows that are never found look for those that are, which have their groups before.
        for side in if is_found[0] { [0, 1] } else { [1, 0] } {
            groups[side] = self.number_side(&batches[side], is_found[side]);
        }
        groups
    }

    fn number_side(&mut self, batch: &Batch, is_found: bool) -> Vec<u32> {
        if !self.keyed {
            self.groups.resize(1, EMPTY);
            return vec![0; batch.rows.len()];
        }
        let groups = numbers(&mut self.keys, &batch.keys, batch.rows.len(), is_found);
        self.groups.resize(self.keys.numbers(), EMPTY);
        groups
    }

    /// A row meets those of the other side, and can be found from now on.
    fn meet(&mut self, side: usize, time: i64, group: u32, context: &mut Context) {
        let number = self.sides[side].store.next();
        self.sides[side].store.push(Entry { time, next: NO_ROW, group: NO_GROUP, matched: false });
        if group != NO_GROUP {
            let mut other = self.groups[group as usize].0[1 - side].0;
            while other != NO_ROW {
                let (left, right) = if side == 0 { (number, other) } else { (other, number) };
                self.pairs.pair(left, right, time);
                // Taken before a slice goes out: that lets go of rows which are found no more, and this one still is.
                other = self.sides[1 - side].store.entry(other).next;
                if self.pairs.is_full() {
                    self.flush(context);
                    if context.is_full() {
                        return;
                    }
                }
            }
            if self.sides[side].reach.is_some() {
                self.link(side, number, group);
            }
        }
        self.push_out(side, time);
        if self.pairs.is_full() {
            self.flush(context);
        }
    }

    /// Puts a row behind those with the same key.
    fn link(&mut self, side: usize, number: u64, group: u32) {
        let store = &mut self.sides[side].store;
        store.entry_mut(number).group = group;
        let (first, last) = &mut self.groups[group as usize].0[side];
        match *last {
            NO_ROW => *first = number,
            last => store.entry_mut(last).next = number,
        }
        *last = number;
    }

    /// Rows that the newest one pushes out of its side.
    fn push_out(&mut self, side: usize, time: i64) {
        while let Some(entry) = self.sides[side].oldest()
            && !self.sides[side].is_found(entry.time, time)
        {
            self.leave(side, time);
        }
    }

    /// Time comes to rows with this ROWTIME. What is found no more by then comes out at the end of its own time.
    fn advance(&mut self, time: i64, context: &mut Context) {
        loop {
            let ends = [self.sides[0].left_by(time), self.sides[1].left_by(time)];
            let (side, end) = match ends {
                [Some(left), Some(right)] if right < left => (1, right),
                [Some(left), _] => (0, left),
                [None, Some(right)] => (1, right),
                [None, None] => return,
            };
            self.leave(side, end);
            if self.pairs.is_full() {
                self.flush(context);
            }
        }
    }

    /// The oldest row that can be found is found no more.
    fn leave(&mut self, side: usize, end: i64) {
        let of = &mut self.sides[side];
        let number = of.found_from;
        let entry = of.store.entry(number);
        of.found_from += 1;
        of.lone_from = of.lone_from.max(of.found_from);
        if of.outer && !entry.matched {
            self.pairs.lone(side, number, end);
        }
        if entry.group != NO_GROUP {
            let group = &mut self.groups[entry.group as usize].0;
            group[side].0 = entry.next;
            if entry.next == NO_ROW {
                group[side].1 = NO_ROW;
                if self.keyed && group[1 - side].0 == NO_ROW {
                    self.emptied.push(entry.group);
                }
            }
        }
    }

    /// Takes out keys of no row.
    fn sweep(&mut self) {
        for number in self.emptied.drain(..) {
            if self.groups[number as usize].is_empty() {
                self.keys.remove(number);
            }
        }
    }

    fn flush(&mut self, context: &mut Context) {
        let [left, right] = &mut self.sides;
        self.pairs.flush([&mut left.store, &mut right.store], context);
        for side in &mut self.sides {
            side.store.drop_before(side.found_from);
        }
    }

    /// Gives groups new numbers when most are free.
    fn compact(&mut self) {
        let Some(old) = self.keys.compact() else { return };
        self.emptied.shrink_to_fit();
        self.groups = old.iter().map(|old| self.groups.get(*old as usize).copied().unwrap_or(EMPTY)).collect();
        for (number, group) in (0..).zip(&self.groups) {
            for (side, (first, _)) in group.0.iter().enumerate() {
                let mut row = *first;
                while row != NO_ROW {
                    let entry = self.sides[side].store.entry_mut(row);
                    entry.group = number;
                    row = entry.next;
                }
            }
        }
    }
}

impl Operator for StreamJoin {
    fn rows(&mut self, input: usize, rows: Rows, _: &mut Context) {
        let side = &mut self.sides[input];
        if !rows.is_empty() {
            side.waiting_memory += rows.memory();
            side.waiting.push_back(rows);
        }
    }

    fn bound(&mut self, input: usize, bound: i64, context: &mut Context) {
        self.sides[input].bound = self.sides[input].bound.max(bound);
        let bound = self.sides[0].bound.min(self.sides[1].bound);
        if bound <= self.bound {
            return;
        }
        self.bound = bound;
        self.look(bound, context);
        self.sides.iter_mut().for_each(Side::skip_matched);
        self.compact();
        context.bound(bound);
    }

    fn deadline(&self) -> Option<i64> {
        let waiting = |side: &Side| side.waiting.front().map(|rows| rows.times()[0].saturating_add(1));
        self.sides.iter().flat_map(|side| [waiting(side), side.lone_at()]).flatten().min()
    }

    fn memory(&self) -> usize {
        let of = |side: &Side| side.waiting_memory + side.waiting.capacity() * size_of::<Rows>() + side.store.memory();
        self.sides.iter().map(of).sum::<usize>()
            + self.keys.memory()
            + self.groups.capacity() * size_of::<Group>()
            + self.emptied.capacity() * size_of::<u32>()
    }

    fn save(&self, saver: &mut Saver) {
        saver.integer(self.bound);
        self.sides.iter().for_each(|side| side.save(saver));
    }

    fn load(&mut self, loader: &mut Loader<'_>) -> Result<(), Damaged> {
        self.bound = loader.integer()?;
        self.keys = Keys::default();
        self.groups.clear();
        self.emptied.clear();
        for side in [0, 1] {
            let (batches, matched) = self.sides[side].load(loader)?;
            let mut matched = matched.iter();
            let is_found = self.sides[side].reach.is_some();
            for rows in batches {
                let batch = self.sides[side].keyed(rows);
                let groups = self.number_side(&batch, is_found);
                for (time, group) in batch.rows.times().iter().zip(groups) {
                    let matched = matched.next().is_some_and(|matched| *matched != 0);
                    let number = self.sides[side].store.next();
                    let entry = Entry { time: *time, next: NO_ROW, group: NO_GROUP, matched };
                    self.sides[side].store.push(entry);
                    if group != NO_GROUP && is_found {
                        self.link(side, number, group);
                    }
                }
                self.sides[side].store.add_batch(batch.rows);
            }
            self.sides[side].skip_matched();
        }
        Ok(())
    }
}
