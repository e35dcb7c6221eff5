//! AND, OR, NOT and IS with three truth values; CASE, COALESCE and NULLIF. Later parts are looked at only where they matter.

use arrow_array::{Array, ArrayRef, BooleanArray};
use arrow_buffer::{BooleanBuffer, BooleanBufferBuilder, NullBuffer};

use super::batch::{Batch, places};
use super::step::Step;
use super::values::Values;
use super::{cast, compare};
use crate::Fault;
use crate::Span;
use crate::plan::Comparison;
use crate::types::DataType;

/// `AND` (or `OR`) of all parts.
pub(super) fn chain(parts: Vec<Step>, and: bool) -> Step {
    let easy = parts.iter().all(|part| part.easy);
    let run = move |batch: &Batch<'_>| {
        let mut all = BooleanArray::from(vec![and; batch.len()]);
        for (index, part) in parts.iter().enumerate() {
            // A FALSE decides an AND, a TRUE an OR: the rest is for the other rows.
            let open = if index == 0 || part.easy { None } else { open(&all, !and) };
            let next = match open {
                None => part.evaluate(batch).booleans(batch.len()),
                Some(open) if open.is_empty() => break,
                Some(open) => {
                    let some = part.evaluate(&batch.select(&open)).booleans(open.len());
                    scattered(&some, &open, batch.len(), and)
                }
            };
            all = match (index, and) {
                (0, _) => next,
                (_, true) => arrow_arith::boolean::and_kleene(&all, &next).expect("both have a value for each row"),
                (_, false) => arrow_arith::boolean::or_kleene(&all, &next).expect("both have a value for each row"),
            };
        }
        Values::rows(all)
    };
    Step::of(DataType::Boolean, easy, run)
}

/// The rows that are not decided yet; none if that is all of them.
fn open(truths: &BooleanArray, decided: bool) -> Option<Vec<u32>> {
    let decided = is(truths, decided);
    (decided.count_set_bits() > 0).then(|| places(&!&decided))
}

/// The rows that are TRUE (or FALSE), and not NULL.
fn is(truths: &BooleanArray, truth: bool) -> BooleanBuffer {
    let values = if truth { truths.values().clone() } else { !truths.values() };
    match truths.nulls() {
        Some(nulls) => &values & nulls.inner(),
        None => values,
    }
}

/// Truth values of some rows among those of all; the others get `rest`.
fn scattered(some: &BooleanArray, at: &[u32], length: usize, rest: bool) -> BooleanArray {
    let filled = |bit: bool| {
        let mut bits = BooleanBufferBuilder::new(length);
        bits.append_n(length, bit);
        bits
    };
    let (mut values, mut valid) = (filled(rest), filled(true));
    for (index, place) in at.iter().enumerate() {
        values.set_bit(*place as usize, some.value(index));
        valid.set_bit(*place as usize, some.is_valid(index));
    }
    BooleanArray::new(values.finish(), Some(NullBuffer::new(valid.finish())))
}

pub(super) fn not(part: Step) -> Step {
    let easy = part.easy;
    let run = move |batch: &Batch<'_>| {
        let truths = part.evaluate(batch).booleans(batch.len());
        Values::rows(arrow_arith::boolean::not(&truths).expect("the opposite of truth values can be had"))
    };
    Step::of(DataType::Boolean, easy, run)
}

pub(super) fn is_null(part: Step) -> Step {
    let easy = part.easy;
    let run = move |batch: &Batch<'_>| {
        let values = part.evaluate(batch).spread(batch.len());
        Values::rows(arrow_arith::boolean::is_null(&values).expect("whether a value is NULL can be told"))
    };
    Step::of(DataType::Boolean, easy, run)
}

/// `IS TRUE`, or `IS FALSE`.
pub(super) fn is_boolean(part: Step, truth: bool) -> Step {
    let easy = part.easy;
    let run = move |batch: &Batch<'_>| {
        let truths = part.evaluate(batch).booleans(batch.len());
        Values::rows(BooleanArray::new(is(&truths, truth), None))
    };
    Step::of(DataType::Boolean, easy, run)
}

/// Values of different rows on their way into one array.
struct Gathered {
    arrays: Vec<ArrayRef>,
    /// For each row the array, and the place in it.
    places: Vec<(usize, usize)>,
}

impl Gathered {
    fn new(length: usize) -> Self {
        Self { arrays: Vec::new(), places: vec![(0, 0); length] }
    }

