//! Errors hit their rows, and only these, in large batches.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Int32Type;
use arrow_array::{ArrayRef, Int32Array, StringViewArray};

use super::{NOW, evaluator, one_row};
use crate::Rows;
use crate::row_error::ErrorName;

const COUNT: usize = 5_000;

/// Rows with I = row % 100, N = NULL for every third row and row % 10 for the others, and T the text of the row's number.
fn many() -> Rows {
    let places = arrow_array::UInt32Array::from(vec![0; COUNT]);
    let rows = one_row();
    let number = |row: usize| i32::try_from(row).expect("small");
    let mut columns: Vec<ArrayRef> = rows
        .columns()
        .iter()
        .map(|column| arrow_select::take::take(column, &places, None).expect("the only row"))
        .collect();
    columns[0] = Arc::new((0..COUNT).map(|row| Some(number(row % 100))).collect::<Int32Array>());
    columns[9] =
        Arc::new((0..COUNT).map(|row| (!row.is_multiple_of(3)).then(|| number(row % 10))).collect::<Int32Array>());
    columns[5] = Arc::new(
        (0..COUNT)
            .map(|row| Some(if row % 7 == 0 { "x".to_owned() } else { row.to_string() }))
            .collect::<StringViewArray>(),
    );
    Rows::new((0..COUNT as i64).collect(), columns)
}

#[track_caller]
fn check(expression: &str, name: ErrorName, fails: impl Fn(usize) -> bool, wanted: impl Fn(usize) -> Option<i32>) {
    let evaluated = evaluator(expression).evaluate(&many(), NOW);
    let failed: Vec<usize> = evaluated.errors.iter().map(|(row, _)| *row).collect();
    assert_eq!(failed, (0..COUNT).filter(|row| fails(*row)).collect::<Vec<_>>(), "rows that fail: {expression}");
    assert!(evaluated.errors.iter().all(|(_, error)| error.name == name), "{expression}");
    let values = evaluated.values.as_primitive::<Int32Type>();
    for (row, value) in values.iter().enumerate() {
        assert_eq!(value, if fails(row) { None } else { wanted(row) }, "row {row} of {expression}");
    }
}

fn n(row: usize) -> Option<i32> {
    (!row.is_multiple_of(3)).then_some((row % 10) as i32)
}

fn i(row: usize) -> i32 {
    (row % 100) as i32
}

#[test]
fn divisions_by_zero() {
    check("1000 / I", ErrorName::DivideByZero, |row| row % 100 == 0, |row| Some(1000 / i(row)));
    // NULL divided or a NULL divisor is NULL, not an error.
    check("I / N", ErrorName::DivideByZero, |row| n(row) == Some(0), |row| Some(i(row) / n(row)?));
}

#[test]
fn branches_fail_for_their_own_rows() {
    let fails = |row: usize| row % 2 == 1 && i(row) > 50 && n(row) == Some(5);
    check("CASE WHEN MOD(I, 2) = 0 OR I <= 50 THEN I ELSE I / (N - 5) END", ErrorName::DivideByZero, fails, |row| {
        if i(row) % 2 == 0 || i(row) <= 50 { Some(i(row)) } else { Some(i(row) / (n(row)? - 5)) }
    });
}

#[test]
fn nested_branches_name_the_rows_of_the_batch() {
    check(
        "CASE WHEN I > 90 THEN CASE WHEN N > 3 THEN 100 / (I - 99) ELSE COALESCE(N, 1 / (I - 96)) END END",
        ErrorName::DivideByZero,
        |row| {
            let (i, n) = (i(row), n(row));
            i > 90 && (n > Some(3) && i == 99 || n.is_none() && i == 96)
        },
        |row| match (i(row), n(row)) {
            (..=90, _) => None,
            (i, Some(4..)) => Some(100 / (i - 99)),
            (_, Some(n)) => Some(n),
            (i, None) => Some(1 / (i - 96)),
        },
    );
}

#[test]
fn casts_that_do_not_fit() {
    check("CAST(T AS INTEGER)", ErrorName::Coercion, |row| row % 7 == 0, |row| Some(row as i32));
}

#[test]
fn a_predicate_decides_rows_once() {
    let evaluator = evaluator("I > 10 AND N = 1 AND 1 / (I - 11) = 0");
    let (truths, errors) = evaluator.predicate(&many(), NOW);
    assert!(!errors.is_empty());
    for row in 0..COUNT {
        let (i, n) = (i(row), n(row));
        let wanted = match (i > 10, n.map(|n| n == 1)) {
            (false, _) | (_, Some(false)) => Some(false),
            (true, Some(true)) => Some(i != 11 && 1 / (i - 11) == 0),
            (true, None) => (i != 11 && 1 / (i - 11) != 0).then_some(false),
        };
        let failed = errors.iter().any(|(at, _)| *at == row);
        assert_eq!(failed, i == 11 && (n.is_none() || n == Some(1)), "row {row}");
        let value = arrow_array::Array::is_valid(&truths, row).then(|| truths.value(row));
        assert_eq!(value, if failed { None } else { wanted }, "row {row}");
    }
}

#[test]
fn functions_of_datafusion_fail_for_single_rows() {
    let length = |row: usize| n(row).map(|n| n - 2);
    check(
        "CHAR_LENGTH(SUBSTRING(T FROM 1 FOR N - 2))",
        ErrorName::InvalidArgument,
        |row| length(row).is_some_and(|length| length < 0),
        |row| {
            let characters = if row % 7 == 0 { 1 } else { row.to_string().len() as i32 };
            Some(characters.min(length(row)?))
        },
    );
    check(
        "CHAR_LENGTH(SUBSTRING(CASE WHEN I > 50 THEN T END FROM 1 FOR N - 2))",
        ErrorName::InvalidArgument,
        |row| i(row) > 50 && length(row).is_some_and(|length| length < 0),
        |row| {
            let characters = if row % 7 == 0 { 1 } else { row.to_string().len() as i32 };
            Some(characters.min(length(row)?)).filter(|_| i(row) > 50)
        },
    );
    let least = |row: usize| i(row) == 0;
    check("ABS(I - 2147483647 - 1)", ErrorName::Overflow, least, |row| Some(i32::MAX - i(row) + 1));
    check("CAST(LN(I) * 0 AS INTEGER)", ErrorName::InvalidArgument, least, |_| Some(0));
    check(
        "CAST(POWER(I, N - 5) * 0 AS INTEGER)",
        ErrorName::DivideByZero,
        |row| least(row) && n(row) < Some(5) && n(row).is_some(),
        |row| n(row).map(|_| 0),
    );
    check(
        "CHAR_LENGTH(TRIM(BOTH CASE WHEN I = 3 THEN 'ab' ELSE 'x' END FROM T))",
        ErrorName::InvalidArgument,
        |row| i(row) == 3,
        |row| Some(if row % 7 == 0 { 0 } else { row.to_string().len() as i32 }),
    );
    check("CHAR_LENGTH(SUBSTRING(T FROM 1 FOR -1))", ErrorName::InvalidArgument, |_| true, |_| None);
}
