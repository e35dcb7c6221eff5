//! The part of a query that depends on tables alone: its rows, and which of them meet what is asked.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::{Array, ArrayRef, BooleanArray, Int64Array, UInt32Array};
use arrow_schema::SortOptions;

use super::prepared::{Account, Held};
use super::rewrite::AnchorPlan;
use super::{alone, carried_out};
use crate::evaluate::values::Values;
use crate::evaluate::{Evaluator, compare};
use crate::operators::keys::{KeyColumns, Keys};
use crate::tables::Tables;
use crate::{Fault, RowError, Rows};

/// Rows of tables, some of which meet what is asked.
#[derive(Debug)]
pub(super) struct Anchor {
    rows: Rows,
    /// What is wrong with a row: then nothing can be answered.
    failed: Option<RowError>,
    index: Option<Index>,
    _held: Held,
}

/// Rows by their keys.
#[derive(Debug)]
struct Index {
    /// The keys of what is asked.
    asked: Vec<Evaluator>,
    padded: Vec<bool>,
    keys: Keys,
    /// Where the places of each key begin, and at the end where the last ones end.
    starts: Vec<u32>,
    places: Vec<u32>,
}

/// Which rows meet what is asked.
pub(super) enum Met {
    All,
    /// The places of some, for each of what is asked.
    Some(Vec<std::ops::Range<usize>>),
}

impl Anchor {
    pub(super) fn new(plan: &AnchorPlan, account: &Arc<Account>, tables: &Tables) -> Result<Self, Fault> {
        let (rows, mut failed) = match carried_out(&alone(&plan.input), &tables.inside(), 0)? {
            Ok(rows) => (rows, None),
            Err(error) => (Rows::none(&plan.input.schema), Some(error)),
        };
        let rows = match plan.extremes {
            Some(is_padded) => extremes(&rows, is_padded),
            None => rows,
        };
        let (rows, mut index) = (rows.compacted(), None);
        if !plan.keys.is_empty() && failed.is_none() {
            match Index::new(plan, &rows, tables)? {
                Ok(made) => index = Some(made),
                Err(error) => failed = Some(error),
            }
        }
        let mut held = Held::new(account, plan.input.span);
        held.set(rows.memory() + index.as_ref().map_or(0, Index::memory));
        Ok(Self { rows, failed, index, _held: held })
    }

    /// The error that everything fails with.
    pub(super) fn failed(&self) -> Option<&RowError> {
        self.failed.as_ref()
    }

    /// Which rows meet each of what is asked, and what is wrong with some of that.
    pub(super) fn met(&self, asked: &Rows, now: i64, errors: &mut BTreeMap<usize, RowError>) -> Met {
        let Some(index) = self.index.as_ref().filter(|_| !self.rows.is_empty()) else { return Met::All };
        let (columns, failed) = Evaluator::evaluate_all(&index.asked, asked, now);
        for (row, error) in failed {
            errors.entry(row).or_insert(error);
        }
        let (columns, mut key) = (KeyColumns::padded(&columns, &index.padded), Vec::new());
        let range = |row: usize| {
            if columns.has_null(row) {
                return 0..0;
            }
            columns.write(row, &mut key);
            match index.keys.find(&key) {
                Some(number) => index.starts[number as usize] as usize..index.starts[number as usize + 1] as usize,
                None => 0..0,
            }
        };
        Met::Some((0..asked.len()).map(range).collect())
    }

    /// How many rows one of what is asked meets.
    pub(super) fn count(&self, met: &Met, asked: usize) -> usize {
        match met {
            Met::All => self.rows.len(),
            Met::Some(ranges) => ranges[asked].len(),
        }
    }

    /// The rows that some of what is asked meets: their columns, what is asked, and the place of that.
    pub(super) fn pairs(&self, met: &Met, asked: &Rows, which: std::ops::Range<usize>) -> Rows {
        let (mut places, mut numbers): (Vec<u32>, Vec<u32>) = (Vec::new(), Vec::new());
        for one in which {
            let before = places.len();
            match (met, &self.index) {
                (Met::Some(ranges), Some(index)) => places.extend(&index.places[ranges[one].clone()]),
                _ => places.extend((0..).take(self.rows.len())),
            }
            let number = u32::try_from(one).expect("batches are smaller than 2^32 rows");
            numbers.extend(std::iter::repeat_n(number, places.len() - before));
        }
        let places = UInt32Array::from(places);
        tagged(&self.rows, &places, asked, &UInt32Array::from(numbers))
    }
}

