//! Counts of both item functions: windows, exactness, and state.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{ArrayRef, Int64Array, StringViewArray};

use super::*;
use crate::operators::top_k_items::TopKItems;
use crate::operators::{Context, Message, Operator};

fn texts(values: &[(i64, Option<&str>)]) -> Rows {
    let names: StringViewArray = values.iter().map(|(_, name)| *name).collect();
    Rows::new(values.iter().map(|(time, _)| *time).collect(), vec![Arc::new(names)])
}

fn numbers(time: i64, values: impl Iterator<Item = i64>) -> Rows {
    let values: Int64Array = values.collect::<Vec<_>>().into();
    Rows::new(vec![time; values.len()].into(), vec![Arc::new(values) as ArrayRef])
}

/// What came out: `time:values` of each row, and bounds.
fn out(context: &mut Context) -> Vec<String> {
    let mut texts = Vec::new();
    for message in context.take_messages() {
        match message {
            Message::Bound(bound) => texts.push(format!("|{bound}")),
            Message::Rows(rows) => {
                for row in 0..rows.len() {
                    let values = rows.columns().iter().map(|column| {
                        column.as_string_view_opt().map_or_else(
                            || column.as_primitive::<Int64Type>().value(row).to_string(),
                            |texts| texts.value(row).to_owned(),
                        )
                    });
                    texts.push(format!("{}:{}", rows.times()[row], values.collect::<Vec<_>>().join(",")));
                }
            }
        }
    }
    texts
}

fn reloaded<O: Operator>(operator: &O, mut fresh: O) -> O {
    let mut saver = Saver::default();
    operator.save(&mut saver);
    let bytes = saver.finish();
    let mut loader = Loader::new(&bytes);
    fresh.load(&mut loader).unwrap();
    loader.finish().unwrap();
    fresh
}

#[test]
fn a_window_ends_with_a_later_row_or_a_bound() {
    let mut operator = CountDistinctItems::count(0, 2);
    let mut context = Context::at(0);
    let rows = [(500, Some("a")), (1_999, Some("b")), (1_999, Some("a")), (2_000, None), (7_999, Some("c"))];
    operator.rows(0, texts(&rows), &mut context);
    // NULL is no item, but a row: its window has a result.
    assert_eq!(out(&mut context), ["2000:2", "4000:0"]);
    assert_eq!(operator.deadline(), Some(8_000));
    operator.bound(0, 7_999, &mut context);
    assert_eq!(out(&mut context), ["|7999"]);
    operator.bound(0, 8_000, &mut context);
    assert_eq!(out(&mut context), ["8000:1", "|8000"]);
    assert_eq!(operator.deadline(), None);
    operator.bound(0, 99_000, &mut context);
    assert_eq!(out(&mut context), ["|99000"]);
}

#[test]
fn counts_are_exact_up_to_ten_thousand_and_near_beyond() {
    let mut operator = CountDistinctItems::count(0, 60);
    let mut context = Context::at(0);
    operator.rows(0, numbers(1_000, (0..10_000).chain(0..10_000)), &mut context);
    operator.bound(0, 60_000, &mut context);
    assert_eq!(out(&mut context), ["60000:10000", "|60000"]);
    for (items, allowed) in [(10_001_i64, 300.0), (100_000, 3_000.0), (1_000_000, 30_000.0)] {
        let mut operator = CountDistinctItems::count(0, 60);
        operator.rows(0, numbers(1_000, 0..items), &mut context);
        assert_eq!(operator.memory(), 16_384);
        let mut operator = reloaded(&operator, CountDistinctItems::count(0, 60));
        operator.rows(0, numbers(2_000, 0..items / 2), &mut context);
        operator.bound(0, 60_000, &mut context);
        let out = out(&mut context);
        let estimate: i64 = out[0].split(':').nth(1).unwrap().parse().unwrap();
        assert!(((estimate - items) as f64).abs() < allowed, "{estimate} for {items}");
    }
}

#[test]
fn a_saved_window_goes_on() {
    let mut context = Context::at(0);
    let mut operator = CountDistinctItems::count(0, 60);
    operator.rows(0, numbers(1_000, 0..700), &mut context);
    let mut operator = reloaded(&operator, CountDistinctItems::count(0, 60));
    operator.rows(0, numbers(2_000, 300..900), &mut context);
    operator.bound(0, 60_000, &mut context);
    assert_eq!(out(&mut context), ["60000:900", "|60000"]);

    let mut top = TopKItems::top(0, 2, 60);
    top.rows(0, texts(&[(1, Some("x")), (1, Some("a name that is longer than a view")), (2, Some("z"))]), &mut context);
    let mut top = reloaded(&top, TopKItems::top(0, 2, 60));
    top.rows(0, texts(&[(3, Some("z")), (3, Some("a name that is longer than a view"))]), &mut context);
    assert_eq!(top.deadline(), Some(60_000));
    top.bound(0, 60_000, &mut context);
    assert_eq!(out(&mut context), ["60000:a name that is longer than a view,2", "60000:z,2", "|60000"]);
    assert_eq!(top.memory(), 0);
    let mut empty = reloaded(&top, TopKItems::top(0, 2, 60));
    empty.rows(0, texts(&[(60_000, None)]), &mut context);
    empty.bound(0, 120_000, &mut context);
    assert_eq!(out(&mut context), ["|120000"]);
}

#[test]
fn the_most_frequent_items_come_first() {
    let mut context = Context::at(0);
    let mut operator = TopKItems::top(0, 3, 10);
    let names = ["b", "a", "c", "a", "c", "d", "a", "e"];
    let rows: Vec<_> = names.iter().map(|name| (12_345, Some(*name))).chain([(12_346, None)]).collect();
    operator.rows(0, texts(&rows), &mut context);
    operator.rows(0, texts(&[(20_000, Some("e"))]), &mut context);
    // Of items with equal counts the first one to come.
    assert_eq!(out(&mut context), ["20000:a,3", "20000:c,2", "20000:b,1"]);
    assert_eq!(operator.deadline(), Some(30_000));
}

#[test]
fn frequent_items_are_found_among_more_than_are_kept() {
    let mut context = Context::at(0);
    let mut operator = TopKItems::top(0, 5, 3_600);
    // Three hundred thousand rare items, and five that come between them, the first most often.
    for batch in 0..30_i64 {
        let rare = (0..10_000).map(move |item| 1_000 + batch * 10_000 + item);
        let frequent = (0..5).flat_map(|item| std::iter::repeat_n(item, 20 - usize::try_from(item).unwrap() * 2));
        operator.rows(0, numbers(batch, rare.chain(frequent)), &mut context);
    }
    assert!(operator.memory() < 200_000 * 100, "{}", operator.memory());
    operator.bound(0, 3_600_000, &mut context);
    let out = out(&mut context);
    for (item, line) in out[..5].iter().enumerate() {
        let (value, count) = line.strip_prefix("3600000:").unwrap().split_once(',').unwrap();
        assert_eq!(value, item.to_string());
        let (count, exact): (i64, i64) = (count.parse().unwrap(), 30 * (20 - i64::try_from(item).unwrap() * 2));
        assert!((exact..exact + 20).contains(&count), "{count} for {exact}");
    }
}
