//! Aggregate and analytic calls: what they take, where they may stand, what they give.
//!
//! Source: <https://docs.aws.amazon.com/kinesisanalytics/latest/sqlref/sql-reference-aggregate-functions.html>.

use crate::ast::Call;
use crate::plan::{Aggregate, AggregateFunction, Expr};
use crate::types::DataType;
use crate::{Fault, Span};

use super::expression::{Binder, Place};
use super::operator::varying;
use super::{literal, operator, window};

/// Those that may stand with and without `OVER`.
const AGGREGATES: &[&str] = &[
    "ANY",
    "AVG",
    "COUNT",
    "EVERY",
    "FIRST_VALUE",
    "LAST_VALUE",
    "MAX",
    "MIN",
    "STDDEV_POP",
    "STDDEV_SAMP",
    "SUM",
    "VAR_POP",
    "VAR_SAMP",
];
/// Those that need `OVER`.
const ANALYTIC: &[&str] = &["EXP_AVG", "LAG", "NTH_VALUE"];
/// The largest n of NTH_VALUE and offset of LAG; a window holds no more rows than memory allows anyway.
const OFFSET_MAX: i64 = 1_000_000_000;

/// Whether a function makes one value of many rows.
pub(super) fn is_aggregate(name: &str) -> bool {
    AGGREGATES.contains(&name) || ANALYTIC.contains(&name)
}

impl Binder<'_> {
    pub(super) fn aggregate(&self, call: &Call, span: Span) -> Result<Expr, Fault> {
        let name = &call.name.text;
        let of_table = matches!(&self.place, Place::Grouped { stream: false, .. } | Place::Plain);
        if call.distinct && !of_table {
            let message = format!(
                "{name}(DISTINCT …) is not supported on streams; use COUNT_DISTINCT_ITEMS_TUMBLING or SELECT STREAM DISTINCT in a sub-query"
            );
            return Err(Fault::new(span, message));
        }
        match &self.place {
            Place::Plain => Err(Fault::new(span, format!("The aggregate {name} may not stand here"))),
            Place::Grouped { keys, aggregates, .. } => {
                if call.over.is_some() {
                    return Err(Fault::new(span, "OVER and GROUP BY in one SELECT are not supported; use a sub-query"));
                }
                if ANALYTIC.contains(&name.as_str()) {
                    return Err(Fault::new(span, format!("{name} needs OVER")));
                }
                let bound = self.checked(call, span)?;
                let mut aggregates = aggregates.borrow_mut();
                let index = position_or_push(&mut aggregates, bound);
                Ok(Expr::column(keys.len() + index, aggregates[index].data_type, span))
            }
            Place::Row { found, calls, .. } => {
                let Some(over) = &call.over else {
                    let message = format!(
                        "{name} needs GROUP BY, WINDOWED BY or OVER: a stream has no end at which it could be computed"
                    );
                    return Err(Fault::new(span, message));
                };
                let window = window::sliding(&self.inside(), &self.named_window(over)?)?;
                let bound = self.checked(call, span)?;
                let window = position_or_push(&mut found.borrow_mut(), window);
                let mut calls = calls.borrow_mut();
                let index = position_or_push(&mut calls, (window, bound));
                Ok(Expr::column(self.scope.width + index, calls[index].1.data_type, span))
            }
        }
    }

    fn checked(&self, call: &Call, span: Span) -> Result<Aggregate, Fault> {
        let name = call.name.text.as_str();
        if call.star && name != "COUNT" {
            return Err(Fault::new(span, format!("{name} takes a value, not *")));
        }
        let inside = self.inside();
        let arguments = call.arguments.iter().map(|one| inside.bind(one)).collect::<Result<Vec<_>, _>>()?;
        let most = if name == "LAG" { 3 } else { 1 + usize::from(matches!(name, "NTH_VALUE" | "EXP_AVG")) };
        let least = if name == "LAG" { 1 } else { most };
        if !call.star && !(least..=most).contains(&arguments.len()) {
            return Err(Fault::new(span, format!("{name} does not take {} arguments", arguments.len())));
        }
        let treats_nulls = matches!(name, "FIRST_VALUE" | "LAST_VALUE" | "NTH_VALUE" | "LAG");
        if call.ignore_nulls.is_some() && !treats_nulls || call.from_last.is_some() && name != "NTH_VALUE" {
            return Err(Fault::new(span, format!("{name} does not take IGNORE NULLS, RESPECT NULLS or FROM")));
        }
        let ignore_nulls = call.ignore_nulls.unwrap_or(false);
        let function = match name {
            "COUNT" => AggregateFunction::Count,
            "SUM" => AggregateFunction::Sum,
            "AVG" => AggregateFunction::Avg,
            "MIN" => AggregateFunction::Min,
            "MAX" => AggregateFunction::Max,
            "VAR_POP" => AggregateFunction::VarPop,
            "VAR_SAMP" => AggregateFunction::VarSamp,
            "STDDEV_POP" => AggregateFunction::StddevPop,
            "STDDEV_SAMP" => AggregateFunction::StddevSamp,
            "ANY" => AggregateFunction::Any,
            "EVERY" => AggregateFunction::Every,
            "FIRST_VALUE" => AggregateFunction::FirstValue { ignore_nulls },
            "LAST_VALUE" => AggregateFunction::LastValue { ignore_nulls },
            "NTH_VALUE" => {
                let n = whole(&arguments[1], 1)?;
                AggregateFunction::NthValue { n, from_last: call.from_last.unwrap_or(false), ignore_nulls }
            }
            "LAG" => {
                let offset = arguments.get(1).map_or(Ok(1), |offset| whole(offset, 0))?;
                let default =
                    arguments.get(2).cloned().map(|default| lag_default(default, &arguments[0])).transpose()?;
                AggregateFunction::Lag { offset, default, ignore_nulls }
            }
            _ => AggregateFunction::ExpAvg { half_life_ms: literal::interval_ms(&call.arguments[1])?.max(1) },
        };
        let argument = arguments.into_iter().next();
        if let Some(outer) = argument.as_ref().filter(|one| one.holds_outer() && !one.holds_column()) {
            let message = format!("{name} of nothing but values of the row around the query is not supported");
            return Err(Fault::new(outer.span, message));
        }
        if call.distinct && treats_nulls {
            return Err(Fault::new(span, format!("{name} does not take DISTINCT")));
        }
        // The least and the greatest of all values are those of the different ones, and so it is with ANY and EVERY.
        let distinct = call.distinct && !matches!(name, "MIN" | "MAX" | "ANY" | "EVERY");
        let (argument, data_type) = typed(&function, argument, name)?;
        Ok(Aggregate { function, argument, distinct, data_type, span })
    }
}

