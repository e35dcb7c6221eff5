//! `UNION ALL`, and several pumps into one stream: rows merged by ROWTIME.

use std::collections::VecDeque;

use crate::rows::Rows;
use crate::state::{Damaged, Loader, Saver};

use super::{Context, Operator};

/// Merges rows up to the lowest bound of its inputs; among equals the first input comes first, and then the row that came first.
pub struct Union {
    inputs: Vec<Input>,
    /// The bound that left last.
    bound: i64,
    memory: usize,
}

struct Input {
    bound: i64,
    /// Rows from [`Union::bound`] on.
    waiting: VecDeque<Rows>,
}

impl Union {
    /// A union of so many inputs.
    pub fn new(inputs: usize) -> Self {
        let input = || Input { bound: i64::MIN, waiting: VecDeque::new() };
        Self { inputs: std::iter::repeat_with(input).take(inputs).collect(), bound: i64::MIN, memory: 0 }
    }

    /// Takes the rows out that are older than a bound, in the order of their inputs.
    fn older(&mut self, bound: i64) -> Vec<Rows> {
        let mut older = Vec::new();
        for input in &mut self.inputs {
            while let Some(rows) = input.waiting.pop_front() {
                self.memory -= rows.memory();
                let until = rows.times().partition_point(|time| *time < bound);
                if until > 0 {
                    older.push(rows.slice(0, until));
                }
                if until < rows.len() {
                    // The rest waits for longer, and should not hold what has left.
                    let rest = rows.slice(until, rows.len() - until).compacted();
                    self.memory += rest.memory();
                    input.waiting.push_front(rest);
                    break;
                }
            }
        }
        older
    }
}

impl Operator for Union {
    fn rows(&mut self, input: usize, rows: Rows, context: &mut Context) {
        if self.inputs.len() == 1 {
            context.emit(rows);
        } else if !rows.is_empty() {
            self.memory += rows.memory();
            self.inputs[input].waiting.push_back(rows);
        }
    }

    fn bound(&mut self, input: usize, bound: i64, context: &mut Context) {
        self.inputs[input].bound = self.inputs[input].bound.max(bound);
        let lowest = self.inputs.iter().map(|input| input.bound).min().unwrap_or(bound);
        if lowest <= self.bound {
            return;
        }
        self.bound = lowest;
        match self.older(lowest) {
            none if none.is_empty() => {}
            // One behind the other already: nothing is copied.
            apart if apart.is_sorted_by(|one, next| one.times().last() <= next.times().first()) => {
                apart.into_iter().for_each(|rows| context.emit(rows));
            }
            mixed => context.emit(Rows::merge(&mixed)),
        }
        context.bound(lowest);
    }

    fn deadline(&self) -> Option<i64> {
        let first = |input: &Input| input.waiting.front().and_then(|rows| rows.times().first().copied());
        self.inputs.iter().filter_map(first).min().map(|time| time + 1)
    }

    fn memory(&self) -> usize {
        self.memory
    }

    fn save(&self, saver: &mut Saver) {
        saver.integer(self.bound);
        for input in &self.inputs {
            saver.integer(input.bound);
            saver.count(input.waiting.len());
            input.waiting.iter().for_each(|rows| saver.rows(rows));
        }
    }

    fn load(&mut self, loader: &mut Loader<'_>) -> Result<(), Damaged> {
        self.bound = loader.integer()?;
        self.memory = 0;
        for input in &mut self.inputs {
            input.bound = loader.integer()?;
            input.waiting = (0..loader.count()?).map(|_| loader.rows()).collect::<Result<_, _>>()?;
            self.memory += input.waiting.iter().map(Rows::memory).sum::<usize>();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operators::Message;
    use crate::operators::testing::{rows, saved_and_loaded, shown};

    fn named(all: &[(i64, &str)]) -> Rows {
        rows(&all.iter().map(|(time, name)| (*time, *name, None)).collect::<Vec<_>>())
    }

    #[test]
    fn rows_leave_up_to_the_lowest_bound_in_the_order_of_time_and_inputs() {
        let mut union = Union::new(2);
        let mut context = Context::at(0);
        union.rows(1, named(&[(1, "b1"), (3, "b3")]), &mut context);
        union.bound(1, 5, &mut context);
        assert_eq!((shown(&mut context), union.deadline()), (Vec::new(), Some(2)));
        assert!(union.memory() > 0);
        let mut union = saved_and_loaded(&union, Union::new(2));
        union.rows(0, named(&[(1, "a1"), (2, "a2"), (3, "a3"), (6, "a6")]), &mut context);
        union.bound(0, 7, &mut context);
        assert_eq!(union.deadline(), Some(7));
        union.bound(0, 8, &mut context);
        union.bound(1, 9, &mut context);
        assert_eq!((union.memory(), union.deadline()), (0, None));
        let expected = ["1 a1", "1 b1", "2 a2", "3 a3", "3 b3", "bound 5", "6 a6", "bound 8"];
        let shown: Vec<String> = shown(&mut context).iter().map(|line| line.replace(" NULL", "")).collect();
        assert_eq!(shown, expected);
    }

    #[test]
    fn rows_that_stand_apart_are_not_copied() {
        let mut union = Union::new(2);
        let mut context = Context::at(0);
        let (one, two) = (named(&[(1, "a")]), named(&[(1, "b"), (2, "c")]));
        union.rows(0, one.clone(), &mut context);
        union.rows(1, two.clone(), &mut context);
        union.bound(0, 3, &mut context);
        union.bound(1, 3, &mut context);
        assert_eq!(context.take_messages(), [Message::Rows(one), Message::Rows(two), Message::Bound(3)]);
    }

    #[test]
    fn one_input_waits_for_nothing() {
        let mut union = Union::new(1);
        let mut context = Context::at(0);
        union.rows(0, named(&[(1, "a")]), &mut context);
        assert_eq!(shown(&mut context), ["1 a NULL NULL"]);
    }
}
