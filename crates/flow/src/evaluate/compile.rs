//! [`Expr`] → [`Step`]: each kind to the file of its family, and what is constant evaluated at once.

use std::sync::Arc;

use arrow_array::types::{Date32Type, Time32MillisecondType, TimestampMillisecondType};
use arrow_array::{
    ArrayRef, BinaryViewArray, BooleanArray, PrimitiveArray, StringViewArray, TimestampMillisecondArray,
};
use arrow_array::{Decimal128Array, Float32Array, Float64Array, Int8Array, Int16Array, Int32Array, Int64Array};

use super::calendar::DAY_MS;
use super::step::Step;
use super::values::Values;
use super::{
    arithmetic, cast, compare, date_pattern, in_list, instant, log_parser, logic, mathematics, pattern, period,
    sub_query, text,
};
use crate::plan::{Expr, ExprKind, Function, Pattern, Value};
use crate::tables::Tables;
use crate::types::DataType;
use crate::{Fault, Span};

/// Makes an expression ready.
pub(super) fn compile(expr: &Expr, tables: &Tables) -> Result<Step, Fault> {
    if let Some(leaf) = leaf(expr, tables)? {
        return Ok(leaf);
    }
    if let ExprKind::Or(conditions) = &expr.kind
        && let Some(step) = in_list::listed(conditions, tables)?
    {
        return Ok(step);
    }
    let parts = expr.parts().into_iter().map(|part| compile(part, tables)).collect::<Result<Vec<_>, _>>()?;
    // Whatever is done with it, a NULL without a type stays NULL.
    if is_strict(&expr.kind) && parts.iter().any(|part| part.data_type == DataType::Null) {
        return Ok(Step::null(expr.data_type));
    }
    let constant = !parts.is_empty() && parts.iter().all(Step::is_constant);
    let step = built(expr, parts)?;
    Ok(if constant { step.folded() } else { step })
}

/// What is made of no part, or of more than its parts.
fn leaf(expr: &Expr, tables: &Tables) -> Result<Option<Step>, Fault> {
    let data_type = expr.data_type;
    Ok(Some(match &expr.kind {
        ExprKind::Literal(value) => Step::constant(data_type, literal(value, data_type, expr.span)?),
        ExprKind::Column(index) => {
            let index = *index;
            Step::of(data_type, true, move |batch| Values::Rows(batch.column(index)))
        }
        ExprKind::Rowtime => {
            Step::of(data_type, true, |batch| Values::rows(TimestampMillisecondArray::new(batch.times(), None)))
        }
        ExprKind::CurrentRowTimestamp => Step::of(data_type, true, |batch| {
            Values::rows(TimestampMillisecondArray::new(vec![batch.now(); batch.len()].into(), None))
        }),
        ExprKind::Query(query) => sub_query::compile(query, data_type, expr.span, tables)?,
        ExprKind::Outer(_) => unreachable!("queries are rewritten before they are carried out"),
        ExprKind::Field(function, index) => {
            log_parser::compile(function, *index, compile(&function.text, tables)?, expr.span)?
        }
        _ => return Ok(None),
    }))
}

/// Whether the value is NULL as soon as a part is.
fn is_strict(kind: &ExprKind) -> bool {
    !matches!(
        kind,
        ExprKind::And(_)
            | ExprKind::Or(_)
            | ExprKind::Distinct { .. }
            | ExprKind::IsNull(_)
            | ExprKind::IsBoolean(..)
            | ExprKind::Case { .. }
            | ExprKind::Call(Function::Coalesce | Function::NullIf, _)
    )
}

fn built(expr: &Expr, parts: Vec<Step>) -> Result<Step, Fault> {
    let (data_type, span) = (expr.data_type, expr.span);
    match &expr.kind {
        ExprKind::Cast(_) => cast::compile(one(parts), data_type, span),
        ExprKind::Not(_) => Ok(logic::not(one(parts))),
        ExprKind::And(_) => Ok(logic::chain(parts, true)),
        ExprKind::Or(_) => Ok(logic::chain(parts, false)),
        ExprKind::IsNull(_) => Ok(logic::is_null(one(parts))),
        ExprKind::IsBoolean(_, truth) => Ok(logic::is_boolean(one(parts), *truth)),
        ExprKind::Case { .. } => Ok(logic::case(parts, data_type)),
        ExprKind::Compare(comparison, left, right) => {
            let [first, second] = array(parts);
            Ok(compare::compare(*comparison, first, second, compare::pads(left, right)))
        }
        ExprKind::Distinct { left, right, negated } => {
            let [first, second] = array(parts);
            Ok(compare::distinct(first, second, *negated, compare::pads(left, right)))
        }
        ExprKind::Negate(_) => arithmetic::negate(one(parts), span),
        ExprKind::Arithmetic(arithmetic, ..) => {
            let [left, right] = array(parts);
            arithmetic::compile(*arithmetic, left, right, data_type, span)
        }
        ExprKind::Concatenate(..) => {
            let [left, right] = array(parts);
            Ok(text::concatenate(left, right, data_type))
        }
        ExprKind::Matches { pattern: Pattern::Fixed(regex), .. } => pattern::matches(one(parts), regex, span),
        ExprKind::Matches { .. } => pattern::like(parts, span),
        ExprKind::Extract(unit, _) => Ok(instant::extract(*unit, one(parts))),
        ExprKind::RoundTime { up, to, .. } => instant::round(*up, *to, one(parts), span),
        ExprKind::RoundNumber { up, .. } => mathematics::round(*up, one(parts), data_type, span),
        ExprKind::StepTime(_, milliseconds) => instant::step(*milliseconds, one(parts), span),
        ExprKind::StepNumber(..) => {
            let [value, by] = array(parts);
            mathematics::step(value, by, span)
        }
        ExprKind::Between(..) => {
            let [left, right] = array(parts);
            instant::between(left, right, span)
        }
        ExprKind::Trim(ends, ..) => {
            let [what, value] = array(parts);
            Ok(text::trim(*ends, what, value, data_type))
        }
        ExprKind::Period(predicate, ..) => Ok(period::period(*predicate, array(parts))),
        ExprKind::Call(function, _) => call(*function, parts, data_type, span),
        ExprKind::Literal(_)
        | ExprKind::Column(_)
        | ExprKind::Rowtime
        | ExprKind::CurrentRowTimestamp
        | ExprKind::Query(_)
        | ExprKind::Outer(_)
        | ExprKind::Field(..) => unreachable!("made before its parts are"),
    }
}

