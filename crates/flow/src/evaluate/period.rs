//! Predicates on two periods.
//!
//! Source: <https://docs.aws.amazon.com/kinesisanalytics/latest/sqlref/sql-reference-temporal-predicate.html>, which draws most of
//! them. Its words hold a period to be half open (`PERIOD (s, e) CONTAINS t` is `s <= t AND t < e`) and call the first seven standard
//! SQL; STRICTLY, in the language that AWS's came from, means that the periods neither begin nor end together. docs/analytics.md has
//! the table of them all.

use arrow_array::BooleanArray;
use arrow_array::types::TimestampMillisecondType;

use super::batch::Batch;
use super::step::Step;
use super::values::Values;
use crate::ast::PeriodPredicate;
use crate::types::DataType;

/// From the start up to the end without it; the instant alone where they are equal.
type Period = (i64, i64);

/// A predicate on two periods: two instants, and two more. The earlier of each two is the period's start.
pub(super) fn period(predicate: PeriodPredicate, parts: [Step; 4]) -> Step {
    let easy = parts.iter().all(|part| part.easy);
    let run = move |batch: &Batch<'_>| {
        let values = parts.each_ref().map(|part| part.evaluate(batch));
        let instants = values.each_ref().map(Values::numbers::<TimestampMillisecondType>);
        let truths: BooleanArray = (0..batch.len())
            .map(|row| {
                let [from, to, other_from, other_to] = instants.each_ref().map(|instants| instants.get(row));
                let (from, to, other_from, other_to) = (from?, to?, other_from?, other_to?);
                let left = (from.min(to), from.max(to));
                Some(holds_for(predicate, left, (other_from.min(other_to), other_from.max(other_to))))
            })
            .collect();
        Values::rows(truths)
    };
    Step::of(DataType::Boolean, easy, run)
}

fn holds_for(predicate: PeriodPredicate, left: Period, right: Period) -> bool {
    let apart = left.0 != right.0 && left.1 != right.1;
    match predicate {
        PeriodPredicate::Contains => contains(left, right),
        PeriodPredicate::Overlaps => overlaps(left, right),
        PeriodPredicate::Equals => left == right,
        PeriodPredicate::Precedes => left.1 <= right.0,
        PeriodPredicate::Succeeds => left.0 >= right.1,
        PeriodPredicate::ImmediatelyPrecedes => left.1 == right.0,
        PeriodPredicate::ImmediatelySucceeds => left.0 == right.1,
        PeriodPredicate::Leads => left.0 < right.0 && left.1 <= right.1,
        PeriodPredicate::Lags => left.1 > right.1 && left.0 >= right.0,
        PeriodPredicate::StrictlyContains => contains(left, right) && apart,
        PeriodPredicate::StrictlyOverlaps => overlaps(left, right) && apart,
        PeriodPredicate::StrictlyPrecedes => left.1 < right.0,
        PeriodPredicate::StrictlySucceeds => left.0 > right.1,
        PeriodPredicate::StrictlyLeads => left.0 < right.0 && left.1 < right.1,
        PeriodPredicate::StrictlyLags => left.1 > right.1 && left.0 > right.0,
        PeriodPredicate::ImmediatelyLeads => left.0 < right.0 && left.1 <= right.1 && left.1 == right.0,
        PeriodPredicate::ImmediatelyLags => left.1 > right.1 && left.0 >= right.0 && left.0 == right.1,
    }
}

fn contains(left: Period, right: Period) -> bool {
    let whole = left.0 <= right.0 && right.1 <= left.1;
    // The end itself is not in a period: an instant there is behind it.
    let instant_at_end = right.0 == right.1 && right.0 == left.1 && left.0 != left.1;
    whole && !instant_at_end
}

fn overlaps(left: Period, right: Period) -> bool {
    left.0 == right.0 || (left.0 < right.0 && right.0 < left.1) || (right.0 < left.0 && left.0 < right.1)
}
