//! `WHERE` and `HAVING`: the rows for which a predicate is TRUE.

use arrow_array::cast::AsArray;

use crate::Fault;
use crate::evaluate::Evaluator;
use crate::plan::Expr;
use crate::rows::Rows;
use crate::tables::Tables;

use super::{Context, Operator};

/// Leaves the rows for which the predicate is TRUE; NULL is not.
pub struct Filter {
    predicate: Evaluator,
}

impl Filter {
    /// A filter over the columns of its input.
    pub fn new(predicate: &Expr, tables: &Tables) -> Result<Self, Fault> {
        Ok(Self { predicate: Evaluator::new(predicate, tables)? })
    }
}

impl Operator for Filter {
    fn rows(&mut self, _input: usize, rows: Rows, context: &mut Context) {
        let evaluated = self.predicate.evaluate(&rows, context.now());
        for (row, error) in evaluated.errors {
            context.fail(&rows, row, error);
        }
        // A predicate that is NULL by its type is never TRUE.
        if let Some(mask) = evaluated.values.as_boolean_opt() {
            context.emit(rows.filter(mask));
        }
    }

    fn bound(&mut self, _input: usize, bound: i64, context: &mut Context) {
        context.bound(bound);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operators::testing::{predicate, rows, shown};

    #[test]
    fn null_and_false_leave_and_errors_go_elsewhere() {
        let (predicate, tables) = predicate("10 / price > 2");
        let mut filter = Filter::new(&predicate, &tables).unwrap();
        let mut context = Context::at(0);
        let all = [(1, "a", Some(1)), (1, "b", None), (2, "c", Some(0)), (2, "d", Some(9))];
        filter.rows(0, rows(&all), &mut context);
        filter.bound(0, 3, &mut context);
        assert_eq!(shown(&mut context), ["1 a 1 @1", "bound 3", "failed 2 c 0 @0: DIVIDE_BY_ZERO"]);
    }

    #[test]
    fn a_predicate_that_is_always_null_leaves_nothing() {
        let (predicate, tables) = predicate("NULL");
        let mut filter = Filter::new(&predicate, &tables).unwrap();
        let mut context = Context::at(0);
        filter.rows(0, rows(&[(1, "a", None)]), &mut context);
        assert!(shown(&mut context).is_empty());
    }
}