/// What is asked, as rows of their own.
pub(super) fn tuples(asked: &Rows, which: std::ops::Range<usize>) -> Rows {
    let numbers =
        UInt32Array::from_iter_values(which.map(|one| u32::try_from(one).expect("batches are smaller than 2^32 rows")));
    tagged(&Rows::new(vec![0; asked.len()].into(), Vec::new()), &numbers, asked, &numbers)
}

fn tagged(rows: &Rows, places: &UInt32Array, asked: &Rows, numbers: &UInt32Array) -> Rows {
    let take = |column: &ArrayRef, places: &UInt32Array| {
        arrow_select::take::take(column, places, None).expect("places lie within the rows")
    };
    let mut columns: Vec<ArrayRef> = rows.columns().iter().map(|column| take(column, places)).collect();
    columns.extend(asked.columns().iter().map(|column| take(column, numbers)));
    columns.push(Arc::new(Int64Array::from_iter_values(numbers.values().iter().map(|number| i64::from(*number)))));
    Rows::new(vec![0; places.values().len()].into(), columns)
}

impl Index {
    fn new(plan: &AnchorPlan, rows: &Rows, tables: &Tables) -> Result<Result<Self, RowError>, Fault> {
        let ready = |expr| Evaluator::new(expr, tables);
        let own: Vec<Evaluator> = plan.keys.iter().map(|(own, _)| ready(own)).collect::<Result<_, _>>()?;
        let asked = plan.keys.iter().map(|(_, asked)| ready(asked)).collect::<Result<_, _>>()?;
        let padded: Vec<bool> = plan.keys.iter().map(|(own, asked)| compare::pads(own, asked)).collect();
        let (columns, failed) = Evaluator::evaluate_all(&own, rows, 0);
        if let Some((_, error)) = failed.into_iter().next() {
            return Ok(Err(error));
        }
        let columns = KeyColumns::padded(&columns, &padded);
        let (mut keys, mut key) = (Keys::default(), Vec::new());
        let mut numbered: Vec<(u32, u32)> = Vec::with_capacity(rows.len());
        for (row, place) in (0..rows.len()).zip(0_u32..) {
            if !columns.has_null(row) {
                columns.write(row, &mut key);
                numbered.push((keys.number(&key), place));
            }
        }
        // The rows of a key stay in their order.
        numbered.sort_unstable();
        let mut starts = vec![0; keys.numbers() + 1];
        for (number, _) in &numbered {
            starts[*number as usize + 1] += 1;
        }
        for number in 1..starts.len() {
            starts[number] += starts[number - 1];
        }
        let places = numbered.into_iter().map(|(_, place)| place).collect();
        Ok(Ok(Self { asked, padded, keys, starts, places }))
    }

    fn memory(&self) -> usize {
        self.keys.memory() + (self.starts.capacity() + self.places.capacity()) * size_of::<u32>()
    }
}

/// Of one column the least, the greatest and NULL, as far as it has them: no comparison with all its values says more.
fn extremes(rows: &Rows, is_padded: bool) -> Rows {
    let values = compare::trimmed(Values::Rows(Arc::clone(&rows.columns()[0])), is_padded).spread(rows.len());
    let mut kept = vec![false; rows.len()];
    let nulls = values.logical_nulls();
    if let Some(row) = nulls.as_ref().and_then(|nulls| (0..rows.len()).find(|row| nulls.is_null(*row))) {
        kept[row] = true;
    }
    for descending in [false, true] {
        let options = SortOptions { descending, nulls_first: false };
        if values.logical_null_count() < rows.len() {
            let first = arrow_ord::sort::sort_to_indices(&values, Some(options), Some(1));
            kept[first.expect("values of all types have an order").value(0) as usize] = true;
        }
    }
    rows.filter(&BooleanArray::from(kept))
}
