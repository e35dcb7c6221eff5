//! Random programs: streams that are made of streams, each by a query of some sort.

use fastrand::Rng;

use super::expressions::{Kind, Known, Writer};
use super::from_clauses::{List, filter};
use super::{joins, orders, windows};

/// Something to select from.
#[derive(Debug, Clone)]
pub(crate) struct Relation {
    pub(crate) name: String,
    pub(crate) columns: Vec<(String, Kind)>,
}

/// A query as text, and the columns of its rows.
pub(super) struct Query {
    pub(super) text: String,
    pub(super) columns: Vec<(String, Kind)>,
}

/// The streams that every program reads.
pub(crate) fn sources() -> Vec<Relation> {
    let relation = |name: &str, columns: &[(&str, Kind)]| Relation {
        name: name.to_owned(),
        columns: columns.iter().map(|(name, kind)| ((*name).to_owned(), *kind)).collect(),
    };
    vec![
        relation(
            "A",
            &[
                ("K", Kind::Text),
                ("I", Kind::Integer),
                ("D", Kind::Double),
                ("M", Kind::Decimal),
                ("F", Kind::Boolean),
                ("T", Kind::Timestamp),
            ],
        ),
        relation(
            "B",
            &[("K", Kind::Text), ("J", Kind::Integer), ("L", Kind::BigInt), ("C", Kind::Char), ("Z", Kind::Date)],
        ),
    ]
}

/// The reference table that every program may look into.
pub(crate) fn table() -> Relation {
    let columns = [("K", Kind::Text), ("N", Kind::Integer)];
    Relation { name: "TT".to_owned(), columns: columns.map(|(name, kind)| (name.to_owned(), kind)).to_vec() }
}

/// A function that every program has.
const FUNCTION: &str = "CREATE FUNCTION LESS (X INTEGER) RETURNS INTEGER LANGUAGE SQL CONTAINS SQL RETURN CASE WHEN X > 2 THEN X - 1 ELSE COALESCE(X, 7) END;\n";

/// A program of a few streams and pumps.
pub(crate) fn program(random: &mut Rng) -> String {
    let mut relations = sources();
    let mut text = String::from(FUNCTION);
    if random.u8(..100) < 25 {
        let query = plain(random, &relations);
        let names: Vec<&str> = query.columns.iter().map(|(name, _)| name.as_str()).collect();
        text += &format!("CREATE VIEW VW ({}) AS {};\n", names.join(", "), query.text);
        relations.push(Relation { name: "VW".to_owned(), columns: query.columns });
    }
    for number in 1..=random.usize(1..5) {
        let name = format!("S{number}");
        let query = query(random, &relations);
        let columns: Vec<String> =
            query.columns.iter().map(|(name, kind)| format!("{name} {}", kind.type_name())).collect();
        text += &format!("CREATE STREAM {name} ({});\n", columns.join(", "));
        text += &format!("CREATE PUMP P{number} AS INSERT INTO {name}\n  {};\n", query.text);
        if random.u8(..100) < 10 {
            // A second writer: the same columns of another source.
            let mut writer = Writer { random: &mut *random, columns: known(&relations[0], "A") };
            let values: Vec<String> = query.columns.iter().map(|(_, kind)| writer.of(*kind, 1)).collect();
            text += &format!(
                "CREATE PUMP Q{number} AS INSERT INTO {name}\n  SELECT STREAM {} FROM A;\n",
                values.join(", ")
            );
        }
        relations.push(Relation { name, columns: query.columns });
    }
    text
}

pub(super) fn known(relation: &Relation, alias: &str) -> Vec<Known> {
    let column = |(name, kind): &(String, Kind)| Known { text: format!("{alias}.{name}"), kind: *kind };
    relation.columns.iter().map(column).collect()
}

/// Later streams more often than the sources.
pub(super) fn pick<'r>(random: &mut Rng, relations: &'r [Relation]) -> &'r Relation {
    let index = if random.bool() { relations.len() - 1 } else { random.usize(..relations.len()) };
    &relations[index]
}

fn query(random: &mut Rng, relations: &[Relation]) -> Query {
    match random.u8(..20) {
        0..=2 => plain(random, relations),
        3..=6 => windows::tumble(random, relations),
        7 => windows::stagger(random, relations),
        8..=11 => windows::slide(random, relations),
        12..=14 => joins::join(random, relations),
        15 => joins::join_table(random, relations),
        16 => orders::union(random, relations),
        17 => orders::distinct(random, relations),
        18 => orders::sorted(random, relations),
        _ => orders::function(random, relations),
    }
}

pub(super) fn plain(random: &mut Rng, relations: &[Relation]) -> Query {
    let from = pick(random, relations).clone();
    let mut writer = Writer { columns: known(&from, "R"), random };
    let mut list = List::new();
    for _ in 0..writer.random.u8(1..5) {
        let kind = writer.kind();
        let value = writer.of(kind, 2);
        list.push(&value, kind);
    }
    let mut text = list.text();
    let filter = filter(&mut writer);
    if writer.random.u8(..100) < 12 {
        let time = match writer.random.u8(..5) {
            0 => "FLOOR(R.ROWTIME TO MINUTE)".to_owned(),
            4 => "CURRENT_ROW_TIMESTAMP".to_owned(),
            1 => "STEP(R.ROWTIME BY INTERVAL '7' SECOND)".to_owned(),
            2 => "R.ROWTIME + INTERVAL '1' MINUTE".to_owned(),
            _ => writer.column(Kind::Timestamp).unwrap_or_else(|| "R.ROWTIME".to_owned()),
        };
        text = format!("{time} AS ROWTIME, {text}");
    } else if writer.random.u8(..100) < 5
        && let Some(time) = writer.column(Kind::Timestamp)
    {
        let within = writer.random.u8(1..30);
        text = format!(
            "SELECT STREAM {time} AS ROWTIME, {text} FROM {} AS R{filter} ORDER BY {time} WITHIN INTERVAL '{within}' SECOND",
            from.name
        );
        return Query { text, columns: list.columns };
    }
    Query { text: format!("SELECT STREAM {text} FROM {} AS R{filter}", from.name), columns: list.columns }
}
