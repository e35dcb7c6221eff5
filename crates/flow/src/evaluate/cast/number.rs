//! Numbers and intervals as other numbers: rounded, halves away from zero, and refused where they do not fit.

use arrow_array::types::{
    ArrowPrimitiveType, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
};
use arrow_array::{BooleanArray, PrimitiveArray};

use super::{booleans, misfit};
use crate::evaluate::batch::Batch;
use crate::evaluate::decimal::{self, fits, rescaled, scale, ten, typed, widened};
use crate::evaluate::step::Step;
use crate::evaluate::values::{Values, unary};
use crate::row_error::{ErrorName, RowError};
use crate::types::DataType;

pub(super) fn compile(part: Step, to: DataType) -> Step {
    let from = part.data_type;
    let safe = is_safe(from, to);
    let easy = part.easy && safe;
    let run = move |batch: &Batch<'_>| {
        let values = part.evaluate(batch);
        match to {
            DataType::TinyInt => whole::<Int8Type>(batch, &values, from, to),
            DataType::SmallInt => whole::<Int16Type>(batch, &values, from, to),
            DataType::Integer => whole::<Int32Type>(batch, &values, from, to),
            DataType::Decimal { precision, scale } => to_decimal(batch, &values, from, to, precision, scale),
            DataType::Real => real(batch, &values, from),
            DataType::Double => Values::rows(decimal::doubles(batch, &values, from)),
            _ => whole::<Int64Type>(batch, &values, from, to),
        }
    };
    Step::of(to, easy, run)
}

/// Whether every value fits.
fn is_safe(from: DataType, to: DataType) -> bool {
    let width = |data_type| match data_type {
        DataType::TinyInt => Some(1),
        DataType::SmallInt => Some(2),
        DataType::Integer => Some(4),
        DataType::BigInt | DataType::Interval | DataType::MonthInterval => Some(8),
        _ => None,
    };
    match (width(from), width(to)) {
        (Some(from), Some(to)) => from <= to,
        _ => to == DataType::Double,
    }
}

pub(super) fn too_large(value: impl std::fmt::Display, to: DataType) -> RowError {
    RowError::new(ErrorName::Overflow, format!("{value} does not fit {to}"))
}

fn whole<T: ArrowPrimitiveType>(batch: &Batch<'_>, values: &Values, from: DataType, to: DataType) -> Values
where
    T::Native: TryFrom<i128> + TryFrom<i64>,
{
    let numbers: PrimitiveArray<T> = match from {
        DataType::TinyInt => narrowed::<Int8Type, T>(batch, values, to),
        DataType::SmallInt => narrowed::<Int16Type, T>(batch, values, to),
        DataType::Integer => narrowed::<Int32Type, T>(batch, values, to),
        DataType::Real | DataType::Double => {
            let doubles = Values::rows(decimal::doubles(batch, values, from));
            let nearest =
                |value: f64| super::super::interval::nearest(value).and_then(|value| T::Native::try_from(value).ok());
            unary::<Float64Type, T>(batch, &doubles, nearest, |value| too_large(value, to))
        }
        DataType::Decimal { .. } => {
            let divisor = ten(scale(from));
            let nearest = |value| T::Native::try_from(decimal::rounded(value, divisor)).ok();
            unary::<Decimal128Type, T>(batch, values, nearest, |value| too_large(decimal::rounded(value, divisor), to))
        }
        _ => narrowed::<Int64Type, T>(batch, values, to),
    };
    Values::rows(numbers)
}

fn narrowed<I: ArrowPrimitiveType, O: ArrowPrimitiveType>(
    batch: &Batch<'_>,
    values: &Values,
    to: DataType,
) -> PrimitiveArray<O>
where
    I::Native: Into<i64>,
    O::Native: TryFrom<i64>,
{
    let fit = |value: I::Native| O::Native::try_from(value.into()).ok();
    unary::<I, O>(batch, values, fit, |value| too_large(value.into(), to))
}

fn to_decimal(batch: &Batch<'_>, values: &Values, from: DataType, to: DataType, precision: u8, digits: u8) -> Values {
    let digits = u32::from(digits);
    let decimals = if from.is_approximate() {
        let doubles = Values::rows(decimal::doubles(batch, values, from));
        unary::<Float64Type, Decimal128Type>(
            batch,
            &doubles,
            |value| of_double(value, digits, precision),
            |value| too_large(value, to),
        )
    } else {
        let (wide, scale) = (widened(values, from), scale(from));
        let fit = |value: i128| rescaled(value, scale, digits).filter(|value| fits(*value, precision));
        unary::<Decimal128Type, Decimal128Type>(batch, &wide, fit, |value| {
            too_large(super::to_text::decimal_text(value, scale), to)
        })
    };
    Values::rows(typed(decimals, to))
}

/// The nearest decimal, halves away from zero.
#[expect(clippy::cast_possible_truncation, reason = "the range was looked at before")]
fn of_double(value: f64, digits: u32, precision: u8) -> Option<i128> {
    let scaled = (value * 10_f64.powi(i32::try_from(digits).ok()?)).round();
    (scaled.abs() < 1e37).then_some(scaled as i128).filter(|value| fits(*value, precision))
}

#[expect(clippy::cast_possible_truncation, reason = "a REAL has fewer digits; what is too large is refused")]
fn real(batch: &Batch<'_>, values: &Values, from: DataType) -> Values {
    let doubles = Values::rows(decimal::doubles(batch, values, from));
    let fit = |value: f64| Some(value as f32).filter(|value| value.is_finite());
    Values::rows(unary::<Float64Type, Float32Type>(batch, &doubles, fit, |value| too_large(value, DataType::Real)))
}

/// TRUE is 1, FALSE is 0.
pub(super) fn of_boolean(part: Step, to: DataType) -> Step {
    let numbers = Step::hard(DataType::BigInt, move |batch: &Batch<'_>| {
        let truths = booleans(&part, batch);
        let numbers: PrimitiveArray<Int64Type> = truths.iter().map(|truth| truth.map(i64::from)).collect();
        Values::rows(numbers)
    });
    if to == DataType::BigInt { numbers } else { compile(numbers, to) }
}

