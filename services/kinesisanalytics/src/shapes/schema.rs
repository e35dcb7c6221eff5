//! How records become rows: format, columns, mappings. In requests, in answers and as it is stored.

use std::sync::LazyLock;

use aws::{Constraints, Lenient, Pattern, Render};
use serde::{Deserialize, Serialize};

use super::{Api, RecordFormatType, checks};
use crate::limits;

static UTF_8: LazyLock<Pattern> = LazyLock::new(|| Pattern::new("UTF-8"));
/// The model's pattern of row paths, which looks ahead.
const ROW_PATH: &str = r"^(?=^\$)(?=^\S+$).*$";

/// The schema of a source.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct SourceSchema {
    pub(crate) record_format: Option<RecordFormat>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) record_encoding: Option<String>,
    pub(crate) record_columns: Option<Vec<RecordColumn>>,
}

/// What records look like.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct RecordFormat {
    pub(crate) record_format_type: Option<Lenient<RecordFormatType>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) mapping_parameters: Option<MappingParameters>,
}

/// What beside the format is to be known.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct MappingParameters {
    #[serde(rename = "JSONMappingParameters", skip_serializing_if = "Option::is_none")]
    pub(crate) json: Option<JsonMappingParameters>,
    #[serde(rename = "CSVMappingParameters", skip_serializing_if = "Option::is_none")]
    pub(crate) csv: Option<CsvMappingParameters>,
}

/// Where rows are in a JSON document.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct JsonMappingParameters {
    pub(crate) record_row_path: Option<String>,
}

/// What stands between rows and columns.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct CsvMappingParameters {
    pub(crate) record_row_delimiter: Option<String>,
    pub(crate) record_column_delimiter: Option<String>,
}

/// A column.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct RecordColumn {
    pub(crate) name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) mapping: Option<String>,
    pub(crate) sql_type: Option<String>,
}

impl Render for RecordColumn {
    fn render(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = |member: &Option<String>| member.clone().unwrap_or_else(|| "null".to_owned());
        write!(
            f,
            "RecordColumn(name={}, mapping={}, sqlType={})",
            text(&self.name),
            text(&self.mapping),
            text(&self.sql_type)
        )
    }
}

impl SourceSchema {
    pub(crate) fn constraints(&self, check: &mut Constraints, api: Api) {
        checks::require(check, "recordFormat", self.record_format.as_ref());
        if let Some(format) = &self.record_format {
            check.nested("recordFormat", |check| format.constraints(check, api));
        }
        encoding(check, "recordEncoding", &self.record_encoding, api);
        checks::require(check, "recordColumns", self.record_columns.as_ref());
        columns(check, "recordColumns", &self.record_columns, api);
    }

    /// The columns.
    pub(crate) fn columns(&self) -> &[RecordColumn] {
        self.record_columns.as_deref().unwrap_or_default()
    }

    /// Whether records are JSON; CSV otherwise.
    pub(crate) fn is_json(&self) -> bool {
        let format = self.record_format.as_ref().and_then(|format| format.record_format_type.as_ref());
        matches!(format, Some(Lenient::Known(RecordFormatType::Json)))
    }

    /// What beside the format was said.
    pub(crate) fn mapping(&self) -> Option<&MappingParameters> {
        self.record_format.as_ref().and_then(|format| format.mapping_parameters.as_ref())
    }
}

/// `RecordEncoding` and its update.
pub(crate) fn encoding(check: &mut Constraints, name: &str, value: &Option<String>, api: Api) {
    let mut member = check.member(name, value);
    if api == Api::V2 {
        member.length(5..=5);
    }
    member.pattern(&UTF_8);
}

/// `RecordColumns` and its update.
pub(crate) fn columns(check: &mut Constraints, name: &str, value: &Option<Vec<RecordColumn>>, api: Api) {
    check.member(name, value).length(1..=limits::COLUMNS_MAX);
    check.each(name, value.as_deref().unwrap_or_default(), |check, column| {
        checks::column_name(check, &column.name, api);
        let mut mapping = check.member("mapping", &column.mapping);
        if api == Api::V2 {
            mapping.length(0..=65_535);
        }
        let longest = if api == Api::V2 { 100 } else { usize::MAX };
        checks::required(check, "sqlType", &column.sql_type).length(1..=longest);
    });
}

impl RecordFormat {
    pub(crate) fn constraints(&self, check: &mut Constraints, api: Api) {
        checks::required(check, "recordFormatType", &self.record_format_type).known();
        let Some(parameters) = &self.mapping_parameters else { return };
        check.nested("mappingParameters", |check| parameters.constraints(check, api));
    }
}

impl MappingParameters {
    fn constraints(&self, check: &mut Constraints, api: Api) {
        if let Some(json) = &self.json {
            check.nested("jSONMappingParameters", |check| {
                let path = &json.record_row_path;
                let longest = if api == Api::V2 { 65_535 } else { usize::MAX };
                checks::required(check, "recordRowPath", path).length(1..=longest);
                if api == Api::V2 {
                    let path = path.as_deref();
                    let is_path = path.is_some_and(|path| path.starts_with('$') && !path.contains(char::is_whitespace));
                    checks::require_match(check, "recordRowPath", path, is_path, ROW_PATH);
                }
            });
        }
        if let Some(csv) = &self.csv {
            check.nested("cSVMappingParameters", |check| {
                let longest = if api == Api::V2 { 1_024 } else { usize::MAX };
                checks::required(check, "recordRowDelimiter", &csv.record_row_delimiter).length(1..=longest);
                checks::required(check, "recordColumnDelimiter", &csv.record_column_delimiter).length(1..=longest);
            });
        }
    }
}
