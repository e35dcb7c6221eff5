//! Instants, and intervals between them.

use super::{fails, is, is_null};
use crate::row_error::ErrorName::{Coercion, InvalidArgument, Overflow};

#[test]
fn rowtime_and_the_moment() {
    is("s.ROWTIME", "2026-11-21T03:04:04.678");
    is("CURRENT_ROW_TIMESTAMP", "2026-11-21T03:04:05.678");
    is("CURRENT_DATE", "2026-11-21");
    is("CURRENT_TIME", "03:04:05.678");
}

#[test]
fn down_and_up() {
    is("FLOOR(S TO SECOND)", "2026-11-21T03:04:05");
    is("FLOOR(S TO MINUTE)", "2026-11-21T03:04:00");
    is("CEIL(S TO HOUR)", "2026-11-21T04:00:00");
    is("CEIL(TIMESTAMP '2026-11-21 04:00:00' TO HOUR)", "2026-11-21T04:00:00");
    is("FLOOR(S TO DAY)", "2026-11-21T00:00:00");
    is("FLOOR(S TO WEEK)", "2026-11-15T00:00:00");
    is("FLOOR(S TO MONTH)", "2026-11-01T00:00:00");
    is("CEIL(S TO MONTH)", "2026-12-01T00:00:00");
    is("FLOOR(S TO YEAR)", "2026-01-01T00:00:00");
    is("CEIL(S TO YEAR)", "2027-01-01T00:00:00");
    is("FLOOR(CAST(S AS DATE) TO MONTH)", "2026-11-01");
    is("FLOOR(CAST(S AS TIME) TO MINUTE)", "03:04:00");
    is("FLOOR(TIMESTAMP '1969-12-31 23:59:59.5' TO MINUTE)", "1969-12-31T23:59:00");
}

#[test]
fn steps_count_from_1970() {
    is("STEP(S BY INTERVAL '10' SECOND)", "2026-11-21T03:04:00");
    is("STEP(S BY INTERVAL '15' MINUTE)", "2026-11-21T03:00:00");
    is("STEP(S BY INTERVAL '2' DAY)", "2026-11-21T00:00:00");
    is("STEP(TIMESTAMP '1969-12-31 23:59:59' BY INTERVAL '1' MINUTE)", "1969-12-31T23:59:00");
    is_null("STEP(CAST(NULL AS TIMESTAMP) BY INTERVAL '1' MINUTE)");
}

#[test]
fn intervals_move_instants() {
    is("S + INTERVAL '1' DAY", "2026-11-22T03:04:05.678");
    is("INTERVAL '1' DAY + S", "2026-11-22T03:04:05.678");
    is("S - INTERVAL '1:30' MINUTE TO SECOND", "2026-11-21T03:02:35.678");
    is("S + INTERVAL '3' MONTH", "2027-02-21T03:04:05.678");
    is("DATE '2024-01-31' + INTERVAL '1' MONTH", "2024-02-29");
    is("DATE '2024-01-31' - INTERVAL '1' DAY", "2024-01-30");
    is("TIME '23:00:00' + INTERVAL '2' HOUR", "01:00:00");
    is("TIME '01:00:00' - INTERVAL '2' HOUR", "23:00:00");
    is("S + 2 * INTERVAL '10' SECOND", "2026-11-21T03:04:25.678");
    is("S + INTERVAL '10' SECOND * 1.5", "2026-11-21T03:04:20.678");
    is("S + INTERVAL '10' SECOND / 4", "2026-11-21T03:04:08.178");
    is("S + (INTERVAL '10' SECOND - INTERVAL '5' SECOND)", "2026-11-21T03:04:10.678");
    is("S + -INTERVAL '5' SECOND", "2026-11-21T03:04:00.678");
    fails("TIMESTAMP '9999-12-30 20:00:00' + INTERVAL '2' DAY", Overflow);
}

#[test]
fn the_time_between() {
    is("CAST((S - s.ROWTIME) SECOND AS BIGINT)", "1");
    is("TSDIFF(s.ROWTIME, S)", "1000");
    is_null("TSDIFF(S, CAST(NULL AS TIMESTAMP))");
    // AWS's page: milliseconds since 1970, expressed as BIGINT.
    is("TSDIFF(1000, 3500)", "2500");
    is("TSDIFF(TIMESTAMP '1970-01-01 00:00:01', 3500)", "2500");
    is("TSDIFF(UNIX_TIMESTAMP(S), UNIX_TIMESTAMP(S) - 7)", "-7");
    is("TIMESTAMP '9999-12-31 23:59:59.999'", "9999-12-31T23:59:59.999");
    is("TIMESTAMP_TO_CHAR('yyyy-MM-dd', TIMESTAMP '9999-12-31 00:00:00')", "9999-12-31");
    is("CHAR_TO_TIMESTAMP('yyyy-MM-dd HH', '9999-12-31 23')", "9999-12-31T23:00:00");
    is("CAST('9999-12-31 23:59:59' AS TIMESTAMP)", "9999-12-31T23:59:59");
    is("UNIX_TIMESTAMP(S)", "1795230245678");
    is("TO_TIMESTAMP(1795230245678)", "2026-11-21T03:04:05.678");
    fails("TO_TIMESTAMP(9223372036854775807)", Overflow);
}

