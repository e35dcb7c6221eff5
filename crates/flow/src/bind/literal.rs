//! Values written out in a program.

use crate::ast::{Expression, IntervalUnit, Literal, TimeUnit};
use crate::plan::{Expr, ExprKind, Order, Value};
use crate::types::{DECIMAL_DIGITS_MAX, DataType};
use crate::{Fault, Span};

/// Milliseconds of a day.
const DAY_MS: i64 = 86_400_000;

/// The expression that always has this value.
pub(super) fn bind(literal: &Literal, span: Span) -> Result<Expr, Fault> {
    let (value, data_type) = match literal {
        Literal::Null => (Value::Null, DataType::Null),
        Literal::Boolean(value) => (Value::Boolean(*value), DataType::Boolean),
        Literal::Number(digits) => number(digits, span)?,
        Literal::Text(text) => (Value::Text(text.clone()), DataType::Char(length(text.chars().count()))),
        Literal::Binary(bytes) => (Value::Binary(bytes.clone()), DataType::Binary(length(bytes.len()))),
        Literal::Date(text) => (Value::Milliseconds(instant(text, "%Y-%m-%d", span)?), DataType::Date),
        Literal::Time(text) => {
            (Value::Milliseconds(instant(&format!("1970-01-01 {text}"), INSTANT, span)?), DataType::Time)
        }
        Literal::Timestamp(text) => (Value::Milliseconds(instant(text, INSTANT, span)?), DataType::Timestamp),
        Literal::Interval { text, negative, unit } => interval(text, *negative, *unit, span)?,
    };
    Ok(constant(value, data_type, span))
}

/// An expression that is a value.
pub(super) fn constant(value: Value, data_type: DataType, span: Span) -> Expr {
    let nullable = value == Value::Null;
    Expr { kind: ExprKind::Literal(value), data_type, nullable, order: Order::Constant, span }
}

fn length(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX).max(1)
}

fn number(digits: &str, span: Span) -> Result<(Value, DataType), Fault> {
    let wrong = || Fault::new(span, format!("'{digits}' is not a number that can be held"));
    if digits.contains(['e', 'E']) {
        let value: f64 = digits.parse().map_err(|_| wrong())?;
        return if value.is_finite() { Ok((Value::Double(value), DataType::Double)) } else { Err(wrong()) };
    }
    let Some((whole, fraction)) = digits.split_once('.') else {
        let value: i64 = digits.parse().map_err(|_| wrong())?;
        let data_type = if i32::try_from(value).is_ok() { DataType::Integer } else { DataType::BigInt };
        return Ok((Value::Integer(value), data_type));
    };
    let unscaled: i64 = format!("{whole}{fraction}").parse().map_err(|_| wrong())?;
    let scale = u8::try_from(fraction.len()).map_err(|_| wrong())?;
    let written = u8::try_from(whole.trim_start_matches('0').len() + fraction.len()).map_err(|_| wrong())?;
    if written > DECIMAL_DIGITS_MAX {
        return Err(wrong());
    }
    Ok((Value::Integer(unscaled), DataType::Decimal { precision: written.max(1), scale }))
}

const INSTANT: &str = "%Y-%m-%d %H:%M:%S%.f";

fn instant(text: &str, format: &str, span: Span) -> Result<i64, Fault> {
    let wrong = || Fault::new(span, format!("'{text}' is not written as year-month-day hour:minute:second"));
    let parsed = jiff::civil::DateTime::strptime(format, text)
        .or_else(|_| jiff::civil::Date::strptime(format, text).map(|date| date.at(0, 0, 0, 0)))
        .map_err(|_| wrong())?;
    // Reckoned here: jiff's instants end a day before the calendar does.
    let since = parsed.duration_since(jiff::civil::Date::constant(1970, 1, 1).at(0, 0, 0, 0));
    i64::try_from(since.as_nanos().div_euclid(1_000_000)).map_err(|_| wrong())
}

/// The length of time that an interval literal means.
fn interval(text: &str, negative: bool, unit: IntervalUnit, span: Span) -> Result<(Value, DataType), Fault> {
    let wrong = || Fault::new(span, format!("'{text}' is not an interval in these units"));
    let (text, minus) = match text.trim().strip_prefix('-') {
        Some(rest) => (rest, !negative),
        None => (text.trim().trim_start_matches('+'), negative),
    };
    let sign = if minus { -1 } else { 1 };
    let last = unit.to.unwrap_or(unit.from);
    let parts = split(text, unit.from, last).ok_or_else(wrong)?;
    let units: Vec<TimeUnit> = UNITS.iter().copied().filter(|one| (unit.from..=last).contains(one)).collect();
    if parts.len() != units.len() {
        return Err(wrong());
    }
    let precision = unit.precision.unwrap_or(2);
    let first_digits = parts[0].split('.').next().map_or(0, str::len);
    if u32::try_from(first_digits).unwrap_or(u32::MAX) > precision.max(2) && unit.precision.is_some() {
        return Err(Fault::new(span, format!("'{text}' has more than {precision} digits")));
    }
    let (mut total_ms, mut months): (i64, i64) = (0, 0);
    for (index, (part, one)) in parts.iter().zip(&units).enumerate() {
        let (whole, fraction_ms) = part_value(part, *one == TimeUnit::Second).ok_or_else(wrong)?;
        let largest = match one {
            TimeUnit::Hour => 23,
            TimeUnit::Minute | TimeUnit::Second => 59,
            TimeUnit::Month => 11,
            _ => i64::MAX,
        };
        if index > 0 && whole > largest {
            return Err(wrong());
        }
        match one {
            TimeUnit::Year => months += whole.checked_mul(12).ok_or_else(wrong)?,
            TimeUnit::Month => months += whole,
            other => {
                let size = unit_ms(*other).expect("days and shorter have a length");
                let added = whole.checked_mul(size).and_then(|ms| ms.checked_add(fraction_ms));
                total_ms = added.and_then(|ms| total_ms.checked_add(ms)).ok_or_else(wrong)?;
            }
        }
    }
    Ok(match unit.from {
        TimeUnit::Year | TimeUnit::Month => (Value::Months(sign * months), DataType::MonthInterval),
        _ => (Value::Milliseconds(sign * total_ms), DataType::Interval),
    })
}

