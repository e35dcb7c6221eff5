//! The examples of AWS's page on joins, and random rows against the definition.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Int64Type, TimestampMillisecondType};
use arrow_array::{Array, ArrayRef, Int64Array, StringViewArray};

use crate::bind::{Environment, program, source_column};
use crate::operators::{Context, Message, Operator};
use crate::plan::{JoinNode, NodeKind, Schema, Stream};
use crate::rows::Rows;
use crate::state::{Loader, Saver};
use crate::tables::Tables;
use crate::types::DataType;

/// The join below the select list of a query on streams O and S, and tables T and E.
fn plan(from: &str) -> JoinNode {
    let columns = vec![source_column("ID", DataType::BigInt), source_column("NAME", DataType::Varchar(40))];
    let stream = |name: &str| Stream { name: name.to_owned(), schema: Schema { columns: columns.clone() } };
    let environment = Environment {
        streams: vec![stream("O"), stream("S")],
        tables: vec![stream("T"), stream("U")],
        lone_queries: true,
        ..Environment::default()
    };
    let query = format!("SELECT STREAM 1 AS ONE FROM {from}");
    let program = program(&query, &environment).unwrap_or_else(|fault| panic!("{}", fault.drawn(&query)));
    let NodeKind::Project { input, .. } = &program.queries[0].kind else { panic!("a select list") };
    let NodeKind::Join(plan) = &input.kind else { panic!("a join") };
    (**plan).clone()
}

fn join(from: &str) -> Box<dyn Operator> {
    super::join(&plan(from), &Tables::default()).unwrap()
}

fn rows(rows: &[(i64, Option<i64>)]) -> Rows {
    let names = rows.iter().map(|row| row.1.map(|id| format!("a name that is long, and number {id}")));
    let columns: Vec<ArrayRef> = vec![
        Arc::new(rows.iter().map(|row| row.1).collect::<Int64Array>()),
        Arc::new(names.collect::<StringViewArray>()),
    ];
    Rows::new(rows.iter().map(|row| row.0).collect(), columns)
}

#[test]
fn loaded_windows_hold_no_more_than_they_did() {
    const FROM: &str = "o OVER (ROWS 20000 PRECEDING) AS o JOIN s OVER (ROWS 20000 PRECEDING) AS s ON o.id = s.id";
    let mut operator = join(FROM);
    let mut context = Context::at(0);
    let feed = |operator: &mut Box<dyn Operator>, context: &mut Context, time: i64| {
        let given: Vec<(i64, Option<i64>)> = (0..1_000).map(|row| (time, Some(time * 1_000 + row))).collect();
        for side in [0, 1] {
            operator.rows(side, rows(&given), context);
            operator.bound(side, time + 1, context);
        }
        context.take_messages();
    };
    (0..60).for_each(|time| feed(&mut operator, &mut context, time));
    let before = operator.memory();
    let mut saver = Saver::default();
    operator.save(&mut saver);
    let bytes = saver.finish();
    let mut loaded = join(FROM);
    loaded.load(&mut Loader::new(&bytes)).unwrap();
    let mut most = loaded.memory();
    for time in 60..90 {
        feed(&mut loaded, &mut context, time);
        most = most.max(loaded.memory());
    }
    assert!(most < before * 5 / 4, "{most} bytes are more than {before}");
}

