//! Random joins of streams, and of streams with the reference table.

use fastrand::Rng;

use super::expressions::{Kind, Known, Writer};
use super::from_clauses::List;
use super::programs::{Query, Relation, known, pick, table};

pub(super) fn join_window(random: &mut Rng) -> String {
    match random.u8(..8) {
        0 | 1 => String::new(),
        2 => format!(" OVER (ROWS {} PRECEDING)", random.u8(..4)),
        3 => format!(" OVER (RANGE INTERVAL '{}' SECOND FOLLOWING)", random.u8(1..40)),
        _ => format!(" OVER (RANGE INTERVAL '{}' SECOND PRECEDING)", random.u8(..40)),
    }
}

pub(super) fn on(writer: &mut Writer<'_>, left: &[Known], right: &[Known]) -> String {
    let mut parts = Vec::new();
    for one in left {
        if let Some(two) = right.iter().find(|two| two.kind == one.kind)
            && matches!(one.kind, Kind::Text | Kind::Integer | Kind::Char)
            && parts.is_empty()
        {
            parts.push(format!("{} = {}", one.text, two.text));
        }
    }
    if parts.is_empty() || writer.random.u8(..100) < 25 {
        parts.push(writer.condition(1));
    }
    parts.join(" AND ")
}

pub(super) fn pairs(random: &mut Rng, left: &[Known], right: &[Known]) -> (List, String) {
    let mut writer = Writer { random, columns: [left, right].concat() };
    let mut list = List::new();
    for _ in 0..writer.random.u8(1..4) {
        let kind = writer.kind();
        let value = writer.of(kind, 1);
        list.push(&value, kind);
    }
    let on = on(&mut writer, left, right);
    (list, on)
}

pub(super) fn join(random: &mut Rng, relations: &[Relation]) -> Query {
    let (left, right) = (pick(random, relations).clone(), pick(random, relations).clone());
    let (mut left_window, right_window) = (join_window(random), join_window(random));
    if left_window.is_empty() && right_window.is_empty() {
        left_window = " OVER (RANGE INTERVAL '10' SECOND PRECEDING)".to_owned();
    }
    let kind = ["JOIN", "JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN"][random.usize(..5)];
    let (of_left, of_right) = (known(&left, "X"), known(&right, "Y"));
    let (mut list, on) = pairs(random, &of_left, &of_right);
    if random.u8(..100) < 20 {
        list.push(if random.bool() { "X.ROWTIME" } else { "Y.ROWTIME" }, Kind::Timestamp);
    }
    let text = format!(
        "SELECT STREAM {} FROM {}{left_window} AS X {kind} {}{right_window} AS Y ON {on}",
        list.text(),
        left.name,
        right.name
    );
    Query { text, columns: list.columns }
}

pub(super) fn join_table(random: &mut Rng, relations: &[Relation]) -> Query {
    let (left, right) = (pick(random, relations).clone(), table());
    let kind = if random.bool() { "JOIN" } else { "LEFT JOIN" };
    let (list, on) = pairs(random, &known(&left, "X"), &known(&right, "Y"));
    let text = format!("SELECT STREAM {} FROM {} AS X {kind} TT AS Y ON {on}", list.text(), left.name);
    Query { text, columns: list.columns }
}
