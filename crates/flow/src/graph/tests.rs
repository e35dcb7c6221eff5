//! Programs as a whole: how streams, pumps, time and failures hang together.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{ArrayRef, Int32Array, StringViewArray};
use arrow_cast::display::array_value_to_string;

use super::*;
use crate::ErrorName;
use crate::bind::{self, source_column};
use crate::plan::Stream;
use crate::types::DataType;

/// Enough for every program here but one.
const MEMORY_BYTES_MAX: usize = 16 << 20;

fn environment() -> Environment {
    let column = source_column;
    let columns = vec![column("NAME", DataType::Varchar(16)), column("QTY", DataType::Integer)];
    let stream = |name: &str| Stream { name: name.to_owned(), schema: Schema { columns: columns.clone() } };
    Environment {
        streams: vec![stream("A"), stream("B")],
        tables: vec![stream("T")],
        lone_queries: true,
        ..Environment::default()
    }
}

fn built(text: &str, taps: &[&str], memory_bytes_max: usize) -> Result<Graph, Fault> {
    let environment = environment();
    let program = bind::program(text, &environment)?;
    let tables = Tables::new([("T".to_owned(), rows(0, &[("one", Some(1)), ("two", Some(2))]))]);
    let taps: Vec<Tap> = match taps {
        [] => vec![Tap::Query(0)],
        names => names.iter().map(|name| Tap::Stream((*name).to_owned())).collect(),
    };
    Graph::new(&program, &environment, &tables, &taps, memory_bytes_max)
}

#[track_caller]
fn graph(text: &str, taps: &[&str]) -> Graph {
    built(text, taps, MEMORY_BYTES_MAX).unwrap_or_else(|fault| panic!("{}", fault.drawn(text)))
}

fn rows(time: i64, rows: &[(&str, Option<i32>)]) -> Rows {
    let names: StringViewArray = rows.iter().map(|(name, _)| Some(*name)).collect();
    let quantities: Int32Array = rows.iter().map(|(_, quantity)| *quantity).collect();
    let columns: Vec<ArrayRef> = vec![Arc::new(names), Arc::new(quantities)];
    Rows::new(vec![time; rows.len()].into(), columns)
}

type Given<'a> = &'a [(usize, &'a [(&'a str, Option<i32>)])];

fn entry(time: i64, given: Given<'_>) -> Entry {
    let rows = given.iter().map(|(stream, list)| (*stream, rows(time, list))).collect();
    Entry { time, rows, rejected: Vec::new() }
}

/// Rows of a tap as text: time, then values.
fn shown(outputs: &Outputs, tap: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for rows in &outputs.taps[tap] {
        for row in 0..rows.len() {
            let value = |column: &ArrayRef| array_value_to_string(column, row).unwrap();
            let values: Vec<String> = rows.columns().iter().map(value).collect();
            lines.push(format!("{} {}", rows.times()[row], values.join(" ")));
        }
    }
    lines
}

#[track_caller]
fn advanced(graph: &mut Graph, time: i64, given: Given<'_>) -> Vec<String> {
    shown(&graph.advance(entry(time, given)).unwrap(), 0)
}

const MERGED: &str = "CREATE STREAM merged (name VARCHAR(16), qty INTEGER);
    CREATE PUMP one AS INSERT INTO merged SELECT STREAM name, qty FROM a WHERE qty > 0;
    CREATE PUMP two AS INSERT INTO merged SELECT STREAM name, -qty FROM b;";

#[test]
fn several_pumps_into_a_stream_are_merged_by_time_and_read_by_many() {
    let text = format!(
        "{MERGED} CREATE STREAM names (name VARCHAR(16));
         CREATE PUMP three AS INSERT INTO names SELECT STREAM name FROM merged;"
    );
    let mut graph = graph(&text, &["MERGED", "NAMES", "A"]);
    let given: Given<'_> = &[(0, &[("x", Some(1)), ("y", Some(-1))]), (1, &[("z", Some(3))])];
    let outputs = graph.advance(entry(10, given)).unwrap();
    assert_eq!(shown(&outputs, 0), ["10 x 1", "10 z -3"]);
    assert_eq!(shown(&outputs, 1), ["10 x", "10 z"]);
    assert_eq!(shown(&outputs, 2), ["10 x 1", "10 y -1"]);
}