/// What came out: ROWTIME, and of both sides the ID and the ROWTIME.
fn out(context: &mut Context) -> Vec<String> {
    let mut all = Vec::new();
    let mut last = i64::MIN;
    for message in context.take_messages() {
        let rows = match message {
            Message::Rows(rows) => rows,
            Message::Bound(bound) => {
                assert!(bound >= last, "bounds and rows ascend");
                last = bound;
                continue;
            }
        };
        assert!(rows.times()[0] >= last, "rows are not older than bounds before them");
        last = rows.times()[rows.len() - 1];
        let columns = rows.columns();
        for row in 0..rows.len() {
            let side = |first: usize| {
                let (id, time) = (
                    columns[first].as_primitive::<Int64Type>(),
                    columns[first + 2].as_primitive::<TimestampMillisecondType>(),
                );
                let name = columns[first + 1].as_string_view();
                if id.is_valid(row) {
                    assert!(name.value(row).ends_with(&format!("number {}", id.value(row))));
                }
                let id = if id.is_null(row) { "-".to_owned() } else { id.value(row).to_string() };
                let time = if time.is_null(row) { "-".to_owned() } else { time.value(row).to_string() };
                format!("{id}@{time}")
            };
            all.push(format!("{} {} {}", rows.times()[row], side(0), side(3)));
        }
    }
    all
}

type Arrivals<'a> = [(usize, i64, Option<i64>)];

/// Each row comes when its time has come.
fn run(join: &mut dyn Operator, arrivals: &Arrivals<'_>, end: i64) -> Vec<String> {
    let mut all = Vec::new();
    let mut at = 0;
    while at < arrivals.len() {
        let time = arrivals[at].1;
        let mut context = Context::at(time);
        while at < arrivals.len() && arrivals[at].1 == time {
            join.rows(arrivals[at].0, rows(&[(time, arrivals[at].2)]), &mut context);
            at += 1;
        }
        join.bound(0, time + 1, &mut context);
        join.bound(1, time + 1, &mut context);
        all.extend(out(&mut context));
    }
    let mut context = Context::at(end);
    join.bound(1, end, &mut context);
    join.bound(0, end, &mut context);
    all.extend(out(&mut context));
    all
}

/// Orders and shipments, in seconds after 10:00; order 100 comes late.
const ORDERS_AND_SHIPMENTS: [(usize, i64, Option<i64>); 8] = [
    (0, 0, Some(101)),
    (1, 0, Some(100)),
    (0, 20, Some(102)),
    (0, 30, Some(103)),
    (0, 40, Some(104)),
    (1, 45, Some(104)),
    (0, 45, Some(100)),
    (1, 50, Some(105)),
];

#[track_caller]
fn example(from: &str, expected: &[&str]) {
    // A second is a millisecond here.
    let from = from.replace("{minute}", "OVER (RANGE INTERVAL '0.060' SECOND PRECEDING)");
    let found = run(&mut *join(&from), &ORDERS_AND_SHIPMENTS, 1000);
    assert_eq!(found, expected, "{from}");
}

/// <https://docs.aws.amazon.com/kinesisanalytics/latest/sqlref/sql-reference-join-clause.html>
#[test]
fn the_six_examples_of_the_reference() {
    example("O {minute} AS O JOIN S AS S ON O.ID = S.ID", &["45 104@40 104@45"]);
    example("O {minute} AS O JOIN S {minute} AS S ON O.ID = S.ID", &["45 100@45 100@0", "45 104@40 104@45"]);
    example("O {minute} AS O RIGHT JOIN S AS S ON O.ID = S.ID", &["0 -@- 100@0", "45 104@40 104@45", "50 -@- 105@50"]);
    example(
        "O {minute} AS O RIGHT JOIN S {minute} AS S ON O.ID = S.ID",
        &["45 100@45 100@0", "45 104@40 104@45", "110 -@- 105@50"],
    );
    // The page lists order 104 again at 100, though it had found its shipment; see the module.
    example(
        "O {minute} AS O LEFT JOIN S AS S ON O.ID = S.ID",
        &["45 104@40 104@45", "60 101@0 -@-", "80 102@20 -@-", "90 103@30 -@-", "105 100@45 -@-"],
    );
    example(
        "O {minute} AS O LEFT JOIN S {minute} AS S ON O.ID = S.ID",
        &["45 100@45 100@0", "45 104@40 104@45", "60 101@0 -@-", "80 102@20 -@-", "90 103@30 -@-"],
    );
}

