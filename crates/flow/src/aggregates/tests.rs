//! What comes of groups of values, against what the language says.

use std::sync::Arc;

use arrow_array::{
    BooleanArray, Decimal128Array, Float64Array, Int32Array, Int64Array, NullArray, StringViewArray,
    TimestampMillisecondArray,
};

use super::*;
use crate::operators::testing::{plan, shown_value};
use crate::plan::NodeKind;

/// The accumulator of a call over stream `S`.
fn made(call: &str) -> Box<dyn Accumulator> {
    let query = format!("SELECT STREAM {} FROM s GROUP BY s.ROWTIME", call.replace("DISTINCT ", ""));
    let node = crate::operators::testing::inside(plan(&query));
    let NodeKind::Tumble(mut tumble) = node.kind else { panic!("a GROUP BY is expected") };
    // Only groups of tables have it, and there is none here.
    tumble.aggregates[0].distinct = call.contains("DISTINCT ");
    accumulator(&tumble.aggregates[0])
}

/// Values for groups 0, 1, 0, 1, … in two batches with the state saved between them; group 2 never has one.
fn check(call: &str, values: ArrayRef, expected: &str) {
    for reload in [false, true] {
        let mut accumulator = made(call);
        let (half, all) = (values.len() / 2, values.len());
        for (start, end) in [(0, half), (half, all)] {
            let groups: Vec<u32> = (0..).take(all).map(|row: u32| row % 2).collect();
            accumulator.grow(3);
            accumulator.update(&groups[start..end], Some(&values.slice(start, end - start)));
            if reload {
                // Written down in another order, and so numbered anew.
                let state = accumulator.state(&[2, 1, 0]);
                let mut other = made(call);
                other.restore(&mut state.iter()).unwrap();
                let state = other.state(&[2, 1, 0]);
                accumulator.restore(&mut state.iter()).unwrap();
            }
        }
        let evaluated = accumulator.values(&[0, 1, 2]);
        let errors: Vec<_> = evaluated.errors.iter().map(|(place, error)| (*place, error.name)).collect();
        let mut shown: Vec<String> = (0..3).map(|group| shown_value(&evaluated.values, group)).collect();
        errors.into_iter().for_each(|(place, name)| shown[place] = name.name().to_owned());
        assert_eq!(shown.join(" "), expected, "{call}, reloaded: {reload}");
        accumulator.reset(&[0]);
        assert_eq!(shown_value(&accumulator.values(&[2, 0]).values, 1), shown[2], "{call} is new again");
    }
}

fn integers(values: &[Option<i32>]) -> ArrayRef {
    Arc::new(Int32Array::from(values.to_vec()))
}

fn doubles(values: &[f64]) -> ArrayRef {
    Arc::new(Float64Array::from(values.to_vec()))
}

#[test]
fn counts_take_values_that_are_not_null() {
    check("COUNT(price)", integers(&[Some(1), None, None, None, Some(2), None]), "2 0 0");
    check("COUNT(NULL)", Arc::new(NullArray::new(4)), "0 0 0");
    let mut rows = made("COUNT(*)");
    rows.grow(2);
    rows.update(&[0, 1, 1], None);
    assert_eq!(shown_value(&rows.values(&[0, 1]).values, 1), "2");
}

#[test]
fn sums_pass_over_nulls_and_fail_only_in_the_end() {
    check("SUM(price)", integers(&[Some(1), None, Some(2), None]), "3 NULL NULL");
    let large: ArrayRef = Arc::new(Int64Array::from(vec![i64::MAX, i64::MIN, 1, -1, -1, 2]));
    check("SUM(CAST(price AS BIGINT))", large.clone(), "9223372036854775807 -9223372036854775807 NULL");
    check("SUM(CAST(price AS BIGINT))", large.slice(0, 4), "NUMERIC_OVERFLOW NUMERIC_OVERFLOW NULL");
    check("SUM(CAST(price AS DOUBLE))", doubles(&[0.5, f64::MAX, 0.25, f64::MAX]), "0.75 NUMERIC_OVERFLOW NULL");
    check("SUM(NULL)", Arc::new(NullArray::new(4)), "NULL NULL NULL");
}

