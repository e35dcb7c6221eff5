//! Decimals: whole numbers of up to 19 digits, and how many of these stand behind the point.

use arrow_array::types::{
    ArrowPrimitiveType, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
};
use arrow_array::{Decimal128Array, PrimitiveArray};
use arrow_buffer::i256;

use super::arithmetic::{divide_by_zero, overflow};
use super::batch::Batch;
use super::step::Step;
use super::values::{Values, binary, unary};
use crate::plan::Arithmetic;
use crate::row_error::RowError;
use crate::types::DataType;
use crate::{Fault, Span};

/// Digits behind the point of an exact number.
pub(super) fn scale(data_type: DataType) -> u32 {
    match data_type {
        DataType::Decimal { scale, .. } => u32::from(scale),
        _ => 0,
    }
}

pub(super) fn ten(exponent: u32) -> i128 {
    10_i128.pow(exponent)
}

/// Whether a number has at most so many digits.
pub(super) fn fits(value: i128, precision: u8) -> bool {
    value.unsigned_abs() < 10_u128.pow(u32::from(precision))
}

/// The quotient, rounded to the nearest, halves away from zero.
pub(super) fn rounded(value: i128, divisor: i128) -> i128 {
    let (quotient, rest) = (value / divisor, value % divisor);
    let away = rest.unsigned_abs() >= divisor.unsigned_abs() - rest.unsigned_abs();
    if rest != 0 && away { quotient + if (value < 0) == (divisor < 0) { 1 } else { -1 } } else { quotient }
}

/// A number with other digits behind the point; nothing if it grows too large.
pub(super) fn rescaled(value: i128, from: u32, to: u32) -> Option<i128> {
    if to >= from { value.checked_mul(ten(to - from)) } else { Some(rounded(value, ten(from - to))) }
}

/// The array with the digits of a type.
pub(super) fn typed(array: Decimal128Array, data_type: DataType) -> Decimal128Array {
    let DataType::Decimal { precision, scale } = data_type else { return array };
    let scale = i8::try_from(scale).expect("a scale is at most 19");
    array.with_precision_and_scale(precision, scale).expect("a decimal has 1 to 19 digits")
}

/// Whole numbers as decimals without digits behind the point; decimals as they are.
pub(super) fn widened(values: &Values, data_type: DataType) -> Values {
    fn wide<T: ArrowPrimitiveType>(values: &Values) -> Values
    where
        T::Native: Into<i128>,
    {
        let array: &PrimitiveArray<T> = values.array().as_any().downcast_ref().expect("the type says so");
        values.with(std::sync::Arc::new(array.unary::<_, Decimal128Type>(Into::into)))
    }
    match data_type {
        DataType::TinyInt => wide::<Int8Type>(values),
        DataType::SmallInt => wide::<Int16Type>(values),
        DataType::Integer => wide::<Int32Type>(values),
        DataType::BigInt | DataType::Interval | DataType::MonthInterval => wide::<Int64Type>(values),
        _ => values.clone(),
    }
}

/// `left operator right` of decimals and whole numbers, each with its own digits.
pub(super) fn arithmetic(
    operator: Arithmetic,
    left: Step,
    right: Step,
    data_type: DataType,
    span: Span,
) -> Result<Step, Fault> {
    let (left_type, right_type) = (left.data_type, right.data_type);
    let exact = |data_type: DataType| data_type.is_integer() || matches!(data_type, DataType::Decimal { .. });
    let DataType::Decimal { precision, scale: out } = data_type else {
        return Err(Fault::new(span, format!("{data_type} is no DECIMAL")));
    };
    if !exact(left_type) || !exact(right_type) {
        return Err(Fault::new(span, format!("{left_type} and {right_type} do not make a DECIMAL")));
    }
    let (out, one, two) = (u32::from(out), scale(left_type), scale(right_type));
    let calculate = move |left: i128, right: i128| {
        let value = match operator {
            Arithmetic::Add | Arithmetic::Subtract => {
                let wide = one.max(two);
                let (left, right) = (left.checked_mul(ten(wide - one))?, right.checked_mul(ten(wide - two))?);
                let sum = if operator == Arithmetic::Add { left.checked_add(right) } else { left.checked_sub(right) };
                rescaled(sum?, wide, out)
            }
            Arithmetic::Multiply => rescaled(left.checked_mul(right)?, one + two, out),
            Arithmetic::Divide => quotient(left, right, i64::from(out) + i64::from(two) - i64::from(one)),
        };
        value.filter(|value| fits(*value, precision))
    };
    let error = move |_, right: i128| match operator {
        Arithmetic::Divide if right == 0 => divide_by_zero(),
        _ => overflow(data_type),
    };
    Ok(Step::hard(data_type, move |batch| {
        let left = widened(&left.evaluate(batch), left_type);
        let right = widened(&right.evaluate(batch), right_type);
        let result = binary::<Decimal128Type, Decimal128Type, Decimal128Type>(batch, &left, &right, calculate, error);
        Values::rows(typed(result, data_type))
    }))
}

/// `left · 10^exponent / right`, rounded.
fn quotient(left: i128, right: i128, exponent: i64) -> Option<i128> {
    if right == 0 {
        return None;
    }
    let shift = u32::try_from(exponent.unsigned_abs()).expect("scales are small");
    if exponent < 0 {
        return Some(rounded(left, right.checked_mul(ten(shift))?));
    }
    if shift < 38
        && let Some(left) = left.checked_mul(ten(shift))
    {
        return Some(rounded(left, right));
    }
    // 19 digits, moved by 38 more, do not fit 128 bits.
    let (left, right) = (i256::from_i128(left), i256::from_i128(right));
    let left = left.checked_mul(i256::from_i128(10).checked_pow(shift)?)?;
    let (quotient, rest) = (left.checked_div(right)?.to_i128()?, left.checked_rem(right)?.to_i128()?);
    let away = rest.unsigned_abs() * 2 >= right.to_i128()?.unsigned_abs();
    let sign = if (left < i256::ZERO) == (right < i256::ZERO) { 1 } else { -1 };
    Some(if away && rest != 0 { quotient + sign } else { quotient })
}

/// A decimal made of each decimal, which always fits.
pub(super) fn mapped(part: Step, data_type: DataType, make: impl Fn(i128) -> i128 + Send + Sync + 'static) -> Step {
    let easy = part.easy;
    let run = move |batch: &Batch<'_>| {
        let values = part.evaluate(batch);
        let result =
            unary::<Decimal128Type, Decimal128Type>(batch, &values, |value| Some(make(value)), |_| overflow(data_type));
        Values::rows(typed(result, data_type))
    };
    Step::of(data_type, easy, run)
}

/// The numbers as DOUBLE.
#[expect(clippy::cast_precision_loss, reason = "a DOUBLE has fewer digits than a DECIMAL or a BIGINT")]
pub(super) fn doubles(batch: &Batch<'_>, values: &Values, data_type: DataType) -> PrimitiveArray<Float64Type> {
    let never = |_| -> RowError { overflow(DataType::Double) };
    match data_type {
        DataType::Double => unary::<Float64Type, Float64Type>(batch, values, Some, |_| overflow(DataType::Double)),
        DataType::Real => unary::<Float32Type, Float64Type>(
            batch,
            values,
            |value| Some(f64::from(value)),
            |_| overflow(DataType::Double),
        ),
        _ => {
            let divisor = ten(scale(data_type)) as f64;
            let wide = widened(values, data_type);
            unary::<Decimal128Type, Float64Type>(batch, &wide, |value| Some(value as f64 / divisor), never)
        }
    }
}
