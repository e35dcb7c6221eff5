//! Windows that end when a key changes.

use super::*;
use crate::operators::testing::{Row, inside, plan, rows, saved_and_loaded, shown};
use crate::plan::NodeKind;

fn tumble(query: &str) -> Tumble {
    let NodeKind::Tumble(plan) = inside(plan(query)).kind else { panic!("a GROUP BY is expected") };
    Tumble::new(&plan, &Tables::default()).unwrap()
}

/// Messages in, lines out; the state is saved and loaded after each of them.
enum Step<'s> {
    Rows(&'s [Row<'s>]),
    Bound(i64),
}
use Step::{Bound, Rows as In};

fn check(query: &str, steps: &[Step<'_>], expected: &[&str]) {
    for reload in [false, true] {
        let mut operator = tumble(query);
        let mut context = Context::at(0);
        for step in steps {
            match step {
                In(all) => operator.rows(0, rows(all), &mut context),
                Bound(bound) => operator.bound(0, *bound, &mut context),
            }
            if reload {
                operator = saved_and_loaded(&operator, tumble(query));
            }
        }
        let shown: Vec<String> = shown(&mut context).into_iter().filter(|line| !line.starts_with("bound")).collect();
        assert_eq!(shown, expected, "{query}, reloaded: {reload}");
    }
}

const MINUTE: &str = "FLOOR(s.ROWTIME TO MINUTE)";

#[test]
fn a_groups_row_has_the_end_of_its_window() {
    // The sheet's example: rows at 11:00:20 and 11:00:30 come out at 11:01:00.
    let at = |minute: i64, second: i64| ((11 * 60 + minute) * 60 + second) * 1000;
    let query = format!("SELECT STREAM name, COUNT(*), SUM(price) FROM s GROUP BY name, {MINUTE}");
    check(
        &query,
        &[
            In(&[(at(0, 20), "a", Some(1)), (at(0, 30), "b", Some(5)), (at(0, 30), "a", Some(2))]),
            Bound(at(0, 31)),
            In(&[(at(1, 0), "b", None)]),
            Bound(at(2, 0)),
            Bound(at(3, 0)),
        ],
        &["39660000 a @39600000 2 3", "39660000 b @39600000 1 5", "39720000 b @39660000 1 NULL"],
    );
}

#[test]
fn windows_end_on_time_without_rows() {
    let query = format!("SELECT STREAM COUNT(*) FROM s GROUP BY {MINUTE}");
    let mut operator = tumble(&query);
    let mut context = Context::at(0);
    assert_eq!(operator.deadline(), None);
    operator.rows(0, rows(&[(59_999, "a", None)]), &mut context);
    assert_eq!(operator.deadline(), Some(60_000));
    operator.bound(0, 59_999, &mut context);
    operator.bound(0, 60_000, &mut context);
    assert_eq!(shown(&mut context), ["bound 59999", "60000 @0 1", "bound 60000"]);
    assert_eq!(operator.deadline(), None);
}

#[test]
fn windows_are_cut_within_a_batch() {
    check(
        "SELECT STREAM COUNT(*) FROM s GROUP BY STEP(s.ROWTIME BY INTERVAL '10' SECOND)",
        &[In(&[(1, "a", None), (9_999, "a", None), (10_000, "a", None), (45_000, "a", None)]), Bound(50_000)],
        &["10000 @0 2", "20000 @10000 1", "50000 @40000 1"],
    );
}

#[test]
fn with_several_keys_the_window_ends_when_the_first_of_them_changes() {
    check(
        "SELECT STREAM COUNT(*) FROM s GROUP BY FLOOR(s.ROWTIME TO MINUTE), STEP(s.ROWTIME BY INTERVAL '40' SECOND)",
        &[In(&[(0, "a", None), (39_000, "a", None), (40_000, "a", None), (61_000, "a", None)]), Bound(80_000)],
        &["40000 @0 @0 2", "60000 @0 @40000 1", "80000 @60000 @40000 1"],
    );
}

#[test]
fn rowtime_itself_is_a_window_of_a_millisecond() {
    check(
        "SELECT STREAM COUNT(*) FROM s GROUP BY s.ROWTIME",
        &[In(&[(5, "a", None), (5, "a", None), (7, "a", None)]), Bound(8)],
        &["6 @5 2", "8 @7 1"],
    );
}

#[test]
fn an_asserted_key_ends_the_window_with_the_row_that_changes_it() {
    check(
        "SELECT STREAM name, COUNT(*) FROM s GROUP BY MONOTONIC(price), name",
        &[
            In(&[(1, "a", None), (2, "a", None), (2, "b", Some(1))]),
            Bound(50),
            In(&[(60, "b", Some(1)), (70, "b", Some(2))]),
            Bound(i64::MAX),
        ],
        &["2 NULL a 2", "70 1 b 2", "70 2 b 1"],
    );
}

#[test]
fn both_kinds_of_keys_go_together() {
    let query = format!("SELECT STREAM COUNT(*) FROM s GROUP BY MONOTONIC(price), {MINUTE}");
    check(
        &query,
        &[
            In(&[(1_000, "a", Some(1)), (2_000, "a", Some(2)), (61_000, "a", Some(3))]),
            In(&[(62_000, "a", Some(3))]),
            Bound(120_000),
        ],
        &["2000 1 @0 1", "60000 2 @0 1", "120000 3 @60000 2"],
    );
}

#[test]
fn windows_over_windows_end_on_time_too() {
    let inner = format!("SELECT STREAM {MINUTE} AS m, COUNT(*) AS c FROM s GROUP BY {MINUTE}");
    let query = format!("SELECT STREAM COUNT(*) FROM ({inner}) AS i GROUP BY FLOOR(i.m TO HOUR)");
    let NodeKind::Tumble(plan) = inside(plan(&query)).kind else { panic!("a GROUP BY is expected") };
    let mut operator = Tumble::new(&plan, &Tables::default()).unwrap();
    let mut context = Context::at(0);
    let minute = |minute: i64| {
        let instants = arrow_array::TimestampMillisecondArray::from(vec![minute * 60_000]);
        let counts = arrow_array::Int64Array::from(vec![1]);
        Rows::new(vec![(minute + 1) * 60_000].into(), vec![std::sync::Arc::new(instants), std::sync::Arc::new(counts)])
    };
    operator.rows(0, minute(58), &mut context);
    // The minute 00:59 comes out at 01:00:00, and belongs to the first hour.
    operator.rows(0, minute(59), &mut context);
    assert_eq!(operator.deadline(), Some(3_600_001));
    operator.bound(0, 3_600_001, &mut context);
    assert_eq!(shown(&mut context), ["3600001 @0 2", "bound 3600001"]);
}

#[test]
fn a_sum_that_does_not_fit_is_an_error_of_its_group() {
    let query =
        format!("SELECT STREAM name, SUM(CAST(price AS BIGINT) * 2305843009213693952) FROM s GROUP BY name, {MINUTE}");
    check(
        &query,
        &[In(&[(1, "a", Some(2)), (1, "b", Some(3)), (2, "a", Some(3)), (3, "b", Some(-3))]), Bound(60_000)],
        &["60000 b @0 0", "failed 60000 a @0 NULL: NUMERIC_OVERFLOW"],
    );
}

#[test]
fn rows_that_fail_are_not_counted() {
    let query = format!("SELECT STREAM name, COUNT(*), SUM(6 / price) FROM s GROUP BY name, {MINUTE}");
    check(
        &query,
        &[In(&[(1, "a", Some(2)), (1, "a", Some(0)), (2, "", Some(1)), (3, "", None)]), Bound(60_000)],
        &["60000 a @0 1 3", "60000 NULL @0 2 6", "failed 1 a 0 @0: DIVIDE_BY_ZERO"],
    );
}

#[test]
fn memory_is_known_and_given_back() {
    let query = format!("SELECT STREAM name, MAX(name) FROM s GROUP BY name, {MINUTE}");
    let mut operator = tumble(&query);
    let mut context = Context::at(0);
    let names: Vec<String> = (0..1_000).map(|name| format!("a name that is rather long {name}")).collect();
    let all: Vec<Row<'_>> = names.iter().map(|name| (1, name.as_str(), None)).collect();
    operator.rows(0, rows(&all), &mut context);
    // Each name is there as a key, as what it is found by, and as a maximum.
    assert!((90_000..400_000).contains(&operator.memory()), "{}", operator.memory());
    operator.bound(0, 60_000, &mut context);
    assert_eq!(shown(&mut context).len(), 1_001);
    assert!(operator.memory() < 200_000, "{}", operator.memory());
}