const UNITS: [TimeUnit; 6] =
    [TimeUnit::Year, TimeUnit::Month, TimeUnit::Day, TimeUnit::Hour, TimeUnit::Minute, TimeUnit::Second];

/// The length of a unit that always has the same one, in milliseconds.
pub(super) fn unit_ms(unit: TimeUnit) -> Option<i64> {
    Some(match unit {
        TimeUnit::Week => 7 * DAY_MS,
        TimeUnit::Day => DAY_MS,
        TimeUnit::Hour => 3_600_000,
        TimeUnit::Minute => 60_000,
        TimeUnit::Second => 1_000,
        _ => return None,
    })
}

/// The numbers of `1-6`, `2 03:04:05.6`, `10:20` …
fn split(text: &str, from: TimeUnit, to: TimeUnit) -> Option<Vec<&str>> {
    if from == to {
        return Some(vec![text]);
    }
    if from == TimeUnit::Year {
        return Some(text.split('-').collect());
    }
    if from != TimeUnit::Day {
        return Some(text.split(':').collect());
    }
    let (days, rest) = text.split_once(' ')?;
    Some(std::iter::once(days).chain(rest.split(':')).collect())
}

fn part_value(part: &str, fraction: bool) -> Option<(i64, i64)> {
    let (whole, behind) = match part.split_once('.') {
        Some((whole, behind)) if fraction => (whole, behind),
        Some(_) => return None,
        None => (part, ""),
    };
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !is_number(whole) || !is_number(behind) {
        return None;
    }
    let milliseconds = format!("{behind:0<3}")[..3].parse().ok()?;
    Some((whole.parse().ok()?, milliseconds))
}

/// The milliseconds of an expression that must be a constant interval of days or shorter, and not negative.
pub(super) fn interval_ms(expression: &Expression) -> Result<i64, Fault> {
    if let crate::ast::ExpressionKind::Literal(literal) = &expression.kind
        && let Ok(Expr { kind: ExprKind::Literal(Value::Milliseconds(ms)), data_type: DataType::Interval, .. }) =
            bind(literal, expression.span)
    {
        return if ms >= 0 { Ok(ms) } else { Err(Fault::new(expression.span, "The interval must not be negative")) };
    }
    Err(Fault::new(expression.span, "An interval such as INTERVAL '1' MINUTE is expected"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ast::ExpressionKind;

    #[track_caller]
    fn value(text: &str) -> Result<(Value, DataType), String> {
        let expression = crate::parse::expression(text).expect("an expression");
        let ExpressionKind::Literal(literal) = expression.kind else { panic!("a literal") };
        let bound = bind(&literal, expression.span).map_err(|fault| fault.message)?;
        let ExprKind::Literal(value) = bound.kind else { panic!("a value") };
        Ok((value, bound.data_type))
    }

    #[test]
    fn numbers() {
        assert_eq!(value("7"), Ok((Value::Integer(7), DataType::Integer)));
        assert_eq!(value("3000000000"), Ok((Value::Integer(3_000_000_000), DataType::BigInt)));
        assert_eq!(value("01.50"), Ok((Value::Integer(150), DataType::Decimal { precision: 3, scale: 2 })));
        assert_eq!(value("1e3"), Ok((Value::Double(1000.0), DataType::Double)));
        assert!(value("99999999999999999999").is_err());
    }

    #[test]
    fn intervals() {
        let ms = |text: &str| match value(text) {
            Ok((Value::Milliseconds(ms), DataType::Interval)) => ms,
            other => panic!("{text}: {other:?}"),
        };
        assert_eq!(ms("INTERVAL '60' SECOND"), 60_000);
        assert_eq!(ms("INTERVAL -'1.5' SECOND"), -1_500);
        assert_eq!(ms("INTERVAL '-2' MINUTE"), -120_000);
        assert_eq!(ms("INTERVAL '1 02:03:04.005' DAY TO SECOND"), 93_784_005);
        assert_eq!(ms("INTERVAL '10:20' MINUTE TO SECOND"), 620_000);
        assert_eq!(value("INTERVAL '1-6' YEAR TO MONTH"), Ok((Value::Months(18), DataType::MonthInterval)));
        assert!(value("INTERVAL '1:99' HOUR TO MINUTE").is_err());
        assert!(value("INTERVAL '1.5' MINUTE").is_err());
        assert!(value("INTERVAL 'x' SECOND").is_err());
    }

    #[test]
    fn instants() {
        assert_eq!(value("TIMESTAMP '1970-01-01 00:00:01.5'"), Ok((Value::Milliseconds(1_500), DataType::Timestamp)));
        assert_eq!(value("DATE '1970-01-02'"), Ok((Value::Milliseconds(DAY_MS), DataType::Date)));
        assert_eq!(value("TIME '00:01:00'"), Ok((Value::Milliseconds(60_000), DataType::Time)));
        assert!(value("TIMESTAMP 'yesterday'").is_err());
    }
}
