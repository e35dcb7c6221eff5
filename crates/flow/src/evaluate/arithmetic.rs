//! `+ - * /` and `-x`: on numbers here, on decimals and instants in files of their own.

use arrow_array::types::{ArrowPrimitiveType, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type};

use super::batch::Batch;
use super::step::Step;
use super::values::{Values, binary, unary};
use super::{decimal, interval};
use crate::plan::Arithmetic;
use crate::row_error::{ErrorName, RowError};
use crate::types::DataType;
use crate::{Fault, Span};

pub(super) fn divide_by_zero() -> RowError {
    RowError::new(ErrorName::DivideByZero, "Division by zero")
}

pub(super) fn overflow(data_type: DataType) -> RowError {
    RowError::new(ErrorName::Overflow, format!("The result does not fit {data_type}"))
}

/// Whole numbers that say when they do not fit.
pub(super) trait Whole: ArrowPrimitiveType {
    fn calculate(operator: Arithmetic, left: Self::Native, right: Self::Native) -> Option<Self::Native>;
    fn negate(value: Self::Native) -> Option<Self::Native>;
}

macro_rules! whole {
    ($($kind:ty),*) => {$(
        impl Whole for $kind {
            #[inline]
            fn calculate(operator: Arithmetic, left: Self::Native, right: Self::Native) -> Option<Self::Native> {
                match operator {
                    Arithmetic::Add => left.checked_add(right),
                    Arithmetic::Subtract => left.checked_sub(right),
                    Arithmetic::Multiply => left.checked_mul(right),
                    Arithmetic::Divide => left.checked_div(right),
                }
            }

            fn negate(value: Self::Native) -> Option<Self::Native> {
                value.checked_neg()
            }
        }
    )*};
}

whole!(Int8Type, Int16Type, Int32Type, Int64Type);

/// `left operator right`, of the type that the binder found.
pub(super) fn compile(
    operator: Arithmetic,
    left: Step,
    right: Step,
    data_type: DataType,
    span: Span,
) -> Result<Step, Fault> {
    let run: fn(Arithmetic, &Batch<'_>, &Values, &Values) -> Values = match data_type {
        DataType::TinyInt => whole::<Int8Type>,
        DataType::SmallInt => whole::<Int16Type>,
        DataType::Integer => whole::<Int32Type>,
        DataType::BigInt => whole::<Int64Type>,
        DataType::Real => real,
        DataType::Double => double,
        DataType::Decimal { .. } => return decimal::arithmetic(operator, left, right, data_type, span),
        _ => return interval::arithmetic(operator, left, right, data_type, span),
    };
    Ok(Step::hard(data_type, move |batch| run(operator, batch, &left.evaluate(batch), &right.evaluate(batch))))
}

fn whole<T: Whole>(operator: Arithmetic, batch: &Batch<'_>, left: &Values, right: &Values) -> Values
where
    T::Native: Default + PartialEq,
{
    let error = |_, right| match operator {
        Arithmetic::Divide if right == T::Native::default() => divide_by_zero(),
        _ => RowError::new(ErrorName::Overflow, format!("The result does not fit {}", name::<T>())),
    };
    let result = match operator {
        Arithmetic::Add => binary::<T, T, T>(batch, left, right, |a, b| T::calculate(Arithmetic::Add, a, b), error),
        Arithmetic::Subtract => {
            binary::<T, T, T>(batch, left, right, |a, b| T::calculate(Arithmetic::Subtract, a, b), error)
        }
        Arithmetic::Multiply => {
            binary::<T, T, T>(batch, left, right, |a, b| T::calculate(Arithmetic::Multiply, a, b), error)
        }
        Arithmetic::Divide => {
            binary::<T, T, T>(batch, left, right, |a, b| T::calculate(Arithmetic::Divide, a, b), error)
        }
    };
    Values::rows(result)
}

fn name<T: ArrowPrimitiveType>() -> DataType {
    match T::DATA_TYPE {
        arrow_schema::DataType::Int8 => DataType::TinyInt,
        arrow_schema::DataType::Int16 => DataType::SmallInt,
        arrow_schema::DataType::Int32 => DataType::Integer,
        _ => DataType::BigInt,
    }
}

macro_rules! floats {
    ($function:ident, $kind:ty, $name:expr) => {
        fn $function(operator: Arithmetic, batch: &Batch<'_>, left: &Values, right: &Values) -> Values {
            let finite = |value: <$kind as ArrowPrimitiveType>::Native| value.is_finite().then_some(value);
            let error = |_, right| match operator {
                Arithmetic::Divide if right == 0.0 => divide_by_zero(),
                _ => overflow($name),
            };
            let result = match operator {
                Arithmetic::Add => binary::<$kind, $kind, $kind>(batch, left, right, |a, b| finite(a + b), error),
                Arithmetic::Subtract => binary::<$kind, $kind, $kind>(batch, left, right, |a, b| finite(a - b), error),
                Arithmetic::Multiply => binary::<$kind, $kind, $kind>(batch, left, right, |a, b| finite(a * b), error),
                Arithmetic::Divide => binary::<$kind, $kind, $kind>(batch, left, right, |a, b| finite(a / b), error),
            };
            Values::rows(result)
        }
    };
}

floats!(real, Float32Type, DataType::Real);
floats!(double, Float64Type, DataType::Double);

/// `-x`.
pub(super) fn negate(part: Step, span: Span) -> Result<Step, Fault> {
    let data_type = part.data_type;
    let run: fn(&Batch<'_>, &Values) -> Values = match data_type {
        DataType::TinyInt => negate_whole::<Int8Type>,
        DataType::SmallInt => negate_whole::<Int16Type>,
        DataType::Integer => negate_whole::<Int32Type>,
        DataType::BigInt | DataType::Interval | DataType::MonthInterval => negate_whole::<Int64Type>,
        DataType::Real => |batch, values| {
            let result = unary::<Float32Type, Float32Type>(batch, values, |value| Some(-value), |_| divide_by_zero());
            Values::rows(result)
        },
        DataType::Double => |batch, values| {
            let result = unary::<Float64Type, Float64Type>(batch, values, |value| Some(-value), |_| divide_by_zero());
            Values::rows(result)
        },
        DataType::Decimal { .. } => return Ok(decimal::mapped(part, data_type, |value| -value)),
        _ => return Err(Fault::new(span, format!("A {data_type} cannot be negated"))),
    };
    Ok(Step::hard(data_type, move |batch| run(batch, &part.evaluate(batch))))
}

fn negate_whole<T: Whole>(batch: &Batch<'_>, values: &Values) -> Values {
    Values::rows(unary::<T, T>(batch, values, T::negate, |_| overflow(name::<T>())))
}
