//! Golden files: what a person writes, as a program, its input and what must come of it. The format is in golden/README.md.

use flow::ast::{CreateStream, Statement};
use flow::bind::Environment;
use flow::plan::{Column, LoneRows, Order, Program, Schema, Stream};
use flow::types::DataType;

use crate::reference::calendar::{self, DAY_MS};
use crate::reference::value::Value;
use crate::reference::{Entry, Row, Tables, cast};

/// The day of times that are written without one.
const DAY: (i64, i64, i64) = (2020, 1, 1);

/// One golden file.
#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) environment: Environment,
    pub(crate) tables: Tables,
    pub(crate) program: String,
    pub(crate) entries: Vec<Entry>,
    /// Lines of expected rows by stream, and whether their order counts within one ROWTIME.
    pub(crate) outputs: Vec<Expected>,
    /// ROWTIME, name and pump of rows in the error stream.
    pub(crate) errors: Option<Vec<(i64, String, String)>>,
    /// An expression over the first source's first row, and what it is.
    pub(crate) expressions: Vec<(String, Answer)>,
}

/// The rows of one stream.
#[derive(Debug)]
pub(crate) struct Expected {
    pub(crate) stream: String,
    pub(crate) in_order: bool,
    pub(crate) lines: Vec<String>,
}

/// What an expression must give.
#[derive(Debug)]
pub(crate) enum Answer {
    Value(String),
    /// The name of a row error.
    Error(String),
    /// A part of the message with which it is refused.
    Refused(String),
}

/// Reads a golden file.
pub(crate) fn read(text: &str) -> Case {
    let mut case = Case {
        environment: Environment { lone_queries: true, ..Environment::default() },
        tables: Tables::default(),
        program: String::new(),
        entries: Vec::new(),
        outputs: Vec::new(),
        errors: None,
        expressions: Vec::new(),
    };
    let mut section = String::new();
    for line in text.lines() {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        if !line.starts_with(' ') {
            section = begin(&mut case, line);
            continue;
        }
        let body = line.trim();
        match section.as_str() {
            "source" => panic!("nothing stands behind a source: {line}"),
            "table" => {
                let table = case.environment.tables.last().expect("a table");
                let row = values(body, &table.schema);
                case.tables.tables.get_mut(&table.name).expect("just made").push(row);
            }
            "program" => {
                case.program.push_str(line);
                case.program.push('\n');
            }
            "input" => entry(&mut case, body),
            "output" => case.outputs.last_mut().expect("an output").lines.push(body.to_owned()),
            "errors" => {
                let words: Vec<&str> = body.split_whitespace().collect();
                let [time, name, pump] = words[..] else { panic!("time, name and pump: {line}") };
                let error = (instant(time), name.to_owned(), pump.to_owned());
                case.errors.get_or_insert_default().push(error);
            }
            "expressions" => case.expressions.push(expression(body)),
            other => panic!("no section '{other}'"),
        }
    }
    case
}

/// Takes the line that begins a section, and tells which it is.
fn begin(case: &mut Case, line: &str) -> String {
    let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
    match word {
        "source" => case.environment.streams.push(relation(rest)),
        "table" => {
            let table = relation(rest);
            case.tables.tables.insert(table.name.clone(), Vec::new());
            case.environment.tables.push(table);
        }
        "output" => {
            let (stream, in_order) = match rest.strip_suffix(" in order") {
                Some(stream) => (stream, true),
                None => (rest, false),
            };
            case.outputs.push(Expected { stream: stream.to_owned(), in_order, lines: Vec::new() });
        }
        "errors" => case.errors = Some(Vec::new()),
        "lone" => {
            assert_eq!(line, "lone rows as documented", "there is no other setting");
            case.environment.lone_rows = LoneRows::AsDocumented;
        }
        _ => {}
    }
    word.to_owned()
}

/// A name and columns, as in CREATE STREAM.
pub(crate) fn relation(written: &str) -> Stream {
    let mut statements = flow::parse::program(&format!("CREATE STREAM {written}")).expect("name and columns");
    let Some(Statement::CreateStream(CreateStream { name, columns, .. })) = statements.pop() else { panic!() };
    let column = |definition: flow::ast::ColumnDefinition| Column {
        name: definition.name.text,
        data_type: DataType::named(&definition.data_type).expect("a type"),
        nullable: !definition.not_null,
        hidden: false,
        order: Order::None,
        of_row: None,
    };
    Stream { name: name.text, schema: Schema { columns: columns.into_iter().map(column).collect() } }
}

fn entry(case: &mut Case, body: &str) {
    let mut words = body.splitn(3, ' ');
    let time = instant(words.next().expect("a time"));
    if case.entries.last().is_none_or(|last| last.time != time) {
        assert!(case.entries.last().is_none_or(|last| last.time < time), "times do not rise: {body}");
        case.entries.push(Entry { time, rows: Vec::new() });
    }
    let Some(stream) = words.next() else { return };
    let source = case.environment.streams.iter().find(|one| one.name == stream);
    let source = source.unwrap_or_else(|| panic!("no source {stream}"));
    let row = values(words.next().unwrap_or_default(), &source.schema);
    case.entries.last_mut().expect("just pushed").rows.push((stream.to_owned(), row));
}

fn expression(body: &str) -> (String, Answer) {
    for (separator, answer) in
        [(" => ", Answer::Value as fn(String) -> Answer), (" =! ", Answer::Error), (" =? ", Answer::Refused)]
    {
        if let Some((expression, rest)) = body.rsplit_once(separator) {
            return (expression.trim().to_owned(), answer(rest.trim().to_owned()));
        }
    }
    panic!("expression => value, expression =! error, or expression =? refusal: {body}")
}

