//! Expressions: one row in, one value out.

use std::cmp::Ordering;

use flow::ErrorName::{DivideByZero, InvalidArgument, Overflow};
use flow::ast::{PeriodPredicate, TimeUnit, TrimEnds};
use flow::plan::{Arithmetic, Comparison, Expr, ExprKind, Pattern};
use flow::types::DataType;
use flow::{ErrorName, Span, patterns};

use super::calendar::DAY_MS;
use super::cast::{cast, decimal_fits, fits, rescaled};
use super::tables::Tables;
use super::value::{Outcome, Value};
use super::{Row, calendar, functions, log_parsers, sub_queries};

/// The value of an expression for a row.
pub(crate) fn evaluate(expr: &Expr, row: &Row, tables: &Tables) -> Outcome {
    let value = |part: &Expr| evaluate(part, row, tables);
    match &expr.kind {
        ExprKind::Literal(literal) => Ok(Value::literal(literal, expr.data_type)),
        ExprKind::Column(index) => Ok(row.values[*index].clone()),
        ExprKind::Rowtime => Ok(Value::Timestamp(row.time)),
        ExprKind::CurrentRowTimestamp => Ok(Value::Timestamp(row.now)),
        ExprKind::Cast(inner) => match (value(inner)?, expr.data_type) {
            // A time of the day is one of the present day.
            (Value::Time(ms), DataType::Timestamp) => Ok(Value::Timestamp(row.now - row.now.rem_euclid(DAY_MS) + ms)),
            (value, to) => cast(value, to),
        },
        ExprKind::Not(inner) => Ok(truth(value(inner)?.truth().map(|value| !value))),
        ExprKind::Negate(inner) => negate(value(inner)?, expr.data_type),
        ExprKind::And(parts) => logic(parts, row, tables, false),
        ExprKind::Or(parts) => logic(parts, row, tables, true),
        ExprKind::Compare(comparison, left, right) => {
            let (left, right) = alike(value(left)?, value(right)?, left, right);
            Ok(compare(*comparison, &left, &right))
        }
        ExprKind::Distinct { left, right, negated } => {
            let (left, right) = alike(value(left)?, value(right)?, left, right);
            Ok(Value::Boolean(left.same(&right) == *negated))
        }
        ExprKind::Arithmetic(operator, left, right) => {
            arithmetic(*operator, &value(left)?, &value(right)?, expr.data_type)
        }
        ExprKind::Concatenate(left, right) => {
            let (left, right) = (value(left)?, value(right)?);
            if left.is_null() || right.is_null() {
                return Ok(Value::Null);
            }
            cast(Value::Text(format!("{}{}", left.text(), right.text())), expr.data_type)
        }
        ExprKind::IsNull(inner) => Ok(Value::Boolean(value(inner)?.is_null())),
        ExprKind::IsBoolean(inner, wanted) => Ok(Value::Boolean(value(inner)?.truth() == Some(*wanted))),
        ExprKind::Matches { value: text, pattern } => matches(&value(text)?, pattern, row, tables),
        ExprKind::Case { branches, otherwise } => {
            for (when, then) in branches {
                if value(when)?.truth() == Some(true) {
                    return value(then);
                }
            }
            value(otherwise)
        }
        ExprKind::Extract(unit, inner) => Ok(extract(*unit, &value(inner)?)),
        ExprKind::RoundTime { up, value: inner, to } => Ok(round_time(*up, value(inner)?, *to)),
        ExprKind::RoundNumber { up, value: inner } => Ok(round_number(*up, value(inner)?)),
        ExprKind::StepTime(inner, step) => {
            let inner = value(inner)?;
            Ok(if inner.is_null() { inner } else { same_kind(&inner, inner.milliseconds().div_euclid(*step) * step) })
        }
        ExprKind::StepNumber(inner, by) => match (value(inner)?, value(by)?) {
            (Value::Integer(_), Value::Integer(0)) => Err(DivideByZero),
            (Value::Integer(number), Value::Integer(by)) => {
                let (number, by) = (i128::from(number), i128::from(by));
                fits(number / by * by, expr.data_type).map(Value::Integer)
            }
            _ => Ok(Value::Null),
        },
        ExprKind::Between(left, right) => {
            let (left, right) = (value(left)?, value(right)?);
            if left.is_null() || right.is_null() {
                return Ok(Value::Null);
            }
            Ok(Value::Interval(left.milliseconds() - right.milliseconds()))
        }
        ExprKind::Trim(ends, what, inner) => trim(*ends, &value(what)?, &value(inner)?),
        ExprKind::Period(predicate, one, two) => {
            let instants = [value(&one[0])?, value(&one[1])?, value(&two[0])?, value(&two[1])?];
            Ok(period(*predicate, &instants))
        }
        ExprKind::Query(query) => sub_queries::evaluate(query, row, tables),
        ExprKind::Outer(index) => Ok(tables.outer[*index].clone()),
        ExprKind::Field(function, index) => log_parsers::field(function, *index, row, tables),
        ExprKind::Call(function, arguments) => functions::call(*function, arguments, expr.data_type, row, tables),
    }
}

