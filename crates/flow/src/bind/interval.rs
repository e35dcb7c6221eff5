//! CAST of intervals, whose values are milliseconds or months: their units are known where they are written.
//!
//! AWS's page of interval operators has `CAST ((a - b) MINUTE TO SECOND AS VARCHAR(8))` as `+6:11`; numbers count the unit.

use crate::Span;
use crate::ast::{BinaryOperator, Expression, ExpressionKind, IntervalUnit, Literal, TimeUnit, UnaryOperator};
use crate::plan::{Arithmetic, Expr, ExprKind, Function, Order, Value};
use crate::types::DataType;

use super::{literal, operator};

/// A written interval never has more characters: a sign, a number of 64 bits, and what stands behind it.
const CHARACTERS_MAX: u32 = 40;

/// An interval as a text or a number, if it is cast to one and its units are known.
pub(super) fn cast(written: &Expression, interval: &Expr, to: DataType, span: Span) -> Option<Expr> {
    let IntervalUnit { from, to: last, .. } = unit(written)?;
    let last = last.unwrap_or(from);
    let (nullable, order) = (interval.nullable, Order::None);
    if to.is_text() {
        let kind = ExprKind::Call(Function::IntervalToChar(from, last), vec![interval.clone()]);
        let text = Expr { kind, data_type: DataType::Varchar(CHARACTERS_MAX), nullable, order, span };
        return Some(operator::cast(text, to));
    }
    let size = size(from).filter(|_| to.is_numeric() && last == from)?;
    let (dividend, divisor) = if to.is_integer() {
        // A part of a unit does not count.
        (interval.clone(), literal::constant(Value::Integer(size), DataType::BigInt, span))
    } else {
        #[expect(clippy::cast_precision_loss, reason = "a day has few milliseconds")]
        let size = Value::Double(size as f64);
        (operator::cast(interval.clone(), DataType::Double), literal::constant(size, DataType::Double, span))
    };
    let data_type = dividend.data_type;
    let kind = ExprKind::Arithmetic(Arithmetic::Divide, Box::new(dividend), Box::new(divisor));
    Some(operator::cast(Expr { kind, data_type, nullable, order, span }, to))
}

/// The units that an interval is written in; of a sum all between the largest and the smallest.
fn unit(written: &Expression) -> Option<IntervalUnit> {
    match &written.kind {
        ExpressionKind::Literal(Literal::Interval { unit, .. }) | ExpressionKind::IntervalBetween { unit, .. } => {
            Some(*unit)
        }
        ExpressionKind::Unary(UnaryOperator::Minus | UnaryOperator::Plus, inner) => unit(inner),
        ExpressionKind::Binary(BinaryOperator::Add | BinaryOperator::Subtract, one, two) => {
            let (one, two) = (unit(one)?, unit(two)?);
            let last = |unit: IntervalUnit| unit.to.unwrap_or(unit.from);
            Some(IntervalUnit { from: one.from.min(two.from), to: Some(last(one).max(last(two))), ..one })
        }
        ExpressionKind::Binary(BinaryOperator::Multiply | BinaryOperator::Divide, one, two) => {
            unit(one).or_else(|| unit(two))
        }
        _ => None,
    }
}

/// How many milliseconds, or months, a unit has.
fn size(unit: TimeUnit) -> Option<i64> {
    match unit {
        TimeUnit::Year => Some(12),
        TimeUnit::Month => Some(1),
        other => literal::unit_ms(other),
    }
}
