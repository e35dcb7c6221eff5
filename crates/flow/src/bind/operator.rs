//! Operators: what their operands must be, and what comes out.

use std::sync::Arc;

use crate::Fault;
use crate::Span;
use crate::ast::BinaryOperator;
use crate::plan::{Arithmetic, Comparison, Expr, ExprKind, Order, Value};
use crate::types::{self, DataType};

use super::monotonic;

/// The value as another type; itself if it is of that type already.
pub(super) fn cast(expr: Expr, to: DataType) -> Expr {
    if expr.data_type == to {
        return expr;
    }
    if expr.kind == ExprKind::Literal(Value::Null) {
        return Expr { data_type: to, ..expr };
    }
    let keeps_order = expr.data_type.is_numeric() && to.is_numeric()
        || matches!(
            (expr.data_type, to),
            (DataType::Date, DataType::Timestamp) | (DataType::Timestamp, DataType::Date)
        );
    let order = if keeps_order { expr.order } else { monotonic::mixed([&expr]) };
    let (nullable, span) = (expr.nullable, expr.span);
    Expr { kind: ExprKind::Cast(Box::new(expr)), data_type: to, nullable, order, span }
}

/// Refuses what is not of the kind that `wanted` names.
pub(super) fn expect(expr: Expr, is: impl Fn(DataType) -> bool, wanted: &str) -> Result<Expr, Fault> {
    if expr.data_type == DataType::Null || is(expr.data_type) {
        return Ok(expr);
    }
    Err(Fault::new(expr.span, format!("{wanted} is expected, not {}", expr.data_type)))
}

/// A condition.
pub(super) fn condition(expr: Expr) -> Result<Expr, Fault> {
    expect(expr, |data_type| data_type == DataType::Boolean, "A condition").map(|expr| cast(expr, DataType::Boolean))
}

/// `left operator right`.
pub(super) fn binary(operator: BinaryOperator, left: Expr, right: Expr, span: Span) -> Result<Expr, Fault> {
    match operator {
        BinaryOperator::And | BinaryOperator::Or => logic(operator, left, right, span),
        BinaryOperator::Equal
        | BinaryOperator::NotEqual
        | BinaryOperator::Less
        | BinaryOperator::LessOrEqual
        | BinaryOperator::Greater
        | BinaryOperator::GreaterOrEqual => {
            compare(comparison(operator).expect("these are comparisons"), left, right, span)
        }
        BinaryOperator::Concatenate => concatenate(left, right, span),
        BinaryOperator::Add => arithmetic(operator, Arithmetic::Add, left, right, span),
        BinaryOperator::Subtract => arithmetic(operator, Arithmetic::Subtract, left, right, span),
        BinaryOperator::Multiply => arithmetic(operator, Arithmetic::Multiply, left, right, span),
        BinaryOperator::Divide => arithmetic(operator, Arithmetic::Divide, left, right, span),
        BinaryOperator::Period(_) => Err(Fault::new(span, "Two periods are expected, each a row of two instants")),
    }
}

fn logic(operator: BinaryOperator, left: Expr, right: Expr, span: Span) -> Result<Expr, Fault> {
    let (left, right) = (condition(left)?, condition(right)?);
    let (nullable, order) = (left.nullable || right.nullable, monotonic::mixed([&left, &right]));
    let kind = match operator {
        BinaryOperator::And => ExprKind::And(flat(left, right, |kind| match kind {
            ExprKind::And(parts) => Ok(parts),
            other => Err(other),
        })),
        _ => ExprKind::Or(flat(left, right, |kind| match kind {
            ExprKind::Or(parts) => Ok(parts),
            other => Err(other),
        })),
    };
    Ok(Expr { kind, data_type: DataType::Boolean, nullable, order, span })
}

