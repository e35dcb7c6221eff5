//! What stands behind FROM and WHERE, and select lists.

use fastrand::Rng;

use super::expressions::{Kind, Known, Writer};
use super::joins::pairs;
use super::programs::{Relation, known, pick, plain, table};

/// What stands behind FROM.
pub(super) struct Input {
    pub(super) text: String,
    pub(super) columns: Vec<Known>,
    /// How its rows' ROWTIME is called.
    pub(super) rowtime: &'static str,
}

/// A relation, a sub-query or a join.
pub(super) fn input(random: &mut Rng, relations: &[Relation]) -> Input {
    match random.u8(..100) {
        0..15 => {
            let inner = plain(random, relations);
            let made = Relation { name: String::new(), columns: inner.columns };
            Input { text: format!("({}) AS R", inner.text), columns: known(&made, "R"), rowtime: "R.ROWTIME" }
        }
        15..25 => {
            let (left, right) = (pick(random, relations).clone(), table());
            let (of_left, of_right) = (known(&left, "R"), known(&right, "Y"));
            let (_, on) = pairs(random, &of_left, &of_right);
            let kind = if random.bool() { "JOIN" } else { "LEFT JOIN" };
            let text = format!("{} AS R {kind} TT AS Y ON {on}", left.name);
            Input { text, columns: [of_left, of_right].concat(), rowtime: "R.ROWTIME" }
        }
        25..35 => {
            let (left, right) = (pick(random, relations).clone(), pick(random, relations).clone());
            let (of_left, of_right) = (known(&left, "R"), known(&right, "Y"));
            let (_, on) = pairs(random, &of_left, &of_right);
            let (kind, rowtime) =
                [("JOIN", "R.ROWTIME"), ("LEFT JOIN", "R.ROWTIME"), ("FULL JOIN", "ROWTIME")][random.usize(..3)];
            let window = format!("RANGE INTERVAL '{}' SECOND PRECEDING", random.u8(..40));
            let text = format!("{} AS R {kind} {} OVER ({window}) AS Y ON {on}", left.name, right.name);
            Input { text, columns: [of_left, of_right].concat(), rowtime }
        }
        _ => {
            let relation = pick(random, relations);
            Input { text: format!("{} AS R", relation.name), columns: known(relation, "R"), rowtime: "R.ROWTIME" }
        }
    }
}

pub(super) fn filter(writer: &mut Writer<'_>) -> String {
    if writer.random.u8(..100) < 40 { format!(" WHERE {}", writer.condition(2)) } else { String::new() }
}

/// A select list, its columns named C1, C2 …
pub(super) struct List {
    pub(super) items: Vec<String>,
    pub(super) columns: Vec<(String, Kind)>,
}

impl List {
    pub(super) fn new() -> Self {
        Self { items: Vec::new(), columns: Vec::new() }
    }

    pub(super) fn push(&mut self, text: &str, kind: Kind) {
        let name = format!("C{}", self.columns.len() + 1);
        self.items.push(format!("{text} AS {name}"));
        self.columns.push((name, kind));
    }

    pub(super) fn text(&self) -> String {
        self.items.join(", ")
    }
}
