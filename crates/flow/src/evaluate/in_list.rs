//! `x IN (…)` with many values that are written out: they are a set, and the value is looked up.

use std::sync::Arc;

use arrow_array::Array;

use super::set::Set;
use super::step::Step;
use super::values::Values;
use super::{compare, compile};
use crate::Fault;
use crate::plan::{Comparison, Expr, ExprKind};
use crate::tables::Tables;
use crate::types::DataType;

/// From so many texts on, looking a value up is less work than comparing it with each; numbers are compared faster.
const TEXTS_MIN: usize = 8;
const NUMBERS_MIN: usize = 24;

/// One value that is compared with many, if that is what these conditions do.
pub(super) fn listed(conditions: &[Expr], tables: &Tables) -> Result<Option<Step>, Fault> {
    let Some(ExprKind::Compare(Comparison::Equal, value, _)) = conditions.first().map(|first| &first.kind) else {
        return Ok(None);
    };
    let data_type = value.data_type;
    if conditions.len() < if data_type.is_text() { TEXTS_MIN } else { NUMBERS_MIN } {
        return Ok(None);
    }
    let mut candidates = Vec::with_capacity(conditions.len());
    for condition in conditions {
        let ExprKind::Compare(Comparison::Equal, left, right) = &condition.kind else { return Ok(None) };
        if left != value || compare::pads(left, right) {
            return Ok(None);
        }
        let right = compile::compile(right, tables)?;
        let alike = right.data_type == data_type || right.data_type.is_text() && data_type.is_text();
        match right.constant_value().filter(|_| alike) {
            Some(candidate) => candidates.push(Arc::clone(candidate)),
            None => return Ok(None),
        }
    }
    let candidates: Vec<&dyn Array> = candidates.iter().map(AsRef::as_ref).collect();
    let Ok(candidates) = arrow_select::concat::concat(&candidates) else { return Ok(None) };
    let set = Set::new(&candidates, false);
    let value = compile::compile(value, tables)?;
    Ok(Some(Step::of(DataType::Boolean, value.easy, move |batch| {
        Values::rows(set.truths(&value.evaluate(batch).spread(batch.len())))
    })))
}
