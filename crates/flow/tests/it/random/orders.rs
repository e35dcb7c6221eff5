//! Random unions, orders, DISTINCT, and functions of rows.

use fastrand::Rng;

use super::expressions::{Kind, Writer};
use super::from_clauses::{Input, List, filter, input};
use super::programs::{Query, Relation, known, pick, plain};
use super::windows::time_key;

pub(super) fn union(random: &mut Rng, relations: &[Relation]) -> Query {
    let first = plain(random, relations);
    let other = pick(random, relations).clone();
    let mut writer = Writer { random, columns: known(&other, "R") };
    let values: Vec<String> = first.columns.iter().map(|(_, kind)| writer.of(*kind, 1)).collect();
    let filter = filter(&mut writer);
    let second = format!("SELECT STREAM {} FROM {} AS R{filter}", values.join(", "), other.name);
    // Behind ORDER BY nothing can be joined.
    let text =
        if first.text.contains(" WITHIN ") { second.clone() } else { format!("{} UNION ALL {second}", first.text) };
    Query { text, columns: first.columns }
}

pub(super) fn distinct(random: &mut Rng, relations: &[Relation]) -> Query {
    let Input { text: from, columns, rowtime } = input(random, relations);
    let mut list = List::new();
    list.push(&time_key(random, rowtime), Kind::Timestamp);
    let mut writer = Writer { random, columns };
    for _ in 0..writer.random.u8(1..3) {
        let kind = writer.kind();
        let value = writer.of(kind, 1);
        list.push(&value, kind);
    }
    let filter = filter(&mut writer);
    Query { text: format!("SELECT STREAM DISTINCT {} FROM {from}{filter}", list.text()), columns: list.columns }
}

pub(super) fn sorted(random: &mut Rng, relations: &[Relation]) -> Query {
    let Input { text: from, columns, rowtime } = input(random, relations);
    let time = time_key(random, rowtime);
    let mut writer = Writer { random, columns };
    let mut list = List::new();
    for _ in 0..writer.random.u8(1..4) {
        let kind = writer.kind();
        let value = writer.of(kind, 1);
        list.push(&value, kind);
    }
    let mut keys = vec![time];
    for _ in 0..writer.random.u8(1..3) {
        let kind = writer.kind();
        let key = writer.of(kind, 0);
        let order = ["", " DESC", " NULLS LAST", " DESC NULLS FIRST"][writer.random.usize(..4)];
        // A number would be a column's place.
        keys.push(format!("COALESCE({key}, {key}){order}"));
    }
    let text = format!("SELECT STREAM {} FROM {from} ORDER BY {}", list.text(), keys.join(", "));
    Query { text, columns: list.columns }
}

pub(super) fn function(random: &mut Rng, relations: &[Relation]) -> Query {
    let relation = pick(random, relations).clone();
    let (name, kind) = relation.columns[random.usize(..relation.columns.len())].clone();
    let cursor = format!("CURSOR(SELECT STREAM * FROM {})", relation.name);
    let seconds = random.u8(1..60);
    match random.u8(..3) {
        0 => Query {
            text: format!(
                "SELECT STREAM NUMBER_OF_DISTINCT_ITEMS FROM TABLE(COUNT_DISTINCT_ITEMS_TUMBLING({cursor}, '{name}', {seconds}))"
            ),
            columns: vec![("C1".to_owned(), Kind::BigInt)],
        },
        1 => Query {
            text: format!(
                "SELECT STREAM {name}, MOST_FREQUENT_VALUES FROM TABLE(TOP_K_ITEMS_TUMBLING({cursor}, '{name}', {}, {seconds}))",
                random.u8(1..4)
            ),
            columns: vec![("C1".to_owned(), kind), ("C2".to_owned(), Kind::BigInt)],
        },
        _ => {
            let ranked: Vec<(String, Kind)> = relation
                .columns
                .iter()
                .filter(|(_, kind)| matches!(kind, Kind::Integer | Kind::BigInt | Kind::Text | Kind::Char))
                .cloned()
                .collect();
            let Some((name, kind)) = ranked.get(random.usize(..ranked.len().max(1))).cloned() else {
                return plain(random, relations);
            };
            let (order, output) = (["asc", "desc"][random.usize(..2)], ["", "asc", "desc"][random.usize(..3)]);
            let most = random.u8(..3);
            let rank = format!("GROUP_RANK({cursor}, '{name}', 'RANKED', '{order}', '{output}', 0, {most})");
            Query {
                text: format!("SELECT STREAM {name}, RANKED FROM TABLE({rank})"),
                columns: vec![("C1".to_owned(), kind), ("C2".to_owned(), Kind::Integer)],
            }
        }
    }
}
