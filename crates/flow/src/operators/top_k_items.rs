//! `TOP_K_ITEMS_TUMBLING`: the most frequent values of each window.
//!
//! <https://docs.aws.amazon.com/kinesisanalytics/latest/sqlref/top-k.html>. Counts are exact while a window has at most [`ITEMS_MAX`] different values; beyond that
//! rare ones are forgotten, and a value that comes (back) later is taken to have been as frequent as the most frequent forgotten one.
//! NULL is no value, as for aggregates. Of equally frequent values the one that came first is first.

use arrow_array::{ArrayRef, Int64Array, UInt32Array};
use arrow_select::concat::concat;
use arrow_select::take::take;
use hashbrown::HashMap;

use crate::rows::Rows;
use crate::state::{Damaged, Loader, Saver};

use super::item_window::{Count, ItemWindow};
use super::items::{Items, compact};

/// Different values that are counted exactly in a window (more if more are asked for).
const ITEMS_MAX: usize = 200_000;
/// Pieces that values are kept in before they are joined.
const PIECES_MAX: usize = 64;

/// The operator.
pub(super) type TopKItems = ItemWindow<Frequencies>;

impl TopKItems {
    /// The `k` most frequent values of a column.
    pub(super) fn top(column: usize, k: u32, seconds: u32) -> Self {
        ItemWindow::new(seconds, Frequencies::new(column, k as usize, ITEMS_MAX.max(4 * k as usize)))
    }
}

/// How often each value was met in a window.
pub(super) struct Frequencies {
    column: usize,
    k: usize,
    items_max: usize,
    /// The place of each value among `counts`, by its fingerprint.
    places: HashMap<u128, u32, foldhash::fast::FixedState>,
    /// In the order in which values came.
    counts: Vec<u64>,
    /// The values in that order.
    pieces: Vec<ArrayRef>,
    pieces_bytes: usize,
    /// The count of the most frequent value that was forgotten.
    forgotten: u64,
}

impl Frequencies {
    fn new(column: usize, k: usize, items_max: usize) -> Self {
        Self {
            column,
            k,
            items_max,
            places: HashMap::default(),
            counts: Vec::new(),
            pieces: Vec::new(),
            pieces_bytes: 0,
            forgotten: 0,
        }
    }

    fn keep(&mut self, piece: ArrayRef) {
        self.pieces.push(compact(piece));
        if self.pieces.len() > PIECES_MAX {
            let joined = self.joined();
            self.pieces = vec![compact(joined)];
        }
        self.pieces_bytes = self.pieces.iter().map(|piece| piece.get_array_memory_size()).sum();
    }

    /// All values.
    fn joined(&self) -> ArrayRef {
        let pieces: Vec<_> = self.pieces.iter().map(|piece| &**piece).collect();
        concat(&pieces).expect("all are of one column, and there is one")
    }

    /// The places of the most frequent values.
    fn most_frequent(&self, most: usize) -> Vec<u32> {
        let mut places: Vec<u32> = (0..self.counts.len()).map(number).collect();
        places.sort_by_key(|place| std::cmp::Reverse(self.counts[*place as usize]));
        places.truncate(most);
        places
    }

    /// Keeps the more frequent half.
    fn forget_rare(&mut self) {
        let mut kept = self.most_frequent(self.items_max / 2);
        kept.sort_unstable();
        let mut moved = vec![None; self.counts.len()];
        kept.iter().enumerate().for_each(|(new, old)| moved[*old as usize] = Some(number(new)));
        let dropped = moved.iter().zip(&self.counts).filter(|(moved, _)| moved.is_none());
        self.forgotten = dropped.map(|(_, count)| *count).max().unwrap_or(self.forgotten).max(self.forgotten);
        self.places.retain(|_, place| match moved[*place as usize] {
            Some(new) => {
                *place = new;
                true
            }
            None => false,
        });
        self.counts = kept.iter().map(|place| self.counts[*place as usize]).collect();
        let values = take(&self.joined(), &UInt32Array::from(kept), None).expect("places lie within the values");
        self.pieces.clear();
        self.keep(values);
    }
}

fn number(place: usize) -> u32 {
    u32::try_from(place).expect("at most 400,000 values and a batch are held")
}

impl Count for Frequencies {
    fn add(&mut self, rows: &Rows) {
        let column = &rows.columns()[self.column];
        let items = Items::of(column);
        let mut new = Vec::new();
        for row in 0..rows.len() {
            let Some(fingerprint) = items.fingerprint(row) else { continue };
            let place = *self.places.entry(fingerprint).or_insert_with(|| {
                new.push(number(row));
                self.counts.push(self.forgotten);
                number(self.counts.len() - 1)
            });
            self.counts[place as usize] += 1;
        }
        if !new.is_empty() {
            self.keep(take(column, &UInt32Array::from(new), None).expect("places lie within the rows"));
        }
        if self.counts.len() > self.items_max {
            self.forget_rare();
        }
    }

    fn finish(&mut self, end: i64) -> Rows {
        let window = std::mem::replace(self, Self::new(self.column, self.k, self.items_max));
        if window.pieces.is_empty() {
            return Rows::new(Vec::new().into(), Vec::new());
        }
        let top = window.most_frequent(window.k);
        let counts: Int64Array = top.iter().map(|place| window.counts[*place as usize].cast_signed()).collect();
        let times = vec![end; top.len()];
        let values = take(&window.joined(), &UInt32Array::from(top), None).expect("places lie within the values");
        Rows::new(times.into(), vec![compact(values), std::sync::Arc::new(counts)])
    }

    fn memory(&self) -> usize {
        self.places.capacity() * 33 + self.counts.capacity() * 8 + self.pieces_bytes
    }

    fn save(&self, saver: &mut Saver) {
        saver.integer(self.forgotten.cast_signed());
        saver.count(self.counts.len());
        self.counts.iter().for_each(|count| saver.integer(count.cast_signed()));
        if !self.counts.is_empty() {
            saver.rows(&Rows::new(vec![0; self.counts.len()].into(), vec![self.joined()]));
        }
    }

    fn load(&mut self, loader: &mut Loader<'_>) -> Result<(), Damaged> {
        *self = Self::new(self.column, self.k, self.items_max);
        self.forgotten = loader.integer()?.cast_unsigned();
        let length = loader.count()?;
        if length > self.items_max {
            return Err(Damaged);
        }
        self.counts = (0..length).map(|_| loader.integer().map(i64::cast_unsigned)).collect::<Result<Vec<_>, _>>()?;
        if length == 0 {
            return Ok(());
        }
        let rows = loader.rows()?;
        let [values] = rows.columns() else { return Err(Damaged) };
        let items = Items::of(values);
        for row in 0..rows.len() {
            self.places.insert(items.fingerprint(row).ok_or(Damaged)?, number(row));
        }
        if self.places.len() != length {
            return Err(Damaged);
        }
        self.keep(values.clone());
        Ok(())
    }
}
