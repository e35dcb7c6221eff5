//! Random windows: GROUP BY, WINDOWED BY STAGGER and OVER.

use fastrand::Rng;

use super::expressions::{Kind, Writer};
use super::from_clauses::{Input, List, filter, input};
use super::programs::{Query, Relation};

pub(super) fn time_key(random: &mut Rng, rowtime: &str) -> String {
    match random.u8(..5) {
        0 => format!("FLOOR({rowtime} TO MINUTE)"),
        1 => format!("FLOOR({rowtime} TO SECOND)"),
        2 => rowtime.to_owned(),
        _ => format!("STEP({rowtime} BY INTERVAL '{}' SECOND)", random.u8(1..60)),
    }
}

/// A call of an aggregate over the columns, perhaps with OVER behind it, and its kind.
pub(super) fn aggregate(writer: &mut Writer<'_>, over: &str) -> (String, Kind) {
    let number = writer.number_kind();
    let value = writer.of(number, 1);
    let (call, kind) = match writer.random.u8(..11) {
        0 => ("COUNT(*)".to_owned(), Kind::BigInt),
        1 => {
            let kind = writer.kind();
            (format!("COUNT({})", writer.of(kind, 1)), Kind::BigInt)
        }
        2 | 3 => {
            let kind = if matches!(number, Kind::Integer) { Kind::BigInt } else { number };
            (format!("SUM({value})"), kind)
        }
        4 => (format!("AVG({value})"), number),
        5 | 6 => {
            let kind = writer.kind();
            let name = if writer.random.bool() { "MIN" } else { "MAX" };
            (format!("{name}({})", writer.of(kind, 1)), kind)
        }
        7 => {
            let names = ["VAR_POP", "VAR_SAMP", "STDDEV_POP", "STDDEV_SAMP"];
            let name = names[writer.random.usize(..names.len())];
            return (rounded(&format!("{name}({value}){over}")), Kind::Double);
        }
        8 => {
            let name = if writer.random.bool() { "ANY" } else { "EVERY" };
            (format!("{name}({})", writer.condition(1)), Kind::Boolean)
        }
        _ => {
            let kind = writer.kind();
            let name = if writer.random.bool() { "FIRST_VALUE" } else { "LAST_VALUE" };
            let nulls = if writer.random.bool() { " IGNORE NULLS" } else { "" };
            (format!("{name}({}){nulls}", writer.of(kind, 1)), kind)
        }
    };
    (format!("{call}{over}"), kind)
}

pub(super) fn groups(
    random: &mut Rng,
    relations: &[Relation],
    grouping: impl Fn(&mut Rng, &[String]) -> String,
    timed: bool,
) -> Query {
    let Input { text: from, columns, rowtime } = input(random, relations);
    let mut writer = Writer { random, columns };
    let mut list = List::new();
    let mut keys = Vec::new();
    if timed {
        keys.push(time_key(writer.random, rowtime));
        if writer.random.bool() {
            list.push(&keys[0], Kind::Timestamp);
        }
    }
    for _ in 0..writer.random.u8(u8::from(!timed)..3) {
        let kind = writer.kind();
        let key = match writer.column(kind) {
            Some(column) if writer.random.bool() => column,
            _ => writer.of(kind, 1),
        };
        // A key of constants only is of no use to either side.
        if key.contains("R.") {
            list.push(&key, kind);
            keys.push(key);
        }
    }
    if keys.is_empty() {
        keys.push(format!("FLOOR({rowtime} TO MINUTE)"));
    }
    for _ in 0..writer.random.u8(1..4) {
        let (call, kind) = aggregate(&mut writer, "");
        list.push(&call, kind);
    }
    let filter = filter(&mut writer);
    let having = match writer.random.u8(..5) {
        0 => " HAVING COUNT(*) > 1".to_owned(),
        1 => {
            let (call, kind) = aggregate(&mut writer, "");
            if kind.is_number() { format!(" HAVING {call} <> 3") } else { format!(" HAVING {call} IS NOT NULL") }
        }
        _ => String::new(),
    };
    let grouping = grouping(writer.random, &keys);
    Query {
        text: format!("SELECT STREAM {} FROM {from}{filter} {grouping}{having}", list.text()),
        columns: list.columns,
    }
}

