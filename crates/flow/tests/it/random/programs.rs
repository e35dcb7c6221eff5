//! Random programs: streams that are made of streams, each by a query of some sort.

use fastrand::Rng;

use super::expressions::{Kind, Known, Writer};

/// Something to select from.
#[derive(Debug, Clone)]
pub(crate) struct Relation {
    pub(crate) name: String,
    pub(crate) columns: Vec<(String, Kind)>,
}

/// A query as text, and the columns of its rows.
struct Query {
    text: String,
    columns: Vec<(String, Kind)>,
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

fn known(relation: &Relation, alias: &str) -> Vec<Known> {
    let column = |(name, kind): &(String, Kind)| Known { text: format!("{alias}.{name}"), kind: *kind };
    relation.columns.iter().map(column).collect()
}

/// Later streams more often than the sources.
fn pick<'r>(random: &mut Rng, relations: &'r [Relation]) -> &'r Relation {
    let index = if random.bool() { relations.len() - 1 } else { random.usize(..relations.len()) };
    &relations[index]
}

/// What stands behind FROM.
struct Input {
    text: String,
    columns: Vec<Known>,
    /// How its rows' ROWTIME is called.
    rowtime: &'static str,
}

/// A relation, a sub-query or a join.
fn input(random: &mut Rng, relations: &[Relation]) -> Input {
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

fn filter(writer: &mut Writer<'_>) -> String {
    if writer.random.u8(..100) < 40 { format!(" WHERE {}", writer.condition(2)) } else { String::new() }
}

/// A select list, its columns named C1, C2 …
struct List {
    items: Vec<String>,
    columns: Vec<(String, Kind)>,
}

impl List {
    fn new() -> Self {
        Self { items: Vec::new(), columns: Vec::new() }
    }

    fn push(&mut self, text: &str, kind: Kind) {
        let name = format!("C{}", self.columns.len() + 1);
        self.items.push(format!("{text} AS {name}"));
        self.columns.push((name, kind));
    }

    fn text(&self) -> String {
        self.items.join(", ")
    }
}

fn query(random: &mut Rng, relations: &[Relation]) -> Query {
    match random.u8(..20) {
        0..=2 => plain(random, relations),
        3..=6 => tumble(random, relations),
        7 => stagger(random, relations),
        8..=11 => slide(random, relations),
        12..=14 => join(random, relations),
        15 => join_table(random, relations),
        16 => union(random, relations),
        17 => distinct(random, relations),
        18 => sorted(random, relations),
        _ => function(random, relations),
    }
}

fn plain(random: &mut Rng, relations: &[Relation]) -> Query {
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

fn time_key(random: &mut Rng, rowtime: &str) -> String {
    match random.u8(..5) {
        0 => format!("FLOOR({rowtime} TO MINUTE)"),
        1 => format!("FLOOR({rowtime} TO SECOND)"),
        2 => rowtime.to_owned(),
        _ => format!("STEP({rowtime} BY INTERVAL '{}' SECOND)", random.u8(1..60)),
    }
}

/// A call of an aggregate over the columns, perhaps with OVER behind it, and its kind.
fn aggregate(writer: &mut Writer<'_>, over: &str) -> (String, Kind) {
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

fn groups(
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

fn tumble(random: &mut Rng, relations: &[Relation]) -> Query {
    groups(random, relations, |_, keys| format!("GROUP BY {}", keys.join(", ")), true)
}

fn stagger(random: &mut Rng, relations: &[Relation]) -> Query {
    let stagger = |random: &mut Rng, keys: &[String]| {
        let seconds = random.u8(1..60);
        format!("WINDOWED BY STAGGER (PARTITION BY {} RANGE INTERVAL '{seconds}' SECOND)", keys.join(", "))
    };
    groups(random, relations, stagger, false)
}

fn frame(random: &mut Rng) -> String {
    match random.u8(..6) {
        0 | 1 => format!("ROWS {} PRECEDING", random.u8(..5)),
        2 | 3 => format!("RANGE INTERVAL '{}' SECOND PRECEDING", random.u8(..45)),
        4 => "RANGE CURRENT ROW".to_owned(),
        _ => "ROWS UNBOUNDED PRECEDING".to_owned(),
    }
}

/// A call with OVER, and its kind.
fn analytic(writer: &mut Writer<'_>, window: &str) -> (String, Kind) {
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
fn rounded(call: &str) -> String {
    format!("CAST(CAST({call} * 64 AS BIGINT) AS DOUBLE)")
}

fn slide(random: &mut Rng, relations: &[Relation]) -> Query {
    let Input { text: from, columns, rowtime } = input(random, relations);
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

fn join_window(random: &mut Rng) -> String {
    match random.u8(..8) {
        0 | 1 => String::new(),
        2 => format!(" OVER (ROWS {} PRECEDING)", random.u8(..4)),
        3 => format!(" OVER (RANGE INTERVAL '{}' SECOND FOLLOWING)", random.u8(1..40)),
        _ => format!(" OVER (RANGE INTERVAL '{}' SECOND PRECEDING)", random.u8(..40)),
    }
}

fn on(writer: &mut Writer<'_>, left: &[Known], right: &[Known]) -> String {
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

fn pairs(random: &mut Rng, left: &[Known], right: &[Known]) -> (List, String) {
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

fn join(random: &mut Rng, relations: &[Relation]) -> Query {
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

fn join_table(random: &mut Rng, relations: &[Relation]) -> Query {
    let (left, right) = (pick(random, relations).clone(), table());
    let kind = if random.bool() { "JOIN" } else { "LEFT JOIN" };
    let (list, on) = pairs(random, &known(&left, "X"), &known(&right, "Y"));
    let text = format!("SELECT STREAM {} FROM {} AS X {kind} TT AS Y ON {on}", list.text(), left.name);
    Query { text, columns: list.columns }
}

fn union(random: &mut Rng, relations: &[Relation]) -> Query {
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

fn distinct(random: &mut Rng, relations: &[Relation]) -> Query {
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

fn sorted(random: &mut Rng, relations: &[Relation]) -> Query {
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

fn function(random: &mut Rng, relations: &[Relation]) -> Query {
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
