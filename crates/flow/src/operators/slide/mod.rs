//! Calls with `OVER`: each row goes on at once, with values over the rows before it.
//!
//! A window ends at its row. Of a range, rows exactly as old as it reaches still count: AWS's developer guide says
//! otherwise in one place, but the table that its SQL reference works out does it so, and that holds. Only rows that have
//! arrived count: of two rows with equal ROWTIME the first one does not see the second one. A row is counted even if the
//! value made of it does not fit its type, and it therefore goes to the error stream; a row whose argument or key is an
//! error is in no window.
//!
//! <https://docs.aws.amazon.com/kinesisanalytics/latest/sqlref/sql-reference-windowed-aggregation-stream.html>

mod call;
mod exact;
mod extreme;
mod fold;
mod lane;
mod position;
#[cfg(test)]
mod tests;
mod values;
mod window;

use std::collections::BTreeMap;

use arrow_array::{ArrayRef, BooleanArray, UInt32Array};

use super::{Context, Operator};
use crate::Fault;
use crate::evaluate::Evaluator;
use crate::plan::{self, AggregateFunction, Expr};
use crate::row_error::{ErrorName, RowError};
use crate::rows::Rows;
use crate::state::{Damaged, Loader, Saver};
use crate::tables::Tables;
use call::Call;
use window::Window;

/// Rows with values over the rows before them.
pub struct Slide {
    /// All that is computed of a row: arguments, defaults and keys, each once.
    values: Vec<Evaluator>,
    windows: Vec<Looking>,
    /// For each call of the plan its window and its place there.
    order: Vec<(usize, usize)>,
}

/// A window with the calls that look through it.
struct Looking {
    window: Window,
    /// Places among the values.
    keys: Vec<usize>,
    calls: Vec<Looked>,
}

struct Looked {
    call: Box<dyn Call>,
    argument: Option<usize>,
    default: Option<usize>,
}

impl Looking {
    fn sweep(&mut self) {
        let Self { window, calls, .. } = self;
        if let Some(old) = window.sweep(|group| calls.iter_mut().for_each(|looked| looked.call.forget(group))) {
            calls.iter_mut().for_each(|looked| looked.call.renumber(&old));
        }
    }
}

/// Expressions, each once.
struct Values<'p> {
    expressions: Vec<&'p Expr>,
}

impl<'p> Values<'p> {
    fn place(&mut self, expression: &'p Expr) -> usize {
        match self.expressions.iter().position(|other| *other == expression) {
            Some(place) => place,
            None => {
                self.expressions.push(expression);
                self.expressions.len() - 1
            }
        }
    }
}

impl Slide {
    /// The operator for a plan.
    pub fn new(plan: &plan::Slide, tables: &Tables) -> Result<Self, Fault> {
        let mut values = Values { expressions: Vec::new() };
        let mut windows = Vec::with_capacity(plan.windows.len());
        for window in &plan.windows {
            let keys: Vec<usize> = window.partition_by.iter().map(|key| values.place(key)).collect();
            let window = Window::new(window.extent, !keys.is_empty());
            windows.push(Looking { window, keys, calls: Vec::new() });
        }
        let mut order = Vec::new();
        for (window, aggregate) in &plan.calls {
            let looking = &mut windows[*window];
            let argument = aggregate.argument.as_ref().map(|argument| values.place(argument));
            let default = match &aggregate.function {
                AggregateFunction::Lag { default: Some(default), .. } => Some(values.place(default)),
                _ => None,
            };
            order.push((*window, looking.calls.len()));
            looking.calls.push(Looked { call: call::new(aggregate, looking.window.extent()), argument, default });
        }
        let values = values.expressions.iter().map(|value| Evaluator::new(value, tables)).collect::<Result<_, _>>()?;
        Ok(Self { values, windows, order })
    }

    /// The rows that can be worked with, and what is computed of them.
    fn evaluate(&self, rows: &Rows, context: &mut Context) -> (Rows, Vec<ArrayRef>) {
        let (values, errors) = Evaluator::evaluate_all(&self.values, rows, context.now());
        let errors: BTreeMap<usize, RowError> = errors.into_iter().collect();
        if errors.is_empty() {
            return (rows.clone(), values);
        }
        let kept = without(rows.len(), &errors);
        fail(rows, errors, context);
        let values = values.iter().map(|value| {
            arrow_select::take::take(value, &kept, None).expect("places lie within the values, which have plain types")
        });
        (rows.take(&kept), values.collect())
    }
}

/// Places of the rows that are not in error.
fn without(count: usize, errors: &BTreeMap<usize, RowError>) -> UInt32Array {
    let kept = (0..count).filter(|row| !errors.contains_key(row));
    kept.map(|row| u32::try_from(row).expect("batches are smaller than 2^32 rows")).collect::<Vec<_>>().into()
}

fn fail(rows: &Rows, errors: BTreeMap<usize, RowError>, context: &mut Context) {
    for (row, error) in errors {
        context.fail(rows, row, error);
    }
}

impl Operator for Slide {
    fn rows(&mut self, _: usize, rows: Rows, context: &mut Context) {
        let (rows, values) = self.evaluate(&rows, context);
        let mut answers: Vec<Vec<ArrayRef>> = Vec::with_capacity(self.windows.len());
        let mut overflows = BTreeMap::new();
        for looking in &mut self.windows {
            let keys: Vec<ArrayRef> = looking.keys.iter().map(|key| values[*key].clone()).collect();
            let moves = looking.window.take(rows.times(), &keys);
            let mut of_window = Vec::with_capacity(looking.calls.len());
            for looked in &mut looking.calls {
                let value = |place: Option<usize>| place.map(|place| &values[place]);
                let answered = looked.call.run(&moves, value(looked.argument), value(looked.default));
                of_window.push(answered.values);
                for row in answered.overflows {
                    let error = RowError::new(ErrorName::Overflow, "The sum over a window does not fit its type");
                    overflows.entry(row).or_insert(error);
                }
            }
            answers.push(of_window);
            looking.sweep();
        }
        let mut columns = rows.columns().to_vec();
        columns.extend(self.order.iter().map(|(window, call)| answers[*window][*call].clone()));
        let out = rows.with_columns(columns);
        if overflows.is_empty() {
            context.emit(out);
            return;
        }
        let mask: BooleanArray = (0..rows.len()).map(|row| Some(!overflows.contains_key(&row))).collect();
        fail(&rows, overflows, context);
        context.emit(out.filter(&mask));
    }

    fn bound(&mut self, _: usize, bound: i64, context: &mut Context) {
        for looking in &mut self.windows {
            looking.window.advance(bound);
            looking.sweep();
        }
        context.bound(bound);
    }

    fn memory(&self) -> usize {
        let of_calls = |looking: &Looking| looking.calls.iter().map(|looked| looked.call.memory()).sum::<usize>();
        self.windows.iter().map(|looking| looking.window.memory() + of_calls(looking)).sum()
    }

    fn save(&self, saver: &mut Saver) {
        for looking in &self.windows {
            looking.window.save(saver);
            looking.calls.iter().for_each(|looked| looked.call.save(saver));
        }
    }

    fn load(&mut self, loader: &mut Loader<'_>) -> Result<(), Damaged> {
        for looking in &mut self.windows {
            looking.window.load(loader)?;
            for looked in &mut looking.calls {
                looked.call.load(loader)?;
            }
        }
        Ok(())
    }
}
