//! Log parsers. Sources: their pages under
//! <https://docs.aws.amazon.com/kinesisanalytics/latest/sqlref/sql-reference-string-and-search-functions.html>.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, StringViewArray};
use arrow_cast::display::array_value_to_string;

use super::{NOW, bound_all, tables};
use crate::Rows;
use crate::evaluate::Evaluator;
use crate::plan::{Expr, ExprKind};
use crate::row_error::{ErrorName, RowError};

/// A field of what a parser makes of T.
fn field(parser: &str, name: &str) -> Expr {
    let all = bound_all(&format!("SELECT STREAM {parser} AS r FROM s"));
    let named = |expr: &&Expr| match &expr.kind {
        ExprKind::Field(function, index) => function.fields.columns[*index].name == name,
        _ => false,
    };
    all.iter().find(named).expect("the parser has such a field").clone()
}

/// The fields of some texts: of each text the values, or its error.
fn parsed(parser: &str, fields: &[&str], texts: &[&str]) -> Vec<Result<Vec<Option<String>>, ErrorName>> {
    let evaluators: Vec<Evaluator> = fields
        .iter()
        .map(|name| Evaluator::new(&field(parser, name), &tables()).expect("it can be carried out"))
        .collect();
    let column: ArrayRef = Arc::new(texts.iter().map(|text| Some(*text)).collect::<StringViewArray>());
    let rows = Rows::new(vec![NOW; texts.len()].into(), vec![Arc::clone(&column); 6]);
    let (columns, errors) = Evaluator::evaluate_all(&evaluators, &rows, NOW);
    let error = |row: usize| errors.iter().find(|(at, _)| *at == row).map(|(_, error): &(_, RowError)| error.name);
    (0..texts.len())
        .map(|row| match error(row) {
            Some(name) => Err(name),
            None => Ok(columns.iter().map(|column| shown(column, row)).collect()),
        })
        .collect()
}

fn shown(column: &ArrayRef, row: usize) -> Option<String> {
    match column.as_string_view_opt() {
        Some(texts) => texts.is_valid(row).then(|| texts.value(row).to_owned()),
        None => column.is_valid(row).then(|| array_value_to_string(column, row).expect("it can be shown")),
    }
}

fn texts(wanted: &[&str]) -> Result<Vec<Option<String>>, ErrorName> {
    Ok(wanted.iter().map(|text| Some((*text).to_owned())).collect())
}

#[test]
fn web_servers() {
    let line = r#"127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] "GET /a.gif HTTP/1.0" 200 2326"#;
    let dash = r#"127.0.0.1 - - [10/Oct/2000:13:55:36 -0700] "GET / HTTP/1.0" 304 -"#;
    let found = parsed("W3C_LOG_PARSE(t, 'COMMON')", &["COLUMN1", "COLUMN5", "COLUMN7"], &[line, dash, "nothing"]);
    assert_eq!(found[0], texts(&["127.0.0.1", "GET /a.gif HTTP/1.0", "2326"]));
    assert_eq!(found[1], Ok(vec![Some("127.0.0.1".to_owned()), Some("GET / HTTP/1.0".to_owned()), None]));
    assert_eq!(found[2], Ok(vec![None; 3]));
}

#[test]
fn regular_expressions() {
    let parser = "REGEX_LOG_PARSE(t, '(\\w+)=(\\d+)?')";
    let found = parsed(parser, &["COLUMN1", "COLUMN2"], &["a=1", "b=", "none"]);
    assert_eq!(found, [texts(&["a", "1"]), texts(&["b", ""]), Ok(vec![None, None])]);
    let found = parsed("REGEX_LOG_PARSE(t, '(one|one-two)')", &["COLUMN1"], &["one-two", "one-three"]);
    assert_eq!(found, [texts(&["one-two"]), Ok(vec![None])]);
    let typed = "REGEX_LOG_PARSE(t, '(\\w+)=(.*)', 'k TYPE VARCHAR(2), v TYPE INTEGER')";
    let found = parsed(typed, &["K", "V"], &["abc=12", "a=x", "a="]);
    assert_eq!(found[0], texts(&["ab", "12"]));
    assert_eq!(found[1], Err(ErrorName::Coercion));
    assert_eq!(found[2], Ok(vec![Some("a".to_owned()), None]));
}

