//! One value as another type.

use flow::ErrorName::{Coercion, Overflow};
use flow::types::DataType;

use super::calendar::{self, DAY_MS};
use super::value::{Outcome, Value};

/// `CAST (value AS to)`.
pub(crate) fn cast(value: Value, to: DataType) -> Outcome {
    match to {
        _ if value.is_null() => Ok(Value::Null),
        DataType::Null => Ok(Value::Null),
        DataType::Boolean => boolean(value),
        DataType::TinyInt | DataType::SmallInt | DataType::Integer | DataType::BigInt => integer(value, to),
        DataType::Decimal { precision, scale } => decimal(value, precision, scale),
        DataType::Real | DataType::Double => floating(value, to),
        DataType::Char(length) => {
            text(&value, length).map(|text| Value::Text(format!("{text:width$}", width = length as usize)))
        }
        DataType::Varchar(length) => text(&value, length).map(Value::Text),
        DataType::Binary(length) | DataType::Varbinary(length) => binary(value, length, to),
        DataType::Date | DataType::Time | DataType::Timestamp => datetime(value, to),
        DataType::Interval | DataType::MonthInterval => interval(value, to),
    }
}

fn boolean(value: Value) -> Outcome {
    Ok(Value::Boolean(match value {
        Value::Boolean(value) => value,
        Value::Integer(number) => number != 0,
        Value::Text(text) => match text.trim().to_ascii_lowercase().as_str() {
            "true" => true,
            "false" => false,
            _ => return Err(Coercion),
        },
        other => panic!("{other:?} is not cast to BOOLEAN"),
    }))
}

/// The number of a text, with all its digits if it has no exponent.
fn number(text: &str) -> Result<Value, flow::ErrorName> {
    let text = text.trim();
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if plain(whole) && plain(fraction) && whole.len() + fraction.len() > 0 && fraction.len() <= 30 {
        let all: i128 = format!("{whole}{fraction}").parse().map_err(|_| Overflow)?;
        return Ok(Value::Decimal(sign * all, u8::try_from(fraction.len()).expect("at most 30")));
    }
    let is_number = text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.'));
    match text.parse::<f64>() {
        Ok(number) if is_number && number.is_finite() => Ok(Value::Double(number)),
        _ => Err(Coercion),
    }
}

fn integer(value: Value, to: DataType) -> Outcome {
    let whole = match value {
        Value::Boolean(value) => i128::from(value),
        Value::Integer(number) => i128::from(number),
        Value::Decimal(digits, scale) => rescaled(digits, scale, 0),
        Value::Real(_) | Value::Double(_) => {
            // Halves go away from zero: AWS's page casts -1.5 to -2.
            let rounded = value.double().round();
            if !rounded.is_finite() || rounded.abs() > 1e19 {
                return Err(Overflow);
            }
            rounded as i128
        }
        Value::Text(text) => return integer(number(&text)?, to),
        Value::Interval(number) | Value::Months(number) => i128::from(number),
        other => panic!("{other:?} is not cast to {to}"),
    };
    fits(whole, to).map(Value::Integer)
}

/// A whole number, if the type can hold it.
pub(crate) fn fits(number: i128, to: DataType) -> Result<i64, flow::ErrorName> {
    let bits = match to {
        DataType::TinyInt => 8,
        DataType::SmallInt => 16,
        DataType::Integer => 32,
        _ => 64,
    };
    let limit = 1_i128 << (bits - 1);
    if (-limit..limit).contains(&number) { Ok(i64::try_from(number).expect("at most 64 bits")) } else { Err(Overflow) }
}

/// Digits with another number of them behind the point; what is cut is rounded, halves away from zero.
pub(crate) fn rescaled(digits: i128, from: u8, to: u8) -> i128 {
    if to >= from {
        return digits * 10_i128.pow(u32::from(to - from));
    }
    let cut = 10_i128.pow(u32::from(from - to));
    let half = if digits < 0 { -cut / 2 } else { cut / 2 };
    (digits + half) / cut
}

fn decimal(value: Value, precision: u8, scale: u8) -> Outcome {
    let digits = match value {
        Value::Integer(number) => i128::from(number) * 10_i128.pow(u32::from(scale)),
        Value::Decimal(digits, from) => rescaled(digits, from, scale),
        Value::Real(_) | Value::Double(_) => {
            let scaled = (value.double() * 10_f64.powi(i32::from(scale))).round();
            if !scaled.is_finite() || scaled.abs() > 1e30 {
                return Err(Overflow);
            }
            scaled as i128
        }
        Value::Text(text) => return decimal(number(&text)?, precision, scale),
        Value::Interval(number) | Value::Months(number) => i128::from(number) * 10_i128.pow(u32::from(scale)),
        other => panic!("{other:?} is not cast to DECIMAL"),
    };
    decimal_fits(digits, precision, scale)
}

/// A decimal, if it has no more digits than its type.
pub(crate) fn decimal_fits(digits: i128, precision: u8, scale: u8) -> Outcome {
    if digits.unsigned_abs() < 10_u128.pow(u32::from(precision)) {
        Ok(Value::Decimal(digits, scale))
    } else {
        Err(Overflow)
    }
}