#[test]
fn what_follows_is_waited_for() {
    let from = "O AS O LEFT JOIN S OVER (RANGE INTERVAL '0.010' SECOND FOLLOWING) AS S ON O.ID = S.ID";
    let arrivals =
        [(0, 5, Some(1)), (0, 6, Some(2)), (1, 15, Some(1)), (1, 17, Some(2)), (1, 17, Some(1)), (0, 18, Some(1))];
    let found = run(&mut *join(from), &arrivals, 100);
    assert_eq!(found, ["15 1@5 1@15", "16 2@6 -@-", "28 1@18 -@-"]);
}

#[test]
fn it_says_until_when_it_waits() {
    let mut operator = join("O OVER (RANGE INTERVAL '0.060' SECOND PRECEDING) AS O LEFT JOIN S AS S ON O.ID = S.ID");
    assert_eq!(operator.deadline(), None);
    let mut context = Context::at(5);
    operator.rows(0, rows(&[(5, Some(1)), (7, Some(2))]), &mut context);
    assert_eq!(operator.deadline(), Some(6), "rows wait for the other side");
    operator.bound(0, 8, &mut context);
    assert_eq!(context.take_messages(), []);
    operator.bound(1, 8, &mut context);
    assert_eq!((context.take_messages(), operator.deadline()), (vec![Message::Bound(8)], Some(66)));
    operator.rows(1, rows(&[(8, Some(1))]), &mut context);
    operator.bound(0, 9, &mut context);
    operator.bound(1, 9, &mut context);
    assert_eq!((out(&mut context), operator.deadline()), (vec!["8 1@5 1@8".to_owned()], Some(68)));
    operator.bound(0, 68, &mut context);
    operator.bound(1, 67, &mut context);
    assert_eq!(out(&mut context), Vec::<String>::new());
    operator.bound(1, 68, &mut context);
    assert_eq!((out(&mut context), operator.deadline()), (vec!["67 2@7 -@-".to_owned()], None));
}

#[test]
fn memory_goes_with_the_rows() {
    let mut operator = join("O OVER (RANGE INTERVAL '1' SECOND PRECEDING) AS O JOIN S AS S ON O.ID = S.ID");
    let empty = operator.memory();
    let mut context = Context::at(0);
    for time in 0..3000 {
        operator.rows(0, rows(&[(time, Some(time)), (time, Some(time))]), &mut context);
    }
    assert!(operator.memory() > 3000 * 2 * 60);
    operator.bound(0, 3000, &mut context);
    operator.bound(1, 3000, &mut context);
    let full = operator.memory();
    assert!(full > 2000 * 60 && full < 3000 * 2 * 200, "{full}");
    operator.bound(0, 10_000, &mut context);
    operator.bound(1, 10_000, &mut context);
    assert!(operator.memory() < full / 3, "{} of {full}, {empty} before", operator.memory());
    assert_eq!(out(&mut context), Vec::<String>::new());
}

#[test]
fn a_stream_looks_up_a_table() {
    let table = rows(&[(0, Some(1)), (0, Some(2)), (0, Some(1)), (0, None)]);
    let check = |from: &str, table_input: usize, expected: &[&str]| {
        let mut operator = join(from);
        let mut context = Context::at(0);
        operator.rows(table_input, table.clone(), &mut context);
        operator.bound(table_input, i64::MAX, &mut context);
        assert_eq!(context.take_messages(), [], "nothing comes out before the stream");
        let stream = rows(&[(5, Some(1)), (6, None), (6, Some(7)), (9, Some(2))]);
        operator.rows(1 - table_input, stream, &mut context);
        operator.bound(1 - table_input, 10, &mut context);
        assert_eq!(context.take_messages().last(), Some(&Message::Bound(10)));
        operator.rows(1 - table_input, rows(&[(5, Some(1)), (6, None), (6, Some(7)), (9, Some(2))]), &mut context);
        assert_eq!(out(&mut context), expected, "{from}");
        assert_eq!(context.take_failed(), []);
    };
    check("O AS O JOIN T AS T ON O.ID = T.ID", 1, &["5 1@5 1@-", "5 1@5 1@-", "9 2@9 2@-"]);
    check(
        "O AS O LEFT JOIN T AS T ON O.ID = T.ID AND O.NAME = T.NAME",
        1,
        &["5 1@5 1@-", "5 1@5 1@-", "6 -@6 -@-", "6 7@6 -@-", "9 2@9 2@-"],
    );
    check("T AS T JOIN O AS O ON O.ID < T.ID", 0, &["5 2@- 1@5"]);
    check("T AS T RIGHT JOIN O AS O ON O.ID < T.ID", 0, &["5 2@- 1@5", "6 -@- -@6", "6 -@- 7@6", "9 -@- 2@9"]);
}

