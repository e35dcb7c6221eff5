//! Rows in order.

use super::*;
use crate::operators::Project;
use crate::operators::testing::{Row, inside, plan, rows, saved_and_loaded, shown};
use crate::plan::NodeKind;

/// A query's order, and before it what makes its keys.
struct Made {
    project: Project,
    sort: Sort,
}

impl Made {
    fn of(query: &str) -> Self {
        let NodeKind::Sort(plan) = inside(plan(query)).kind else { panic!("an ORDER BY is expected") };
        let NodeKind::Project { input, values, rowtime } = &plan.input.kind else { panic!("a list is expected") };
        let tables = Tables::default();
        let project = Project::new(input, values, rowtime.as_ref(), &plan.input.schema, &tables).unwrap();
        Self { project, sort: Sort::new(&plan, &tables).unwrap() }
    }

    fn rows(&mut self, rows: Rows, context: &mut Context) {
        let mut between = Context::at(0);
        self.project.rows(0, rows, &mut between);
        for message in between.take_messages() {
            if let crate::operators::Message::Rows(rows) = message {
                self.sort.rows(0, rows, context);
            }
        }
    }
}

/// The bounds, and of rows the ROWTIME and the first column, which has no spaces.
fn short(context: &mut Context) -> Vec<String> {
    let first_two = |line: String| line.split(' ').take(2).collect::<Vec<_>>().join(" ");
    shown(context).into_iter().map(first_two).collect()
}

fn check(query: &str, batches: &[&[Row<'_>]], end: i64, expected: &[&str]) {
    let mut made = Made::of(query);
    let mut context = Context::at(0);
    for batch in batches {
        made.rows(rows(batch), &mut context);
        made.sort = saved_and_loaded(&made.sort, Made::of(query).sort);
    }
    made.sort.bound(0, end, &mut context);
    assert_eq!(made.sort.memory(), 0);
    assert_eq!(short(&mut context), expected);
}

#[test]
fn rows_of_one_rowtime_are_put_in_order() {
    check(
        "SELECT STREAM name FROM s ORDER BY s.ROWTIME, price DESC, name",
        &[&[(1, "a", Some(1)), (1, "c", Some(2))], &[(1, "b", Some(2)), (1, "n", None), (2, "d", Some(9))]],
        3,
        &["1 b", "1 c", "1 a", "1 n", "2 d", "bound 3"],
    );
}

#[test]
fn rows_of_one_minute_leave_with_the_last_ones_rowtime() {
    check(
        "SELECT STREAM name FROM s ORDER BY FLOOR(s.ROWTIME TO MINUTE), price",
        &[&[(1_000, "a", Some(5)), (2_000, "b", Some(3))], &[(3_000, "c", None), (61_000, "d", Some(1))]],
        120_000,
        &["3000 c", "3000 b", "3000 a", "61000 d", "bound 120000"],
    );
}

#[test]
fn equal_rows_stay_as_they_came() {
    let names: Vec<String> = (0..100).map(|number| format!("row{number:03}")).collect();
    let all: Vec<Row<'_>> = names.iter().map(|name| (1, name.as_str(), Some(7))).collect();
    let mut made = Made::of("SELECT STREAM name FROM s ORDER BY s.ROWTIME, price");
    let mut context = Context::at(0);
    made.rows(rows(&all), &mut context);
    assert_eq!(made.sort.deadline(), Some(2));
    made.sort.bound(0, 2, &mut context);
    let expected: Vec<String> = names.iter().map(|name| format!("1 {name}")).chain(["bound 2".to_owned()]).collect();
    assert_eq!(short(&mut context), expected);
}

#[test]
fn bounds_wait_for_what_is_gathered() {
    let mut made = Made::of("SELECT STREAM name FROM s ORDER BY FLOOR(s.ROWTIME TO MINUTE), price");
    let mut context = Context::at(0);
    made.sort.bound(0, 500, &mut context);
    made.rows(rows(&[(1_000, "a", Some(5))]), &mut context);
    made.sort.bound(0, 30_000, &mut context);
    assert_eq!(short(&mut context), ["bound 500", "bound 1000"]);
    assert_eq!(made.sort.deadline(), Some(60_000));
    assert!(made.sort.memory() > 0);
}

#[test]
fn an_asserted_key_changes_with_a_row() {
    check(
        "SELECT STREAM name FROM s ORDER BY MONOTONIC(price), name DESC",
        &[&[(1, "a", Some(1)), (2, "b", Some(1)), (3, "c", Some(2))]],
        i64::MAX,
        &["2 b", "2 a", "3 c", "bound 9223372036854775807"],
    );
}

#[test]
fn groups_are_put_in_order_when_their_window_is_over() {
    let query =
        "SELECT STREAM name FROM s GROUP BY FLOOR(s.ROWTIME TO MINUTE), name ORDER BY FLOOR(s.ROWTIME TO MINUTE), name";
    let mut made = Made::of(query);
    let mut context = Context::at(0);
    let instants = arrow_array::TimestampMillisecondArray::from(vec![0, 0]);
    let names = arrow_array::StringViewArray::from(vec!["b", "a"]);
    let groups = Rows::new(vec![60_000; 2].into(), vec![Arc::new(instants), Arc::new(names)]);
    made.rows(groups, &mut context);
    assert_eq!(made.sort.deadline(), Some(60_001));
    made.sort.bound(0, 60_001, &mut context);
    assert_eq!(short(&mut context), ["60000 a", "60000 b", "bound 60001"]);
}
