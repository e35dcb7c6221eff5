//! `COUNT_DISTINCT_ITEMS_TUMBLING`: how many different values each window has.
//!
//! <https://docs.aws.amazon.com/kinesisanalytics/latest/sqlref/count-distinct-items.html>. NULL is no value, as for aggregates.

mod hyper_log_log;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use arrow_array::Int64Array;
use hashbrown::HashSet;

use crate::rows::Rows;
use crate::state::{Damaged, Loader, Saver};

use super::item_window::{Count, ItemWindow};
use super::items::Items;
use hyper_log_log::HyperLogLog;

/// Up to so many different values the count is exact.
const EXACT_MAX: usize = 10_000;

/// The operator.
pub(super) type CountDistinctItems = ItemWindow<Distinct>;

impl CountDistinctItems {
    /// Counts the values of a column.
    pub(super) fn count(column: usize, seconds: u32) -> Self {
        ItemWindow::new(seconds, Distinct { column, seen: Seen::default() })
    }
}

/// The values of a window.
pub(super) struct Distinct {
    column: usize,
    seen: Seen,
}

/// The fingerprints of the values, or a sketch of them when there are many.
enum Seen {
    Exact(HashSet<u128, foldhash::fast::FixedState>),
    Sketch(HyperLogLog),
}

impl Default for Seen {
    fn default() -> Self {
        Self::Exact(HashSet::default())
    }
}

impl Count for Distinct {
    fn add(&mut self, rows: &Rows) {
        let items = Items::of(&rows.columns()[self.column]);
        for fingerprint in (0..rows.len()).filter_map(|row| items.fingerprint(row)) {
            match &mut self.seen {
                Seen::Exact(seen) => {
                    seen.insert(fingerprint);
                    if seen.len() > EXACT_MAX {
                        let mut sketch = HyperLogLog::default();
                        seen.iter().for_each(|fingerprint| sketch.insert(*fingerprint));
                        self.seen = Seen::Sketch(sketch);
                    }
                }
                Seen::Sketch(sketch) => sketch.insert(fingerprint),
            }
        }
    }

    fn finish(&mut self, end: i64) -> Rows {
        let count = match std::mem::take(&mut self.seen) {
            Seen::Exact(seen) => i64::try_from(seen.len()).expect("at most 10,000"),
            Seen::Sketch(sketch) => sketch.estimate(),
        };
        Rows::new(vec![end].into(), vec![Arc::new(Int64Array::from(vec![count]))])
    }

    fn memory(&self) -> usize {
        match &self.seen {
            Seen::Exact(seen) => seen.capacity() * 17,
            Seen::Sketch(sketch) => sketch.registers().len(),
        }
    }

    fn save(&self, saver: &mut Saver) {
        match &self.seen {
            Seen::Exact(seen) => {
                saver.count(0);
                saver.bytes(&seen.iter().flat_map(|fingerprint| fingerprint.to_le_bytes()).collect::<Vec<_>>());
            }
            Seen::Sketch(sketch) => {
                saver.count(1);
                saver.bytes(sketch.registers());
            }
        }
    }

    fn load(&mut self, loader: &mut Loader<'_>) -> Result<(), Damaged> {
        self.seen = match loader.count()? {
            0 => {
                let (fingerprints, rest) = loader.bytes()?.as_chunks::<16>();
                if !rest.is_empty() || fingerprints.len() > EXACT_MAX {
                    return Err(Damaged);
                }
                Seen::Exact(fingerprints.iter().map(|bytes| u128::from_le_bytes(*bytes)).collect())
            }
            1 => Seen::Sketch(HyperLogLog::of(loader.bytes()?).ok_or(Damaged)?),
            _ => return Err(Damaged),
        };
        Ok(())
    }
}
