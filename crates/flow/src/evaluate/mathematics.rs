//! ABS, EXP, LN, LOG10, MOD, POWER; FLOOR and CEIL of numbers, and STEP of whole ones.

use std::sync::Arc;

use arrow_array::types::{Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type};
use datafusion_expr::ScalarUDF;
use datafusion_functions::math;

use super::arithmetic::{Whole, divide_by_zero, overflow};
use super::batch::Batch;
use super::decimal::{self, scale, ten, typed};
use super::kernel::Kernel;
use super::step::Step;
use super::values::{Values, binary, each};
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
        (Function::Power, Some(second)) => Ok(finite(math::power(), vec![first, second], no_power)),
        (Function::Exp, None) => Ok(finite(math::exp(), vec![first], |_| overflow(DataType::Double))),
        (Function::Ln, None) => Ok(finite(math::ln(), vec![first], |of| no_logarithm("LN", of[0]))),
        (Function::Log10, None) => Ok(finite(math::log10(), vec![first], |of| no_logarithm("LOG10", of[0]))),
        _ => Err(Fault::new(span, "These arguments are not for this function")),
    }
}

fn no_logarithm(name: &str, value: f64) -> RowError {
    RowError::new(ErrorName::InvalidArgument, format!("{name} takes numbers above 0, not {value}"))
}

fn no_power(of: &[f64]) -> RowError {
    match of {
        [base, _] if *base == 0.0 => divide_by_zero(),
        [base, exponent] if *base < 0.0 && exponent.fract() != 0.0 => {
            RowError::new(ErrorName::InvalidArgument, format!("POWER: {base} has no power {exponent}"))
        }
        _ => overflow(DataType::Double),
    }
}

/// A function of DOUBLEs. Where DataFusion says that a value is infinite or none, the row fails with an error of its arguments.
fn finite(function: Arc<ScalarUDF>, parts: Vec<Step>, error: fn(&[f64]) -> RowError) -> Step {
    let kernel = Kernel::new(function, &vec![DataType::Double; parts.len()], DataType::Double);
    Step::hard(DataType::Double, move |batch| {
        let values: Vec<Values> = parts.iter().map(|part| part.evaluate(batch)).collect();
        let error = |row| {
            let of: Vec<f64> = values.iter().map(|values| values.numbers::<Float64Type>().value(row)).collect();
            error(&of)
        };
        let made = kernel.call(batch, &values, error);
        let numbers = made.numbers::<Float64Type>();
        if numbers.all().iter().all(|value| value.is_finite()) {
            return made;
        }
        let checked = |row| Some(numbers.value(row)).filter(|value| value.is_finite());
        Values::rows(each::<Float64Type>(batch, numbers.nulls(batch.len()), checked, error))
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
    let data_type = part.data_type;
    if !data_type.is_numeric() {
        return Err(Fault::new(span, format!("A number is expected, not {data_type}")));
    }
    Ok(same(math::abs(), part))
}

/// A function whose value is of its argument's type. What it refuses does not fit into that.
fn same(function: Arc<ScalarUDF>, part: Step) -> Step {
    let data_type = part.data_type;
    let kernel = Kernel::new(function, &[data_type], data_type);
    Step::hard(data_type, move |batch| kernel.call(batch, &[part.evaluate(batch)], |_| overflow(data_type)))
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
        DataType::Double | DataType::Real => same(if up { math::ceil() } else { math::floor() }, part),
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
