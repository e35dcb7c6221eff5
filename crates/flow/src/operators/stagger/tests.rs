//! Windows that open with a key's first row.

use super::*;
use crate::operators::testing::{Row, inside, plan, rows, saved_and_loaded, shown};
use crate::plan::NodeKind;

fn stagger(query: &str) -> Stagger {
    let NodeKind::Stagger(plan) = inside(plan(query)).kind else { panic!("a stagger window is expected") };
    Stagger::new(&plan, &Tables::default()).unwrap()
}

const QUERY: &str =
    "SELECT STREAM name, COUNT(*), SUM(price) FROM s WINDOWED BY STAGGER (PARTITION BY name RANGE INTERVAL '1' MINUTE)";

fn check(query: &str, batches: &[&[Row<'_>]], end: i64, expected: &[&str]) {
    for reload in [false, true] {
        let mut operator = stagger(query);
        let mut context = Context::at(0);
        for batch in batches {
            operator.rows(0, rows(batch), &mut context);
            if reload {
                operator = saved_and_loaded(&operator, stagger(query));
            }
        }
        operator.bound(0, end, &mut context);
        assert_eq!(shown(&mut context), expected, "reloaded: {reload}");
        assert_eq!(operator.deadline(), None);
    }
}

#[test]
fn a_window_closes_a_range_after_its_first_row() {
    // The sheet's example: the first row at 11:00:20 and one minute make 11:01:20.
    let at = |minute: i64, second: i64| ((11 * 60 + minute) * 60 + second) * 1000;
    check(
        QUERY,
        &[
            &[(at(0, 20), "a", Some(1)), (at(0, 30), "b", Some(10)), (at(0, 50), "a", Some(2))],
            &[(at(1, 10), "a", Some(4)), (at(1, 20), "a", Some(100)), (at(1, 25), "b", None)],
        ],
        at(3, 0),
        &["39680000 a 3 7", "39690000 b 2 10", "39740000 a 1 100", "bound 39780000"],
    );
}

#[test]
fn windows_close_on_time_in_the_order_they_opened() {
    let mut operator = stagger(QUERY);
    let mut context = Context::at(0);
    operator.rows(0, rows(&[(1, "b", None), (1, "a", None), (2, "", None), (2, "", Some(1))]), &mut context);
    assert_eq!(operator.deadline(), Some(60_001));
    operator.bound(0, 60_001, &mut context);
    assert_eq!(shown(&mut context), ["60001 b 1 NULL", "60001 a 1 NULL", "bound 60001"]);
    assert_eq!(operator.deadline(), Some(60_002));
    operator.bound(0, 60_002, &mut context);
    assert_eq!(shown(&mut context), ["60002 NULL 2 1", "bound 60002"]);
}

#[test]
fn a_number_that_is_given_again_starts_anew() {
    check(
        "SELECT STREAM name, MAX(name), FIRST_VALUE(price), EVERY(price > 1), COUNT(price) FROM s \
         WINDOWED BY STAGGER (PARTITION BY name RANGE INTERVAL '1' SECOND)",
        &[&[(0, "a", Some(5)), (10, "b", None), (1_000, "c", Some(1)), (1_000, "a", None)], &[(1_100, "b", Some(7))]],
        5_000,
        &[
            "1000 a a 5 true 1",
            "1010 b b NULL NULL 0",
            "2000 c c 1 false 1",
            "2000 a a NULL NULL 0",
            "2100 b b 7 true 1",
            "bound 5000",
        ],
    );
}

#[test]
fn keys_may_be_many_and_the_sum_too_large() {
    check(
        "SELECT STREAM name, at_time, SUM(CAST(price AS BIGINT) * 4611686018427387904) FROM s \
         WINDOWED BY STAGGER (PARTITION BY name, at_time RANGE INTERVAL '1' SECOND)",
        &[&[(0, "a", Some(1)), (1, "a", Some(0)), (2, "a", Some(1))]],
        5_000,
        &["1001 a @0 0", "bound 5000", "failed 1000 a @1 NULL: NUMERIC_OVERFLOW"],
    );
}

#[test]
fn memory_is_known_and_given_back() {
    let mut operator = stagger(QUERY);
    let mut context = Context::at(0);
    let names: Vec<String> = (0..1_000).map(|name| format!("a name that is rather long {name}")).collect();
    let all: Vec<Row<'_>> = names.iter().map(|name| (1, name.as_str(), None)).collect();
    operator.rows(0, rows(&all), &mut context);
    let full = operator.memory();
    assert!((60_000..400_000).contains(&full), "{full}");
    operator.bound(0, 60_001, &mut context);
    // The long keys and values are gone.
    assert!(operator.memory() + 50_000 < full, "{} of {full}", operator.memory());
}
