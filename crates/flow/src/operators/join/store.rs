//! The rows of one side that can still be found, or that wait for a partner.

use std::collections::VecDeque;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, TimestampMillisecondArray, UInt32Array, new_null_array};
use arrow_schema::{DataType as Arrow, TimeUnit};
use foldhash::fast::FixedState;
use hashbrown::HashMap;

use crate::plan::Schema;
use crate::rows::{Rows, arrow_type};
use crate::state::Damaged;

/// The number of no row.
pub(super) const NO_ROW: u64 = u64::MAX;

/// Rows in batches, numbered from the beginning of time.
pub(super) struct Store {
    types: Vec<Arrow>,
    batches: VecDeque<Batch>,
    entries: VecDeque<Entry>,
    /// The number of the first entry.
    first: u64,
    /// Memory of the batches.
    memory: usize,
    lifetime: Lifetime,
}

/// How long rows stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lifetime {
    /// For an instant; what they share with others may stay alive as long.
    Instant,
    /// For a window; they keep no memory alive that is not their own.
    Window,
    /// For ever: a table, whose rows have no ROWTIME.
    Table,
}

struct Batch {
    first: u64,
    rows: Rows,
    memory: usize,
}

/// What is known of a row beside its values.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    pub(super) time: i64,
    /// The next row with the same key.
    pub(super) next: u64,
    /// The number of its key.
    pub(super) group: u32,
    /// Whether it had a partner.
    pub(super) matched: bool,
}

/// Batches are joined together up to this size, so that a trickle of rows does not become a crowd of batches.
const BATCH_ROWS: usize = 8192;
/// Below this many rows a side keeps its memory.
const SHRINK_ABOVE: usize = 1024;

impl Store {
    pub(super) fn new(schema: &Schema, lifetime: Lifetime) -> Self {
        let types = schema.columns.iter().map(|column| arrow_type(column.data_type)).collect();
        Self { types, batches: VecDeque::new(), entries: VecDeque::new(), first: 0, memory: 0, lifetime }
    }

    /// The values of rows whose entries follow one by one, or have been numbered before.
    pub(super) fn add_batch(&mut self, rows: Rows) {
        if rows.is_empty() {
            return;
        }
        let first = self.batches.back().map_or(self.first, |last| last.first + last.rows.len() as u64);
        let mut added = Batch { first, memory: 0, rows };
        if self.lifetime != Lifetime::Instant {
            added.rows = compact(&added.rows);
        }
        while self.lifetime != Lifetime::Instant
            && let Some(last) = self.batches.back()
            && last.rows.len() <= added.rows.len() * 2
            && last.rows.len() + added.rows.len() <= BATCH_ROWS
        {
            let last = self.batches.pop_back().expect("just seen");
            self.memory -= last.memory;
            let both = Rows::concat(&[last.rows, added.rows]);
            added = Batch { first: last.first, memory: 0, rows: compact(&both) };
        }
        added.memory = added.rows.memory();
        self.memory += added.memory;
        self.batches.push_back(added);
    }

    /// The number that the next entry gets.
    pub(super) fn next(&self) -> u64 {
        self.first + self.entries.len() as u64
    }

    pub(super) fn push(&mut self, entry: Entry) {
        self.entries.push_back(entry);
    }

    pub(super) fn entry(&self, number: u64) -> Entry {
        self.entries[self.index(number)]
    }

    pub(super) fn entry_mut(&mut self, number: u64) -> &mut Entry {
        let index = self.index(number);
        &mut self.entries[index]
    }

    fn index(&self, number: u64) -> usize {
        usize::try_from(number - self.first).expect("entries are in memory")
    }

    /// Rows before this one are not needed any more.
    pub(super) fn drop_before(&mut self, number: u64) {
        while self.first < number && self.entries.pop_front().is_some() {
            self.first += 1;
        }
        while let Some(batch) = self.batches.front()
            && batch.first + batch.rows.len() as u64 <= self.first
        {
            self.memory -= batch.memory;
            self.batches.pop_front();
        }
        if self.entries.capacity() > SHRINK_ABOVE && self.entries.len() * 4 < self.entries.capacity() {
            self.entries.shrink_to(self.entries.len() * 2);
        }
    }

