//! What calls say of the rows before each row: tables of AWS's reference, and random rows against a naive interpreter.

use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, Int64Array, StringViewArray};
use arrow_cast::display::{ArrayFormatter, FormatOptions};

use super::Slide;
use crate::bind::{Environment, program, source_column};
use crate::operators::{Context, Message, Operator};
use crate::plan::{NodeKind, Schema, Stream};
use crate::rows::Rows;
use crate::state::{Damaged, Loader, Saver};
use crate::tables::Tables;
use crate::types::DataType;

const HOUR_MS: i64 = 3_600_000;

/// The operator below the select list of a query on stream S.
fn slide(query: &str) -> Slide {
    let columns = vec![
        source_column("CITY", DataType::Varchar(20)),
        source_column("N", DataType::BigInt),
        source_column("X", DataType::Double),
    ];
    let environment = Environment {
        streams: vec![Stream { name: "S".to_owned(), schema: Schema { columns } }],
        tables: Vec::new(),
        lone_queries: true,
        ..Environment::default()
    };
    let program = program(query, &environment).unwrap_or_else(|fault| panic!("{}", fault.drawn(query)));
    let NodeKind::Project { input, .. } = &program.queries[0].kind else { panic!("a select list") };
    let NodeKind::Slide(plan) = &input.kind else { panic!("a window") };
    Slide::new(plan, &Tables::default()).unwrap()
}