/// A chain as one list, so that long conditions stay shallow.
fn flat(left: Expr, right: Expr, parts: fn(ExprKind) -> Result<Vec<Expr>, ExprKind>) -> Vec<Expr> {
    let Expr { kind, data_type, nullable, order, span } = left;
    let mut all = match parts(kind) {
        Ok(all) => all,
        Err(kind) => vec![Expr { kind, data_type, nullable, order, span }],
    };
    all.push(right);
    all
}

/// Both as the type that holds the values of both.
pub(super) fn alike(left: Expr, right: Expr) -> Result<(Expr, Expr), Fault> {
    match types::unified_type(left.data_type, right.data_type) {
        Some(data_type) if data_type.is_text() => Ok((left, right)),
        Some(data_type) => Ok((cast(left, data_type), cast(right, data_type))),
        None => {
            let message = format!("{} and {} do not go together", left.data_type, right.data_type);
            Err(Fault::new(left.span.to(right.span), message))
        }
    }
}

/// The comparison that an operator is, if it is one.
pub(super) fn comparison(operator: BinaryOperator) -> Option<Comparison> {
    Some(match operator {
        BinaryOperator::Equal => Comparison::Equal,
        BinaryOperator::NotEqual => Comparison::NotEqual,
        BinaryOperator::Less => Comparison::Less,
        BinaryOperator::LessOrEqual => Comparison::LessOrEqual,
        BinaryOperator::Greater => Comparison::Greater,
        BinaryOperator::GreaterOrEqual => Comparison::GreaterOrEqual,
        _ => return None,
    })
}

/// A comparison.
pub(super) fn compare(comparison: Comparison, left: Expr, right: Expr, span: Span) -> Result<Expr, Fault> {
    let (left, right) = alike(left, right)?;
    let (nullable, order) = (left.nullable || right.nullable, monotonic::mixed([&left, &right]));
    let kind = ExprKind::Compare(comparison, Box::new(left), Box::new(right));
    Ok(Expr { kind, data_type: DataType::Boolean, nullable, order, span })
}

fn concatenate(left: Expr, right: Expr, span: Span) -> Result<Expr, Fault> {
    let (left, right) = (expect(left, DataType::is_text, "A text")?, expect(right, DataType::is_text, "A text")?);
    let length = |data_type| match data_type {
        DataType::Char(length) | DataType::Varchar(length) => length,
        _ => 1,
    };
    let both = length(left.data_type).saturating_add(length(right.data_type)).min(types::TEXT_CHARACTERS_MAX);
    let (nullable, order) = (left.nullable || right.nullable, monotonic::mixed([&left, &right]));
    let kind = ExprKind::Concatenate(Box::new(left), Box::new(right));
    Ok(Expr { kind, data_type: DataType::Varchar(both), nullable, order, span })
}

fn arithmetic(
    written: BinaryOperator,
    operator: Arithmetic,
    left: Expr,
    right: Expr,
    span: Span,
) -> Result<Expr, Fault> {
    let Some(data_type) = types::arithmetic(written, left.data_type, right.data_type) else {
        let message = match (left.data_type.is_datetime() && right.data_type.is_datetime(), operator) {
            (true, Arithmetic::Subtract) => {
                "The difference of two instants needs a unit: (a - b) SECOND, or TSDIFF(a, b)".to_owned()
            }
            _ => format!("{} and {} do not go together", left.data_type, right.data_type),
        };
        return Err(Fault::new(span, message));
    };
    let order = monotonic::arithmetic(operator, &left, &right);
    let nullable = left.nullable || right.nullable;
    // Decimals keep their own scales: the result's follows from both.
    let (left, right) = match data_type {
        DataType::Decimal { .. } | DataType::Interval | DataType::MonthInterval => (left, right),
        _ if data_type.is_numeric() => (cast(left, data_type), cast(right, data_type)),
        _ => (left, right),
    };
    let kind = ExprKind::Arithmetic(operator, Box::new(left), Box::new(right));
    Ok(Expr { kind, data_type, nullable, order, span })
}

