//! ABS, EXP, LN, LOG10, MOD, POWER; FLOOR and CEIL of numbers, and STEP of whole ones.

use arrow_array::types::{Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type};

use super::arithmetic::{Whole, divide_by_zero, overflow};
use super::batch::Batch;
use super::decimal::{self, scale, ten, typed};
use super::step::Step;
use super::values::{Values, binary, unary};
use crate::plan::{Arithmetic, Function};
use crate::row_error::{ErrorName, RowError};
use crate::types::DataType;
use crate::{Fault, Span};

pub(super) fn call(function: Function, parts: Vec<Step>, data_type: DataType, span: Span) -> Result<Step, Fault> {
    let mut parts = parts.into_iter();
    let (Some(first), second) = (parts.next(), parts.next()) else {
        return Err(Fault::new(span, "An argument is missing"));
    };
    match (function, second) {
        (Function::Abs, None) => absolute(first, span),
        (Function::Mod, Some(second)) => modulo(first, second, data_type, span),
        (Function::Power, Some(second)) => Ok(power(first, second)),
        (Function::Exp, None) => {
            Ok(doubles(first, f64::exp, |value| value.is_finite(), |_| overflow(DataType::Double)))
        }
        (Function::Ln, None) => {
            Ok(doubles(first, f64::ln, |value| value.is_finite(), |value| no_logarithm("LN", value)))
        }
        (Function::Log10, None) => {
            Ok(doubles(first, f64::log10, |value| value.is_finite(), |value| no_logarithm("LOG10", value)))
        }
        _ => Err(Fault::new(span, "These arguments are not for this function")),
    }
}

fn no_logarithm(name: &str, value: f64) -> RowError {
    RowError::new(ErrorName::InvalidArgument, format!("{name} takes numbers above 0, not {value}"))
}

fn doubles(
    part: Step,
    make: fn(f64) -> f64,
    good: fn(f64) -> bool,
    error: impl Fn(f64) -> RowError + Send + Sync + 'static,
) -> Step {
    Step::hard(DataType::Double, move |batch| {
        let values = part.evaluate(batch);
        let make = |value| Some(make(value)).filter(|value| good(*value));
        Values::rows(unary::<Float64Type, Float64Type>(batch, &values, make, &error))
    })
}

fn power(base: Step, exponent: Step) -> Step {
    Step::hard(DataType::Double, move |batch| {
        let (base, exponent) = (base.evaluate(batch), exponent.evaluate(batch));
        let make = |base: f64, exponent: f64| Some(base.powf(exponent)).filter(|value| value.is_finite());
        let error = |base: f64, exponent: f64| {
            if base == 0.0 {
                return divide_by_zero();
            }
            if base < 0.0 && exponent.fract() != 0.0 {
                let message = format!("POWER: {base} has no power {exponent}");
                return RowError::new(ErrorName::InvalidArgument, message);
            }
            overflow(DataType::Double)
        };
        Values::rows(binary::<Float64Type, Float64Type, Float64Type>(batch, &base, &exponent, make, error))
    })
}

/// Does something for the whole-number type of a step.
macro_rules! for_whole {
    ($data_type:expr, $function:ident, $span:expr) => {
        match $data_type {
            DataType::TinyInt => $function::<Int8Type>,
            DataType::SmallInt => $function::<Int16Type>,
            DataType::Integer => $function::<Int32Type>,
            DataType::BigInt => $function::<Int64Type>,
            other => return Err(Fault::new($span, format!("A whole number is expected, not {other}"))),
        }
    };
}