/// `11:00:20.5`, or `2020-01-01T11:00:20`.
pub(crate) fn instant(text: &str) -> i64 {
    let day = calendar::days(DAY) * DAY_MS;
    let read = match text.split_once('T') {
        Some((date, time)) => cast::read_instant(&format!("{date} {time}")),
        None => cast::read_instant(&format!("1970-01-01 {text}")).map(|ms| day + ms),
    };
    read.unwrap_or_else(|| panic!("{text} is not a time"))
}

/// Values with `|` between them.
pub(crate) fn values(line: &str, schema: &Schema) -> Vec<Value> {
    let (mut fields, mut quoted) = (vec![String::new()], false);
    for character in line.chars() {
        match character {
            '|' if !quoted => {
                fields.push(String::new());
                continue;
            }
            '\'' => quoted = !quoted,
            _ => {}
        }
        fields.last_mut().expect("one at least").push(character);
    }
    assert_eq!(fields.len(), schema.columns.len(), "a value for each column: {line}");
    fields.iter().zip(&schema.columns).map(|(field, column)| value(field.trim(), column.data_type)).collect()
}

/// A value as it is written in a golden file.
pub(crate) fn value(field: &str, data_type: DataType) -> Value {
    if field == "NULL" {
        return Value::Null;
    }
    let quoted = |text: &str| Some(text.strip_prefix('\'')?.strip_suffix('\'')?.replace("''", "'"));
    match data_type {
        DataType::Char(_) | DataType::Varchar(_) => {
            let text = quoted(field).unwrap_or_else(|| panic!("a text in quotes, not {field}"));
            Value::Text(text.replace("\\n", "\n").replace("\\t", "\t"))
        }
        DataType::Binary(_) | DataType::Varbinary(_) => {
            let digits = field.strip_prefix('X').and_then(quoted).expect("X'…'");
            let byte = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).expect("two digits");
            Value::Binary((0..digits.len()).step_by(2).map(byte).collect())
        }
        DataType::Interval => Value::Interval(field.parse().expect("milliseconds")),
        DataType::MonthInterval => Value::Months(field.parse().expect("months")),
        DataType::Timestamp if !field.contains('-') => Value::Timestamp(instant(field)),
        _ => cast::cast(Value::Text(field.to_owned()), data_type).unwrap_or_else(|_| panic!("{field} as {data_type}")),
    }
}

impl Case {
    /// The checked program.
    pub(crate) fn program(&self) -> Program {
        match flow::bind::program(&self.program, &self.environment) {
            Ok(program) => program,
            Err(fault) => panic!("{}", fault.drawn(&self.program)),
        }
    }

    /// The columns of a stream that the program makes, or of its queries.
    pub(crate) fn schema(program: &Program, stream: &str) -> Schema {
        if let Some(number) = stream.strip_prefix("query") {
            let index =
                if number.trim().is_empty() { 0 } else { number.trim().parse::<usize>().expect("a number") - 1 };
            return visible(&program.queries[index].schema);
        }
        let made = program.streams.iter().find(|one| one.name == stream);
        made.unwrap_or_else(|| panic!("no stream {stream}")).schema.clone()
    }

    /// The rows that are expected of a stream.
    pub(crate) fn expected(program: &Program, output: &Expected) -> Vec<Row> {
        let schema = Self::schema(program, &output.stream);
        let row = |line: &String| {
            let (time, rest) = line.split_once(' ').expect("a time and values");
            Row { time: instant(time), now: 0, values: values(rest, &schema) }
        };
        output.lines.iter().map(row).collect()
    }
}

/// The columns that come out of a query.
pub(crate) fn visible(schema: &Schema) -> Schema {
    Schema { columns: schema.columns.iter().filter(|column| !column.hidden).cloned().collect() }
}

/// Rows as a person reads them, for comparing and for showing what differs. The order within one ROWTIME is kept or not.
pub(crate) fn shown(rows: &[Row], in_order: bool) -> Vec<String> {
    let mut lines: Vec<(i64, String)> = rows.iter().map(|row| (row.time, line(row))).collect();
    if in_order {
        assert!(lines.is_sorted_by_key(|(time, _)| *time), "ROWTIME falls: {lines:?}");
    } else {
        assert!(lines.is_sorted_by_key(|(time, _)| *time), "ROWTIME falls: {lines:?}");
        lines.sort();
    }
    lines.into_iter().map(|(_, line)| line).collect()
}

fn line(row: &Row) -> String {
    let time = cast::written(&Value::Timestamp(row.time)).replace(' ', "T");
    let values: Vec<String> = row.values.iter().map(written).collect();
    format!("{time} {}", values.join(" | "))
}

/// A value as golden files have it. Binary floating point is rounded to what two ways of adding up agree on.
pub(crate) fn written(value: &Value) -> String {
    match value {
        Value::Text(text) => format!("'{}'", text.replace('\'', "''").replace('\n', "\\n").replace('\t', "\\t")),
        Value::Binary(_) => format!("X'{}'", cast::written(value)),
        Value::Double(number) => rounded(*number, 9),
        Value::Real(number) => rounded(f64::from(*number), 6),
        other => cast::written(other),
    }
}

fn rounded(number: f64, digits: usize) -> String {
    let number = if number.abs() < 1e-9 { 0.0 } else { number };
    format!("{number:.digits$e}")
}