/// 0 is FALSE, any other number TRUE.
pub(super) fn to_boolean(part: Step) -> Step {
    let from = part.data_type;
    Step::hard(DataType::Boolean, move |batch: &Batch<'_>| {
        let wide = widened(&part.evaluate(batch), from);
        let numbers = wide.numbers::<Decimal128Type>();
        let truths: BooleanArray = (0..batch.len()).map(|row| numbers.get(row).map(|number| number != 0)).collect();
        Values::rows(truths)
    })
}

/// The number that a text means, with a point or an exponent, as an exact one if it can be.
pub(super) fn parsed(text: &str, to: DataType) -> Result<Number, RowError> {
    let (trimmed, wrong) = (text.trim(), || misfit(text, to));
    let plain = trimmed.strip_prefix(['+', '-']).unwrap_or(trimmed);
    let mut parts = plain.splitn(2, '.');
    let (whole, behind) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if digits(whole) && digits(behind) && whole.len() + behind.len() > 0 {
        // Beyond 38 digits only zeros can stand.
        let behind = behind.trim_end_matches('0');
        let unscaled: Option<i128> = match format!("{whole}{behind}").trim_start_matches('0') {
            "" => Some(0),
            digits if digits.len() <= 38 => digits.parse().ok(),
            _ => None,
        };
        if let (Some(unscaled), Ok(scale @ 0..=38)) = (unscaled, u32::try_from(behind.len())) {
            let unscaled = if trimmed.starts_with('-') { -unscaled } else { unscaled };
            return Ok(Number::Exact { unscaled, scale });
        }
    }
    let numeric = plain.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'+' | b'-'));
    let double: f64 = if numeric { trimmed.parse().map_err(|_| wrong())? } else { return Err(wrong()) };
    if double.is_finite() { Ok(Number::Approximate(double)) } else { Err(too_large(trimmed, to)) }
}

/// A number as it was written.
pub(super) enum Number {
    /// Digits, and how many of these stand behind the point.
    Exact { unscaled: i128, scale: u32 },
    /// With an exponent, or with more digits than an exact number can have.
    Approximate(f64),
}

impl Number {
    /// The number with so many digits behind the point.
    pub(super) fn decimal(&self, digits: u32, precision: u8) -> Option<i128> {
        match self {
            Self::Exact { unscaled, scale } => {
                rescaled(*unscaled, *scale, digits).filter(|value| fits(*value, precision))
            }
            Self::Approximate(value) => of_double(*value, digits, precision),
        }
    }
}
