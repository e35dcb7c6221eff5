//! Dates both ways, by hand and as Java 17 has them.

use super::*;
use crate::Position;

fn pattern(text: &str) -> Result<DatePattern, String> {
    let at = Position { line: 1, column: 1 };
    DatePattern::parse(text, Span { start: at, end: at }).map_err(|fault| fault.message)
}

#[track_caller]
fn check(text: &str, date: &str, milliseconds: i64) {
    let pattern = pattern(text).expect("a pattern");
    assert_eq!(pattern.read(date, 2026), Some(milliseconds), "reading {date}");
    assert_eq!(pattern.format(milliseconds).as_deref(), Some(date), "writing {date}");
}

#[test]
fn both_ways() {
    check("yyyy-MM-dd HH:mm:ss.SSS", "2026-11-21 03:04:05.678", 1_795_230_245_678);
    check("yyyyMMddHHmmss", "20261121030405", 1_795_230_245_000);
    check("dd/MMM/yyyy:HH:mm:ss Z", "21/Nov/2026:03:04:05 +0000", 1_795_230_245_000);
    check("EEE, d MMMM yy h:mm a", "Sat, 21 November 26 3:04 AM", 1_795_230_240_000);
    check("yyyy-MM-dd'T'HH:mm:ssXXX", "2026-11-21T03:04:05Z", 1_795_230_245_000);
    check("yyyy-MM-dd HH:mm:ss.SSS", "9999-12-31 23:59:59.999", 253_402_300_799_999);
    check("yyyy-MM-dd HH:mm:ss", "0001-01-01 00:00:00", -62_135_596_800_000);
    check("hh 'o''clock' a", "12 o'clock PM", 43_200_000);
}

#[test]
fn offsets_are_taken_off() {
    let zoned = pattern("yyyy-MM-dd HH:mm Z").expect("a pattern");
    assert_eq!(zoned.read("1970-01-01 02:00 +0130", 2026), Some(1_800_000));
}

#[test]
fn texts_that_do_not_fit_are_nothing() {
    let date = pattern("yyyy-MM-dd").expect("a pattern");
    assert_eq!(date.read("2026-13-01", 2026), None);
    assert_eq!(date.read("2026-02-30", 2026), None);
    assert_eq!(date.read("tomorrow", 2026), None);
    assert_eq!(date.read("2026-02-03 and more", 2026), Some(1_770_076_800_000));
}

#[test]
fn letters_that_mean_nothing_are_named() {
    assert_eq!(pattern("yyyy-bb"), Err("Date pattern 'yyyy-bb': the letter 'b' means nothing".to_owned()));
    assert!(pattern("XXXX").is_err());
    assert!(pattern("yyyy 'open").is_err());
}

/// Patterns, milliseconds, and what `SimpleDateFormat` of OpenJDK 17.0.15 writes (`w`); patterns, texts, and the milliseconds it reads
/// (`r`). US locale, UTC, one calendar
/// for all times (`setGregorianChange`).
const JAVA: &str = include_str!("java17.txt");

#[test]
fn java_writes_and_reads_the_same() {
    for line in JAVA.lines() {
        let cells: Vec<&str> = line.split('\t').collect();
        match cells[..] {
            ["w", text, milliseconds, wanted] => {
                let milliseconds = milliseconds.parse().expect("milliseconds");
                assert_eq!(pattern(text).expect("a pattern").format(milliseconds).as_deref(), Some(wanted), "{line}");
            }
            ["r", text, date, wanted] => {
                let wanted = if wanted == "error" { None } else { Some(wanted.parse().expect("milliseconds")) };
                assert_eq!(pattern(text).expect("a pattern").read(date, 2026), wanted, "{line}");
            }
            _ => panic!("{line}"),
        }
    }
}

#[test]
fn numbers_out_of_their_range_do_not_fit() {
    for (text, date) in [("ww yyyy", "54 2026"), ("W", "7"), ("F", "0"), ("u", "8"), ("D", "367")] {
        assert_eq!(pattern(text).expect("a pattern").read(date, 2026), None, "{date}");
    }
}
