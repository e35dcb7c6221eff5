//! A stream with a reference table: each row looks its key up.
//!
//! The table's rows come first, before any of the stream, and again before a checkpoint is loaded. Of two tables the right
//! one is looked up, by rows of the left one that wait until it is complete.

use super::pairs::Pairs;
use super::remembered::Remembered;
use super::store::{Entry, Lifetime, NO_ROW, Store};
use super::{KeyValues, condition, numbers};
use crate::Fault;
use crate::operators::keys::{KeyColumns, Keys, NO_NUMBER};
use crate::operators::{Context, Operator};
use crate::plan::JoinNode;
use crate::rows::Rows;
use crate::tables::Tables;

/// A join with a table. It keeps nothing but the table.
pub(super) struct Lookup {
    /// 0 if what looks up is on the left side, else 1.
    stream: usize,
    of_tables: Option<OfTables>,
    /// The keys of the left and the right side.
    values: [KeyValues; 2],
    /// Whether rows without a partner come out.
    outer: bool,
    /// The left and the right side; that of the stream is empty between two batches.
    stores: [Store; 2],
    keys: Keys,
    /// The first and the last row of the table with each key.
    found: Vec<(u64, u64)>,
    pairs: Pairs,
}

/// What two tables need besides.
#[derive(Debug, Default)]
struct OfTables {
    /// Whether rows of the right one without a partner come out.
    right_outer: bool,
    /// Rows of the left one that came before the right one was complete.
    waiting: Vec<Rows>,
    complete: [bool; 2],
}

fn lifetime(stream: bool) -> Lifetime {
    if stream { Lifetime::Instant } else { Lifetime::Table }
}

impl Lookup {
    pub(super) fn new(plan: &JoinNode, tables: &Tables) -> Result<Self, Fault> {
        let stream = usize::from(!plan.left.input.stream && plan.right.input.stream);
        let of_tables = OfTables { right_outer: plan.right_outer, ..OfTables::default() };
        Ok(Self {
            stream,
            of_tables: (!plan.left.input.stream && !plan.right.input.stream).then_some(of_tables),
            values: [KeyValues::new(plan, true, tables)?, KeyValues::new(plan, false, tables)?],
            outer: if stream == 0 { plan.left_outer } else { plan.right_outer },
            stores: [
                Store::new(&plan.left.input.schema, lifetime(plan.left.input.stream)),
                Store::new(&plan.right.input.schema, lifetime(plan.right.input.stream)),
            ],
            keys: Keys::default(),
            found: Vec::new(),
            pairs: Pairs::new(condition(plan, tables)?, [Remembered::Always; 2]),
        })
    }

    /// Takes rows of the table.
    fn fill(&mut self, rows: Rows, columns: &KeyColumns) {
        let store = &mut self.stores[1 - self.stream];
        for group in numbers(&mut self.keys, columns, rows.len(), true) {
            let number = store.next();
            store.push(Entry { time: 0, next: NO_ROW, group: 0, matched: false });
            if group == NO_NUMBER {
                continue;
            }
            match self.found.get_mut(group as usize) {
                None => self.found.push((number, number)),
                Some((_, last)) => {
                    store.entry_mut(*last).next = number;
                    *last = number;
                }
            }
        }
        store.add_batch(rows);
    }

    /// Two tables are there.
    fn complete(&mut self, context: &mut Context) {
        let Some(tables) = &mut self.of_tables else { return };
        let (right_outer, waiting) = (tables.right_outer, std::mem::take(&mut tables.waiting));
        let last = waiting.last().and_then(|rows| rows.times().last().copied()).unwrap_or(context.now());
        for rows in waiting {
            self.look(rows, context);
        }
        for number in 0..self.stores[1].next() {
            if right_outer && !self.stores[1].entry(number).matched {
                self.pairs.lone(1, number, last);
            }
        }
        self.flush(context);
        context.bound(i64::MAX);
    }

    fn look(&mut self, rows: Rows, context: &mut Context) {
        let (rows, columns) = self.values[self.stream].evaluate(rows, context);
        let groups = numbers(&mut self.keys, &columns, rows.len(), false);
        self.stores[self.stream].add_batch(rows.clone());
        for (group, time) in groups.into_iter().zip(rows.times()) {
            let store = &mut self.stores[self.stream];
            let number = store.next();
            store.push(Entry { time: *time, next: NO_ROW, group: 0, matched: false });
            let mut found = self.found.get(group as usize).map_or(NO_ROW, |(first, _)| *first);
            while found != NO_ROW {
                let (left, right) = if self.stream == 0 { (number, found) } else { (found, number) };
                self.pairs.pair(left, right, *time);
                found = self.stores[1 - self.stream].entry(found).next;
                if self.pairs.is_full() {
                    self.flush(context);
                    if context.is_full() {
                        return;
                    }
                }
            }
            if self.outer {
                self.pairs.lone(self.stream, number, *time);
            }
        }
        self.flush(context);
        let store = &mut self.stores[self.stream];
        store.drop_before(store.next());
    }

    fn flush(&mut self, context: &mut Context) {
        let [left, right] = &mut self.stores;
        self.pairs.flush([left, right], context);
    }
}

impl Operator for Lookup {
    fn rows(&mut self, input: usize, rows: Rows, context: &mut Context) {
        if input != self.stream {
            let (rows, columns) = self.values[input].evaluate(rows, context);
            self.fill(rows, &columns);
            return;
        }
        match &mut self.of_tables {
            Some(tables) => tables.waiting.push(rows),
            None => self.look(rows, context),
        }
    }

    fn bound(&mut self, input: usize, bound: i64, context: &mut Context) {
        match &mut self.of_tables {
            Some(tables) if bound == i64::MAX => {
                tables.complete[input] = true;
                if tables.complete == [true; 2] {
                    self.complete(context);
                }
            }
            None if input == self.stream => context.bound(bound),
            _ => {}
        }
    }

    fn memory(&self) -> usize {
        self.stores.iter().map(Store::memory).sum::<usize>()
            + self.keys.memory()
            + self.found.capacity() * size_of::<(u64, u64)>()
    }
}