#[test]
fn parts() {
    is("EXTRACT(YEAR FROM S)", "2026");
    is("EXTRACT(MONTH FROM S)", "11");
    is("EXTRACT(DAY FROM S)", "21");
    is("EXTRACT(HOUR FROM S)", "3");
    is("EXTRACT(MINUTE FROM CAST(S AS TIME))", "4");
    is("EXTRACT(SECOND FROM S)", "5.678");
    is("EXTRACT(SECOND FROM CAST(S AS TIME))", "5.678");
    is("EXTRACT(SECOND FROM CAST(S AS DATE))", "0.000");
    is("EXTRACT(MONTH FROM -INTERVAL '1-2' YEAR TO MONTH)", "-2");
    is("EXTRACT(HOUR FROM INTERVAL '1 02:03' DAY TO MINUTE)", "2");
}

#[test]
fn date_patterns() {
    is("CHAR_TO_TIMESTAMP('yyyy-MM-dd HH:mm:ss', '2008-02-20 10:32:35')", "2008-02-20T10:32:35");
    is("CHAR_TO_DATE('MM/dd/yy', '11/21/26')", "2026-11-21");
    is("CHAR_TO_TIME('HH:mm', '10:32')", "10:32:00");
    is("CHAR_TO_TIMESTAMP(CASE WHEN Y THEN 'yyyy' ELSE 'MM' END, '2008')", "2008-01-01T00:00:00");
    fails("CHAR_TO_TIMESTAMP('yyyy-MM-dd', T)", Coercion);
    fails("CHAR_TO_TIMESTAMP(T || 'Q', T)", InvalidArgument);
    is("TIMESTAMP_TO_CHAR('dd/MM/yyyy HH:mm:ss.SSS', S)", "21/11/2026 03:04:05.678");
    is("DATE_TO_CHAR('EEE', CAST(S AS DATE))", "Sat");
    is("TIME_TO_CHAR('hh a', CAST(S AS TIME))", "03 AM");
}

#[test]
fn what_holds_for_a_stretch_of_time_holds_for_no_row_outside() {
    use std::sync::Arc;

    use arrow_array::TimestampMillisecondArray;

    use super::{NOW, evaluator, one_row};
    use crate::Rows;

    const DAY_MS: i64 = 86_400_000;
    let rows = |instants: Vec<Option<i64>>| {
        let length = instants.len();
        let places = arrow_array::UInt32Array::from(vec![0; length]);
        let mut columns = one_row().columns().to_vec();
        for column in &mut columns {
            *column = arrow_select::take::take(column, &places, None).unwrap();
        }
        columns[7] = Arc::new(TimestampMillisecondArray::from(instants));
        Rows::new(vec![NOW; length].into(), columns)
    };
    let mut random = fastrand::Rng::with_seed(9);
    let mut instants = Vec::new();
    for _ in 0..60 {
        let day = random.i64(-800..800) * DAY_MS;
        for _ in 0..random.usize(1..6) {
            // Starts of days, and what stands just before and behind them, are edges.
            let of_day = [0, 1, -1, random.i64(0..DAY_MS)][random.usize(..4)];
            instants.push((random.u8(..9) > 0).then_some(day + of_day));
        }
    }
    let units = ["SECOND", "MINUTE", "HOUR", "DAY", "WEEK", "MONTH", "YEAR"];
    let mut expressions: Vec<String> = Vec::new();
    for unit in units {
        expressions.extend([format!("FLOOR(S TO {unit})"), format!("CEIL(S TO {unit})")]);
        if unit != "WEEK" {
            expressions.push(format!("EXTRACT({unit} FROM S)"));
        }
    }
    expressions.extend(["CEIL(CAST(S AS DATE) TO MONTH)", "STEP(S BY INTERVAL '7' MINUTE)"].map(str::to_owned));
    expressions.push("CAST(S AS VARCHAR(30))".to_owned());
    for expression in expressions {
        let evaluator = evaluator(&expression);
        let all = evaluator.evaluate(&rows(instants.clone()), NOW).values;
        for (row, instant) in instants.iter().enumerate() {
            let alone = evaluator.evaluate(&rows(vec![*instant]), NOW).values;
            assert_eq!(&all.slice(row, 1), &alone, "{expression} of {instant:?}");
        }
    }
}
