//! Late rows.

use super::*;
use crate::operators::testing::{Row, plan, rows, saved_and_loaded, shown};
use crate::plan::{ExprKind, NodeKind};

/// A sort by `AT_TIME` within 10 ms.
fn sort() -> TimeSort {
    let query = "SELECT STREAM at_time AS ROWTIME, name FROM s ORDER BY at_time WITHIN INTERVAL '0.010' SECOND";
    let NodeKind::TimeSort { key, within_ms, .. } = plan(query).kind else { panic!("a T-sort is expected") };
    assert_eq!(within_ms, 10);
    // The test's rows have the key as their last column, as those of the plan have.
    let key = Expr { kind: ExprKind::Column(2), ..key };
    TimeSort::new(&key, within_ms, &Tables::default()).unwrap()
}

fn fed(batches: &[&[Row<'_>]]) -> Vec<String> {
    let mut operator = sort();
    let mut context = Context::at(0);
    for (number, batch) in (1..).zip(batches) {
        operator.rows(0, rows(batch), &mut context);
        operator.bound(0, 1_000 * number, &mut context);
        operator = saved_and_loaded(&operator, sort());
    }
    shown(&mut context)
}

#[test]
fn late_rows_are_put_in_order_and_later_ones_fail() {
    let batches: [&[Row<'_>]; 3] = [
        &[(1, "a", Some(100)), (1, "b", Some(95)), (1, "n", None)],
        // Exactly as late as the buffer is long, and one later.
        &[(2, "c", Some(107)), (2, "d", Some(97)), (2, "e", Some(96)), (2, "f", Some(100))],
        &[(3, "g", Some(120))],
    ];
    let expected = [
        "bound 90",
        "95 b 95 @95",
        "97 d 97 @97",
        "bound 97",
        "100 a 100 @100",
        "100 f 100 @100",
        "107 c 107 @107",
        "bound 110",
        "failed 2 e 96 @96: OUT_OF_ORDER_ROW",
    ];
    assert_eq!(fed(&batches), expected);
}

#[test]
fn the_end_of_the_input_lets_all_rows_go() {
    let mut operator = sort();
    let mut context = Context::at(0);
    operator.bound(0, 5, &mut context);
    operator.rows(0, rows(&[(1, "a", Some(9)), (1, "b", Some(8))]), &mut context);
    assert!(operator.memory() > 0);
    operator.bound(0, i64::MAX, &mut context);
    assert_eq!(shown(&mut context), ["8 b 8 @8", "9 a 9 @9", "bound 9223372036854775807"]);
    assert_eq!(operator.memory(), 0);
}

#[test]
fn many_small_batches_come_out_in_order_and_memory_is_given_back() {
    let mut operator = sort();
    let mut context = Context::at(0);
    for number in 0..2_000 {
        // A saw that falls by up to ten behind.
        operator.rows(
            0,
            rows(&[(
                number,
                "a name beyond twelve bytes",
                Some(100 + i32::try_from(number).unwrap() - i32::try_from(number * 7 % 10).unwrap()),
            )]),
            &mut context,
        );
    }
    assert!(operator.memory() < 20_000, "{}", operator.memory());
    operator.bound(0, i64::MAX, &mut context);
    let lines = shown(&mut context);
    assert_eq!(lines.len(), 2_001);
    let times: Vec<i64> = lines[..2_000].iter().map(|line| line[..line.find(' ').unwrap()].parse().unwrap()).collect();
    assert!(times.is_sorted());
}
