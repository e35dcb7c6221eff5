//! Rows that may be partners, in slices: the condition is evaluated on many at once, and what holds comes out.

use arrow_array::{Array, BooleanArray};

use super::remembered::Remembered;
use super::store::{NO_ROW, Store};
use crate::evaluate::Evaluator;
use crate::operators::Context;
use crate::rows::Rows;

/// So many pairs are looked at together. A cross join makes many; this is all of them that is in memory besides those that
/// are on their way out.
const SLICE: usize = 8192;

/// What may come out, in ascending ROWTIME.
pub(super) struct Pairs {
    condition: Option<Evaluator>,
    /// Which partners rows of the left and the right side remember.
    remembered: [Remembered; 2],
    left: Vec<u64>,
    right: Vec<u64>,
    times: Vec<i64>,
    /// How many have a row on one side only.
    lone: usize,
}

impl Pairs {
    pub(super) fn new(condition: Option<Evaluator>, remembered: [Remembered; 2]) -> Self {
        Self { condition, remembered, left: Vec::new(), right: Vec::new(), times: Vec::new(), lone: 0 }
    }

    /// Two rows that may be partners, at the later ROWTIME of the two.
    pub(super) fn pair(&mut self, left: u64, right: u64, time: i64) {
        self.left.push(left);
        self.right.push(right);
        self.times.push(time);
    }

    /// A row of one side that finds no partner any more, and comes out if it had none.
    pub(super) fn lone(&mut self, side: usize, number: u64, time: i64) {
        let (left, right) = if side == 0 { (number, NO_ROW) } else { (NO_ROW, number) };
        self.pair(left, right, time);
        self.lone += 1;
    }

    pub(super) fn is_full(&self) -> bool {
        self.times.len() >= SLICE
    }

    /// Sends out what holds, and notes which rows had a partner.
    pub(super) fn flush(&mut self, stores: [&mut Store; 2], context: &mut Context) {
        if self.times.is_empty() {
            return;
        }
        let [left, right] = stores;
        let all = gathered(left, right, &self.left, &self.right, &self.times);
        let mut holds = self.condition.as_ref().map(|condition| self.evaluate(condition, &all, context));
        for (index, (one, two)) in self.left.iter().zip(&self.right).enumerate() {
            if *one != NO_ROW && *two != NO_ROW && holds.as_ref().is_none_or(|holds| holds[index]) {
                let (one, two) = (left.entry_mut(*one), right.entry_mut(*two));
                one.matched |= self.remembered[0].partner(one.time, two.time);
                two.matched |= self.remembered[1].partner(two.time, one.time);
            }
        }
        if self.lone > 0 {
            let holds = holds.get_or_insert_with(|| vec![true; self.times.len()]);
            for (index, (one, two)) in self.left.iter().zip(&self.right).enumerate() {
                match (*one, *two) {
                    (one, NO_ROW) => holds[index] = !left.entry(one).matched,
                    (NO_ROW, two) => holds[index] = !right.entry(two).matched,
                    _ => {}
                }
            }
        }
        context.emit(match holds {
            None => all,
            Some(holds) => all.filter(&BooleanArray::from(holds)),
        });
        self.left.clear();
        self.right.clear();
        self.times.clear();
        self.lone = 0;
    }

    /// For which pairs the condition is TRUE. It is not asked of rows without a partner.
    fn evaluate(&self, condition: &Evaluator, all: &Rows, context: &mut Context) -> Vec<bool> {
        let (truth, errors) = condition.predicate(all, context.now());
        let is_pair = |index: usize| self.left[index] != NO_ROW && self.right[index] != NO_ROW;
        for (row, error) in errors {
            if is_pair(row) {
                context.fail(all, row, error);
            }
        }
        (0..all.len()).map(|index| is_pair(index) && truth.is_valid(index) && truth.value(index)).collect()
    }
}

fn gathered(left: &Store, right: &Store, left_rows: &[u64], right_rows: &[u64], times: &[i64]) -> Rows {
    let mut columns = left.gather(left_rows);
    columns.extend(right.gather(right_rows));
    Rows::new(times.iter().copied().collect(), columns)
}