pub(super) fn tumble(random: &mut Rng, relations: &[Relation]) -> Query {
    groups(random, relations, |_, keys| format!("GROUP BY {}", keys.join(", ")), true)
}

pub(super) fn stagger(random: &mut Rng, relations: &[Relation]) -> Query {
    let stagger = |random: &mut Rng, keys: &[String]| {
        let seconds = random.u8(1..60);
        format!("WINDOWED BY STAGGER (PARTITION BY {} RANGE INTERVAL '{seconds}' SECOND)", keys.join(", "))
    };
    groups(random, relations, stagger, false)
}

pub(super) fn frame(random: &mut Rng) -> String {
    match random.u8(..6) {
        0 | 1 => format!("ROWS {} PRECEDING", random.u8(..5)),
        2 | 3 => format!("RANGE INTERVAL '{}' SECOND PRECEDING", random.u8(..45)),
        4 => "RANGE CURRENT ROW".to_owned(),
        _ => "ROWS UNBOUNDED PRECEDING".to_owned(),
    }
}

/// A call with OVER, and its kind.
pub(super) fn analytic(writer: &mut Writer<'_>, window: &str) -> (String, Kind) {
    let kind = writer.kind();
    let value = writer.of(kind, 1);
    let nulls = if writer.random.bool() { " IGNORE NULLS" } else { "" };
    let (call, kind) = match writer.random.u8(..6) {
        0 => {
            let default = if writer.random.bool() { format!(", {}", writer.of(kind, 0)) } else { String::new() };
            let offset = writer.random.u8(..4);
            (format!("LAG({value}, {offset}{default}){nulls}"), kind)
        }
        1 => {
            let from = if writer.random.bool() { " FROM LAST" } else { "" };
            (format!("NTH_VALUE({value}, {}){from}{nulls}", writer.random.u8(1..4)), kind)
        }
        2 => {
            let number = writer.number_kind();
            let average = format!("EXP_AVG({}, INTERVAL '5' SECOND) OVER {window}", writer.of(number, 1));
            return (rounded(&average), Kind::Double);
        }
        _ => return aggregate(writer, &format!(" OVER {window}")),
    };
    (format!("{call} OVER {window}"), kind)
}

/// Two ways of adding up differ in the last digits; what is made of them must not.
pub(super) fn rounded(call: &str) -> String {
    format!("CAST(CAST({call} * 64 AS BIGINT) AS DOUBLE)")
}

pub(super) fn slide(random: &mut Rng, relations: &[Relation]) -> Query {
    let Input { text: from, columns, .. } = input(random, relations);
    let mut writer = Writer { random, columns };
    let mut list = List::new();
    let kind = writer.kind();
    let value = writer.of(kind, 1);
    list.push(&value, kind);
    let windows: Vec<String> = (0..writer.random.u8(1..3))
        .map(|_| {
            let partition = match writer.random.u8(..3) {
                0 => {
                    let kind = writer.kind();
                    format!("PARTITION BY {} ", writer.of(kind, 0))
                }
                1 => writer.column(Kind::Text).map_or_else(String::new, |column| format!("PARTITION BY {column} ")),
                _ => String::new(),
            };
            format!("({partition}{})", frame(writer.random))
        })
        .collect();
    for _ in 0..writer.random.u8(1..4) {
        let window = windows[writer.random.usize(..windows.len())].clone();
        let (call, kind) = analytic(&mut writer, &window);
        list.push(&call, kind);
    }
    let filter = filter(&mut writer);
    Query { text: format!("SELECT STREAM {} FROM {from}{filter}", list.text()), columns: list.columns }
}
