//! Rows, plans and contexts for the tests of operators.

use std::fmt::Write;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::TimestampMillisecondType;
use arrow_array::{Array, ArrayRef, Int32Array, StringViewArray, TimestampMillisecondArray};

use crate::bind::Environment;
use crate::operators::{Context, Message, Operator};
use crate::plan::{Column, Expr, Node, NodeKind, Order, Schema, Stream};
use crate::rows::Rows;
use crate::state::{Loader, Saver};
use crate::tables::Tables;
use crate::types::DataType;

/// A ROWTIME, a text and a number.
pub(crate) type Row<'t> = (i64, &'t str, Option<i32>);

/// The plan of a lone query over stream `S` with columns `NAME`, `PRICE` and `AT_TIME`.
pub(crate) fn plan(query: &str) -> Node {
    let column = |name: &str, data_type| Column {
        name: name.to_owned(),
        data_type,
        nullable: true,
        hidden: false,
        order: Order::None,
        of_row: None,
    };
    let columns = vec![
        column("NAME", DataType::Varchar(64)),
        column("PRICE", DataType::Integer),
        column("AT_TIME", DataType::Timestamp),
    ];
    let streams = vec![Stream { name: "S".to_owned(), schema: Schema { columns } }];
    let environment = Environment { streams, lone_queries: true, ..Environment::default() };
    let mut program = crate::bind::program(query, &environment).expect("the test's query is right");
    program.queries.remove(0)
}

/// The plan's input, if it is a select list.
pub(crate) fn inside(node: Node) -> Node {
    match node.kind {
        NodeKind::Project { input, .. } => *input,
        _ => node,
    }
}

/// A predicate over the rows of `S`.
pub(crate) fn predicate(text: &str) -> (Expr, Tables) {
    let NodeKind::Filter { predicate, .. } = inside(plan(&format!("SELECT STREAM name FROM s WHERE {text}"))).kind
    else {
        panic!("a filter is expected");
    };
    (predicate, Tables::default())
}

/// Rows of stream `S`; `AT_TIME` is as many milliseconds as the number says. An empty text is NULL.
pub(crate) fn rows(rows: &[Row<'_>]) -> Rows {
    let names: StringViewArray = rows.iter().map(|(_, name, _)| Some(*name).filter(|name| !name.is_empty())).collect();
    let prices: Int32Array = rows.iter().map(|(_, _, price)| *price).collect();
    let at: TimestampMillisecondArray = rows.iter().map(|(_, _, price)| price.map(i64::from)).collect();
    let times = rows.iter().map(|(time, _, _)| *time).collect();
    Rows::new(times, vec![Arc::new(names), Arc::new(prices), Arc::new(at)])
}

/// What has left, as text: rows (without `AT_TIME` if it is there), bounds, and then the rows that failed.
pub(crate) fn shown(context: &mut Context) -> Vec<String> {
    let mut lines = Vec::new();
    for message in context.take_messages() {
        match message {
            Message::Rows(rows) => (0..rows.len()).for_each(|row| lines.push(line(&rows, row))),
            Message::Bound(bound) => lines.push(format!("bound {bound}")),
        }
    }
    for failed in context.take_failed() {
        lines.push(format!("failed {}: {}", line(&failed.row, 0), failed.error.name.name()));
    }
    lines
}

fn line(rows: &Rows, row: usize) -> String {
    let mut line = rows.times()[row].to_string();
    for column in rows.columns() {
        write!(line, " {}", shown_value(column, row)).expect("strings take everything");
    }
    line
}

/// One value.
pub(crate) fn shown_value(column: &ArrayRef, row: usize) -> String {
    if column.is_null(row) {
        "NULL".to_owned()
    } else if let Some(instants) = column.as_primitive_opt::<TimestampMillisecondType>() {
        format!("@{}", instants.value(row))
    } else {
        arrow_cast::display::array_value_to_string(column, row).expect("plain types can be shown")
    }
}

/// The operator's state in a fresh one.
pub(crate) fn saved_and_loaded<O: Operator>(operator: &O, mut fresh: O) -> O {
    let mut saver = Saver::default();
    operator.save(&mut saver);
    let bytes = saver.finish();
    let mut loader = Loader::new(&bytes);
    fresh.load(&mut loader).expect("state comes back");
    loader.finish().expect("all of it was read");
    assert_eq!(fresh.deadline(), operator.deadline());
    if !bytes.is_empty() {
        assert!(fresh.load(&mut Loader::new(&bytes[..bytes.len() - 1])).is_err(), "cut state is refused");
        let mut loader = Loader::new(&bytes);
        fresh.load(&mut loader).expect("state comes back over what was there");
    }
    fresh
}
