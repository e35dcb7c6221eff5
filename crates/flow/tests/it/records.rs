//! Golden files of records: what becomes of one JSON document or one CSV text.

use bytes::Bytes;
use flow::Rows;
use flow::formats::{self, Decoder, Format, MappedColumn, Mapping, Record};
use flow::plan::Schema;

use crate::case::{self, written};
use crate::engine;

/// One golden file of records.
struct Records {
    schema: Schema,
    format: Format,
    /// A record; its rows, or the name of its error.
    lines: Vec<(String, Vec<Expected>)>,
}

enum Expected {
    Row(String),
    Error(String),
}

/// `columns (…)`, `json PATH` or `csv DELIMITER`, and behind each record `=> row`, `=! error`, several of them with ` ;; ` between.
fn read(text: &str) -> Records {
    let mut records = Records { schema: Schema::default(), format: json("$"), lines: Vec::new() };
    for line in text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
        let (word, rest) = line.trim().split_once(' ').expect("a word and more");
        match (line.starts_with(' '), word) {
            (false, "columns") => records.schema = case::relation(&format!("X {rest}")).schema,
            (false, "json") => records.format = json(rest),
            (false, "csv") => {
                let (row_delimiter, column_delimiter) = ("\n".to_owned(), rest.to_owned());
                records.format = Format::Csv { row_delimiter, column_delimiter };
            }
            (false, other) => panic!("no section '{other}'"),
            (true, _) => records.lines.push(record(line.trim())),
        }
    }
    records
}

fn json(path: &str) -> Format {
    Format::Json { row_path: path.to_owned() }
}

fn record(line: &str) -> (String, Vec<Expected>) {
    let at = line.find(" =").expect("=> or =!");
    let (record, rest) = line.split_at(at);
    let expected = rest.split(";;").map(|part| match part.trim().split_at(2) {
        ("=>", row) => Expected::Row(row.trim().to_owned()),
        ("=!", error) => Expected::Error(error.trim().to_owned()),
        _ => panic!("=> or =!: {part}"),
    });
    (record.replace("\\n", "\n"), expected.collect())
}

fn differences(name: &str, records: &Records) -> Vec<String> {
    let column = |column: &flow::plan::Column| MappedColumn {
        name: column.name.clone(),
        data_type: column.data_type,
        path: Some(format!("$.{}", column.name)),
    };
    let columns = records.schema.columns.iter().map(column).collect();
    let mapping = Mapping { format: records.format.clone(), columns, hidden: Vec::new() };
    let mut decoder = Decoder::new(&mapping).expect("the mapping is good");
    assert_eq!(formats::schema(&mapping), records.schema);
    let mut wrong = Vec::new();
    for (text, expected) in &records.lines {
        let record = Record { data: Bytes::from(text.clone()), ..Record::default() };
        let decoded = decoder.decode(&[record], &vec![true; records.schema.columns.len()]);
        let rows = Rows::new(vec![0; decoded.records.len()].into(), decoded.columns);
        let shown = |values: &[crate::reference::Value]| values.iter().map(written).collect::<Vec<_>>().join(" | ");
        let mut got: Vec<String> =
            engine::values_of(&rows, &records.schema, 0).iter().map(|row| shown(&row.values)).collect();
        got.extend(decoded.errors.iter().map(|error| error.error.name.name().to_owned()));
        let wanted: Vec<String> = expected
            .iter()
            .map(|one| match one {
                Expected::Row(row) => shown(&case::values(row, &records.schema)),
                Expected::Error(error) => error.clone(),
            })
            .collect();
        if wanted != got {
            wrong.push(format!("{name}: {text}\n  expected {wanted:?}\n  got {got:?}"));
        }
    }
    wrong
}

#[test]
fn records_become_the_expected_rows() {
    let files = crate::golden::files("records");
    assert!(files.len() > 2, "the golden files are found");
    let wrong: Vec<String> = files.iter().flat_map(|(name, text)| differences(name, &read(text))).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
