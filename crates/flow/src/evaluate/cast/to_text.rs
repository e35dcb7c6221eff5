//! Any value as characters.

use std::io::Write as _;

use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, Time32MillisecondType, TimestampMillisecondType,
};
use arrow_array::{Array, StringViewArray};

use super::{misfit, refused};
use crate::ast::TimeUnit;
use crate::evaluate::batch::Batch;
use crate::evaluate::calendar::DAY_MS;
use crate::evaluate::decimal::scale;
use crate::evaluate::step::Step;
use crate::evaluate::values::{Values, pieces, written};
use crate::formats::{write_date, write_decimal, write_time};
use crate::types::DataType;
use crate::{Fault, Span};

/// How many characters a text type takes, and whether shorter texts are filled with spaces.
fn length(to: DataType) -> (usize, bool) {
    match to {
        DataType::Char(length) => (length as usize, true),
        DataType::Varchar(length) => (length as usize, false),
        _ => (usize::MAX, false),
    }
}

/// A text cut to a length; filled with spaces for a CHAR.
pub(super) fn resized(part: Step, to: DataType) -> Step {
    let ((length, fills), easy) = (length(to), part.easy);
    let shorter = match part.data_type {
        DataType::Char(from) | DataType::Varchar(from) => from as usize <= length,
        _ => false,
    };
    if shorter && !fills {
        return part.typed(to);
    }
    let run = move |batch: &Batch<'_>| {
        let values = part.evaluate(batch);
        let texts = values.texts();
        Values::rows(match fills {
            false => pieces(batch, |row| Ok(texts.get(row).map(|text| cut(text, length)))),
            true => written(batch, |row, out| {
                let Some(text) = texts.get(row) else { return Ok(false) };
                out.push_str(cut(text, length));
                fill(out, length);
                Ok(true)
            }),
        })
    };
    Step::of(to, easy, run)
}

/// The first so many characters.
pub(in crate::evaluate) fn cut(text: &str, length: usize) -> &str {
    if text.len() <= length {
        return text;
    }
    text.char_indices().nth(length).map_or(text, |(end, _)| &text[..end])
}

fn fill(text: &mut String, length: usize) {
    let count = text.chars().count();
    text.extend(std::iter::repeat_n(' ', length.saturating_sub(count)));
}

pub(super) fn compile(part: Step, to: DataType, span: Span) -> Result<Step, Fault> {
    let from = part.data_type;
    if from.is_binary() || from == DataType::Null {
        return Err(refused(from, to, span));
    }
    Ok(Step::hard(to, move |batch| {
        let values = part.evaluate(batch);
        let column = Column { batch, values: &values, to };
        Values::rows(match from {
            DataType::Boolean => {
                let truths = values.booleans(batch.len());
                let word = |row| truths.is_valid(row).then(|| truths.value(row));
                column.written(|row, out| {
                    word(row).map(|truth| out.extend_from_slice(if truth { b"TRUE" } else { b"FALSE" })).is_some()
                })
            }
            DataType::TinyInt => column.each::<Int8Type>(write_integer),
            DataType::SmallInt => column.each::<Int16Type>(write_integer),
            DataType::Integer => column.each::<Int32Type>(write_integer),
            DataType::Decimal { .. } => {
                let scale = scale(from) as usize;
                column.each::<Decimal128Type>(|value, out| write_decimal(value, scale, out))
            }
            DataType::Real => column.each::<Float32Type>(write_approximate),
            DataType::Double => column.each::<Float64Type>(write_approximate),
            DataType::Date => column.each::<Date32Type>(|day, out| write_date(i64::from(day), out)),
            DataType::Time => column.each::<Time32MillisecondType>(|time, out| time_text(i64::from(time), out)),
            DataType::Timestamp => {
                let mut day = DayText::default();
                column.each::<TimestampMillisecondType>(|instant, out| day.instant_text(instant, out))
            }
            DataType::Interval => column.each::<Int64Type>(interval_text),
            DataType::MonthInterval => column.each::<Int64Type>(months_text),
            _ => column.each::<Int64Type>(write_integer),
        })
    }))
}

/// Values that become characters.
struct Column<'a> {
    batch: &'a Batch<'a>,
    values: &'a Values,
    to: DataType,
}

impl Column<'_> {
    /// A text of each number, NULL of NULL.
    fn each<T: ArrowPrimitiveType>(&self, mut write: impl FnMut(T::Native, &mut Vec<u8>)) -> StringViewArray {
        let numbers = self.values.numbers::<T>();
        self.written(|row, out| numbers.get(row).map(|number| write(number, out)).is_some())
    }

    /// What is written for each row, as far as it fits; NULL where the answer is false.
    fn written(&self, mut write: impl FnMut(usize, &mut Vec<u8>) -> bool) -> StringViewArray {
        let (length, fills) = length(self.to);
        let mut ascii = Vec::new();
        written(self.batch, |row, out| {
            ascii.clear();
            if !write(row, &mut ascii) {
                return Ok(false);
            }
            let text = std::str::from_utf8(&ascii).expect("digits, signs and words are ASCII");
            // Half a number would be another number: unlike a text, it is not cut.
            if text.len() > length {
                return Err(misfit(text, self.to));
            }
            out.push_str(text);
            if fills {
                fill(out, length);
            }
            Ok(true)
        })
    }
}