fn call(function: Function, parts: Vec<Step>, data_type: DataType, span: Span) -> Result<Step, Fault> {
    match function {
        Function::Abs | Function::Exp | Function::Ln | Function::Log10 | Function::Mod | Function::Power => {
            mathematics::call(function, parts, data_type, span)
        }
        Function::CharLength
        | Function::InitCap
        | Function::Lower
        | Function::Upper
        | Function::Overlay
        | Function::Position
        | Function::Substring => Ok(text::call(function, parts, data_type)),
        Function::RegexReplace => pattern::replace(parts, data_type, span),
        Function::SubstringPattern => pattern::substring(parts, data_type, span),
        Function::CharToTimestamp | Function::CharToDate | Function::CharToTime => {
            date_pattern::read(parts, data_type, span)
        }
        Function::ToChar => date_pattern::write(parts, data_type, span),
        Function::ToTimestamp => Ok(instant::to_timestamp(one(parts))),
        Function::UnixTimestamp => instant::unix_timestamp(one(parts), span),
        Function::TsDiff => {
            let [start, end] = array(parts);
            let difference = instant::between(end, start, span)?;
            Ok(difference.typed(data_type))
        }
        Function::IntervalToChar(from, to) => Ok(cast::interval_to_char(from, to, one(parts), data_type)),
        Function::Coalesce => Ok(logic::coalesce(parts, data_type)),
        Function::NullIf => {
            let [left, right] = array(parts);
            logic::null_if(left, right, data_type, span)
        }
    }
}

fn one(parts: Vec<Step>) -> Step {
    let [part] = array(parts);
    part
}

/// The parts as many as the binder gives this kind.
fn array<const N: usize>(parts: Vec<Step>) -> [Step; N] {
    parts.try_into().unwrap_or_else(|parts: Vec<Step>| panic!("{N} parts are expected, not {}", parts.len()))
}

/// A value as an array of one.
pub(super) fn literal(value: &Value, data_type: DataType, span: Span) -> Result<ArrayRef, Fault> {
    let wrong = || Fault::new(span, format!("A {data_type} cannot be {value:?}"));
    let array: Option<ArrayRef> = match (value, data_type) {
        (Value::Null, _) => return Ok(Arc::clone(Values::null(data_type).array())),
        (Value::Boolean(value), DataType::Boolean) => Some(Arc::new(BooleanArray::from(vec![*value]))),
        (Value::Integer(value), _) => return number(*value, data_type).ok_or_else(wrong),
        (Value::Double(value), DataType::Double) => Some(Arc::new(Float64Array::from(vec![*value]))),
        #[expect(clippy::cast_possible_truncation, reason = "a REAL has fewer digits than are written")]
        (Value::Double(value), DataType::Real) => Some(Arc::new(Float32Array::from(vec![*value as f32]))),
        (Value::Text(text), DataType::Char(_) | DataType::Varchar(_)) => {
            Some(Arc::new(StringViewArray::from(vec![text.as_str()])))
        }
        (Value::Binary(bytes), DataType::Binary(_) | DataType::Varbinary(_)) => {
            Some(Arc::new(BinaryViewArray::from(vec![bytes.as_slice()])))
        }
        (Value::Milliseconds(value), DataType::Timestamp) => {
            Some(Arc::new(PrimitiveArray::<TimestampMillisecondType>::from(vec![*value])))
        }
        (Value::Milliseconds(value), DataType::Date) => i32::try_from(value.div_euclid(DAY_MS))
            .ok()
            .map(|days| Arc::new(PrimitiveArray::<Date32Type>::from(vec![days])) as ArrayRef),
        (Value::Milliseconds(value), DataType::Time) => i32::try_from(value.rem_euclid(DAY_MS))
            .ok()
            .map(|time| Arc::new(PrimitiveArray::<Time32MillisecondType>::from(vec![time])) as ArrayRef),
        (Value::Milliseconds(value), DataType::Interval) | (Value::Months(value), DataType::MonthInterval) => {
            Some(Arc::new(Int64Array::from(vec![*value])))
        }
        _ => None,
    };
    array.ok_or_else(wrong)
}

fn number(value: i64, data_type: DataType) -> Option<ArrayRef> {
    Some(match data_type {
        DataType::TinyInt => Arc::new(Int8Array::from(vec![i8::try_from(value).ok()?])),
        DataType::SmallInt => Arc::new(Int16Array::from(vec![i16::try_from(value).ok()?])),
        DataType::Integer => Arc::new(Int32Array::from(vec![i32::try_from(value).ok()?])),
        DataType::BigInt => Arc::new(Int64Array::from(vec![value])),
        DataType::Decimal { precision, scale } => {
            let array = Decimal128Array::from(vec![i128::from(value)]);
            Arc::new(array.with_precision_and_scale(precision, i8::try_from(scale).ok()?).ok()?)
        }
        _ => return None,
    })
}