/// The argument, cast to what the function works on, and the type of what comes out.
fn typed(function: &AggregateFunction, argument: Option<Expr>, name: &str) -> Result<(Option<Expr>, DataType), Fault> {
    let Some(argument) = argument else { return Ok((None, DataType::BigInt)) };
    let number = |argument| operator::expect(argument, DataType::is_numeric, &format!("A number for {name}"));
    let double = |argument| Ok::<_, Fault>(operator::cast(number(argument)?, DataType::Double));
    Ok(match function {
        AggregateFunction::Count => (Some(argument), DataType::BigInt),
        AggregateFunction::Sum => {
            let argument = number(argument)?;
            // A sum of whole numbers is held in 64 bits; the column it goes into may be narrower.
            let data_type = match argument.data_type {
                integer if integer.is_integer() => DataType::BigInt,
                DataType::Decimal { scale, .. } => {
                    DataType::Decimal { precision: crate::types::DECIMAL_DIGITS_MAX, scale }
                }
                _ => DataType::Double,
            };
            (Some(argument), data_type)
        }
        AggregateFunction::Avg => {
            let argument = number(argument)?;
            let data_type = argument.data_type;
            (Some(argument), data_type)
        }
        AggregateFunction::VarPop
        | AggregateFunction::VarSamp
        | AggregateFunction::StddevPop
        | AggregateFunction::StddevSamp
        | AggregateFunction::ExpAvg { .. } => (Some(double(argument)?), DataType::Double),
        AggregateFunction::Any | AggregateFunction::Every => (Some(operator::condition(argument)?), DataType::Boolean),
        _ => {
            let data_type = varying(argument.data_type);
            (Some(argument), data_type)
        }
    })
}

fn whole(expr: &Expr, least: i64) -> Result<u64, Fault> {
    match operator::constant_integer(expr) {
        Some(value) if (least..=OFFSET_MAX).contains(&value) => Ok(value.unsigned_abs()),
        _ => Err(Fault::new(expr.span, format!("A whole number from {least} is expected here"))),
    }
}

fn lag_default(default: Expr, value: &Expr) -> Result<Box<Expr>, Fault> {
    if !crate::types::assignable(default.data_type, value.data_type) {
        let message = format!("The default of LAG is {}, and the value is {}", default.data_type, value.data_type);
        return Err(Fault::new(default.span, message));
    }
    Ok(Box::new(operator::cast(default, value.data_type)))
}

fn position_or_push<T: PartialEq>(all: &mut Vec<T>, one: T) -> usize {
    all.iter().position(|other| *other == one).unwrap_or_else(|| {
        all.push(one);
        all.len() - 1
    })
}