#[test]
fn a_cross_join_comes_in_slices_and_stops_when_there_is_no_room() {
    let mut operator = join("O AS O CROSS JOIN T AS T");
    let many = rows(&vec![(0, Some(1)); 5000]);
    operator.rows(1, many.clone(), &mut Context::at(0));
    let mut context = Context::at(0);
    operator.rows(0, many.slice(0, 10), &mut context);
    let sizes: Vec<usize> = context
        .take_messages()
        .iter()
        .map(|message| if let Message::Rows(rows) = message { rows.len() } else { 0 })
        .collect();
    assert_eq!((sizes.iter().sum::<usize>(), sizes.iter().max()), (50_000, Some(&8192)));
    let mut context = Context::with_room(0, 1_000_000);
    operator.rows(0, many, &mut context);
    assert!(context.is_full());
    assert!(context.take_messages().len() < 10);
}

#[test]
fn pairs_that_cannot_be_compared_are_errors() {
    let from = "O OVER (RANGE INTERVAL '1' SECOND PRECEDING) AS O LEFT JOIN S AS S ON O.ID = S.ID AND 6 / S.ID < 3";
    let mut operator = join(from);
    let mut context = Context::at(0);
    operator.rows(0, rows(&[(1, Some(0)), (1, Some(2)), (1, Some(3))]), &mut context);
    operator.rows(1, rows(&[(2, Some(0)), (2, Some(2)), (2, Some(3))]), &mut context);
    operator.bound(0, 2000, &mut context);
    operator.bound(1, 2000, &mut context);
    assert_eq!(out(&mut context), ["2 3@1 3@2", "1001 0@1 -@-", "1001 2@1 -@-"]);
    let failed = context.take_failed();
    assert_eq!((failed.len(), failed[0].row.columns().len()), (1, 6));

    let mut operator = join("O OVER (ROWS 1 PRECEDING) AS O JOIN S AS S ON 6 / O.ID = S.ID");
    let mut context = Context::at(0);
    operator.rows(0, rows(&[(1, Some(2)), (1, Some(0))]), &mut context);
    operator.rows(1, rows(&[(2, Some(3))]), &mut context);
    operator.bound(0, 3, &mut context);
    operator.bound(1, 3, &mut context);
    assert_eq!(out(&mut context), ["2 2@1 3@2"]);
    assert_eq!(context.take_failed().len(), 1);
}

#[test]
fn two_tables_are_joined_when_both_are_there() {
    let mut plan = plan("O AS O LEFT JOIN T AS T ON O.ID = T.ID");
    plan.left.input.stream = false;
    plan.right_outer = true;
    let mut operator = super::join(&plan, &Tables::default()).unwrap();
    let mut context = Context::at(7);
    operator.rows(0, rows(&[(0, Some(1)), (0, Some(2))]), &mut context);
    operator.bound(0, i64::MAX, &mut context);
    operator.rows(1, rows(&[(0, Some(3)), (0, Some(2)), (0, None)]), &mut context);
    assert_eq!(context.take_messages(), []);
    operator.bound(1, i64::MAX, &mut context);
    assert_eq!(out(&mut context), ["0 1@- -@-", "0 2@- 2@-", "0 -@- 3@-", "0 -@- -@-"]);
}

