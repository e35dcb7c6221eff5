//! A walk over records that can be interrupted and lets go of what lies behind it.

use std::vec;

use bytes::Bytes;

use super::{Cursor, RecordBatches, Records, records};
use crate::RecordView;

/// Walks the records of a window, one at a time. What lies behind is not kept.
#[derive(Debug)]
pub struct RecordWalk {
    batches: vec::IntoIter<Bytes>,
    current: Bytes,
    /// Where the next record of the current batch begins.
    at: usize,
    left: u32,
    base_offset: u64,
    arrival_ms: u64,
    from: u64,
    next: u64,
}

impl RecordBatches {
    /// The records of the window, as [`RecordBatches::iter`] gives them.
    pub fn walk(self) -> RecordWalk {
        RecordWalk {
            batches: self.batches.into_iter(),
            current: Bytes::new(),
            at: 0,
            left: 0,
            base_offset: 0,
            arrival_ms: 0,
            from: self.from,
            next: self.next,
        }
    }
}

impl RecordWalk {
    /// The next record.
    pub fn step(&mut self) -> Option<RecordView<'_>> {
        while self.left == 0 {
            self.turn()?;
        }
        let Self { current, at, left, base_offset, arrival_ms, next, .. } = self;
        let cursor = Cursor { rest: &current[*at..] };
        let mut records = Records { cursor, base_offset: *base_offset, arrival_ms: *arrival_ms, left: *left };
        let record = records.next();
        *at = current.len() - records.cursor.rest.len();
        *left = records.left;
        record.filter(|record| record.offset < *next)
    }

    /// Goes on to the next batch, behind what stands before the window.
    fn turn(&mut self) -> Option<()> {
        self.current = self.batches.next()?;
        let mut records = records(&self.current);
        (self.base_offset, self.arrival_ms) = (records.base_offset, records.arrival_ms);
        let before = self.from.saturating_sub(records.base_offset);
        (0..before).try_for_each(|_| records.next().map(|_| ()));
        (self.at, self.left) = (self.current.len() - records.cursor.rest.len(), records.left);
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::NewRecord;
    use crate::batch::Encoder;

    #[test]
    fn a_walk_sees_what_an_iterator_sees() {
        let batch = |base_offset: u64, count: u64| {
            let mut buffer = Vec::new();
            let mut encoder = Encoder::begin(&mut buffer, base_offset, 1_000 + base_offset);
            for offset in base_offset..base_offset + count {
                let value = Bytes::from(vec![7; usize::try_from(offset).expect("small")]);
                encoder.push(&NewRecord { key: Bytes::from(offset.to_string()), value, headers: Vec::new() });
            }
            encoder.finish();
            Bytes::from(buffer)
        };
        for (from, next) in [(0, 9), (3, 9), (4, 5), (2, 7), (8, 8)] {
            let batches = vec![batch(0, 4), batch(4, 1), batch(5, 4)];
            let window = RecordBatches { batches, from, next, ..RecordBatches::default() };
            let mut walk = window.clone().walk();
            let mut seen = 0;
            for record in window.iter() {
                assert_eq!(walk.step(), Some(record), "{from}..{next}");
                seen += 1;
            }
            assert_eq!((seen, walk.step()), (next - from, None), "{from}..{next}");
        }
    }
}
