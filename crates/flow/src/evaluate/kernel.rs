//! DataFusion's scalar functions. They end a whole batch at a row they refuse; here that row alone fails.

use std::ops::Range;
use std::sync::Arc;

use arrow_array::{ArrayRef, new_null_array};
use arrow_schema::{Field, FieldRef};
use datafusion_common::ScalarValue;
use datafusion_common::config::ConfigOptions;
use datafusion_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF};

use super::batch::Batch;
use super::values::Values;
use crate::RowError;
use crate::rows::arrow_type;
use crate::types::DataType;

/// A function of DataFusion's, ready for values of certain types.
#[derive(Debug)]
pub(super) struct Kernel {
    function: Arc<ScalarUDF>,
    arguments: Vec<FieldRef>,
    returned: FieldRef,
    options: Arc<ConfigOptions>,
}

impl Kernel {
    pub(super) fn new(function: Arc<ScalarUDF>, arguments: &[DataType], returned: DataType) -> Self {
        let field = |data_type: DataType| Arc::new(Field::new("value", arrow_type(data_type), true));
        Self {
            function,
            arguments: arguments.iter().copied().map(field).collect(),
            returned: field(returned),
            options: Arc::default(),
        }
    }

    /// What the function makes of each row. A row that it refuses is NULL and fails with `error`.
    pub(super) fn call(&self, batch: &Batch<'_>, values: &[Values], error: impl Fn(usize) -> RowError) -> Values {
        let arguments: Vec<ColumnarValue> = values.iter().map(columnar).collect();
        if values.iter().all(Values::is_constant) {
            return self.invoke(&arguments, &(0..1)).map_or_else(
                || {
                    (0..batch.len()).for_each(|row| batch.fail(row, error(row)));
                    Values::Constant(new_null_array(self.returned.data_type(), 1))
                },
                Values::Constant,
            );
        }
        Values::Rows(self.part(batch, &arguments, 0..batch.len(), &error))
    }

    /// The rows of a part. One that is refused is looked for in the halves, so that few of them cost the others little.
    fn part(
        &self,
        batch: &Batch<'_>,
        arguments: &[ColumnarValue],
        rows: Range<usize>,
        error: &dyn Fn(usize) -> RowError,
    ) -> ArrayRef {
        match self.invoke(arguments, &rows) {
            Some(values) => values,
            None if rows.len() < 2 => {
                rows.clone().for_each(|row| batch.fail(row, error(row)));
                new_null_array(self.returned.data_type(), rows.len())
            }
            None => {
                let middle = rows.start + rows.len() / 2;
                let first = self.part(batch, arguments, rows.start..middle, error);
                let second = self.part(batch, arguments, middle..rows.end, error);
                arrow_select::concat::concat(&[&*first, &*second]).expect("both are of the returned type")
            }
        }
    }

    /// The function's values; none if it refuses a row.
    fn invoke(&self, arguments: &[ColumnarValue], rows: &Range<usize>) -> Option<ArrayRef> {
        let args = arguments
            .iter()
            .map(|argument| match argument {
                ColumnarValue::Array(array) => ColumnarValue::Array(array.slice(rows.start, rows.len())),
                ColumnarValue::Scalar(_) => argument.clone(),
            })
            .collect();
        let call = ScalarFunctionArgs {
            args,
            arg_fields: self.arguments.clone(),
            number_rows: rows.len(),
            return_field: Arc::clone(&self.returned),
            config_options: Arc::clone(&self.options),
        };
        self.function.invoke_with_args(call).and_then(|values| values.into_array(rows.len())).ok()
    }
}

fn columnar(values: &Values) -> ColumnarValue {
    match values {
        Values::Rows(array) => ColumnarValue::Array(Arc::clone(array)),
        Values::Constant(array) => ColumnarValue::Scalar(
            ScalarValue::try_from_array(array, 0).expect("a constant has one value of a known type"),
        ),
    }
}