mod against_the_definition {
    use super::*;

    /// Numbers that are the same in every run.
    struct Numbers(u64);

    impl Numbers {
        fn below(&mut self, end: i64) -> i64 {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            i64::try_from(self.0 >> 33).unwrap() % end
        }
    }

    /// A window, and what it is in SQL.
    #[derive(Debug, Clone, Copy, PartialEq)]
    enum Window {
        None,
        Rows(usize),
        Range(i64, i64),
        Unbounded,
    }

    impl Window {
        fn text(self) -> String {
            match self {
                Self::None => String::new(),
                Self::Rows(rows) => format!("OVER (ROWS {rows} PRECEDING)"),
                Self::Range(before, 0) => format!("OVER (RANGE INTERVAL '0.{before:03}' SECOND PRECEDING)"),
                Self::Range(0, after) => format!("OVER (RANGE INTERVAL '0.{after:03}' SECOND FOLLOWING)"),
                Self::Range(before, after) => format!(
                    "OVER (RANGE BETWEEN INTERVAL '0.{before:03}' SECOND PRECEDING AND INTERVAL '0.{after:03}' SECOND FOLLOWING)"
                ),
                Self::Unbounded => "OVER (RANGE UNBOUNDED PRECEDING)".to_owned(),
            }
        }

        /// Whether it holds a row of its side when one of the other side looks.
        fn holds(self, own: i64, other: i64) -> bool {
            match self {
                Self::Range(before, after) => own >= other - before && own <= other + after,
                Self::Unbounded => own <= other,
                Self::None | Self::Rows(_) => false,
            }
        }
    }

    #[derive(Debug, Clone, Copy)]
    struct Row {
        side: usize,
        time: i64,
        id: Option<i64>,
    }

    fn random_rows(numbers: &mut Numbers, count: usize) -> Vec<Row> {
        let mut time = 1000;
        let mut all = Vec::new();
        for _ in 0..count {
            time += numbers.below(3) * numbers.below(4);
            let id = (numbers.below(6) > 0).then(|| numbers.below(4));
            all.push(Row { side: usize::from(numbers.below(5) > 2), time, id });
        }
        // The left side comes first where times are equal.
        all.sort_by_key(|row| (row.time, row.side));
        all
    }

    /// All that comes out until a bound, sorted.
    fn naive(rows: &[Row], windows: [Window; 2], outer: [bool; 2], less: bool, end: i64) -> Vec<String> {
        let of_side = |side| rows.iter().enumerate().filter(move |(_, row)| row.side == side).collect::<Vec<_>>();
        let sides = [of_side(0), of_side(1)];
        let mut found = Vec::new();
        let mut partners = vec![false; rows.len()];
        for (i, left) in &sides[0] {
            for (j, right) in &sides[1] {
                let among_last = |side: usize, from: usize, to: usize| match windows[side] {
                    Window::Rows(before) if from < to => {
                        sides[side].iter().filter(|(k, _)| *k > from && *k < to).count() <= before
                    }
                    _ => false,
                };
                let sees = windows[0].holds(left.time, right.time)
                    || windows[1].holds(right.time, left.time)
                    || among_last(0, *i, *j)
                    || among_last(1, *j, *i);
                let fits =
                    left.id.zip(right.id).is_some_and(|(left, right)| if less { left < right } else { left == right });
                if sees && fits {
                    (partners[*i], partners[*j]) = (true, true);
                    let [one, two] = [left, right].map(|row| format!("{}@{}", row.id.unwrap(), row.time));
                    found.push((left.time.max(right.time), format!("{one} {two}")));
                }
            }
        }
        for side in [0, 1].into_iter().filter(|side| outer[*side]) {
            for (place, (index, row)) in sides[side].iter().enumerate() {
                let by_time = match (windows[side], windows[1 - side]) {
                    (Window::Unbounded, _) => None,
                    (Window::Range(before, _), Window::Range(_, after)) => Some(before.max(after)),
                    (Window::Range(before, _), _) => Some(before),
                    (_, Window::Range(_, after)) => Some(after),
                    _ => Some(0),
                };
                let pushed = match windows[side] {
                    Window::Rows(before) => sides[side].get(place + before + 1).map(|(_, row)| row.time),
                    _ => Some(row.time),
                };
                let Some((by_time, pushed)) = by_time.zip(pushed) else { continue };
                let time = pushed.max(row.time + by_time);
                if !partners[*index] && time < end {
                    let own = format!("{}@{}", row.id.map_or("-".to_owned(), |id| id.to_string()), row.time);
                    found.push((time, if side == 0 { format!("{own} -@-") } else { format!("-@- {own}") }));
                }
            }
        }
        let mut found: Vec<String> = found.into_iter().map(|(time, row)| format!("{time} {row}")).collect();
        found.sort();
        found
    }