#[test]
fn windows_wait_for_time_and_tell_until_when() {
    let mut graph =
        graph("SELECT STREAM name, SUM(qty) FROM a GROUP BY name, STEP(a.ROWTIME BY INTERVAL '1' SECOND)", &[]);
    assert_eq!(graph.deadline(), None);
    assert!(advanced(&mut graph, 1_200, &[(0, &[("x", Some(1)), ("x", Some(2))])]).is_empty());
    assert_eq!(graph.deadline(), Some(1_999), "an entry promises that the next millisecond has begun");
    let state = graph.save().finish();
    assert!(advanced(&mut graph, 1_998, &[]).is_empty());
    assert_eq!(advanced(&mut graph, 1_999, &[]), ["2000 x 3"]);
    assert_eq!(graph.deadline(), None);

    let mut again =
        self::graph("SELECT STREAM name, SUM(qty) FROM a GROUP BY name, STEP(a.ROWTIME BY INTERVAL '1' SECOND)", &[]);
    assert!(again.fits(&state) && again.load(&state).is_ok());
    assert_eq!((again.time(), again.deadline()), (Some(1_200), Some(1_999)));
    assert_eq!(advanced(&mut again, 5_000, &[(0, &[("x", Some(9))])]), ["2000 x 3"]);
    let other =
        self::graph("SELECT STREAM name, SUM(qty) FROM a GROUP BY name, STEP(a.ROWTIME BY INTERVAL '2' SECOND)", &[]);
    assert!(!other.fits(&state), "another program does not take it");
    assert_eq!(again.load(&state[..state.len() - 1]), Err(Damaged));
}

#[test]
fn time_passes_behind_a_key_as_rowtime() {
    let text = "SELECT STREAM SUM(total) FROM
        (SELECT STREAM STEP(a.ROWTIME BY INTERVAL '1' SECOND) AS ROWTIME, SUM(qty) AS total FROM a
         GROUP BY STEP(a.ROWTIME BY INTERVAL '1' SECOND)) AS inner_one
        GROUP BY STEP(inner_one.ROWTIME BY INTERVAL '10' SECOND)";
    let mut graph = graph(text, &[]);
    assert!(advanced(&mut graph, 9_500, &[(0, &[("x", Some(1)), ("x", Some(2))])]).is_empty());
    let mut out = Vec::new();
    let mut time = 9_500;
    while time < 13_000
        && let Some(deadline) = graph.deadline()
    {
        time = deadline.max(time + 1);
        out.extend(advanced(&mut graph, time, &[]));
    }
    assert_eq!(out, ["10000 3"], "without another row");
    let mut still = self::graph(
        "SELECT STREAM SUM(m) FROM (SELECT STREAM MONOTONIC(qty) AS m, a.ROWTIME + qty * INTERVAL '1' SECOND AS ROWTIME FROM a) AS b GROUP BY STEP(b.ROWTIME BY INTERVAL '1' SECOND)",
        &[],
    );
    advanced(&mut still, 500, &[(0, &[("x", Some(1))])]);
    assert_eq!(still.deadline(), None, "what a column says is not known before a row comes");
}

#[test]
fn what_has_gone_well_goes_well_again() {
    let text = "SELECT STREAM name, SUM(qty) FROM a GROUP BY name, STEP(a.ROWTIME BY INTERVAL '1' HOUR)";
    let names: Vec<String> = (0..4_000).map(|number| format!("name {number}")).collect();
    let given: Vec<(&str, Option<i32>)> = names.iter().map(|name| (name.as_str(), Some(1))).collect();
    let mut generous = graph(text, &[]);
    advanced(&mut generous, 1, &[(0, &given)]);
    let tight = generous.memory() * 3 / 4;
    let mut graph = built(text, &[], tight).unwrap();
    graph.be_lenient(true);
    assert!(graph.advance(entry(1, &[(0, &given)])).is_ok());
    graph.be_lenient(false);
    assert!(graph.advance(entry(2, &[(0, &given)])).is_err());
}

#[test]
fn what_reaches_no_tap_is_left_out() {
    let text = format!(
        "{MERGED} CREATE STREAM other (n INTEGER); CREATE PUMP four AS INSERT INTO other SELECT STREAM qty FROM b;"
    );
    let graph = self::graph(&text, &["OTHER"]);
    assert_eq!((graph.needed_columns(0), graph.needed_columns(1)), (&[false, false][..], &[false, true][..]));
    assert!(!format!("{graph:?}").contains("WHERE"), "{graph:?}");
    let graph = self::graph(&text, &["OTHER", "error_stream"]);
    assert_eq!((graph.needed_columns(0), graph.needed_columns(1)), (&[true, true][..], &[true, true][..]));
    assert!(format!("{graph:?}").contains("WHERE"), "every pump may fail");
}

#[test]
fn needed_columns_are_those_that_somebody_looks_at() {
    let needed = |text: &str| graph(text, &[]).needed_columns(0).to_vec();
    assert_eq!(needed("SELECT STREAM qty FROM a"), [false, true]);
    assert_eq!(needed("SELECT STREAM qty FROM a WHERE name = 'x'"), [true, true]);
    assert_eq!(needed("SELECT STREAM COUNT(*) FROM a GROUP BY FLOOR(a.ROWTIME TO MINUTE)"), [false, false]);
    assert_eq!(needed("SELECT STREAM a.name FROM a JOIN t ON a.qty = t.qty"), [true, true]);
    assert_eq!(needed("SELECT STREAM SUM(qty) OVER (ROWS 2 PRECEDING) FROM a"), [false, true]);
}

#[test]
fn stopped_pumps_do_not_run_and_time_goes_on_behind_them() {
    let text = "CREATE STREAM s (name VARCHAR(16)); CREATE PUMP p STOPPED AS INSERT INTO s SELECT STREAM name FROM a;
        SELECT STREAM name FROM s UNION ALL SELECT STREAM name FROM b";
    let mut graph = graph(text, &[]);
    assert_eq!(advanced(&mut graph, 5, &[(0, &[("x", Some(1))]), (1, &[("z", Some(3))])]), ["5 z"]);
}