type Row = (i64, &'static str, Option<i64>, Option<f64>);

fn rows(rows: &[Row]) -> Rows {
    let columns: Vec<ArrayRef> = vec![
        Arc::new(StringViewArray::from_iter_values(rows.iter().map(|row| row.1))),
        Arc::new(rows.iter().map(|row| row.2).collect::<Int64Array>()),
        Arc::new(rows.iter().map(|row| row.3).collect::<Float64Array>()),
    ];
    Rows::new(rows.iter().map(|row| row.0).collect(), columns)
}

/// The calls' values of each row that came out.
fn calls(context: &mut Context) -> Vec<Vec<String>> {
    let mut all = Vec::new();
    for message in context.take_messages() {
        let Message::Rows(rows) = message else { continue };
        let options = FormatOptions::default().with_null("-");
        let columns: Vec<ArrayFormatter<'_>> =
            rows.columns()[3..].iter().map(|column| ArrayFormatter::try_new(column, &options).unwrap()).collect();
        all.extend((0..rows.len()).map(|row| columns.iter().map(|column| column.value(row).to_string()).collect()));
    }
    all
}

fn run(slide: &mut Slide, input: &[Row]) -> Vec<Vec<String>> {
    let mut context = Context::at(0);
    slide.rows(0, rows(input), &mut context);
    calls(&mut context)
}

/// All rows at once, each row's answers in one text.
#[track_caller]
fn check(query: &str, input: &[Row], expected: &[&str]) {
    let found: Vec<String> = run(&mut slide(query), input).iter().map(|row| row.join(" ")).collect();
    assert_eq!(found, expected, "{query}");
}

/// <https://docs.aws.amazon.com/kinesisanalytics/latest/sqlref/sql-reference-windowed-aggregation-stream.html>
fn weather() -> Vec<Row> {
    let readings = [
        (1, "Denver", 29),
        (1, "Anchorage", 2),
        (6, "Miami", 65),
        (7, "Denver", 32),
        (9, "Anchorage", 9),
        (13, "Denver", 50),
        (17, "Anchorage", 10),
        (18, "Miami", 71),
        (19, "Denver", 43),
        (25, "Anchorage", 4),
        (25, "Denver", 39),
        (31, "Denver", 46),
        (33, "Anchorage", 3),
        (37, "Denver", 56),
        (41, "Anchorage", 2),
        (43, "Denver", 50),
        (49, "Denver", 36),
        (49, "Anchorage", 1),
    ];
    readings.map(|(hour, city, temperature)| (hour * HOUR_MS, city, Some(temperature), None)).to_vec()
}

#[test]
fn the_lowest_and_highest_temperature_of_a_day() {
    check(
        "SELECT STREAM MIN(N) OVER W1, MAX(N) OVER W1 FROM S WINDOW W1 AS (RANGE INTERVAL '1' DAY PRECEDING)",
        &weather(),
        &[
            "29 29", "2 29", "2 65", "2 65", "2 65", "2 65", "2 65", "2 71", "2 71", "2 71", "2 71", "4 71", "3 71",
            "3 71", "2 71", "2 56", "2 56", "1 56",
        ],
    );
}

#[test]
fn a_mean_by_city_counts_the_row_that_is_exactly_a_day_old() {
    let query = "SELECT STREAM AVG(N) OVER (PARTITION BY CITY RANGE INTERVAL '1' DAY PRECEDING),
        COUNT(*) OVER (PARTITION BY CITY RANGE INTERVAL '1' DAY PRECEDING) FROM S";
    check(
        query,
        &weather(),
        &[
            "29 1", "2 1", "65 1", "30 2", "5 2", "37 3", "7 3", "68 2", "38 4", "6 4", "38 5", "42 5", "6 4", "46 5",
            "4 4", "46 5", "45 5", "2 4",
        ],
    );
}

#[test]
fn several_windows_in_one_select() {
    check(
        "SELECT STREAM SUM(N) OVER (ROWS 1 PRECEDING), SUM(N) OVER (ROWS CURRENT ROW), COUNT(N) OVER (RANGE CURRENT ROW),
            SUM(N) OVER (PARTITION BY CITY ROWS UNBOUNDED PRECEDING) FROM S",
        &[
            (5, "a", Some(1), None),
            (5, "b", Some(2), None),
            (5, "a", None, None),
            (6, "b", Some(4), None),
            (9, "a", Some(8), None),
        ],
        &["1 1 1 1", "3 2 2 2", "2 - 2 1", "4 4 1 6", "12 8 1 9"],
    );
}

#[test]
fn rows_of_a_certain_place() {
    let input = [(1, "a", Some(10), None), (2, "a", None, None), (3, "a", Some(30), None), (4, "a", None, None)];
    let over = "OVER (ROWS 2 PRECEDING)";
    check(
        &format!(
            "SELECT STREAM FIRST_VALUE(N) {over}, FIRST_VALUE(N) IGNORE NULLS {over}, LAST_VALUE(N) {over},
                LAST_VALUE(N) IGNORE NULLS {over} FROM S"
        ),
        &input,
        &["10 10 10 10", "10 10 - 10", "10 10 30 30", "- 30 - 30"],
    );
    check(
        &format!(
            "SELECT STREAM NTH_VALUE(N, 2) {over}, NTH_VALUE(N, 2) IGNORE NULLS {over},
                NTH_VALUE(N, 2) FROM LAST {over}, NTH_VALUE(N, 2) FROM LAST IGNORE NULLS {over} FROM S"
        ),
        &input,
        &["- - - -", "- - 10 -", "- 30 - 10", "30 - 30 -"],
    );
    check(
        &format!(
            "SELECT STREAM LAG(N) {over}, LAG(N, 1, -1) {over}, LAG(N, 1, -1) IGNORE NULLS {over}, LAG(N, 0) {over},
                LAG(N, 3, -1) {over} FROM S"
        ),
        &input,
        &["- -1 -1 10 -1", "10 10 10 - -1", "- - 10 30 -1", "30 30 30 - -1"],
    );
}

#[test]
fn what_is_not_a_sum() {
    let input = [
        (0, "a", Some(1), Some(2.0)),
        (1000, "a", Some(9), Some(4.0)),
        (2000, "a", Some(3), Some(8.0)),
        (9000, "a", None, None),
    ];
    let over = "OVER (RANGE INTERVAL '1' SECOND PRECEDING)";
    check(
        &format!(
            "SELECT STREAM ANY(N > 5) {over}, EVERY(N > 5) {over}, VAR_POP(X) {over}, VAR_SAMP(X) {over},
                STDDEV_POP(X) {over}, STDDEV_SAMP(N) {over} FROM S"
        )
        .replace("N > 5", "5 < N"),
        &input,
        &[
            "false false 0.0 - 0.0 -",
            "true false 1.0 2.0 1.0 5.656854249492381",
            "true false 4.0 8.0 2.0 4.242640687119285",
            "- - - - - -",
        ],
    );
    check(
        "SELECT STREAM EXP_AVG(X, INTERVAL '1' SECOND) OVER (RANGE INTERVAL '1' MINUTE PRECEDING) FROM S",
        &input,
        // (2 + 2·4) / 3; (2 + 2·4 + 4·8) / 7; ageing alone changes no mean.
        &["2.0", "3.3333333333333335", "6.0", "6.0"],
    );
    check(
        "SELECT STREAM MIN(CITY) OVER (ROWS 1 PRECEDING), MAX(X) OVER (ROWS 1 PRECEDING) FROM S",
        &[(1, "b", None, Some(-0.5)), (2, "a", None, None), (3, "c", None, None)],
        &["b -0.5", "a -0.5", "a -"],
    );
}

#[test]
fn values_of_all_types() {
    let input = [(0, "b", Some(7), Some(0.5)), (HOUR_MS, "a", Some(4), Some(0.25))];
    let check = |calls: &[&str], expected: &[&str]| {
        let calls: Vec<String> = calls.iter().map(|call| format!("{call} OVER (ROWS 1 PRECEDING)")).collect();
        check(&format!("SELECT STREAM {} FROM S", calls.join(", ")), &input, expected);
    };
    check(
        &[
            "MAX(CAST(N AS TINYINT))",
            "AVG(CAST(N AS SMALLINT))",
            "SUM(CAST(N AS INTEGER))",
            "AVG(CAST(N AS DECIMAL(10, 2)))",
            "SUM(CAST(N AS DECIMAL(10, 2)))",
            "AVG(CAST(X AS REAL))",
            "MIN(CAST(X AS REAL))",
        ],
        &["7 7 7 7.00 7.00 0.5 0.5", "7 5 11 5.50 11.00 0.375 0.25"],
    );
    check(
        &[
            "MAX(S.ROWTIME)",
            "FIRST_VALUE(CAST(S.ROWTIME AS DATE))",
            "LAG(CAST(S.ROWTIME AS TIME))",
            "MIN(N > 5)",
            "MAX(X'00FF')",
            "COUNT(NULLIF(N, 7))",
            "FIRST_VALUE(CAST(CITY AS CHAR(2)))",
        ],
        &["1970-01-01T00:00:00 1970-01-01 - true 00ff 0 b ", "1970-01-01T01:00:00 1970-01-01 00:00:00 false 00ff 1 b "],
    );
}

#[test]
fn sums_forget_what_left() {
    let huge = [(0, "a", None, Some(1e300)), (10, "a", None, Some(1.0)), (2000, "a", None, Some(0.5))];
    check(
        "SELECT STREAM SUM(X) OVER W, AVG(X) OVER W FROM S WINDOW W AS (RANGE INTERVAL '1.995' SECOND PRECEDING)",
        &huge,
        &["1e300 1e300", "1e300 5e299", "1.5 0.75"],
    );
    let largest = Some(f64::MAX);
    let infinite =
        [(0, "a", None, largest), (10, "a", None, largest), (20, "a", None, Some(2.0)), (30, "a", None, None)];
    // The sum of the first two is an error of its row.
    check(
        "SELECT STREAM SUM(X) OVER (ROWS 1 PRECEDING) FROM S",
        &infinite,
        &["1.7976931348623157e308", "1.7976931348623157e308", "2.0"],
    );
    let tenths: Vec<Row> = (0..100).map(|time| (time, "a", None, Some(0.1))).collect();
    let mut slide = slide("SELECT STREAM SUM(X) OVER (ROWS 9 PRECEDING) FROM S");
    assert!(run(&mut slide, &tenths)[9..].iter().all(|sum| sum[0] == "1.0"));
}

#[test]
fn errors_go_their_own_way() {
    let mut slide = slide("SELECT STREAM SUM(N / 0) OVER (ROWS 1 PRECEDING), SUM(N) OVER (ROWS 1 PRECEDING) FROM S");
    let mut context = Context::at(0);
    slide.rows(0, rows(&[(1, "a", Some(7), None), (2, "a", None, None)]), &mut context);
    assert_eq!(calls(&mut context), [["-", "-"]], "the first row is in no window");
    assert_eq!(context.take_failed().len(), 1);

    let mut slide = self::slide("SELECT STREAM SUM(N) OVER (ROWS 1 PRECEDING) FROM S");
    let mut context = Context::at(0);
    let large = i64::MAX;
    slide.rows(0, rows(&[(1, "a", Some(large), None), (2, "a", Some(1), None), (3, "a", Some(2), None)]), &mut context);
    assert_eq!(
        calls(&mut context),
        [[large.to_string()], ["3".to_owned()]],
        "the sum is too large, its row is counted"
    );
    let failed = context.take_failed();
    assert_eq!(failed.len(), 1);
    assert_eq!(failed[0].row.times()[0], 2);
}

#[test]
fn groups_that_are_gone_give_their_memory_back() {
    let mut slide = slide("SELECT STREAM SUM(N) OVER (PARTITION BY N RANGE INTERVAL '1' SECOND PRECEDING) FROM S");
    let many: Vec<Row> = (0..5000).map(|row| (row / 10, "a", Some(row), None)).collect();
    run(&mut slide, &many);
    let full = slide.memory();
    slide.bound(0, 1490, &mut Context::at(0));
    assert!(slide.memory() < full / 20, "{} of {full}", slide.memory());
    assert_eq!(run(&mut slide, &[(1490, "a", Some(4899), None), (1490, "a", Some(4990), None)]), [["4899"], ["9980"]]);
}

#[test]
fn memory_goes_with_the_rows() {
    let query = "SELECT STREAM SUM(X) OVER W, MIN(CITY) OVER W, LAG(N, 3) OVER W, COUNT(N) OVER W FROM S
        WINDOW W AS (PARTITION BY N RANGE INTERVAL '1' SECOND PRECEDING)";
    let mut slide = slide(query);
    let many: Vec<Row> = (0..5000).map(|row| (row / 100, "a city", Some(row % 50), Some(1.5))).collect();
    run(&mut slide, &many);
    let full = slide.memory();
    let mut context = Context::at(0);
    slide.bound(0, 1049, &mut context);
    assert!(slide.memory() > full / 4, "the newest rows are still to be seen");
    slide.bound(0, 1050, &mut context);
    assert_eq!(context.take_messages().last(), Some(&Message::Bound(1050)));
    run(&mut slide, &[(3000, "x", Some(1), None)]);
    // States stay for groups to come; what they held does not.
    assert!(slide.memory() < full / 2, "{} of {full}", slide.memory());
    // At the least the number of each row's group and the value that is summed.
    assert!(full > 5000 * (4 + 8), "{full}");
}

mod against_the_definition {
    use super::*;

    /// Numbers that are the same in every run.
    struct Numbers(u64);

    impl Numbers {
        fn below(&mut self, end: u64) -> u64 {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 33) % end
        }
    }

    fn random_rows(numbers: &mut Numbers, count: usize) -> Vec<Row> {
        let mut time = 1_700_000_000_000;
        let mut all = Vec::new();
        for _ in 0..count {
            time += i64::try_from(numbers.below(4) * numbers.below(200)).unwrap();
            let city = ["Oslo", "a name that is longer than a view holds", "", "Rome"][numbers.below(4) as usize];
            let n = (numbers.below(3) > 0).then(|| i64::try_from(numbers.below(20)).unwrap() - 10);
            let x = (numbers.below(3) > 0).then(|| (numbers.below(2_000_001) as f64 - 1_000_000.0) / 1000.0);
            all.push((time, city, n, x));
        }
        all
    }

    /// The rows that a window holds at a row.
    fn window<'r>(rows: &'r [Row], extent: &str, partitioned: bool) -> Vec<&'r Row> {
        let now = rows.last().unwrap();
        let mut held: Vec<&Row> = rows.iter().filter(|row| !partitioned || row.1 == now.1).collect();
        match extent {
            "ROWS 3 PRECEDING" => held = held.split_off(held.len().saturating_sub(4)),
            "RANGE INTERVAL '1' SECOND PRECEDING" => held.retain(|row| row.0 >= now.0 - 1000),
            _ => {}
        }
        held
    }

    fn text<T: ToString>(value: Option<T>) -> String {
        value.map_or_else(|| "-".to_owned(), |value| value.to_string())
    }

    /// What each of [`QUERIES`] says of a window.
    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    fn naive(held: &[&Row]) -> Vec<String> {
        let now = held.last().unwrap();
        let all: Vec<Option<i64>> = held.iter().map(|row| row.2).collect();
        let n: Vec<i64> = all.iter().copied().flatten().collect();
        let x: Vec<(f64, f64)> = held.iter().filter_map(|row| row.3.map(|x| (x, (now.0 - row.0) as f64))).collect();
        let sum: i64 = n.iter().sum();
        let count = x.len() as f64;
        let sum_x: f64 = x.iter().map(|(x, _)| x).sum();
        let squares: f64 = x.iter().map(|(x, _)| (x - sum_x / count).powi(2)).sum();
        let weights: f64 = x.iter().map(|(_, age)| (-age / 500.0).exp2()).sum();
        let weighted: f64 = x.iter().map(|(x, age)| x * (-age / 500.0).exp2()).sum();
        let some = |value: f64| (!x.is_empty()).then_some(value);
        let before_now: Vec<i64> = all[..all.len() - 1].iter().copied().flatten().collect();
        vec![
            text(Some(n.len())),
            text((!n.is_empty()).then_some(sum)),
            text((!n.is_empty()).then(|| sum / n.len() as i64)),
            text(n.iter().min()),
            text(n.iter().max()),
            text(held.iter().map(|row| row.1).min()),
            text(x.iter().map(|(x, _)| *x).max_by(f64::total_cmp)),
            text(all[0]),
            text(n.first()),
            text(n.last()),
            text(all.get(1).copied().flatten()),
            text(n.iter().rev().nth(1)),
            text(if all.len() > 2 { all[all.len() - 3] } else { Some(99) }),
            text(before_now.iter().rev().nth(1).copied().or(Some(99))),
            text(some(sum_x)),
            text(some(sum_x / count)),
            text(some(squares / count)),
            text((x.len() > 1).then(|| (squares / (count - 1.0)).sqrt())),
            text(some(weighted / weights).filter(|mean| mean.is_finite())),
        ]
    }

    const CALLS: [&str; 19] = [
        "COUNT(N) OVER W",
        "SUM(N) OVER W",
        "AVG(N) OVER W",
        "MIN(N) OVER W",
        "MAX(N) OVER W",
        "MIN(CITY) OVER W",
        "MAX(X) OVER W",
        "FIRST_VALUE(N) OVER W",
        "FIRST_VALUE(N) IGNORE NULLS OVER W",
        "LAST_VALUE(N) IGNORE NULLS OVER W",
        "NTH_VALUE(N, 2) OVER W",
        "NTH_VALUE(N, 2) FROM LAST IGNORE NULLS OVER W",
        "LAG(N, 2, 99) OVER W",
        "LAG(N, 2, 99) IGNORE NULLS OVER W",
        "SUM(X) OVER W",
        "AVG(X) OVER W",
        "VAR_POP(X) OVER W",
        "STDDEV_SAMP(X) OVER W",
        "EXP_AVG(X, INTERVAL '0.5' SECOND) OVER W",
    ];
    /// From here on answers are rounded.
    const EXACT: usize = 14;

    fn close(found: &str, expected: &str) -> bool {
        match (found.parse::<f64>(), expected.parse::<f64>()) {
            (Ok(found), Ok(expected)) => (found - expected).abs() <= 1e-9 * expected.abs().max(1.0),
            _ => found == expected,
        }
    }

    #[test]
    fn every_call_over_every_window_and_across_a_checkpoint() {
        for extent in ["ROWS 3 PRECEDING", "RANGE INTERVAL '1' SECOND PRECEDING", "ROWS UNBOUNDED PRECEDING"] {
            for partition in ["", "PARTITION BY CITY "] {
                let query = format!("SELECT STREAM {} FROM S WINDOW W AS ({partition}{extent})", CALLS.join(", "));
                let (mut numbers, mut operator) = (Numbers(7), slide(&query));
                let input = random_rows(&mut numbers, 1000);
                let mut at = 0;
                let mut found = Vec::new();
                while at < input.len() {
                    let end = (at + 1 + numbers.below(60) as usize).min(input.len());
                    let bytes = saved(&operator);
                    let mut loaded = slide(&query);
                    let mut loader = Loader::new(&bytes);
                    loaded.load(&mut loader).unwrap();
                    assert_eq!(loader.finish(), Ok(()));
                    let batch = run(&mut operator, &input[at..end]);
                    assert_eq!(run(&mut loaded, &input[at..end]), batch, "{query}: loaded from a checkpoint");
                    found.extend(batch);
                    if numbers.below(2) == 0 {
                        operator.bound(0, input[end - 1].0, &mut Context::at(0));
                    } else {
                        operator = loaded;
                    }
                    at = end;
                }
                for (row, found) in found.iter().enumerate() {
                    let expected = naive(&window(&input[..=row], extent, !partition.is_empty()));
                    for (call, (found, expected)) in found.iter().zip(&expected).enumerate() {
                        let right = if call < EXACT { found == expected } else { close(found, expected) };
                        // The naive weights of old rows become nothing at all.
                        let unknown = call == CALLS.len() - 1 && expected == "-";
                        assert!(
                            right || unknown,
                            "{} {partition}{extent} row {row}: {found}, not {expected}",
                            CALLS[call]
                        );
                    }
                }
                assert_eq!(found.len(), input.len());
            }
        }
    }

    fn saved(operator: &Slide) -> Vec<u8> {
        let mut saver = Saver::default();
        operator.save(&mut saver);
        saver.finish()
    }

    #[test]
    fn a_damaged_checkpoint_is_refused_and_breaks_nothing() {
        let query = format!(
            "SELECT STREAM {} FROM S WINDOW W AS (PARTITION BY CITY RANGE INTERVAL '1' SECOND PRECEDING)",
            CALLS.join(", ")
        );
        let mut numbers = Numbers(3);
        let input = random_rows(&mut numbers, 60);
        let mut operator = slide(&query);
        run(&mut operator, &input[..30]);
        let whole = saved(&operator);
        let mut refused = 0;
        for length in (0..whole.len()).step_by(97) {
            assert_eq!(slide(&query).load(&mut Loader::new(&whole[..length])), Err(Damaged));
            let mut changed = whole.clone();
            changed[length] ^= 1 << numbers.below(8);
            let mut operator = slide(&query);
            match operator.load(&mut Loader::new(&changed)) {
                Ok(()) => drop(run(&mut operator, &input[30..])),
                Err(Damaged) => refused += 1,
            }
        }
        assert!(refused > 0);
    }
}