    const WINDOWS: [(Window, Window); 9] = [
        (Window::Range(20, 0), Window::None),
        (Window::None, Window::Range(5, 10)),
        (Window::Range(7, 0), Window::Range(20, 0)),
        (Window::Range(0, 6), Window::Range(3, 0)),
        (Window::Rows(3), Window::None),
        (Window::Rows(2), Window::Rows(0)),
        (Window::Rows(1), Window::Range(4, 9)),
        (Window::Unbounded, Window::None),
        (Window::Range(9, 0), Window::Unbounded),
    ];

    #[test]
    fn every_join_over_every_window_and_across_checkpoints() {
        let mut numbers = Numbers(11);
        for (left, right) in WINDOWS {
            for (kind, outer) in
                [("", [false; 2]), ("LEFT", [true, false]), ("RIGHT", [false, true]), ("FULL", [true; 2])]
            {
                for less in [false, true] {
                    let on = if less { "<" } else { "=" };
                    let from = format!("O {} AS O {kind} JOIN S {} AS S ON O.ID {on} S.ID", left.text(), right.text());
                    let input = random_rows(&mut numbers, 150);
                    let end = input[149].time + 8;
                    let mut found = carried(&from, &input, end, &mut numbers);
                    found.sort();
                    assert_eq!(found, naive(&input, [left, right], outer, less, end), "{from}");
                }
            }
        }
    }

    /// What comes out of batches of random sizes, with checkpoints between them.
    fn carried(from: &str, input: &[Row], end: i64, numbers: &mut Numbers) -> Vec<String> {
        let mut operator = join(from);
        let mut found = Vec::new();
        let (mut at, mut sent) = (0, [0, 0]);
        while at < input.len() {
            let upto = (at + 1 + usize::try_from(numbers.below(30)).unwrap()).min(input.len());
            let mut context = Context::at(0);
            for side in [0, 1] {
                // One side may run ahead of the other.
                let ahead = (upto + usize::try_from(numbers.below(10)).unwrap()).min(input.len());
                let batch: Vec<(i64, Option<i64>)> = input[sent[side].min(ahead)..ahead]
                    .iter()
                    .filter(|row| row.side == side)
                    .map(|row| (row.time, row.id))
                    .collect();
                sent[side] = sent[side].max(ahead);
                operator.rows(side, rows(&batch), &mut context);
                let bound = input.get(sent[side]).map_or(end, |row| row.time);
                operator.bound(side, bound, &mut context);
            }
            found.extend(out(&mut context));
            at = upto;
            if numbers.below(2) == 0 {
                let mut saver = Saver::default();
                operator.save(&mut saver);
                let bytes = saver.finish();
                let deadline = operator.deadline();
                operator = join(from);
                let mut loader = Loader::new(&bytes);
                operator.load(&mut loader).unwrap();
                assert_eq!(loader.finish(), Ok(()));
                assert_eq!(operator.deadline(), deadline);
            }
        }
        found
    }
}