    /// Takes the values of a step for some rows.
    fn add(&mut self, step: &Step, batch: &Batch<'_>, rows: &[u32]) -> ArrayRef {
        if rows.len() == batch.len() || step.easy {
            let values = step.evaluate(batch);
            for row in rows {
                self.places[*row as usize] = (self.arrays.len(), values.place(*row as usize));
            }
            self.arrays.push(ArrayRef::clone(values.array()));
            return values.spread(batch.len());
        }
        let values = step.evaluate(&batch.select(rows)).spread(rows.len());
        for (index, row) in rows.iter().enumerate() {
            self.places[*row as usize] = (self.arrays.len(), index);
        }
        self.arrays.push(ArrayRef::clone(&values));
        values
    }

    fn finish(self, data_type: DataType) -> Values {
        if self.arrays.is_empty() {
            return Values::null(data_type);
        }
        let arrays: Vec<&dyn Array> = self.arrays.iter().map(AsRef::as_ref).collect();
        let gathered = arrow_select::interleave::interleave(&arrays, &self.places);
        Values::Rows(gathered.expect("all branches are cast to one type"))
    }
}

/// `CASE`: conditions and values by turns, and at the end what it is otherwise.
pub(super) fn case(mut parts: Vec<Step>, data_type: DataType) -> Step {
    let easy = parts.iter().all(|part| part.easy);
    let otherwise = parts.pop().expect("the binder gives a CASE its ELSE");
    let run = move |batch: &Batch<'_>| {
        let mut gathered = Gathered::new(batch.len());
        let mut rest: Vec<u32> = all_rows(batch);
        for branch in parts.chunks(2) {
            if rest.is_empty() {
                break;
            }
            let (then, others) = divided(&branch[0], batch, &rest);
            if !then.is_empty() {
                gathered.add(&branch[1], batch, &then);
            }
            rest = others;
        }
        if !rest.is_empty() {
            gathered.add(&otherwise, batch, &rest);
        }
        gathered.finish(data_type)
    };
    Step::of(data_type, easy, run)
}

fn all_rows(batch: &Batch<'_>) -> Vec<u32> {
    (0..batch.len()).map(|row| u32::try_from(row).expect("batches are smaller than 2^32 rows")).collect()
}

/// The rows for which a condition is TRUE, and the others.
fn divided(condition: &Step, batch: &Batch<'_>, rows: &[u32]) -> (Vec<u32>, Vec<u32>) {
    if rows.len() == batch.len() || condition.easy {
        let truths = is(&condition.evaluate(batch).booleans(batch.len()), true);
        return rows.iter().partition(|row| truths.value(**row as usize));
    }
    let truths = is(&condition.evaluate(&batch.select(rows)).booleans(rows.len()), true);
    let (mut yes, mut no) = (Vec::new(), Vec::new());
    for (index, row) in rows.iter().enumerate() {
        if truths.value(index) { &mut yes } else { &mut no }.push(*row);
    }
    (yes, no)
}

/// The first part that is not NULL.
pub(super) fn coalesce(parts: Vec<Step>, data_type: DataType) -> Step {
    let easy = parts.iter().all(|part| part.easy);
    let run = move |batch: &Batch<'_>| {
        let mut gathered = Gathered::new(batch.len());
        let mut rest: Vec<u32> = all_rows(batch);
        for part in &parts {
            if rest.is_empty() {
                break;
            }
            let among_all = rest.len() == batch.len() || part.easy;
            let nulls = gathered.add(part, batch, &rest).logical_nulls();
            let mut index = 0;
            rest.retain(|row| {
                let place = if among_all { *row as usize } else { index };
                index += 1;
                nulls.as_ref().is_some_and(|nulls| nulls.is_null(place))
            });
        }
        gathered.finish(data_type)
    };
    Step::of(data_type, easy, run)
}

/// NULL where both are equal, else the left.
pub(super) fn null_if(left: Step, right: Step, data_type: DataType, span: Span) -> Result<Step, Fault> {
    if left.data_type == DataType::Null || right.data_type == DataType::Null {
        return as_type(left, data_type, span);
    }
    let (compared_type, easy) = (left.data_type, left.easy && right.easy);
    let run = move |batch: &Batch<'_>| {
        let (left, right) = (left.evaluate(batch), right.evaluate(batch));
        let equal = compare::truths(Comparison::Equal, &left, &right, compared_type).spread(batch.len());
        let equal = Values::Rows(equal).booleans(batch.len());
        let kept = arrow_select::nullif::nullif(&left.spread(batch.len()), &equal);
        Values::Rows(kept.expect("both have a value for each row"))
    };
    as_type(Step::of(compared_type, easy, run), data_type, span)
}

/// The binder types NULLIF as its left argument, which it may have cast for the comparison.
fn as_type(step: Step, data_type: DataType, span: Span) -> Result<Step, Fault> {
    if step.data_type == data_type || step.data_type.is_text() && data_type.is_text() {
        return Ok(step.typed(data_type));
    }
    cast::compile(step, data_type, span)
}