#[test]
fn streams_that_feed_themselves_are_refused_at_their_place() {
    let text = "CREATE STREAM s (n INTEGER); CREATE STREAM r (n INTEGER);\nCREATE PUMP p AS INSERT INTO s SELECT STREAM n FROM r;\nCREATE PUMP q AS INSERT INTO r SELECT STREAM n FROM s;";
    let fault = built(text, &["S"], MEMORY_BYTES_MAX).unwrap_err();
    assert!(fault.message.contains("would come back into it by pump"), "{}", fault.drawn(text));
    assert!(fault.span.start.line > 1, "{}", fault.drawn(text));
    let fault = built("", &["NOBODY"], MEMORY_BYTES_MAX).unwrap_err();
    assert_eq!(fault.message, "There is no stream 'NOBODY' in the program");
}

#[test]
fn failures_become_rows_of_the_error_stream() {
    let text =
        "CREATE STREAM s (n INTEGER NOT NULL); CREATE PUMP \"Mine\" AS INSERT INTO s SELECT STREAM 10 / qty FROM a;";
    let mut graph = graph(text, &["S", "error_stream"]);
    let mut entry = entry(7, &[(0, &[("x", Some(5)), ("y", Some(0)), ("z", None)])]);
    entry.rejected.push((vec![0x7B, 0xFF], RowError::new(ErrorName::Format, "no JSON")));
    let outputs = graph.advance(entry).unwrap();
    assert_eq!((shown(&outputs, 0), outputs.failed_count), (vec!["7 2".to_owned()], 3));
    let errors = &outputs.taps[1][0];
    let texts = |column: usize| -> Vec<Option<&str>> { errors.columns()[column].as_string_view().iter().collect() };
    assert_eq!(texts(2), ["RECORD_FORMAT_ERROR", "DIVIDE_BY_ZERO", "NOT_NULL_VIOLATION"].map(Some));
    assert_eq!(texts(5), ["7BFF", "792C30", ""].map(Some), "y,0 and, behind the division, NULL");
    assert_eq!(texts(6), [None, Some("Mine"), Some("Mine")]);
    assert_eq!(graph.schema(1), &error_schema());
    let columns = error_schema().columns;
    for (array, column) in errors.columns().iter().zip(&columns) {
        assert_eq!(array.data_type(), &crate::arrow_type(column.data_type), "{}", column.name);
    }
}

#[test]
fn tables_are_there_before_the_first_row() {
    let mut graph = graph("SELECT STREAM a.name, t.qty FROM a JOIN t ON a.name = t.name", &[]);
    assert_eq!(advanced(&mut graph, 3, &[(0, &[("two", Some(1)), ("three", Some(1))])]), ["3 two 2"]);
    let state = graph.save().finish();
    let mut again = self::graph("SELECT STREAM a.name, t.qty FROM a JOIN t ON a.name = t.name", &[]);
    again.load(&state).unwrap();
    assert_eq!(advanced(&mut again, 4, &[(0, &[("one", Some(1))])]), ["4 one 1"]);
}

#[test]
fn queries_without_streams_answer_at_once() {
    let mut graph = graph("SELECT name, qty + 1 FROM t", &[]);
    assert_eq!(graph.deadline(), Some(0));
    let outputs = graph.advance(entry(3, &[])).unwrap();
    assert_eq!(shown(&outputs, 0).len(), 2);
    assert!(advanced(&mut graph, 4, &[]).is_empty());
}

#[test]
fn an_operator_that_holds_too_much_is_named_with_its_place() {
    let text = "SELECT STREAM\n name, SUM(qty) FROM a GROUP BY name, STEP(a.ROWTIME BY INTERVAL '1' HOUR)";
    let mut graph = built(text, &[], 100_000).unwrap();
    let names: Vec<String> = (0..20_000).map(|number| format!("name {number}")).collect();
    let given: Vec<(&str, Option<i32>)> = names.iter().map(|name| (name.as_str(), Some(1))).collect();
    let exhausted = graph.advance(entry(1, &[(0, &given)])).unwrap_err();
    assert_eq!((exhausted.operator, exhausted.memory_bytes_max), ("GROUP BY", 100_000));
    assert!(exhausted.to_string().starts_with("GROUP BY at line "), "{exhausted}");
}

#[test]
fn a_join_that_explodes_is_stopped_within_one_message() {
    let text = "SELECT STREAM x.qty FROM a OVER (RANGE INTERVAL '1' HOUR PRECEDING) AS x JOIN b AS y ON x.qty = y.qty";
    let mut graph = built(text, &[], 4 << 20).unwrap();
    let many = vec![("n", Some(1)); 5_000];
    let exhausted = graph.advance(entry(1, &[(0, &many), (1, &many)])).unwrap_err();
    assert_eq!(exhausted.operator, "JOIN");
}
