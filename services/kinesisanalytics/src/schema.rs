//! Schemas of requests turned into columns of the stream language.

use aws::ServiceError;
use flow::ast::Statement;
use flow::formats::{self, Decoder, Format, Hidden, MappedColumn, Mapping};
use flow::plan::Schema;
use flow::types::DataType;

use crate::errors;
use crate::shapes::SourceSchema;

/// What stands between the rows of CSV records that do not say it.
const ROW_DELIMITER: &str = "\n";
/// What stands between their columns.
const COLUMN_DELIMITER: &str = ",";

/// How records become rows. Records of data streams have more beside their data than others.
pub(crate) fn mapping(schema: &SourceSchema, is_data_stream: bool) -> Result<Mapping, ServiceError> {
    let hidden = if is_data_stream { &Hidden::OF_SHARDS[..] } else { &[Hidden::ArrivalTime] };
    let said = schema.mapping();
    let format = if schema.is_json() {
        let row_path = said.and_then(|said| said.json.as_ref()).and_then(|json| json.record_row_path.clone());
        Format::Json { row_path: row_path.unwrap_or_else(|| "$".to_owned()) }
    } else {
        let csv = said.and_then(|said| said.csv.as_ref());
        let row = csv.and_then(|csv| csv.record_row_delimiter.clone());
        let column = csv.and_then(|csv| csv.record_column_delimiter.clone());
        Format::Csv {
            row_delimiter: row.unwrap_or_else(|| ROW_DELIMITER.to_owned()),
            column_delimiter: column.unwrap_or_else(|| COLUMN_DELIMITER.to_owned()),
        }
    };
    let mut columns = Vec::new();
    for said in schema.columns() {
        let (name, sql_type) = (said.name.clone().unwrap_or_default(), said.sql_type.as_deref().unwrap_or_default());
        let data_type = data_type(sql_type)
            .ok_or_else(|| errors::bad_schema(&format!("Column {name} has no type of SQL: {sql_type}")))?;
        columns.push(MappedColumn { name, data_type, path: said.mapping.clone() });
    }
    let mapping = Mapping { format, columns, hidden: hidden.to_vec() };
    // What cannot be carried out is found when it is compiled.
    Decoder::new(&mapping).map_err(|error| errors::bad_schema(&error.to_string()))?;
    Ok(mapping)
}

/// The columns of an in-application stream that an input feeds, those that are known beside the data at their end.
pub(crate) fn of_input(schema: &SourceSchema, is_data_stream: bool) -> Result<Schema, ServiceError> {
    Ok(formats::schema(&mapping(schema, is_data_stream)?))
}

/// The columns of a reference table.
pub(crate) fn of_table(schema: &SourceSchema) -> Result<Schema, ServiceError> {
    Ok(formats::schema(&Mapping { hidden: Vec::new(), ..mapping(schema, false)? }))
}

/// The type that a request spells as a program would.
fn data_type(sql_type: &str) -> Option<DataType> {
    let statements = flow::parse::program(&format!("CREATE STREAM S (C {sql_type});")).ok()?;
    let [Statement::CreateStream(create)] = &statements[..] else { return None };
    let [definition] = &create.columns[..] else { return None };
    let data_type = DataType::named(&definition.data_type).ok()?;
    (data_type != DataType::Interval && !definition.not_null).then_some(data_type)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_those_of_the_language_and_nothing_more() {
        for (text, expected) in [
            ("VARCHAR(16)", Some(DataType::Varchar(16))),
            ("integer", Some(DataType::Integer)),
            ("DECIMAL(5,2)", Some(DataType::Decimal { precision: 5, scale: 2 })),
            ("DOUBLE", Some(DataType::Double)),
            ("INTEGER, D INTEGER", None),
            ("INTEGER NOT NULL", None),
            ("INTEGER); DROP STREAM S; CREATE STREAM T (A INT", None),
            ("TEXT", None),
            ("", None),
        ] {
            assert_eq!(data_type(text), expected, "{text}");
        }
    }
}
