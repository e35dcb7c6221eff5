//! Memory of sub-queries, and many batches; what they answer is in the golden files and in random programs.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Int32Type;
use arrow_array::{Array, ArrayRef, Int32Array, StringViewArray};

use crate::Rows;
use crate::bind::{Environment, program, source_column};
use crate::graph::{Entry, Graph, Tap};
use crate::plan::{Schema, Stream};
use crate::tables::Tables;
use crate::types::DataType;

const TABLE_ROWS: usize = 5_000;

fn texts(texts: impl Iterator<Item = String>) -> ArrayRef {
    Arc::new(StringViewArray::from_iter_values(texts))
}

/// A graph of one query over a stream of keys, and a table of keys and numbers.
fn graph(query: &str, memory_bytes_max: usize) -> Graph {
    let named = |name: &str, columns| Stream { name: name.to_owned(), schema: Schema { columns } };
    let key = || source_column("K", DataType::Varchar(64));
    let environment = Environment {
        streams: vec![named("S", vec![key()])],
        tables: vec![named("T", vec![key(), source_column("N", DataType::Integer)])],
        lone_queries: true,
        ..Environment::default()
    };
    let program = program(query, &environment).unwrap();
    let numbers: Int32Array = (0..).take(TABLE_ROWS).collect::<Vec<i32>>().into();
    let columns = vec![texts((0..TABLE_ROWS).map(|row| format!("a key {row}"))), Arc::new(numbers) as ArrayRef];
    let tables = Tables::new([("T".to_owned(), Rows::new(vec![0; TABLE_ROWS].into(), columns))]);
    Graph::new(&program, &environment, &tables, &[Tap::Query(0)], memory_bytes_max).unwrap()
}

fn entry(time: i64, keys: impl Iterator<Item = String>) -> Entry {
    let keys = texts(keys);
    let rows = Rows::new(vec![time; keys.len()].into(), vec![keys]);
    Entry { time, rows: vec![(0, rows)], ..Entry::default() }
}

const LOOKED_UP: &str = "SELECT STREAM (SELECT N FROM T WHERE T.K = S.K) AS N FROM S;";

/// The numbers that come out of an entry.
fn numbers(graph: &mut Graph, entry: Entry) -> Vec<Option<i32>> {
    let outputs = graph.advance(entry).unwrap();
    let column = |rows: &Rows| rows.columns()[0].as_primitive::<Int32Type>().iter().collect::<Vec<_>>();
    outputs.taps[0].iter().flat_map(column).collect()
}

#[test]
fn what_was_answered_is_found_again_and_what_is_forgotten_is_answered_anew() {
    let mut graph = graph(LOOKED_UP, 1 << 30);
    let mut time = 0;
    // One by one: more lists of answers than are kept apart.
    for row in 0..200 {
        time += 1;
        let expected = [Some(row)];
        assert_eq!(numbers(&mut graph, entry(time, std::iter::once(format!("a key {row}")))), expected);
    }
    // More than is remembered: half a million keys that are in no table.
    for part in 0..50 {
        time += 1;
        let keys = (0..10_000).map(|row| format!("something else that is looked for in part {part}: {row}"));
        assert!(numbers(&mut graph, entry(time, keys)).iter().all(Option::is_none));
        assert!(graph.memory() < 32 << 20, "{} bytes", graph.memory());
    }
    let all = numbers(&mut graph, entry(time + 1, (0..TABLE_ROWS).map(|row| format!("a key {row}"))));
    assert!(all.into_iter().eq((0..).take(TABLE_ROWS).map(Some)));
}

#[test]
fn what_needs_more_memory_than_there_is_stops_the_graph_with_its_place() {
    let queries = [
        LOOKED_UP,
        "SELECT STREAM K FROM S WHERE K IN (SELECT K FROM T);",
        "SELECT STREAM K FROM S WHERE EXISTS (SELECT * FROM T WHERE T.K > S.K);",
        "SELECT STREAM (SELECT COUNT(*) FROM T JOIN T AS U ON T.N < U.N) AS C FROM S;",
    ];
    for query in queries {
        let mut graph = graph(query, 64 << 10);
        let exhausted = graph.advance(entry(1, std::iter::once("x".to_owned()))).unwrap_err();
        assert_eq!((exhausted.operator, exhausted.span.start.line), ("sub-query", 1), "{query}");
        assert!(exhausted.span.start.column > 14, "{query}");
    }
}

#[test]
fn the_memory_of_queries_is_that_of_the_graph() {
    let mut graph = graph(LOOKED_UP, 1 << 30);
    let before = graph.memory();
    assert!(before > TABLE_ROWS * 20, "{before} bytes");
    graph.advance(entry(1, (0..1_000).map(|row| format!("a key {row}")))).unwrap();
    assert!(graph.memory() > before + 20_000, "{} bytes", graph.memory());
}