fn absolute(part: Step, span: Span) -> Result<Step, Fault> {
    fn whole<T: Whole>(batch: &Batch<'_>, values: &Values, data_type: DataType) -> Values
    where
        T::Native: Default + PartialOrd,
    {
        let absolute = |value: T::Native| if value < T::Native::default() { T::negate(value) } else { Some(value) };
        Values::rows(unary::<T, T>(batch, values, absolute, |_| overflow(data_type)))
    }
    let data_type = part.data_type;
    let run: fn(&Batch<'_>, &Values, DataType) -> Values = match data_type {
        DataType::Decimal { .. } => return Ok(decimal::mapped(part, data_type, i128::abs)),
        DataType::Real => |batch, values, _| {
            let absolute = |value: f32| Some(value.abs());
            Values::rows(unary::<Float32Type, Float32Type>(batch, values, absolute, |_| overflow(DataType::Real)))
        },
        DataType::Double => |batch, values, _| {
            let absolute = |value: f64| Some(value.abs());
            Values::rows(unary::<Float64Type, Float64Type>(batch, values, absolute, |_| overflow(DataType::Double)))
        },
        other => for_whole!(other, whole, span),
    };
    Ok(Step::hard(data_type, move |batch| run(batch, &part.evaluate(batch), data_type)))
}

/// What a division leaves, with the sign of the divided.
fn modulo(left: Step, right: Step, data_type: DataType, span: Span) -> Result<Step, Fault> {
    fn whole<T: Whole>(batch: &Batch<'_>, left: &Values, right: &Values, _: DataType) -> Values
    where
        T::Native: Default + PartialEq,
    {
        let rest = |left: T::Native, right: T::Native| {
            if right == T::Native::default() {
                return None;
            }
            // Of the smallest number and −1 the quotient does not fit; the rest is 0.
            let Some(quotient) = T::calculate(Arithmetic::Divide, left, right) else {
                return Some(T::Native::default());
            };
            T::calculate(Arithmetic::Subtract, left, T::calculate(Arithmetic::Multiply, quotient, right)?)
        };
        Values::rows(binary::<T, T, T>(batch, left, right, rest, |_, _| divide_by_zero()))
    }
    let run: fn(&Batch<'_>, &Values, &Values, DataType) -> Values = match data_type {
        DataType::Decimal { .. } => |batch, left, right, data_type| {
            type D = Decimal128Type;
            let rest = |left: i128, right: i128| left.checked_rem(right);
            let rests = binary::<D, D, D>(batch, left, right, rest, |_, _| divide_by_zero());
            Values::rows(typed(rests, data_type))
        },
        DataType::Real => |batch, left, right, _| {
            type F = Float32Type;
            let rest = |left: f32, right: f32| (right != 0.0).then(|| left % right);
            Values::rows(binary::<F, F, F>(batch, left, right, rest, |_, _| divide_by_zero()))
        },
        DataType::Double => |batch, left, right, _| {
            type F = Float64Type;
            let rest = |left: f64, right: f64| (right != 0.0).then(|| left % right);
            Values::rows(binary::<F, F, F>(batch, left, right, rest, |_, _| divide_by_zero()))
        },
        other => for_whole!(other, whole, span),
    };
    Ok(Step::hard(data_type, move |batch| run(batch, &left.evaluate(batch), &right.evaluate(batch), data_type)))
}

/// `FLOOR` or `CEIL`.
pub(super) fn round(up: bool, part: Step, data_type: DataType, span: Span) -> Result<Step, Fault> {
    let from = part.data_type;
    Ok(match from {
        _ if from.is_integer() => part,
        DataType::Decimal { .. } => {
            let divisor = ten(scale(from));
            decimal::mapped(part, data_type, move |value| {
                let low = value.div_euclid(divisor);
                if up && low * divisor != value { low + 1 } else { low }
            })
        }
        DataType::Double => {
            let make = if up { f64::ceil } else { f64::floor };
            doubles(part, make, |_| true, |_| overflow(DataType::Double))
        }
        DataType::Real => Step::hard(from, move |batch| {
            let values = part.evaluate(batch);
            let make = |value: f32| Some(if up { value.ceil() } else { value.floor() });
            Values::rows(unary::<Float32Type, Float32Type>(batch, &values, make, |_| overflow(DataType::Real)))
        }),
        _ => return Err(Fault::new(span, format!("A number is expected, not {from}"))),
    })
}

/// `STEP (x BY n)`: `(x / n) · n`.
pub(super) fn step(value: Step, by: Step, span: Span) -> Result<Step, Fault> {
    fn whole<T: Whole>(batch: &Batch<'_>, left: &Values, right: &Values) -> Values
    where
        T::Native: Default + PartialEq,
    {
        let multiple = |value: T::Native, by: T::Native| {
            if by == T::Native::default() {
                return None;
            }
            let Some(quotient) = T::calculate(Arithmetic::Divide, value, by) else { return Some(value) };
            T::calculate(Arithmetic::Multiply, quotient, by)
        };
        Values::rows(binary::<T, T, T>(batch, left, right, multiple, |_, _| divide_by_zero()))
    }
    let data_type = value.data_type;
    let run: fn(&Batch<'_>, &Values, &Values) -> Values = for_whole!(data_type, whole, span);
    Ok(Step::hard(data_type, move |batch| run(batch, &value.evaluate(batch), &by.evaluate(batch))))
}
