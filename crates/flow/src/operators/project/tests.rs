//! Rows made anew.

use super::*;
use crate::operators::testing::{plan, rows, saved_and_loaded, shown};
use crate::plan::NodeKind;

fn project(query: &str) -> Project {
    let node = plan(query);
    let NodeKind::Project { input, values, rowtime } = &node.kind else { panic!("a select list is expected") };
    Project::new(input, values, rowtime.as_ref(), &node.schema, &Tables::default()).unwrap()
}

#[test]
fn values_are_computed_and_a_row_fails_once() {
    let mut project = project("SELECT STREAM name, 12 / price, 6 / price FROM s");
    let mut context = Context::at(0);
    project.rows(0, rows(&[(1, "a", Some(2)), (1, "b", Some(0)), (2, "c", None)]), &mut context);
    project.bound(0, 4, &mut context);
    let expected = ["1 a 6 3", "2 c NULL NULL", "bound 4", "failed 1 b 0 @0: DIVIDE_BY_ZERO"];
    assert_eq!(shown(&mut context), expected);
}

#[test]
fn null_for_a_column_that_is_not_null_goes_to_the_error_stream() {
    let node = plan("SELECT STREAM name, price FROM s");
    let NodeKind::Project { input, values, .. } = &node.kind else { panic!("a select list is expected") };
    let mut schema = node.schema.clone();
    schema.columns.iter_mut().for_each(|column| column.nullable = false);
    let mut project = Project::new(input, values, None, &schema, &Tables::default()).unwrap();
    let mut context = Context::at(0);
    project.rows(0, rows(&[(1, "a", None), (1, "b", Some(1)), (2, "", None)]), &mut context);
    let expected = ["1 b 1", "failed 1 a NULL NULL: NOT_NULL_VIOLATION", "failed 2 NULL NULL NULL: NOT_NULL_VIOLATION"];
    assert_eq!(shown(&mut context), expected);
}

#[test]
fn rows_older_than_those_before_them_go_to_the_error_stream() {
    const QUERY: &str = "SELECT STREAM at_time AS ROWTIME, name FROM s";
    let mut first = project(QUERY);
    let mut context = Context::at(0);
    first.bound(0, 5, &mut context);
    assert!(shown(&mut context).is_empty(), "nothing is known yet");
    first.rows(0, rows(&[(100, "a", Some(5)), (100, "b", Some(5)), (100, "c", Some(7))]), &mut context);
    first.bound(0, 101, &mut context);
    let mut second = saved_and_loaded(&first, project(QUERY));
    second.rows(
        0,
        rows(&[(200, "d", Some(6)), (200, "e", None), (200, "f", Some(9)), (200, "g", Some(8))]),
        &mut context,
    );
    second.bound(0, 201, &mut context);
    let expected = [
        "5 a",
        "5 b",
        "7 c",
        "bound 7",
        "9 f",
        "bound 9",
        "failed 200 d 6 @6: OUT_OF_ORDER_ROW",
        "failed 200 e NULL NULL: NOT_NULL_VIOLATION",
        "failed 200 g 8 @8: OUT_OF_ORDER_ROW",
    ];
    assert_eq!(shown(&mut context), expected);
}

#[test]
fn bounds_are_translated_when_the_new_rowtime_follows_the_old_one() {
    let mut project = project("SELECT STREAM FLOOR(s.ROWTIME TO MINUTE) AS ROWTIME, name FROM s");
    let mut context = Context::at(0);
    project.rows(0, rows(&[(61_000, "a", None), (119_999, "b", None)]), &mut context);
    project.bound(0, 180_500, &mut context);
    project.bound(0, i64::MAX, &mut context);
    let expected = ["60000 a", "60000 b", "bound 180000", "bound 9223372036854775807"];
    assert_eq!(shown(&mut context), expected);
}

#[test]
fn the_start_of_a_window_may_become_its_rowtime() {
    let query =
        "SELECT STREAM FLOOR(s.ROWTIME TO MINUTE) AS ROWTIME, COUNT(*) FROM s GROUP BY FLOOR(s.ROWTIME TO MINUTE)";
    let mut project = project(query);
    let mut context = Context::at(0);
    // Rows from 12:02 on come out of windows that begin at 12:01 or later.
    project.bound(0, 120_000, &mut context);
    project.bound(0, 120_001, &mut context);
    assert_eq!(shown(&mut context), ["bound 60000", "bound 120000"]);
}