/// Whether a condition is TRUE.
pub(crate) fn holds(predicate: &Expr, row: &Row, tables: &Tables) -> Result<bool, ErrorName> {
    Ok(evaluate(predicate, row, tables)?.truth() == Some(true))
}

fn truth(value: Option<bool>) -> Value {
    value.map_or(Value::Null, Value::Boolean)
}

/// AND and OR: the first part that decides ends it; what stands behind is not looked at.
fn logic(parts: &[Expr], row: &Row, tables: &Tables, decides: bool) -> Outcome {
    let mut unknown = false;
    for part in parts {
        match evaluate(part, row, tables)?.truth() {
            Some(value) if value == decides => return Ok(Value::Boolean(decides)),
            Some(_) => {}
            None => unknown = true,
        }
    }
    Ok(if unknown { Value::Null } else { Value::Boolean(!decides) })
}

pub(super) fn compare(comparison: Comparison, left: &Value, right: &Value) -> Value {
    if left.is_null() || right.is_null() {
        return Value::Null;
    }
    let order = left.order(right);
    Value::Boolean(match comparison {
        Comparison::Equal => order == Ordering::Equal,
        Comparison::NotEqual => order != Ordering::Equal,
        Comparison::Less => order == Ordering::Less,
        Comparison::LessOrEqual => order != Ordering::Greater,
        Comparison::Greater => order == Ordering::Greater,
        Comparison::GreaterOrEqual => order != Ordering::Less,
    })
}

/// Texts without the spaces that fill a CHAR, if one takes part that is not written out.
pub(crate) fn alike(left: Value, right: Value, of_left: &Expr, of_right: &Expr) -> (Value, Value) {
    let filled =
        |expr: &Expr| matches!(expr.data_type, DataType::Char(_)) && !matches!(expr.kind, ExprKind::Literal(_));
    let trimmed = |value: Value| match value {
        Value::Text(text) => Value::Text(text.trim_end_matches(' ').to_owned()),
        other => other,
    };
    if filled(of_left) || filled(of_right) { (trimmed(left), trimmed(right)) } else { (left, right) }
}

fn negate(value: Value, data_type: DataType) -> Outcome {
    Ok(match value {
        Value::Null => Value::Null,
        Value::Integer(number) => Value::Integer(fits(-i128::from(number), data_type)?),
        Value::Decimal(digits, scale) => Value::Decimal(-digits, scale),
        Value::Real(number) => Value::Real(-number),
        Value::Double(number) => Value::Double(-number),
        Value::Interval(number) => Value::Interval(number.checked_neg().ok_or(Overflow)?),
        Value::Months(number) => Value::Months(number.checked_neg().ok_or(Overflow)?),
        other => panic!("{other:?} has no opposite"),
    })
}

fn arithmetic(operator: Arithmetic, left: &Value, right: &Value, data_type: DataType) -> Outcome {
    use Value::{Date, Decimal, Double, Integer, Interval, Months, Real, Time, Timestamp};
    if left.is_null() || right.is_null() {
        return Ok(Value::Null);
    }
    let signed = |number: i64| if operator == Arithmetic::Subtract { number.checked_neg() } else { Some(number) };
    let sum = |one: i64, two: i64| signed(two).and_then(|two| one.checked_add(two)).ok_or(Overflow);
    match (left, right) {
        (Integer(one), Integer(two)) if data_type.is_integer() => {
            integer(operator, i128::from(*one), i128::from(*two), data_type)
        }
        (Integer(_) | Decimal(..), Integer(_) | Decimal(..)) => decimal(operator, left, right, data_type),
        (Real(one), Real(two)) => floating(operator, f64::from(*one), f64::from(*two), data_type),
        (Double(one), Double(two)) => floating(operator, *one, *two, data_type),
        (Interval(one), Interval(two)) => sum(*one, *two).map(Interval),
        (Months(one), Months(two)) => sum(*one, *two).map(Months),
        (Timestamp(_) | Date(_) | Time(_), Interval(two)) => {
            // A day moves by whole days, a time of day stays within its day.
            Ok(same_kind(left, sum(left.milliseconds(), *two)?))
        }
        (Timestamp(_) | Date(_), Months(two)) => {
            Ok(same_kind(left, calendar::add_months(left.milliseconds(), signed(*two).ok_or(Overflow)?)))
        }
        (Interval(_) | Months(_), Timestamp(_) | Date(_) | Time(_)) => arithmetic(operator, right, left, data_type),
        (Interval(one), _) => interval(operator, *one, right).map(Interval),
        (Months(one), _) => interval(operator, *one, right).map(Months),
        (_, Interval(two)) => interval(operator, *two, left).map(Interval),
        (_, Months(two)) => interval(operator, *two, left).map(Months),
        _ => panic!("{left:?} and {right:?} do not go together"),
    }
}

