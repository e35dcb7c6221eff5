//! Casts. Source: <https://docs.aws.amazon.com/kinesisanalytics/latest/sqlref/sql-reference-cast.html>.

use super::{fails, is, is_null};
use crate::row_error::ErrorName::{Coercion, Overflow};

#[test]
fn numbers_are_rounded() {
    is("CAST(-1.6 AS INTEGER)", "-2");
    is("CAST(C AS INTEGER)", "12");
    is("CAST(12.5 AS INTEGER)", "13");
    is("CAST(-12.5 AS INTEGER)", "-13");
    is("CAST(D AS INTEGER)", "2");
    is("CAST(12.345 AS DECIMAL(4, 2))", "12.35");
    is("CAST(0.1e0 AS DECIMAL(19, 18))", "0.100000000000000000");
    is("CAST(I AS DOUBLE)", "7.0");
    is("CAST(C AS DOUBLE)", "12.34");
    is("CAST(C AS REAL)", "12.34");
    is("CAST(Y AS INTEGER)", "1");
    is("CAST(I AS BOOLEAN)", "true");
    is_null("CAST(N AS BIGINT)");
}

#[test]
fn what_does_not_fit_is_an_error() {
    fails("CAST(B AS INTEGER)", Overflow);
    fails("CAST(128 AS TINYINT)", Overflow);
    fails("CAST(1e300 AS BIGINT)", Overflow);
    fails("CAST(1e300 AS REAL)", Overflow);
    fails("CAST(100.5 AS DECIMAL(4, 2))", Overflow);
    fails("CAST(1e10 AS DECIMAL(5))", Overflow);
}

#[test]
fn texts_are_read() {
    is("CAST(' 12 ' AS INTEGER)", "12");
    is("CAST('12.5' AS INTEGER)", "13");
    is("CAST('-1.5e1' AS DOUBLE)", "-15.0");
    is("CAST('.5' AS DECIMAL(3, 2))", "0.50");
    is("CAST('0.1' AS DOUBLE)", "0.1");
    is("CAST('TRUE' AS BOOLEAN)", "true");
    is("CAST('2026-11-21' AS DATE)", "2026-11-21");
    is("CAST('03:04:05.6' AS TIME)", "03:04:05.600");
    is("CAST('2026-11-21 03:04:05.678' AS TIMESTAMP)", "2026-11-21T03:04:05.678");
    is("CAST('1 02:03:04' AS INTERVAL DAY TO SECOND) = INTERVAL '1 02:03:04' DAY TO SECOND", "true");
    for text in ["", "x", "1.2.3", "1e", "--1", "nan", "inf", "0x10"] {
        fails(&format!("CAST('{text}' AS INTEGER)"), Coercion);
        fails(&format!("CAST('{text}' AS DOUBLE)"), Coercion);
    }
    fails("CAST('2026-02-30' AS DATE)", Coercion);
    fails("CAST('24:00:00' AS TIME)", Coercion);
    fails("CAST('2026-11-21 03:04' AS TIMESTAMP)", Coercion);
    fails("CAST('yes' AS BOOLEAN)", Coercion);
    fails("CAST('1e999' AS DOUBLE)", Overflow);
    fails("CAST('300' AS TINYINT)", Overflow);
    fails("CAST('1000' AS DECIMAL(3, 1))", Overflow);
}

#[test]
fn texts_are_cut_and_filled() {
    is("CAST('abcdef' AS VARCHAR(3))", "abc");
    is("CAST('äöü' AS VARCHAR(2))", "äö");
    is("CAST(T AS CHAR(5)) || '|'", "abc  |");
    is("CAST(F AS VARCHAR(3)) || '|'", "ab |");
}

#[test]
fn values_are_written() {
    is("CAST(DATE '2008-08-23' AS VARCHAR(10))", "2008-08-23");
    is("CAST(DATE '2008-08-23' AS CHAR(12)) || '|'", "2008-08-23  |");
    fails("CAST(DATE '2008-08-23' AS VARCHAR(9))", Coercion);
    fails("CAST(B AS VARCHAR(3))", Coercion);
    is("CAST(I AS VARCHAR(3))", "7");
    is("CAST(-0.05 AS VARCHAR(10))", "-0.05");
    is("CAST(C AS VARCHAR(10))", "12.34");
    is("CAST(150e0 AS VARCHAR(10))", "1.5E2");
    is("CAST(D AS VARCHAR(10))", "1.5E0");
    is("CAST(Y AS VARCHAR(10))", "TRUE");
    is("CAST(S AS VARCHAR(30))", "2026-11-21 03:04:05.678");
    is("CAST(TIMESTAMP '2026-11-21 03:04:05' AS VARCHAR(30))", "2026-11-21 03:04:05");
    is("CAST(TIME '03:04:05' AS VARCHAR(30))", "03:04:05");
    is("CAST(INTERVAL '-1 02:03:04.5' DAY TO SECOND AS VARCHAR(30))", "-1 02:03:04.500");
    is("CAST(COALESCE(INTERVAL '-1 02:03:04.5' DAY TO SECOND, NULL) AS VARCHAR(30))", "-1 02:03:04.500");
    is_null("CAST(N AS VARCHAR(3))");
}

#[test]
fn times_and_days() {
    is("CAST(S AS DATE)", "2026-11-21");
    is("CAST(S AS TIME)", "03:04:05.678");
    is("CAST(DATE '2026-11-21' AS TIMESTAMP)", "2026-11-21T00:00:00");
    is("CAST(TIME '01:00:00' AS TIMESTAMP)", "2026-11-21T01:00:00");
    is("CAST(INTERVAL '2' SECOND AS BIGINT)", "2");
}
