//! Random input: entries at uneven times, with few different values, so that rows meet.

use fastrand::Rng;

use super::expressions::Kind;
use super::programs::{Relation, sources, table};
use crate::reference::{Entry, Tables, Value};

/// 2020-01-01 10:00:00.
const START: i64 = 1_577_872_800_000;

fn value(random: &mut Rng, kind: Kind, time: i64) -> Value {
    if random.u8(..100) < 12 {
        return Value::Null;
    }
    match kind {
        Kind::Integer | Kind::BigInt => Value::Integer(random.i64(-2..6)),
        // Quarters: they add up exactly in any order.
        Kind::Double => Value::Double(random.i32(-8..20) as f64 / 4.0),
        Kind::Decimal => Value::Decimal(i128::from(random.i32(-300..900)), 2),
        Kind::Text => Value::Text(["a", "b", "ab", "c", "", "7", "A b"][random.usize(..7)].to_owned()),
        Kind::Char => Value::Text(["a  ", "b  ", "ab ", "   "][random.usize(..4)].to_owned()),
        Kind::Date => Value::Date(18_262 + random.i64(0..70)),
        Kind::Boolean => Value::Boolean(random.bool()),
        Kind::Timestamp => Value::Timestamp(time - 1_000 * random.i64(0..20)),
    }
}

fn row(random: &mut Rng, relation: &Relation, time: i64) -> Vec<Value> {
    relation.columns.iter().map(|(_, kind)| value(random, *kind, time)).collect()
}

/// Some entries for the sources of every program.
pub(crate) fn entries(random: &mut Rng) -> Vec<Entry> {
    let sources = sources();
    let (mut time, mut entries) = (START + random.i64(0..60_000), Vec::new());
    for _ in 0..random.usize(5..35) {
        let mut rows = Vec::new();
        for _ in 0..random.usize(..6) {
            let relation = &sources[random.usize(..sources.len())];
            rows.push((relation.name.clone(), row(random, relation, time)));
        }
        entries.push(Entry { time, rows });
        let steps = [1, 1, 250, 1_000, 1_000, 3_000, 5_000, 10_000, 17_000, 61_000];
        time += steps[random.usize(..steps.len())];
    }
    entries.push(Entry { time: time + random.i64(0..120_000), rows: Vec::new() });
    entries
}

/// The rows of the reference table.
pub(crate) fn tables(random: &mut Rng) -> Tables {
    let table = table();
    let rows = (0..random.usize(..6)).map(|_| row(random, &table, START)).collect();
    Tables { tables: [(table.name, rows)].into(), ..Tables::default() }
}
