//! Comparisons: `= <> < <= > >=` and IS [NOT] DISTINCT FROM.

use arrow_array::types::{ArrowPrimitiveType, Float32Type, Float64Type};
use arrow_array::{Array, BooleanArray, StringViewArray};
use arrow_buffer::{BooleanBuffer, NullBuffer};
use arrow_ord::cmp;

use super::step::Step;
use super::values::{Numbers, Values};
use crate::plan::{Comparison, Expr, ExprKind};
use crate::types::DataType;

/// Whether spaces at the ends of two texts do not count: if a CHAR takes part that is not just written out.
pub(super) fn pads(left: &Expr, right: &Expr) -> bool {
    let filled =
        |expr: &Expr| matches!(expr.data_type, DataType::Char(_)) && !matches!(expr.kind, ExprKind::Literal(_));
    filled(left) || filled(right)
}

pub(super) fn compare(comparison: Comparison, left: Step, right: Step, pads: bool) -> Step {
    let (data_type, easy) = (left.data_type, left.easy && right.easy);
    let run = move |batch: &super::batch::Batch<'_>| {
        let (left, right) = (trimmed(left.evaluate(batch), pads), trimmed(right.evaluate(batch), pads));
        truths(comparison, &left, &right, data_type)
    };
    Step::of(DataType::Boolean, easy, run)
}

/// `IS NOT DISTINCT FROM` if negated.
pub(super) fn distinct(left: Step, right: Step, negated: bool, pads: bool) -> Step {
    let data_type = if left.data_type == DataType::Null { right.data_type } else { left.data_type };
    let typed = |step: Step| if step.data_type == DataType::Null { Step::null(data_type) } else { step };
    let (left, right) = (typed(left), typed(right));
    let easy = left.easy && right.easy;
    let run = move |batch: &super::batch::Batch<'_>| {
        let (left, right) = (trimmed(left.evaluate(batch), pads), trimmed(right.evaluate(batch), pads));
        let length = batch.len();
        let nulls = |values: &Values| values.spread(length).logical_nulls().map(NullBuffer::into_inner);
        let (left_valid, right_valid) = (nulls(&left), nulls(&right));
        let valid = |valid: Option<BooleanBuffer>| valid.unwrap_or_else(|| BooleanBuffer::new_set(length));
        let (left_valid, right_valid) = (valid(left_valid), valid(right_valid));
        let both_null = !&(&left_valid | &right_valid);
        let equal = match data_type {
            DataType::Null => BooleanBuffer::new_unset(length),
            _ => truths(Comparison::Equal, &left, &right, data_type).booleans(length).values().clone(),
        };
        let same = &(&(&left_valid & &right_valid) & &equal) | &both_null;
        Values::rows(BooleanArray::new(if negated { same } else { !&same }, None))
    };
    Step::of(DataType::Boolean, easy, run)
}

/// The truth of a comparison of values of one type.
pub(super) fn truths(comparison: Comparison, left: &Values, right: &Values, data_type: DataType) -> Values {
    if data_type.is_approximate() {
        let length = if left.is_constant() { right.array().len() } else { left.array().len() };
        let truths = match data_type {
            DataType::Real => floats::<Float32Type>(comparison, &left.numbers(), &right.numbers(), length),
            _ => floats::<Float64Type>(comparison, &left.numbers(), &right.numbers(), length),
        };
        return if left.is_constant() && right.is_constant() {
            Values::Constant(std::sync::Arc::new(truths))
        } else {
            Values::rows(truths)
        };
    }
    let kernel = match comparison {
        Comparison::Equal => cmp::eq,
        Comparison::NotEqual => cmp::neq,
        Comparison::Less => cmp::lt,
        Comparison::LessOrEqual => cmp::lt_eq,
        Comparison::Greater => cmp::gt,
        Comparison::GreaterOrEqual => cmp::gt_eq,
    };
    let truths = kernel(left, right).expect("the binder makes both of one type");
    if left.is_constant() && right.is_constant() {
        Values::Constant(std::sync::Arc::new(truths))
    } else {
        Values::rows(truths)
    }
}

/// As numbers are compared: Arrow's own order has −0 below 0.
fn floats<T: ArrowPrimitiveType>(
    comparison: Comparison,
    left: &Numbers<'_, T>,
    right: &Numbers<'_, T>,
    length: usize,
) -> BooleanArray
where
    T::Native: PartialOrd,
{
    let truths = match comparison {
        Comparison::Equal => bits(left, right, length, |left, right| left == right),
        Comparison::NotEqual => bits(left, right, length, |left, right| left != right),
        Comparison::Less => bits(left, right, length, |left, right| left < right),
        Comparison::LessOrEqual => bits(left, right, length, |left, right| left <= right),
        Comparison::Greater => bits(left, right, length, |left, right| left > right),
        Comparison::GreaterOrEqual => bits(left, right, length, |left, right| left >= right),
    };
    let nulls = NullBuffer::union(left.nulls(length).as_ref(), right.nulls(length).as_ref());
    BooleanArray::new(truths, nulls)
}

fn bits<T: ArrowPrimitiveType>(
    left: &Numbers<'_, T>,
    right: &Numbers<'_, T>,
    length: usize,
    holds: impl Fn(T::Native, T::Native) -> bool,
) -> BooleanBuffer {
    match (left.only(), right.only()) {
        // The usual case, a column against a literal, without a multiplication and a look for each row.
        (None, Some(right)) => {
            let left = left.all();
            BooleanBuffer::collect_bool(length, |row| holds(left[row], right))
        }
        _ => BooleanBuffer::collect_bool(length, |row| holds(left.value(row), right.value(row))),
    }
}

/// The texts without spaces at their ends.
fn trimmed(values: Values, pads: bool) -> Values {
    if !pads {
        return values;
    }
    let texts = values.texts();
    let trimmed: StringViewArray =
        (0..values.array().len()).map(|row| texts.at(row).map(|text| text.trim_end_matches(' '))).collect();
    match values {
        Values::Rows(_) => Values::rows(trimmed),
        Values::Constant(_) => Values::Constant(std::sync::Arc::new(trimmed)),
    }
}