fn floating(value: Value, to: DataType) -> Outcome {
    let number = match &value {
        Value::Text(text) => number(text)?.double(),
        Value::Interval(number) | Value::Months(number) => *number as f64,
        other => other.double(),
    };
    if to == DataType::Double {
        return Ok(Value::Double(number));
    }
    let narrow = number as f32;
    if narrow.is_finite() { Ok(Value::Real(narrow)) } else { Err(Overflow) }
}

/// The value as text of at most so many characters. Only texts may be cut.
fn text(value: &Value, length: u32) -> Result<String, flow::ErrorName> {
    let written = written(value);
    if written.chars().count() <= length as usize {
        return Ok(written);
    }
    match value {
        Value::Text(text) => Ok(text.chars().take(length as usize).collect()),
        _ => Err(Coercion),
    }
}

/// A value as it is written.
pub(crate) fn written(value: &Value) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::Boolean(value) => value.to_string().to_uppercase(),
        Value::Integer(number) => number.to_string(),
        Value::Decimal(digits, 0) => digits.to_string(),
        Value::Decimal(digits, scale) => {
            let scale = usize::from(*scale);
            let all = format!("{:0width$}", digits.unsigned_abs(), width = scale + 1);
            let (whole, fraction) = all.split_at(all.len() - scale);
            format!("{}{whole}.{fraction}", if *digits < 0 { "-" } else { "" })
        }
        // With an exponent, as SQL writes approximate numbers.
        Value::Real(number) => format!("{number:E}"),
        Value::Double(number) => format!("{number:E}"),
        Value::Text(text) => text.clone(),
        Value::Binary(bytes) => bytes.iter().map(|byte| format!("{byte:02X}")).collect(),
        Value::Date(days) => {
            let (year, month, day) = calendar::civil(*days);
            format!("{year:04}-{month:02}-{day:02}")
        }
        Value::Time(ms) => {
            let seconds = ms / 1_000;
            let fraction = if ms % 1_000 == 0 { String::new() } else { format!(".{:03}", ms % 1_000) };
            format!("{:02}:{:02}:{:02}{fraction}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
        }
        Value::Timestamp(ms) => {
            let (date, time) = (Value::Date(ms.div_euclid(DAY_MS)), Value::Time(ms.rem_euclid(DAY_MS)));
            format!("{} {}", written(&date), written(&time))
        }
        Value::Interval(ms) => {
            let (sign, ms) = (if *ms < 0 { "-" } else { "" }, ms.abs());
            format!("{sign}{} {}", ms / DAY_MS, written(&Value::Time(ms % DAY_MS)))
        }
        Value::Months(months) => {
            let sign = if *months < 0 { "-" } else { "" };
            format!("{sign}{}-{:02}", months.abs() / 12, months.abs() % 12)
        }
    }
}

fn binary(value: Value, length: u32, to: DataType) -> Outcome {
    let Value::Binary(mut bytes) = value else { panic!("{value:?} is not cast to bytes") };
    bytes.truncate(length as usize);
    if matches!(to, DataType::Binary(_)) {
        bytes.resize(length as usize, 0);
    }
    Ok(Value::Binary(bytes))
}

fn datetime(value: Value, to: DataType) -> Outcome {
    let ms = match &value {
        Value::Text(text) => match to {
            DataType::Time => read_time(text.trim()),
            _ => read_instant(text.trim()),
        }
        .ok_or(Coercion)?,
        other => other.milliseconds(),
    };
    Ok(match to {
        DataType::Date => Value::Date(ms.div_euclid(DAY_MS)),
        DataType::Time => Value::Time(ms.rem_euclid(DAY_MS)),
        _ => Value::Timestamp(ms),
    })
}

/// `2024-02-29`, perhaps with `12:00:00[.5]` behind it.
pub(crate) fn read_instant(text: &str) -> Option<i64> {
    let (date, time) = match text.split_once(' ') {
        Some((date, time)) => (date, read_time(time.trim())?),
        None => (text, 0),
    };
    let parts: Vec<&str> = date.split('-').collect();
    let [year, month, day] = parts[..] else { return None };
    let (year, month, day) = (small(year, 4)?, small(month, 2)?, small(day, 2)?);
    let valid = (1..=12).contains(&month) && (1..=calendar::month_days(year, month)).contains(&day);
    valid.then(|| calendar::days((year, month, day)) * DAY_MS + time)
}

fn read_time(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let parts: Vec<&str> = whole.split(':').collect();
    let [hour, minute, second] = parts[..] else { return None };
    let (hour, minute, second) = (small(hour, 2)?, small(minute, 2)?, small(second, 2)?);
    if fraction.is_empty() || fraction.len() > 9 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let ms: i64 = format!("{fraction:0<3}")[..3].parse().ok()?;
    (hour < 24 && minute < 60 && second < 60).then(|| hour * 3_600_000 + minute * 60_000 + second * 1_000 + ms)
}

fn small(text: &str, most: usize) -> Option<i64> {
    let digits = !text.is_empty() && text.len() <= most && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().expect("few digits"))
}

fn interval(value: Value, to: DataType) -> Outcome {
    let number = match value {
        Value::Interval(number) | Value::Months(number) | Value::Integer(number) => number,
        other => panic!("{other:?} is not cast to {to}"),
    };
    Ok(if to == DataType::Interval { Value::Interval(number) } else { Value::Months(number) })
}