#[test]
fn columns_by_place() {
    let parser = "FIXED_COLUMN_LOG_PARSE(t, 'a TYPE VARCHAR(9) START 0 FOR 3, b TYPE INTEGER NOT NULL START 3')";
    let found = parsed(parser, &["A", "B"], &["abc 12", "ab", "abcx"]);
    assert_eq!(found, [texts(&["abc", "12"]), Err(ErrorName::NotNull), Err(ErrorName::Coercion)]);
}

#[test]
fn columns_by_delimiter() {
    let found = parsed(
        "VARIABLE_COLUMN_LOG_PARSE(t, 3, '||', '\\', '\"')",
        &["COLUMN1", "COLUMN2", "COLUMN3"],
        &["a||b||c||d", "\"x||y\"||\"say \"\"it\"\"\"||a\\||b", "a||"],
    );
    assert_eq!(found[0], texts(&["a", "b", "c"]));
    assert_eq!(found[1], texts(&["x||y", "say \"it\"", "a||b"]));
    assert_eq!(found[2], Ok(vec![Some("a".to_owned()), Some(String::new()), None]));
    let dated = "VARIABLE_COLUMN_LOG_PARSE(t, 'at TYPE TIMESTAMP yyyy/MM/dd HH:mm, n TYPE DOUBLE', ',')";
    let found = parsed(dated, &["AT", "N"], &["2026/11/21 03:04,1.5", "tomorrow,1"]);
    assert_eq!(found, [texts(&["2026-11-21T03:04:00", "1.5"]), Err(ErrorName::Coercion)]);
}

#[test]
fn system_logs() {
    let lines = ["Nov  1 03:04:05 host42 sshd: it is on", "Nov 21 03:04:05 host", "Now we go"];
    let found = parsed("SYS_LOG_PARSE(t)", &["COLUMN1", "COLUMN2"], &lines);
    assert_eq!(found[0], texts(&["2026-11-01T03:04:05", "host42 sshd: it is on"]));
    assert_eq!(found[1], texts(&["2026-11-21T03:04:05", "host"]));
    assert_eq!(found[2], Ok(vec![None, None]));
}

#[test]
fn fast_patterns() {
    let found = parsed("FAST_REGEX_LOG_PARSE(t, '(.*)_(.*)')", &["COLUMN1", "COLUMN2"], &["a_b_c", "abc"]);
    assert_eq!(found, [texts(&["a", "b_c"]), Ok(vec![None, None])]);
}

#[test]
fn a_parser_behind_a_condition_sees_only_its_rows() {
    let mut case = bound_all("SELECT STREAM CASE WHEN CHAR_LENGTH(t) > 1 THEN 1 END AS x FROM s").remove(0);
    let ExprKind::Case { branches, .. } = &mut case.kind else { panic!("a CASE") };
    branches[0].1 = field("REGEX_LOG_PARSE(t, '(.*)', 'v TYPE INTEGER')", "V");
    let evaluator = Evaluator::new(&case, &tables()).expect("it can be carried out");
    let column: ArrayRef = Arc::new(StringViewArray::from(vec!["1", "x", "22", "xx"]));
    let rows = Rows::new(vec![NOW; 4].into(), vec![column; 6]);
    let evaluated = evaluator.evaluate(&rows, NOW);
    assert_eq!(evaluated.errors.iter().map(|(row, _)| *row).collect::<Vec<_>>(), [3]);
    let values: Vec<Option<i32>> = evaluated.values.as_primitive::<arrow_array::types::Int32Type>().iter().collect();
    assert_eq!(values, [None, None, Some(22), None]);
}
