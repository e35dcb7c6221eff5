//! `VALUES`, and a select without `FROM`: rows that the program itself holds.

use arrow_array::ArrayRef;

use crate::Fault;
use crate::plan::{Expr, Schema};
use crate::rows::{Rows, arrow_type};
use crate::state::{Damaged, Loader, Saver};
use crate::tables::Tables;

use super::calculation::Calculation;
use super::{Context, Operator};

/// Sends its rows at the first bound of its only input; their ROWTIME is the moment at which that comes. They are all there will ever be.
pub struct Values {
    rows: Vec<Calculation>,
    types: Vec<arrow_schema::DataType>,
    sent: bool,
}

impl Values {
    /// Rows with the columns of a schema.
    pub fn new(rows: &[Vec<Expr>], schema: &Schema, tables: &Tables) -> Result<Self, Fault> {
        let rows = rows.iter().map(|row| Calculation::new(row, tables)).collect::<Result<_, _>>()?;
        let types = schema.columns.iter().map(|column| arrow_type(column.data_type)).collect();
        Ok(Self { rows, types, sent: false })
    }

    /// The rows at an instant. A row that cannot be computed goes to the error stream.
    pub fn at(&self, time: i64, context: &mut Context) -> Rows {
        let mut good: Vec<Vec<ArrayRef>> = Vec::with_capacity(self.rows.len());
        for row in &self.rows {
            let (left, values) = row.of(Rows::new(vec![time].into(), Vec::new()), context);
            if !left.is_empty() {
                good.push(values);
            }
        }
        let column = |index: usize| -> ArrayRef {
            let none = arrow_array::new_empty_array(&self.types[index]);
            let values: Vec<_> = std::iter::once(&*none).chain(good.iter().map(|row| &*row[index])).collect();
            arrow_select::concat::concat(&values).expect("the validator made the rows' types the same")
        };
        Rows::new(vec![time; good.len()].into(), (0..self.types.len()).map(column).collect())
    }
}

impl Operator for Values {
    /// What asks for the rows sends none.
    fn rows(&mut self, _input: usize, _rows: Rows, _context: &mut Context) {}

    fn bound(&mut self, _input: usize, _bound: i64, context: &mut Context) {
        if !self.sent {
            self.sent = true;
            let rows = self.at(context.now(), context);
            context.emit(rows);
        }
        context.bound(i64::MAX);
    }

    fn save(&self, saver: &mut Saver) {
        saver.count(usize::from(self.sent));
    }

    fn load(&mut self, loader: &mut Loader<'_>) -> Result<(), Damaged> {
        self.sent = loader.count()? != 0;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operators::testing::{plan, saved_and_loaded, shown};
    use crate::plan::NodeKind;

    fn values(query: &str) -> Values {
        let node = plan(query);
        let NodeKind::Values(rows) = &node.kind else { panic!("VALUES are expected") };
        Values::new(rows, &node.schema, &Tables::default()).unwrap()
    }

    #[test]
    fn rows_leave_once() {
        const QUERY: &str = "VALUES (1, 2), (3, 1 / 0), (5, NULL)";
        let mut first = values(QUERY);
        let mut context = Context::at(7);
        first.bound(0, i64::MAX, &mut context);
        let end = format!("bound {}", i64::MAX);
        assert_eq!(shown(&mut context), ["7 1 2", "7 5 NULL", &end, "failed 7: DIVIDE_BY_ZERO"]);
        let mut second = saved_and_loaded(&first, values(QUERY));
        second.bound(0, i64::MAX, &mut context);
        assert_eq!(shown(&mut context), [end]);
    }
}
