//! `SELECT STREAM DISTINCT`: rows that are not repeated while the columns that follow ROWTIME stay the same.
//!
//! Source: <https://docs.aws.amazon.com/kinesisanalytics/latest/sqlref/sql-reference-select.html>.

use std::sync::Arc;

use arrow_array::{ArrayRef, Int64Array};

use crate::Fault;
use crate::aggregates::Groups;
use crate::plan::{Expr, Node};
use crate::rows::Rows;
use crate::state::{Damaged, Loader, Saver};
use crate::tables::Tables;

use super::epochs::{self, Epochs};
use super::{Context, Operator};

/// Sends a row on if it is the first one like it. Two rows with NULL in the same columns are alike.
pub struct Distinct {
    /// Columns that follow ROWTIME; ROWTIME itself when there are none.
    monotonic: Vec<usize>,
    epochs: Epochs,
    /// The rows that have left.
    seen: Groups,
    numbers: Vec<u32>,
}

impl Distinct {
    /// The rows of `input`, each of them once.
    pub fn new(input: &Node, monotonic: &[usize], tables: &Tables) -> Result<Self, Fault> {
        let none: [(usize, &Expr); 0] = [];
        let types = input.schema.columns.iter().map(|column| column.data_type).collect();
        let epochs = Epochs::new(&epochs::keys(none, input), tables)?;
        Ok(Self { monotonic: monotonic.to_vec(), epochs, seen: Groups::new(types), numbers: Vec::new() })
    }
}

impl Operator for Distinct {
    fn rows(&mut self, _input: usize, rows: Rows, context: &mut Context) {
        let keys: Vec<ArrayRef> = match &self.monotonic[..] {
            [] => vec![Arc::new(Int64Array::new(rows.times().clone(), None))],
            columns => columns.iter().map(|index| ArrayRef::clone(&rows.columns()[*index])).collect(),
        };
        for part in self.epochs.cut(rows.times(), &keys) {
            if part.closed.is_some() {
                self.seen.clear();
            }
            let before = self.seen.count();
            let part = rows.slice(part.rows.start, part.rows.len());
            self.seen.assign(part.columns(), part.len(), &mut self.numbers);
            context.emit(part.take(&crate::aggregates::firsts(&self.numbers, before)));
        }
    }

    fn bound(&mut self, _input: usize, bound: i64, context: &mut Context) {
        context.bound(bound);
    }

    fn memory(&self) -> usize {
        self.seen.memory() + self.numbers.capacity() * size_of::<u32>()
    }

    fn save(&self, saver: &mut Saver) {
        self.epochs.save(saver);
        saver.count(self.seen.count());
        saver.rows(&Rows::new(vec![0; self.seen.count()].into(), self.seen.keys()));
    }

    fn load(&mut self, loader: &mut Loader<'_>) -> Result<(), Damaged> {
        self.epochs.load(loader)?;
        self.seen.clear();
        let count = loader.count()?;
        let rows = loader.rows()?;
        self.seen.assign(rows.columns(), rows.len(), &mut self.numbers);
        if self.seen.count() == count { Ok(()) } else { Err(Damaged) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operators::testing::{Row, plan, rows, saved_and_loaded, shown};
    use crate::plan::NodeKind;

    fn distinct(monotonic: &[usize]) -> Distinct {
        let node = plan("SELECT STREAM DISTINCT MONOTONIC(name) AS name, price, at_time FROM s");
        let NodeKind::Distinct { input, monotonic: found } = &node.kind else { panic!("a DISTINCT is expected") };
        assert_eq!(found, &[0]);
        Distinct::new(input, monotonic, &Tables::default()).unwrap()
    }

    fn check(monotonic: &[usize], batches: &[&[Row<'_>]], expected: &[&str]) {
        let mut operator = distinct(monotonic);
        let mut context = Context::at(0);
        for batch in batches {
            operator.rows(0, rows(batch), &mut context);
            operator = saved_and_loaded(&operator, distinct(monotonic));
        }
        operator.bound(0, 9, &mut context);
        assert_eq!(shown(&mut context), expected);
    }

    #[test]
    fn rows_come_once_while_the_monotonic_column_is_the_same() {
        check(
            &[0],
            &[
                &[(1, "a", Some(1)), (2, "a", Some(1)), (2, "a", None)],
                &[(3, "a", Some(1)), (3, "a", None), (3, "b", Some(1)), (4, "b", Some(1)), (5, "a", Some(1))],
            ],
            &["1 a 1 @1", "2 a NULL NULL", "3 b 1 @1", "5 a 1 @1", "bound 9"],
        );
    }

    #[test]
    fn without_such_a_column_rowtime_is_it() {
        check(
            &[],
            &[&[(1, "a", Some(1)), (1, "b", Some(1)), (1, "a", Some(1))], &[(1, "b", Some(1)), (2, "b", Some(1))]],
            &["1 a 1 @1", "1 b 1 @1", "2 b 1 @1", "bound 9"],
        );
    }
}