fn integer(operator: Arithmetic, one: i128, two: i128, data_type: DataType) -> Outcome {
    let value = match operator {
        Arithmetic::Add => one + two,
        Arithmetic::Subtract => one - two,
        Arithmetic::Multiply => one * two,
        Arithmetic::Divide if two == 0 => return Err(DivideByZero),
        Arithmetic::Divide => one / two,
    };
    fits(value, data_type).map(Value::Integer)
}

fn floating(operator: Arithmetic, one: f64, two: f64, data_type: DataType) -> Outcome {
    let value = match operator {
        Arithmetic::Add => one + two,
        Arithmetic::Subtract => one - two,
        Arithmetic::Multiply => one * two,
        Arithmetic::Divide if two == 0.0 => return Err(DivideByZero),
        Arithmetic::Divide => one / two,
    };
    let value = if data_type == DataType::Real { f64::from(value as f32) } else { value };
    if !value.is_finite() {
        return Err(Overflow);
    }
    Ok(if data_type == DataType::Real { Value::Real(value as f32) } else { Value::Double(value) })
}

fn decimal(operator: Arithmetic, left: &Value, right: &Value, data_type: DataType) -> Outcome {
    let DataType::Decimal { precision, scale } = data_type else { panic!("{data_type} is not a decimal") };
    let parts = |value: &Value| match value {
        Value::Decimal(digits, scale) => (*digits, *scale),
        other => (i128::from(other.integer()), 0),
    };
    let ((one, scale_one), (two, scale_two)) = (parts(left), parts(right));
    let digits = match operator {
        Arithmetic::Add | Arithmetic::Subtract => {
            let wide = scale_one.max(scale_two);
            let (one, two) = (rescaled(one, scale_one, wide), rescaled(two, scale_two, wide));
            rescaled(if operator == Arithmetic::Add { one + two } else { one - two }, wide, scale)
        }
        Arithmetic::Multiply => rescaled(one * two, scale_one + scale_two, scale),
        Arithmetic::Divide if two == 0 => return Err(DivideByZero),
        Arithmetic::Divide => {
            // The quotient with all digits of the result, rounded half away from zero.
            let numerator = one * 10_i128.pow(u32::from(scale + scale_two));
            let denominator = two * 10_i128.pow(u32::from(scale_one));
            let (quotient, rest) = (numerator / denominator, numerator % denominator);
            let away = if (numerator < 0) == (denominator < 0) { 1 } else { -1 };
            quotient + if rest.abs() * 2 >= denominator.abs() { away } else { 0 }
        }
    };
    decimal_fits(digits, precision, scale)
}

/// A length of time times or through a number.
fn interval(operator: Arithmetic, length: i64, number: &Value) -> Result<i64, ErrorName> {
    match (operator, number) {
        (Arithmetic::Multiply, Value::Integer(by)) => length.checked_mul(*by).ok_or(Overflow),
        (Arithmetic::Divide, Value::Integer(0)) => Err(DivideByZero),
        (Arithmetic::Divide, Value::Integer(by)) => length.checked_div(*by).ok_or(Overflow),
        (Arithmetic::Multiply, by) => Ok((length as f64 * by.double()).round() as i64),
        (_, by) if by.double() == 0.0 => Err(DivideByZero),
        (_, by) => Ok((length as f64 / by.double()).round() as i64),
    }
}

/// Milliseconds as an instant of the kind that another one has.
pub(crate) fn same_kind(like: &Value, ms: i64) -> Value {
    match like {
        Value::Date(_) => Value::Date(ms.div_euclid(calendar::DAY_MS)),
        Value::Time(_) => Value::Time(ms.rem_euclid(calendar::DAY_MS)),
        Value::Interval(_) => Value::Interval(ms),
        _ => Value::Timestamp(ms),
    }
}

fn matches(text: &Value, pattern: &Pattern, row: &Row, tables: &Tables) -> Outcome {
    let regex = match pattern {
        Pattern::Fixed(_) if text.is_null() => return Ok(Value::Null),
        Pattern::Fixed(regex) => regex.clone(),
        Pattern::Like(pattern, escape) => {
            let pattern = evaluate(pattern, row, tables)?;
            let escape = escape.as_ref().map(|escape| evaluate(escape, row, tables)).transpose()?;
            if text.is_null() || pattern.is_null() || escape.as_ref().is_some_and(Value::is_null) {
                return Ok(Value::Null);
            }
            let escape = match escape.as_ref().map(|escape| escape.text().chars().collect::<Vec<_>>()) {
                None => None,
                Some(one) if one.len() == 1 => Some(one[0]),
                Some(_) => return Err(InvalidArgument),
            };
            patterns::like(pattern.text(), escape, false, nowhere()).map_err(|_| InvalidArgument)?
        }
    };
    let regex = regex::Regex::new(&regex).expect("patterns are checked when they are bound");
    Ok(Value::Boolean(regex.is_match(text.text())))
}

