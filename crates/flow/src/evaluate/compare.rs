//! Comparisons: `= <> < <= > >=` and IS [NOT] DISTINCT FROM.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{ArrowPrimitiveType, Float32Type, Float64Type};
use arrow_array::{Array, BooleanArray, Datum, StringViewArray};
use arrow_ord::cmp;
use arrow_schema::ArrowError;

use super::step::Step;
use super::values::Values;
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
        if data_type == DataType::Null {
            return Values::Constant(Arc::new(BooleanArray::from(vec![negated])));
        }
        apply(if negated { cmp::not_distinct } else { cmp::distinct }, &left, &right, data_type)
    };
    Step::of(DataType::Boolean, easy, run)
}

/// The truth of a comparison of values of one type.
pub(super) fn truths(comparison: Comparison, left: &Values, right: &Values, data_type: DataType) -> Values {
    let kernel = match comparison {
        Comparison::Equal => cmp::eq,
        Comparison::NotEqual => cmp::neq,
        Comparison::Less => cmp::lt,
        Comparison::LessOrEqual => cmp::lt_eq,
        Comparison::Greater => cmp::gt,
        Comparison::GreaterOrEqual => cmp::gt_eq,
    };
    apply(kernel, left, right, data_type)
}

type Compare = fn(&dyn Datum, &dyn Datum) -> Result<BooleanArray, ArrowError>;

fn apply(kernel: Compare, left: &Values, right: &Values, data_type: DataType) -> Values {
    let truths = match data_type {
        DataType::Real => kernel(&one_zero::<Float32Type>(left, right), &one_zero::<Float32Type>(right, left)),
        DataType::Double => kernel(&one_zero::<Float64Type>(left, right), &one_zero::<Float64Type>(right, left)),
        _ => kernel(left, right),
    };
    let truths = Arc::new(truths.expect("the binder makes both of one type"));
    if left.is_constant() && right.is_constant() { Values::Constant(truths) } else { Values::Rows(truths) }
}

/// Numbers with 0 for −0, which stands below 0 in Arrow's order, if they are compared with what may be 0.
fn one_zero<T: ArrowPrimitiveType>(values: &Values, other: &Values) -> Values
where
    T::Native: std::ops::Add<Output = T::Native> + PartialEq,
{
    let zero = T::Native::default();
    if other.is_constant() && other.numbers::<T>().value(0) != zero {
        return values.clone();
    }
    values.with(Arc::new(values.array().as_primitive::<T>().unary::<_, T>(|value| value + zero)))
}

/// The texts without spaces at their ends, where those do not count.
pub(super) fn trimmed(values: Values, pads: bool) -> Values {
    if !pads {
        return values;
    }
    let texts = values.texts();
    let trimmed: StringViewArray =
        (0..values.array().len()).map(|row| texts.at(row).map(|text| text.trim_end_matches(' '))).collect();
    values.with(Arc::new(trimmed))
}
