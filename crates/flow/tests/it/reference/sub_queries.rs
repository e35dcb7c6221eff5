//! Queries over reference tables inside expressions: carried out anew for each row.

use flow::ErrorName::Cardinality;
use flow::plan::{SubQuery, SubQueryForm};
use flow::types::DataType;

use super::tables::Tables;
use super::value::{Outcome, Value};
use super::{Row, scalar};

/// What a query is worth for a row.
pub(super) fn evaluate(query: &SubQuery, row: &Row, tables: &Tables) -> Outcome {
    let outer = query.outer.iter().map(|one| scalar::evaluate(one, row, tables)).collect::<Result<_, _>>()?;
    let inside = Tables { outer, now: row.now, ..tables.clone() };
    let rows = inside.query(&query.query)?;
    match &query.form {
        SubQueryForm::Exists => Ok(Value::Boolean(!rows.is_empty())),
        SubQueryForm::Value => match &rows[..] {
            [] => Ok(Value::Null),
            [only] => Ok(only.values[0].clone()),
            _ => Err(Cardinality),
        },
        SubQueryForm::Any(comparison, value) => {
            let is_char = |data_type| matches!(data_type, DataType::Char(_));
            let padded = is_char(value.data_type) || is_char(query.query.schema.columns[0].data_type);
            let plain = |value: &Value| match value {
                Value::Text(text) if padded => Value::Text(text.trim_end_matches(' ').to_owned()),
                other => other.clone(),
            };
            let value = plain(&scalar::evaluate(value, row, tables)?);
            let truth = |row: &Row| scalar::compare(*comparison, &value, &plain(&row.values[0])).truth();
            let truths: Vec<Option<bool>> = rows.iter().map(truth).collect();
            Ok(match () {
                () if truths.contains(&Some(true)) => Value::Boolean(true),
                () if truths.contains(&None) => Value::Null,
                () => Value::Boolean(false),
            })
        }
    }
}