#[test]
fn distinct_values_count_once() {
    let values = || integers(&[Some(5), Some(1), None, Some(2), Some(5), Some(1), Some(4), Some(1), Some(5), None]);
    check("COUNT(DISTINCT price)", values(), "2 2 0");
    check("SUM(DISTINCT price)", values(), "9 3 NULL");
    check("AVG(DISTINCT price)", values(), "4 1 NULL");
    check("VAR_SAMP(DISTINCT price)", doubles(&[2.0, 1.0, 4.0, 1.0, 2.0, 1.0]), "2.0 NULL NULL");
    check("COUNT(DISTINCT CAST(price AS DOUBLE))", doubles(&[0.0, 1.0, -0.0, 1.5, 0.0, 1.0]), "1 2 0");
    let texts = [Some("a"), Some("a longer text than a key holds"), None, Some("a"), Some("a"), Some("b")];
    check("COUNT(DISTINCT name)", Arc::new(StringViewArray::from(texts.to_vec())), "1 3 0");
    check("COUNT(DISTINCT NULL)", Arc::new(NullArray::new(4)), "0 0 0");
}

#[test]
fn decimals_keep_their_digits() {
    let prices = |values: &[i128]| -> ArrayRef {
        Arc::new(Decimal128Array::from(values.to_vec()).with_precision_and_scale(9, 2).unwrap())
    };
    check("SUM(CAST(price AS DECIMAL(9, 2)))", prices(&[150, 1, 275, 2]), "4.25 0.03 NULL");
    // 4.25 / 2 and -0.03 / 2, cut towards zero.
    check("AVG(CAST(price AS DECIMAL(9, 2)))", prices(&[150, -1, 275, -2]), "2.12 -0.01 NULL");
    let most = 10_i128.pow(19) - 1;
    let digits = |values: &[i128]| -> ArrayRef {
        Arc::new(Decimal128Array::from(values.to_vec()).with_precision_and_scale(19, 0).unwrap())
    };
    let call = "SUM(CAST(price AS DECIMAL(19, 0)))";
    check(call, digits(&[most, -most, 0, -1]), "9999999999999999999 NUMERIC_OVERFLOW NULL");
}

#[test]
fn means_of_whole_numbers_are_cut_towards_zero() {
    // The sheet's weather table: 25 / 4 is 6.
    check(
        "AVG(price)",
        integers(&[Some(25), Some(-7), Some(0), None, Some(0), Some(2), Some(0), Some(0)]),
        "6 -1 NULL",
    );
    check("AVG(CAST(price AS DOUBLE))", doubles(&[1.0, 2.0, 2.0, 2.0]), "1.5 2.0 NULL");
    let call = "AVG(CAST(price AS REAL))";
    check(call, Arc::new(arrow_array::Float32Array::from(vec![1.0, 2.0, 2.0, 2.0])), "1.5 2.0 NULL");
}

#[test]
fn spreads_need_enough_values() {
    // 2, 4, 4, 4, 5, 5, 7, 9: the textbook's population with variance 4; beside it a group of one value.
    let values = [2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0];
    let mut array: Vec<Option<f64>> = values.iter().flat_map(|value| [Some(*value), None]).collect();
    array[1] = Some(3.0);
    let array: ArrayRef = Arc::new(Float64Array::from(array));
    check("VAR_POP(price)", Arc::clone(&array), "4.0 0.0 NULL");
    check("STDDEV_POP(price)", Arc::clone(&array), "2.0 0.0 NULL");
    check("VAR_SAMP(price)", Arc::clone(&array), "4.571428571428571 NULL NULL");
    check("STDDEV_SAMP(price)", array, "2.138089935299395 NULL NULL");
}

