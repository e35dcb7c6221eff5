//! Rows cut where a key that follows ROWTIME changes: the windows of `GROUP BY`, and what `ORDER BY` gathers.

use std::ops::Range;

use arrow_array::{ArrayRef, new_empty_array};

use crate::Fault;
use crate::plan::{Expr, Node};
use crate::rows::Rows;
use crate::state::{Damaged, Loader, Saver};
use crate::tables::Tables;

use super::rowtime::{Edges, over_rowtime};

/// Tells which rows stand together, and when no more will come.
///
/// A key over ROWTIME alone tells the end of its window beforehand. Any other one has changed when a row says so.
pub(crate) struct Epochs {
    edges: Edges,
    open: Option<Epoch>,
}

/// Rows whose keys are the same.
#[derive(Debug, Clone)]
pub(crate) struct Epoch {
    /// The first instant that is not in it, if that is known.
    end: Option<i64>,
    /// The ROWTIME of the last row so far.
    pub(crate) last: i64,
    /// The keys over ROWTIME, each as an array of one.
    pub(crate) over_rowtime: Vec<ArrayRef>,
    /// The other keys.
    pub(crate) over_columns: Vec<ArrayRef>,
}

/// An epoch that no more rows will come for.
#[derive(Debug)]
pub(crate) struct Closed {
    pub(crate) epoch: Epoch,
    /// Its end, or the ROWTIME of the row that has other keys.
    pub(crate) rowtime: i64,
}

/// Rows of one epoch.
#[derive(Debug)]
pub(crate) struct Part {
    /// The epoch that they end.
    pub(crate) closed: Option<Closed>,
    pub(crate) rows: Range<usize>,
}

/// Keys that can be told beforehand, and those that only rows tell.
pub(crate) struct Keys<'k> {
    /// With its place among all of them, rewritten as a key over ROWTIME alone.
    pub(crate) over_rowtime: Vec<(usize, Expr)>,
    pub(crate) over_columns: Vec<(usize, &'k Expr)>,
}

/// Tells the kinds of monotonic keys over a node's rows apart.
pub(crate) fn keys<'k>(monotonic: impl IntoIterator<Item = (usize, &'k Expr)>, input: &Node) -> Keys<'k> {
    let mut keys = Keys { over_rowtime: Vec::new(), over_columns: Vec::new() };
    for (index, key) in monotonic {
        match over_rowtime(key, input) {
            Some(over_rowtime) => keys.over_rowtime.push((index, over_rowtime)),
            None => keys.over_columns.push((index, key)),
        }
    }
    keys
}

impl Epochs {
    pub(crate) fn new(keys: &Keys<'_>, tables: &Tables) -> Result<Self, Fault> {
        Ok(Self { edges: Edges::new(keys.over_rowtime.iter().map(|(_, key)| key), tables)?, open: None })
    }

    /// Cuts rows; of the keys that are not over ROWTIME alone the values are given.
    pub(crate) fn cut(&mut self, times: &[i64], keys: &[ArrayRef]) -> Vec<Part> {
        let mut parts = Vec::with_capacity(1);
        for run in runs(times.len(), keys) {
            let mut start = run.start;
            while start < run.end {
                let time = times[start];
                let closed = self.bound(time).or_else(|| self.changed(time, start, keys));
                let open = self.open.get_or_insert_with(|| {
                    let (over_rowtime, end) = self.edges.at(time);
                    let over_columns = keys.iter().map(|key| key.slice(start, 1)).collect();
                    Epoch { end, last: time, over_rowtime, over_columns }
                });
                let length = match open.end {
                    Some(end) if times[run.end - 1] >= end => times[start..run.end].partition_point(|time| *time < end),
                    _ => run.end - start,
                };
                let rows = start..start + length;
                start = rows.end;
                open.last = times[start - 1];
                parts.push(Part { closed, rows });
            }
        }
        parts
    }

    /// Closes the open epoch if a row has other keys.
    fn changed(&mut self, time: i64, row: usize, keys: &[ArrayRef]) -> Option<Closed> {
        let open = self.open.as_ref()?;
        let same = open.over_columns.iter().zip(keys).all(|(open, key)| **open == *key.slice(row, 1));
        if same { None } else { self.open.take().map(|epoch| Closed { epoch, rowtime: time }) }
    }

    /// Closes the open epoch if no row from this ROWTIME on is in it.
    pub(crate) fn bound(&mut self, bound: i64) -> Option<Closed> {
        let open = self.open.as_ref()?;
        let rowtime = match open.end {
            Some(end) if end <= bound => end,
            // A table ends there.
            None if bound == i64::MAX => open.last,
            _ => return None,
        };
        self.open.take().map(|epoch| Closed { epoch, rowtime })
    }

    /// The end of the open epoch.
    pub(crate) fn deadline(&self) -> Option<i64> {
        self.open.as_ref().and_then(|open| open.end)
    }

    /// The open epoch.
    pub(crate) fn open(&self) -> Option<&Epoch> {
        self.open.as_ref()
    }

    pub(crate) fn save(&self, saver: &mut Saver) {
        saver.count(usize::from(self.open.is_some()));
        if let Some(open) = &self.open {
            saver.optional(open.end);
            saver.integer(open.last);
            saver.rows(&Rows::new(vec![0].into(), open.over_rowtime.clone()));
            saver.rows(&Rows::new(vec![0].into(), open.over_columns.clone()).compacted());
        }
    }

    pub(crate) fn load(&mut self, loader: &mut Loader<'_>) -> Result<(), Damaged> {
        self.open = None;
        if loader.count()? != 0 {
            let (end, last) = (loader.optional()?, loader.integer()?);
            let over_rowtime = loader.rows()?.columns().to_vec();
            let over_columns = loader.rows()?.columns().to_vec();
            self.open = Some(Epoch { end, last, over_rowtime, over_columns });
        }
        Ok(())
    }
}

/// Rows that follow one another and have the same keys.
fn runs(rows: usize, keys: &[ArrayRef]) -> Vec<Range<usize>> {
    match keys {
        [] => std::iter::once(0..rows).filter(|run| !run.is_empty()).collect(),
        keys => arrow_ord::partition::partition(keys).expect("keys have plain types").ranges(),
    }
}

/// The values of an epoch's keys, each repeated for some rows.
pub(crate) fn repeated(value: &ArrayRef, rows: usize) -> ArrayRef {
    if rows == 0 {
        return new_empty_array(value.data_type());
    }
    let places = arrow_array::UInt32Array::from(vec![0; rows]);
    arrow_select::take::take(value, &places, None).expect("the first place is there")
}
