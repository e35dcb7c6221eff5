//! Aggregates: all rows of a group or a window in, one value out.

use std::cmp::Ordering;

use flow::ErrorName::{self, Overflow};
use flow::plan::{Aggregate, AggregateFunction};
use flow::types::DataType;

use super::cast::{decimal_fits, fits};
use super::value::{Outcome, Value};

/// A row that is looked at: its time, and the aggregate's argument.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) time: i64,
    pub(crate) value: Value,
    /// What LAG gives where there is no row.
    pub(crate) default: Value,
}

/// What an aggregate makes of rows in their order; for those with `OVER` the last one is the current row.
pub(crate) fn aggregate(call: &Aggregate, rows: &[Seen]) -> Outcome {
    let mut values: Vec<&Value> = Vec::new();
    for value in rows.iter().map(|row| &row.value).filter(|value| !value.is_null()) {
        if !call.distinct || !values.iter().any(|other| other.same(value)) {
            values.push(value);
        }
    }
    let nth = |ignore_nulls: bool| -> Vec<Value> {
        rows.iter().map(|row| row.value.clone()).filter(|value| !ignore_nulls || !value.is_null()).collect()
    };
    match &call.function {
        AggregateFunction::Count if call.argument.is_none() => Ok(count(rows.len())),
        AggregateFunction::Count => Ok(count(values.len())),
        AggregateFunction::FirstValue { ignore_nulls } => {
            Ok(nth(*ignore_nulls).into_iter().next().unwrap_or(Value::Null))
        }
        AggregateFunction::LastValue { ignore_nulls } => Ok(nth(*ignore_nulls).pop().unwrap_or(Value::Null)),
        AggregateFunction::NthValue { n, from_last, ignore_nulls } => {
            let mut all = nth(*ignore_nulls);
            if *from_last {
                all.reverse();
            }
            Ok(usize::try_from(n - 1).ok().and_then(|place| all.get(place).cloned()).unwrap_or(Value::Null))
        }
        AggregateFunction::Lag { offset, ignore_nulls, .. } => Ok(lag(rows, *offset, *ignore_nulls)),
        _ if values.is_empty() => Ok(Value::Null),
        AggregateFunction::Sum => sum(&values, call.data_type),
        AggregateFunction::Avg => average(&values, call.data_type),
        AggregateFunction::Min => Ok(extreme(&values, Ordering::Less)),
        AggregateFunction::Max => Ok(extreme(&values, Ordering::Greater)),
        AggregateFunction::Any => Ok(Value::Boolean(values.iter().any(|value| value.truth() == Some(true)))),
        AggregateFunction::Every => Ok(Value::Boolean(values.iter().all(|value| value.truth() == Some(true)))),
        AggregateFunction::VarPop => Ok(variance(&values, 0)),
        AggregateFunction::VarSamp => Ok(variance(&values, 1)),
        AggregateFunction::StddevPop => Ok(root(variance(&values, 0))),
        AggregateFunction::StddevSamp => Ok(root(variance(&values, 1))),
        AggregateFunction::ExpAvg { half_life_ms } => Ok(exponential_average(rows, *half_life_ms)),
    }
}

fn count(number: usize) -> Value {
    Value::Integer(i64::try_from(number).expect("few rows"))
}

fn lag(rows: &[Seen], offset: u64, ignore_nulls: bool) -> Value {
    let current = rows.last().expect("a window holds its current row");
    let earlier = rows[..rows.len() - 1].iter().rev().map(|row| &row.value);
    let mut back: Vec<&Value> = earlier.filter(|value| !ignore_nulls || !value.is_null()).collect();
    back.insert(0, &current.value);
    match usize::try_from(offset).ok().and_then(|offset| back.get(offset)) {
        Some(value) => (*value).clone(),
        None => current.default.clone(),
    }
}

fn digits(values: &[&Value]) -> i128 {
    values
        .iter()
        .map(|value| match value {
            Value::Decimal(digits, _) => *digits,
            other => i128::from(other.integer()),
        })
        .sum()
}

fn sum(values: &[&Value], data_type: DataType) -> Outcome {
    match data_type {
        DataType::Decimal { precision, scale } => decimal_fits(digits(values), precision, scale),
        exact if exact.is_integer() => fits(digits(values), exact).map(Value::Integer),
        _ => Ok(Value::Double(values.iter().map(|value| value.double()).sum())),
    }
}

/// Exact numbers are averaged towards zero.
fn average(values: &[&Value], data_type: DataType) -> Outcome {
    let count = i128::try_from(values.len()).expect("few rows");
    match data_type {
        DataType::Decimal { precision, scale } => decimal_fits(digits(values) / count, precision, scale),
        exact if exact.is_integer() => fits(digits(values) / count, exact).map(Value::Integer),
        approximate => {
            let mean = values.iter().map(|value| value.double()).sum::<f64>() / values.len() as f64;
            narrowed(mean, approximate)
        }
    }
}

fn narrowed(number: f64, data_type: DataType) -> Result<Value, ErrorName> {
    match data_type {
        DataType::Real if !(number as f32).is_finite() => Err(Overflow),
        DataType::Real => Ok(Value::Real(number as f32)),
        _ => Ok(Value::Double(number)),
    }
}

fn extreme(values: &[&Value], wanted: Ordering) -> Value {
    let mut best = values[0];
    for value in values {
        if value.order(best) == wanted {
            best = value;
        }
    }
    best.clone()
}

/// The mean square distance from the mean; of a sample with one fewer in the denominator.
fn variance(values: &[&Value], fewer: usize) -> Value {
    if values.len() <= fewer {
        return Value::Null;
    }
    let numbers: Vec<f64> = values.iter().map(|value| value.double()).collect();
    let mean = numbers.iter().sum::<f64>() / numbers.len() as f64;
    let squares: f64 = numbers.iter().map(|number| (number - mean).powi(2)).sum();
    Value::Double(squares / (numbers.len() - fewer) as f64)
}

fn root(variance: Value) -> Value {
    match variance {
        Value::Double(variance) => Value::Double(variance.sqrt()),
        other => other,
    }
}

/// Weights halve with each half-life of a row's age.
fn exponential_average(rows: &[Seen], half_life_ms: i64) -> Value {
    let now = rows.last().expect("a window holds its current row").time;
    let (mut weights, mut total) = (0.0, 0.0);
    for row in rows.iter().filter(|row| !row.value.is_null()) {
        let weight = 0.5_f64.powf((now - row.time) as f64 / half_life_ms as f64);
        weights += weight;
        total += weight * row.value.double();
    }
    Value::Double(total / weights)
}