    /// The columns of some rows and their ROWTIME; NULLs for [`NO_ROW`].
    pub(super) fn gather(&self, numbers: &[u64]) -> Vec<ArrayRef> {
        let mut used: Vec<usize> = Vec::new();
        let mut places: Vec<(usize, usize)> = Vec::with_capacity(numbers.len());
        let mut by_batch: HashMap<usize, usize, FixedState> = HashMap::default();
        // The batch of the row before is most often the one; the null row is the array in front.
        let mut last: Option<(std::ops::Range<u64>, usize)> = None;
        for number in numbers {
            if *number == NO_ROW {
                places.push((0, 0));
                continue;
            }
            let (range, place) = match last.take() {
                Some((range, place)) if range.contains(number) => (range, place),
                _ => {
                    let batch = self.batches.partition_point(|batch| batch.first <= *number) - 1;
                    let place = *by_batch.entry(batch).or_insert_with(|| {
                        used.push(batch);
                        used.len()
                    });
                    let first = self.batches[batch].first;
                    (first..first + self.batches[batch].rows.len() as u64, place)
                }
            };
            places.push((place, usize::try_from(number - range.start).expect("batches are in memory")));
            last = Some((range, place));
        }
        let mut columns: Vec<ArrayRef> = Vec::with_capacity(self.types.len() + 1);
        for (index, data_type) in self.types.iter().enumerate() {
            let arrays: Vec<&ArrayRef> = used.iter().map(|batch| &self.batches[*batch].rows.columns()[index]).collect();
            columns.push(pick(data_type, &arrays, &places, numbers));
        }
        columns.push(self.times(numbers));
        columns
    }

    fn times(&self, numbers: &[u64]) -> ArrayRef {
        if self.lifetime == Lifetime::Table {
            return new_null_array(&Arrow::Timestamp(TimeUnit::Millisecond, None), numbers.len());
        }
        let time = |number: &u64| (*number != NO_ROW).then(|| self.entry(*number).time);
        Arc::new(numbers.iter().map(time).collect::<TimestampMillisecondArray>())
    }

    /// All rows from a number on, in batches, and their entries.
    pub(super) fn rest(&self, number: u64) -> (Vec<Rows>, impl Iterator<Item = &Entry>) {
        let mut parts = Vec::new();
        for batch in &self.batches {
            let skipped = usize::try_from(number.saturating_sub(batch.first)).expect("batches are in memory");
            match skipped {
                0 => parts.push(batch.rows.clone()),
                // Written down without what is needed no more.
                _ if skipped < batch.rows.len() => {
                    parts.push(compact(&batch.rows.slice(skipped, batch.rows.len() - skipped)));
                }
                _ => {}
            }
        }
        let skipped = usize::try_from(number - self.first).expect("entries are in memory");
        (parts, self.entries.iter().skip(skipped))
    }

    /// Begins anew with rows from a number on.
    pub(super) fn restart(&mut self, number: u64) {
        self.batches.clear();
        self.entries.clear();
        (self.first, self.memory) = (number, 0);
    }

    /// Whether rows that were loaded are of this side.
    pub(super) fn check(&self, rows: &Rows) -> Result<(), Damaged> {
        let types = rows.columns().iter().map(|column| column.data_type());
        if types.eq(self.types.iter()) { Ok(()) } else { Err(Damaged) }
    }

    pub(super) fn memory(&self) -> usize {
        self.memory + self.entries.capacity() * size_of::<Entry>() + self.batches.capacity() * size_of::<Batch>()
    }
}

/// Values of one column at places of arrays; the array before them is a NULL.
fn pick(data_type: &Arrow, arrays: &[&ArrayRef], places: &[(usize, usize)], numbers: &[u64]) -> ArrayRef {
    if *data_type == Arrow::Null {
        return new_null_array(data_type, places.len());
    }
    if let [only] = arrays {
        let place = |(number, place): (&u64, &(usize, usize))| {
            (*number != NO_ROW).then(|| u32::try_from(place.1).expect("batches are smaller than 2^32 rows"))
        };
        let places: UInt32Array = numbers.iter().zip(places).map(place).collect();
        return arrow_select::take::take(only, &places, None)
            .expect("places lie within the rows, which have plain types");
    }
    let null = new_null_array(data_type, 1);
    let with_null: Vec<&dyn Array> = std::iter::once(&*null).chain(arrays.iter().map(|array| &***array)).collect();
    arrow_select::interleave::interleave(&with_null, places)
        .expect("places lie within the rows, which have plain types")
}

/// Rows that hold no more memory than they need: views let go of the records they were decoded from, slices of what they
/// were cut from.
pub(super) fn compact(rows: &Rows) -> Rows {
    let column = |column: &ArrayRef| -> ArrayRef {
        match column.data_type() {
            Arrow::Utf8View => Arc::new(column.as_string_view().gc()),
            Arrow::BinaryView => Arc::new(column.as_binary_view().gc()),
            fixed => {
                let needed = fixed.primitive_width().unwrap_or(1) * rows.len();
                if column.get_buffer_memory_size() <= needed * 2 + 64 {
                    return column.clone();
                }
                let all = UInt32Array::from_iter_values(0..u32::try_from(rows.len()).expect("fewer than 2^32 rows"));
                arrow_select::take::take(column, &all, None).expect("all places lie within the rows")
            }
        }
    };
    Rows::new(rows.times().iter().copied().collect(), rows.columns().iter().map(column).collect())
}