/// The place of what stands in no text.
pub(crate) fn nowhere() -> Span {
    let start = flow::Position { line: 1, column: 1 };
    Span { start, end: start }
}

fn extract(unit: TimeUnit, value: &Value) -> Value {
    let part = match value {
        Value::Null => return Value::Null,
        Value::Months(months) => {
            if unit == TimeUnit::Year {
                months / 12
            } else {
                months % 12
            }
        }
        Value::Interval(ms) => calendar::extract_interval(*ms, unit),
        other => calendar::extract(other.milliseconds(), unit),
    };
    if unit == TimeUnit::Second { Value::Decimal(i128::from(part), 3) } else { Value::Integer(part) }
}

fn round_time(up: bool, value: Value, to: TimeUnit) -> Value {
    if value.is_null() {
        return value;
    }
    let ms = value.milliseconds();
    same_kind(&value, if up { calendar::ceil(ms, to) } else { calendar::floor(ms, to) })
}

fn round_number(up: bool, value: Value) -> Value {
    match value {
        Value::Decimal(digits, scale) => {
            let unit = 10_i128.pow(u32::from(scale));
            Value::Decimal(if up { -(-digits).div_euclid(unit) } else { digits.div_euclid(unit) }, 0)
        }
        Value::Real(number) => Value::Real(if up { number.ceil() } else { number.floor() }),
        Value::Double(number) => Value::Double(if up { number.ceil() } else { number.floor() }),
        other => other,
    }
}

fn trim(ends: TrimEnds, what: &Value, value: &Value) -> Outcome {
    if what.is_null() || value.is_null() {
        return Ok(Value::Null);
    }
    let mut characters = what.text().chars();
    let (Some(cut), None) = (characters.next(), characters.next()) else { return Err(InvalidArgument) };
    let text = value.text();
    Ok(Value::Text(
        match ends {
            TrimEnds::Both => text.trim_matches(cut),
            TrimEnds::Leading => text.trim_start_matches(cut),
            TrimEnds::Trailing => text.trim_end_matches(cut),
        }
        .to_owned(),
    ))
}

/// Two periods; one that is written backwards is the same one. A period is a set of instants, without its end; so that an instant is
/// not an empty set, one stands for the first half of its millisecond.
fn period(predicate: PeriodPredicate, instants: &[Value; 4]) -> Value {
    if instants.iter().any(Value::is_null) {
        return Value::Null;
    }
    let ms = |index: usize| instants[index].milliseconds();
    let (start, end) = (ms(0).min(ms(1)), ms(0).max(ms(1)));
    let (other_start, other_end) = (ms(2).min(ms(3)), ms(2).max(ms(3)));
    let halves = |from: i64, to: i64| from * 2..(to * 2).max(from * 2 + 1);
    let (left, right) = (halves(start, end), halves(other_start, other_end));
    let contains = left.start <= right.start && right.end <= left.end;
    let overlaps = left.start.max(right.start) < left.end.min(right.end);
    let apart = start != other_start && end != other_end;
    let (leads, lags) = (start < other_start && end <= other_end, end > other_end && start >= other_start);
    Value::Boolean(match predicate {
        PeriodPredicate::Contains => contains,
        PeriodPredicate::Overlaps => overlaps,
        PeriodPredicate::Equals => left == right,
        PeriodPredicate::Precedes => end <= other_start,
        PeriodPredicate::Succeeds => other_end <= start,
        PeriodPredicate::ImmediatelyPrecedes => end == other_start,
        PeriodPredicate::ImmediatelySucceeds => start == other_end,
        PeriodPredicate::Leads => leads,
        PeriodPredicate::Lags => lags,
        PeriodPredicate::StrictlyContains => contains && apart,
        PeriodPredicate::StrictlyOverlaps => overlaps && apart,
        PeriodPredicate::StrictlyPrecedes => end < other_start,
        PeriodPredicate::StrictlySucceeds => other_end < start,
        PeriodPredicate::StrictlyLeads => leads && apart,
        PeriodPredicate::StrictlyLags => lags && apart,
        PeriodPredicate::ImmediatelyLeads => leads && end == other_start,
        PeriodPredicate::ImmediatelyLags => lags && start == other_end,
    })
}