fn write_integer(value: impl itoa::Integer, out: &mut Vec<u8>) {
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

/// A decimal with its point.
pub(in crate::evaluate) fn decimal_text(value: i128, scale: u32) -> String {
    let mut text = Vec::new();
    write_decimal(value, scale as usize, &mut text);
    String::from_utf8(text).expect("digits are ASCII")
}

/// A floating-point number as SQL writes it, with as few digits as tell it from others: `1.5E2`.
fn write_approximate(value: impl std::fmt::LowerExp, out: &mut Vec<u8>) {
    let start = out.len();
    write!(out, "{value:e}").expect("memory takes everything");
    out[start..].make_ascii_uppercase();
}

fn sign(value: i64, out: &mut Vec<u8>) {
    if value < 0 {
        out.push(b'-');
    }
}

/// A time of the day, without a fraction if it is none.
fn time_text(time: i64, out: &mut Vec<u8>) {
    write_time(time, out);
    if time % 1_000 == 0 {
        out.truncate(out.len() - ".000".len());
    }
}

/// The last day that was written: most instants are of the same day as the one before.
#[derive(Default)]
struct DayText {
    day: Option<i64>,
    text: Vec<u8>,
}

impl DayText {
    fn instant_text(&mut self, instant: i64, out: &mut Vec<u8>) {
        let day = instant.div_euclid(DAY_MS);
        if self.day != Some(day) {
            self.day = Some(day);
            self.text.clear();
            write_date(day, &mut self.text);
        }
        out.extend_from_slice(&self.text);
        out.push(b' ');
        time_text(instant.rem_euclid(DAY_MS), out);
    }
}

/// An instant as a literal has it: `2026-11-21 03:04:05.678`, without a fraction if it is none.
pub(in crate::evaluate) fn instant_text(instant: i64) -> String {
    let mut text = Vec::new();
    DayText::default().instant_text(instant, &mut text);
    String::from_utf8(text).expect("digits are ASCII")
}

/// Days, hours, minutes and seconds: `-1 02:03:04.005`.
fn interval_text(interval: i64, out: &mut Vec<u8>) {
    let absolute = i64::try_from(interval.unsigned_abs()).unwrap_or(i64::MAX);
    sign(interval, out);
    write_integer(absolute / DAY_MS, out);
    out.push(b' ');
    time_text(absolute % DAY_MS, out);
}

/// Years and months: `-1-02`.
fn months_text(months: i64, out: &mut Vec<u8>) {
    sign(months, out);
    write_integer(months.unsigned_abs() / 12, out);
    out.extend_from_slice(if months.unsigned_abs() % 12 < 10 { b"-0" } else { b"-" });
    write_integer(months.unsigned_abs() % 12, out);
}

/// An interval with its sign and these units: `+6:11`, `-2 00:06`. What is less than the smallest unit does not count.
pub(in crate::evaluate) fn interval_to_char(from: TimeUnit, last: TimeUnit, part: Step, to: DataType) -> Step {
    Step::hard(to, move |batch| {
        let values = part.evaluate(batch);
        let column = Column { batch, values: &values, to };
        Values::rows(column.each::<Int64Type>(|interval, out| write_units(interval, from, last, out)))
    })
}

fn write_units(interval: i64, from: TimeUnit, last: TimeUnit, out: &mut Vec<u8>) {
    // Each unit, how many milliseconds or months it has, and what stands before it.
    const UNITS: [(TimeUnit, u64, u8); 6] = [
        (TimeUnit::Year, 12, b' '),
        (TimeUnit::Month, 1, b'-'),
        (TimeUnit::Day, 86_400_000, b' '),
        (TimeUnit::Hour, 3_600_000, b' '),
        (TimeUnit::Minute, 60_000, b':'),
        (TimeUnit::Second, 1_000, b':'),
    ];
    out.push(if interval < 0 { b'-' } else { b'+' });
    let mut rest = interval.unsigned_abs();
    for (unit, size, before) in UNITS.into_iter().filter(|(unit, ..)| (from..=last).contains(unit)) {
        let count = rest / size;
        rest %= size;
        if unit > from {
            out.push(before);
            if count < 10 {
                out.push(b'0');
            }
        }
        write_integer(count, out);
        if unit == TimeUnit::Second && rest > 0 {
            write!(out, ".{rest:03}").expect("memory takes everything");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = b"before ".to_vec();
        write(&mut out);
        String::from_utf8(out.split_off(7)).unwrap()
    }

    #[test]
    fn floating_point_numbers_have_an_exponent() {
        let check = |value: f64, wanted: &str| assert_eq!(text(|out| write_approximate(value, out)), wanted);
        check(0.0, "0E0");
        check(-1_234.5, "-1.2345E3");
        check(5e-324, "5E-324");
        check(f64::INFINITY, "INF");
        assert_eq!(text(|out| write_approximate(0.1_f32, out)), "1E-1");
    }

    #[test]
    fn instants_of_any_days_follow_each_other() {
        let mut random = fastrand::Rng::with_seed(5);
        let mut day = DayText::default();
        for _ in 0..5_000 {
            let instant = random.i64(-3 * DAY_MS..3 * DAY_MS) + random.i64(-9..9) * 365 * DAY_MS;
            let known = jiff::Timestamp::from_millisecond(instant).unwrap();
            let pattern = if instant % 1_000 == 0 { "%Y-%m-%d %H:%M:%S" } else { "%Y-%m-%d %H:%M:%S.%3f" };
            assert_eq!(text(|out| day.instant_text(instant, out)), known.strftime(pattern).to_string());
        }
    }

    #[test]
    fn intervals_have_their_units() {
        let check = |written: String, wanted: &str| assert_eq!(written, wanted);
        check(text(|out| months_text(14, out)), "1-02");
        check(text(|out| months_text(-131, out)), "-10-11");
        check(text(|out| interval_text(-93_784_005, out)), "-1 02:03:04.005");
        check(text(|out| interval_text(0, out)), "0 00:00:00");
        check(decimal_text(-5, 2), "-0.05");
        check(decimal_text(1_200, 0), "1200");
    }
}
