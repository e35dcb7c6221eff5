//! Ranks, orders and the ends of groups.

use arrow_array::StringViewArray;
use arrow_array::cast::AsArray;
use arrow_array::types::Int32Type;

use super::*;
use crate::operators::Message;

/// Rows of (time, number, name).
fn rows(values: &[(i64, Option<i32>, &str)]) -> Rows {
    let numbers: Int32Array = values.iter().map(|(_, number, _)| *number).collect();
    let names: StringViewArray = values.iter().map(|(_, _, name)| Some(*name)).collect();
    let times = values.iter().map(|(time, ..)| *time).collect();
    Rows::new(times, vec![Arc::new(numbers), Arc::new(names)])
}

/// What came out since the last time: `time:name=rank` of each row, and bounds.
fn out(context: &mut Context) -> String {
    let mut texts = Vec::new();
    for message in context.take_messages() {
        match message {
            Message::Bound(bound) => texts.push(format!("|{bound}")),
            Message::Rows(rows) => {
                let ranks = rows.columns()[2].as_primitive::<Int32Type>();
                let names = rows.columns()[1].as_string_view();
                for row in 0..rows.len() {
                    texts.push(format!("{}:{}={}", rows.times()[row], names.value(row), ranks.value(row)));
                }
            }
        }
    }
    texts.join(" ")
}

const GROUP: [(i64, Option<i32>, &str); 5] =
    [(5, Some(20), "a"), (5, Some(30), "b"), (5, None, "c"), (5, Some(20), "d"), (5, Some(10), "e")];

fn ranked(descending: bool, output: Option<bool>, most: Option<u64>) -> String {
    let mut operator = GroupRank::new(0, descending, output, None, most);
    let mut context = Context::at(0);
    operator.rows(0, rows(&GROUP), &mut context);
    assert_eq!((out(&mut context), operator.deadline()), (String::new(), Some(6)));
    operator.bound(0, 5, &mut context);
    assert_eq!(out(&mut context), "|5");
    operator.bound(0, 6, &mut context);
    assert_eq!(operator.deadline(), None);
    out(&mut context)
}

#[test]
fn rows_are_ranked_and_ordered() {
    assert_eq!(ranked(false, None, None), "5:a=2 5:b=4 5:c=5 5:d=2 5:e=1 |6");
    assert_eq!(ranked(true, None, None), "5:a=2 5:b=1 5:c=5 5:d=2 5:e=4 |6");
    assert_eq!(ranked(true, Some(false), None), "5:b=1 5:a=2 5:d=2 5:e=4 5:c=5 |6");
    assert_eq!(ranked(true, Some(true), Some(4)), "5:c=5 5:e=4 5:a=2 5:d=2 |6");
    assert_eq!(ranked(false, Some(false), Some(2)), "5:e=1 5:a=2 |6");
}

#[test]
fn a_group_ends_with_its_rowtime() {
    let mut operator = GroupRank::new(1, false, None, None, None);
    let mut context = Context::at(0);
    operator.rows(0, rows(&[(1, None, "b"), (1, None, "a"), (2, None, "c")]), &mut context);
    assert_eq!(out(&mut context), "1:b=2 1:a=1");
    operator.rows(0, rows(&[(2, None, "b"), (7, None, "x")]), &mut context);
    assert_eq!(out(&mut context), "2:c=2 2:b=1");
    assert!(operator.memory() > 0);
}

#[test]
fn a_group_ends_when_nothing_comes_for_a_time() {
    let mut operator = GroupRank::new(1, false, None, Some(100), None);
    let mut early = Context::at(1_000);
    operator.rows(0, rows(&[(1, None, "b")]), &mut early);
    let mut late = Context::at(1_099);
    operator.bound(0, 1, &mut late);
    assert_eq!(out(&mut late), "|1");
    let mut later = Context::at(1_100);
    operator.rows(0, rows(&[(1, None, "a")]), &mut later);
    assert_eq!(out(&mut later), "1:b=1");
    let mut latest = Context::at(1_200);
    operator.bound(0, 1, &mut latest);
    assert_eq!(out(&mut latest), "1:a=1 |1");
}

#[test]
fn a_saved_group_goes_on() {
    let mut whole = GroupRank::new(0, false, None, Some(100), None);
    whole.rows(0, rows(&GROUP[..3]), &mut Context::at(50));
    let mut saver = Saver::default();
    whole.save(&mut saver);
    let bytes = saver.finish();
    let mut loaded = GroupRank::new(0, false, None, Some(100), None);
    let mut loader = Loader::new(&bytes);
    loaded.load(&mut loader).unwrap();
    loader.finish().unwrap();
    let mut context = Context::at(149);
    loaded.rows(0, rows(&GROUP[3..]), &mut context);
    loaded.bound(0, 9, &mut context);
    assert_eq!(out(&mut context), "5:a=2 5:b=4 5:c=5 5:d=2 5:e=1 |9");
    assert_eq!(loaded.memory(), 0);
}