/// A value between two bounds.
pub(super) fn between(value: Expr, low: Expr, high: Expr, symmetric: bool, span: Span) -> Result<Expr, Fault> {
    let within = |low: Expr, high: Expr| {
        let above = compare(Comparison::GreaterOrEqual, value.clone(), low, span)?;
        logic(BinaryOperator::And, above, compare(Comparison::LessOrEqual, value.clone(), high, span)?, span)
    };
    let straight = within(low.clone(), high.clone())?;
    if symmetric { logic(BinaryOperator::Or, straight, within(high, low)?, span) } else { Ok(straight) }
}

/// `NOT x`.
pub(super) fn not(expr: Expr, span: Span) -> Result<Expr, Fault> {
    let inner = condition(expr)?;
    let (nullable, order) = (inner.nullable, monotonic::mixed([&inner]));
    Ok(Expr { kind: ExprKind::Not(Box::new(inner)), data_type: DataType::Boolean, nullable, order, span })
}

/// `NOT x` if it is said.
pub(super) fn negated(expr: Expr, negated: bool, span: Span) -> Result<Expr, Fault> {
    if negated { not(expr, span) } else { Ok(expr) }
}

/// The instants of a period: a row of two, of an instant and how long it lasts, or one instant that is both.
pub(super) fn period(mut instants: Vec<Expr>, span: Span) -> Result<Box<[Expr; 2]>, Fault> {
    if let [start, end] = &mut instants[..]
        && matches!(end.data_type, DataType::Interval | DataType::MonthInterval)
    {
        *end = binary(BinaryOperator::Add, start.clone(), end.clone(), end.span)?;
    }
    if instants.len() == 1 {
        instants.push(instants[0].clone());
    }
    let instants: Vec<Expr> = instants
        .into_iter()
        .map(|one| expect(one, DataType::is_datetime, "An instant").map(|one| cast(one, DataType::Timestamp)))
        .collect::<Result<_, _>>()?;
    let pair: [Expr; 2] = instants.try_into().map_err(|_| Fault::new(span, "A period is two instants"))?;
    Ok(Box::new(pair))
}

/// A text that is written out.
pub(super) fn constant_text(expr: &Expr) -> Option<&str> {
    match &expr.kind {
        ExprKind::Literal(Value::Text(text)) => Some(text),
        ExprKind::Cast(inner) => constant_text(inner),
        _ => None,
    }
}

/// A whole number that is written out.
pub(super) fn constant_integer(expr: &Expr) -> Option<i64> {
    match &expr.kind {
        ExprKind::Literal(Value::Integer(value)) if expr.data_type.is_integer() => Some(*value),
        ExprKind::Cast(inner) if expr.data_type.is_integer() => constant_integer(inner),
        ExprKind::Negate(inner) => constant_integer(inner).map(|value| -value),
        _ => None,
    }
}

/// A field of a row value.
pub(super) fn field(function: &Arc<crate::plan::RowFunction>, index: usize, span: Span) -> Expr {
    let column = &function.fields.columns[index];
    let kind = ExprKind::Field(Arc::clone(function), index);
    Expr { kind, data_type: column.data_type, nullable: true, order: Order::None, span }
}

/// A truth value.
pub(super) fn truth(kind: ExprKind, nullable: bool, span: Span) -> Expr {
    Expr { kind, data_type: DataType::Boolean, nullable, order: Order::None, span }
}

/// The type that holds all these values.
pub(super) fn unified_type<'e>(values: impl Iterator<Item = &'e Expr>) -> Result<DataType, Fault> {
    let mut all = DataType::Null;
    for value in values {
        let Some(wider) = types::unified_type(all, value.data_type) else {
            return Err(Fault::new(value.span, format!("{all} and {} do not go together", value.data_type)));
        };
        all = wider;
    }
    Ok(all)
}

/// The same text type without filling spaces.
pub(super) fn varying(data_type: DataType) -> DataType {
    match data_type {
        DataType::Char(length) => DataType::Varchar(length),
        other => other,
    }
}