#[test]
fn values_are_chosen() {
    let numbers = integers(&[None, Some(5), Some(3), Some(9), Some(4), None]);
    check("MIN(price)", Arc::clone(&numbers), "3 5 NULL");
    check("MAX(price)", Arc::clone(&numbers), "4 9 NULL");
    check("FIRST_VALUE(price)", Arc::clone(&numbers), "NULL 5 NULL");
    check("FIRST_VALUE(price) IGNORE NULLS", Arc::clone(&numbers), "3 5 NULL");
    check("LAST_VALUE(price)", Arc::clone(&numbers), "4 NULL NULL");
    check("LAST_VALUE(price) IGNORE NULLS", numbers, "4 9 NULL");
    let texts: ArrayRef = Arc::new(StringViewArray::from(vec![
        Some("a text of more than twelve bytes, b"),
        Some("b"),
        Some("a text of more than twelve bytes, a"),
        Some(""),
    ]));
    check("MIN(name)", Arc::clone(&texts), "a text of more than twelve bytes, a  NULL");
    check("MAX(name)", texts, "a text of more than twelve bytes, b b NULL");
    let instants: ArrayRef = Arc::new(TimestampMillisecondArray::from(vec![5, 7, 4, 8]));
    check("MAX(at_time)", instants, "@5 @8 NULL");
}

#[test]
fn truths_pass_over_nulls() {
    let truths: ArrayRef = Arc::new(BooleanArray::from(vec![Some(true), Some(false), Some(false), None]));
    check("ANY(price > 1)", Arc::clone(&truths), "true false NULL");
    check("EVERY(price > 1)", truths, "false false NULL");
}

#[test]
fn groups_are_numbered_as_they_are_first_seen() {
    let texts: ArrayRef = Arc::new(StringViewArray::from(vec![
        Some("b"),
        None,
        Some("a text of more than twelve bytes"),
        Some("b"),
        Some(""),
        Some("a text of more than twelve bytes!"),
        Some("a text of more than twelve bytes"),
        None,
    ]));
    let numbers = integers(&[Some(1), None, Some(1), Some(1), Some(1), Some(1), Some(2), None]);
    let mut found = Vec::new();
    let mut one = Groups::new(vec![DataType::Varchar(40)]);
    one.assign(&[Arc::clone(&texts)], 8, &mut found);
    assert_eq!(found, [0, 1, 2, 0, 3, 4, 2, 1]);
    one.assign(&[texts.slice(5, 3)], 3, &mut found);
    assert_eq!((&found[..], one.count()), (&[4, 2, 1][..], 5));
    let keys: Vec<String> = (0..5).map(|group| shown_value(&one.keys()[0], group)).collect();
    let long = "a text of more than twelve bytes";
    assert_eq!(keys, ["b", "NULL", long, "", &format!("{long}!")]);
    let mut whole = Groups::new(vec![DataType::Integer]);
    whole.assign(&[Arc::clone(&numbers)], 8, &mut found);
    assert_eq!((&found[..], whole.count()), (&[0, 1, 0, 0, 0, 0, 2, 1][..], 3));
    whole.clear();
    whole.assign(&[integers(&[Some(0), None, Some(2)])], 3, &mut found);
    assert_eq!((&found[..], shown_value(&whole.keys()[0], 1)), (&[0, 1, 2][..], "NULL".to_owned()));
    let mut two = Groups::new(vec![DataType::Varchar(40), DataType::Integer]);
    two.assign(&[texts, numbers], 8, &mut found);
    assert_eq!(found, [0, 1, 2, 0, 3, 4, 5, 1]);
    let mut none = Groups::new(Vec::new());
    assert_eq!(none.count(), 0);
    none.assign(&[], 3, &mut found);
    assert_eq!((&found[..], none.count()), (&[0, 0, 0][..], 1));
}

#[test]
fn many_groups_keep_their_numbers() {
    let mut groups = Groups::new(vec![DataType::Varchar(40)]);
    let mut found = Vec::new();
    let batch = |from: u32| -> ArrayRef {
        Arc::new(StringViewArray::from_iter_values(
            (from..from + 100).map(|key| format!("{key} {}", "x".repeat((key % 30) as usize))),
        ))
    };
    for from in (0..5_000).step_by(50) {
        groups.assign(&[batch(from)], 100, &mut found);
        assert_eq!(found, (from..from + 100).collect::<Vec<_>>());
    }
    assert_eq!((groups.count(), groups.keys()[0].len()), (5_050, 5_050));
    assert!((150_000..1_000_000).contains(&groups.memory()), "{}", groups.memory());
    groups.clear();
    assert_eq!(groups.count(), 0);
}
