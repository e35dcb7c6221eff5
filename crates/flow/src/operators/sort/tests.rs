//! Rows in order.

use super::*;
use crate::operators::testing::{Row, inside, plan, rows, saved_and_loaded, shown};
use crate::plan::NodeKind;

fn sort(query: &str) -> Sort {
    let NodeKind::Sort(plan) = inside(plan(query)).kind else { panic!("an ORDER BY is expected") };
    Sort::new(&plan, &Tables::default()).unwrap()
}

fn check(query: &str, batches: &[&[Row<'_>]], end: i64, expected: &[&str]) {
    let mut operator = sort(query);
    let mut context = Context::at(0);
    for batch in batches {
        operator.rows(0, rows(batch), &mut context);
        operator = saved_and_loaded(&operator, sort(query));
    }
    operator.bound(0, end, &mut context);
    assert_eq!(operator.memory(), 0);
    assert_eq!(shown(&mut context), expected);
}

#[test]
fn rows_of_one_rowtime_are_put_in_order() {
    check(
        "SELECT STREAM name FROM s ORDER BY s.ROWTIME, price DESC, name",
        &[&[(1, "a", Some(1)), (1, "c", Some(2))], &[(1, "b", Some(2)), (1, "n", None), (2, "d", Some(9))]],
        3,
        &["1 b 2 @2", "1 c 2 @2", "1 a 1 @1", "1 n NULL NULL", "2 d 9 @9", "bound 3"],
    );
}

#[test]
fn rows_of_one_minute_leave_with_the_last_ones_rowtime() {
    check(
        "SELECT STREAM name FROM s ORDER BY FLOOR(s.ROWTIME TO MINUTE), price",
        &[&[(1_000, "a", Some(5)), (2_000, "b", Some(3))], &[(3_000, "c", None), (61_000, "d", Some(1))]],
        120_000,
        &["3000 c NULL NULL", "3000 b 3 @3", "3000 a 5 @5", "61000 d 1 @1", "bound 120000"],
    );
}

#[test]
fn equal_rows_stay_as_they_came() {
    let names: Vec<String> = (0..100).map(|number| format!("row {number:03}")).collect();
    let all: Vec<Row<'_>> = names.iter().map(|name| (1, name.as_str(), Some(7))).collect();
    let mut operator = sort("SELECT STREAM name FROM s ORDER BY s.ROWTIME, price");
    let mut context = Context::at(0);
    operator.rows(0, rows(&all), &mut context);
    assert_eq!(operator.deadline(), Some(2));
    operator.bound(0, 2, &mut context);
    let expected: Vec<String> =
        names.iter().map(|name| format!("1 {name} 7 @7")).chain(["bound 2".to_owned()]).collect();
    assert_eq!(shown(&mut context), expected);
}

#[test]
fn bounds_wait_for_what_is_gathered() {
    let mut operator = sort("SELECT STREAM name FROM s ORDER BY FLOOR(s.ROWTIME TO MINUTE), price");
    let mut context = Context::at(0);
    operator.bound(0, 500, &mut context);
    operator.rows(0, rows(&[(1_000, "a", Some(5))]), &mut context);
    operator.bound(0, 30_000, &mut context);
    assert_eq!(shown(&mut context), ["bound 500", "bound 1000"]);
    assert_eq!(operator.deadline(), Some(60_000));
    assert!(operator.memory() > 0);
}

#[test]
fn an_asserted_key_changes_with_a_row() {
    check(
        "SELECT STREAM name FROM s ORDER BY MONOTONIC(price), name DESC",
        &[&[(1, "a", Some(1)), (2, "b", Some(1)), (3, "c", Some(2))]],
        i64::MAX,
        &["2 b 1 @1", "2 a 1 @1", "3 c 2 @2", "bound 9223372036854775807"],
    );
}

#[test]
fn groups_are_put_in_order_when_their_window_is_over() {
    let query =
        "SELECT STREAM name FROM s GROUP BY FLOOR(s.ROWTIME TO MINUTE), name ORDER BY FLOOR(s.ROWTIME TO MINUTE), name";
    let mut operator = sort(query);
    let mut context = Context::at(0);
    let instants = arrow_array::TimestampMillisecondArray::from(vec![0, 0]);
    let names = arrow_array::StringViewArray::from(vec!["b", "a"]);
    operator.rows(0, Rows::new(vec![60_000; 2].into(), vec![Arc::new(instants), Arc::new(names)]), &mut context);
    assert_eq!(operator.deadline(), Some(60_001));
    operator.bound(0, 60_001, &mut context);
    assert_eq!(shown(&mut context), ["60000 @0 a", "60000 @0 b", "bound 60001"]);
}
