//! How far deliveries are: one row per lane of a delivery stream.
//!
//! A delivery is sealed, then carried out, then the positions move. Sealing writes down everything that its objects
//! and requests follow from, so that a delivery that is repeated after a crash overwrites what the first attempt left.

use std::collections::BTreeMap;

use log::StreamId;
use serde::{Deserialize, Serialize};
use store::{Changes, Store};

use crate::buffering::Spans;
use crate::configuration::Destination;

const TABLE: &str = "firehose/progress";

/// What is delivered: the records after processing, or copies of them as they came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Kind {
    /// To the destination.
    Primary,
    /// Raw copies.
    Backup,
}

/// One of the two ways out of a delivery stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct LaneId {
    /// The log stream's identity, which is never used again.
    pub(crate) stream: StreamId,
    pub(crate) kind: Kind,
}

/// The row of a lane.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Progress {
    /// Records that arrived before this instant are not delivered, in wall-clock milliseconds.
    pub(crate) start_ms: u64,
    /// The log stream that the positions are of.
    pub(crate) source: Option<u64>,
    /// The next offset to deliver, by shard.
    pub(crate) positions: BTreeMap<u32, u64>,
    /// What is being delivered.
    pub(crate) sealed: Option<Sealed>,
    /// Deliveries so far.
    pub(crate) count: u64,
}

/// A delivery that is to be carried out, however often it takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Sealed {
    /// Thirty-two hex digits that everything random follows from.
    pub(crate) seed: String,
    /// What it takes.
    pub(crate) spans: Spans,
    /// Arrival of the oldest record.
    pub(crate) oldest_ms: u64,
    /// Version of the destination.
    pub(crate) version: u64,
    /// The destination as it was at that version.
    pub(crate) destination: Destination,
}

impl LaneId {
    fn key(self) -> [u8; 9] {
        let mut key = [0; 9];
        key[..8].copy_from_slice(&self.stream.0.to_be_bytes());
        key[8] = match self.kind {
            Kind::Primary => b'p',
            Kind::Backup => b'b',
        };
        key
    }
}

impl Progress {
    /// The row of a lane, if there is one.
    pub(crate) fn load(store: &Store, lane: LaneId) -> Result<Option<Self>, store::Error> {
        let Some(row) = store.get(TABLE, &lane.key())? else { return Ok(None) };
        let progress = serde_json::from_slice(&row);
        let damaged =
            |error| store::Error::Corrupt(format!("the progress of delivery stream {}: {error}", lane.stream.0));
        progress.map(Some).map_err(damaged)
    }

    /// Writes the row; durable when this resolves.
    pub(crate) async fn save(&self, store: &Store, lane: LaneId) -> Result<(), store::Error> {
        let row = serde_json::to_vec(self).expect("maps with plain keys always serialise");
        store.commit(Changes::new().put(TABLE, lane.key(), row)).await
    }

    /// The delivery has been carried out: positions move behind it.
    pub(crate) fn complete(&mut self) {
        if let Some(sealed) = self.sealed.take() {
            self.positions.extend(sealed.spans.iter().map(|(shard, span)| (*shard, span.to)));
            self.count += 1;
        }
    }
}

/// Removes the rows of delivery streams that are gone.
pub(crate) async fn sweep(store: &Store, is_alive: impl Fn(StreamId) -> bool) -> Result<(), store::Error> {
    let rows = store.scan(TABLE, std::ops::Bound::Unbounded, std::ops::Bound::Unbounded, usize::MAX)?;
    let mut changes = Changes::new();
    for (key, _) in rows {
        let id = key.first_chunk::<8>().map(|id| StreamId(u64::from_be_bytes(*id)));
        if id.is_some_and(|id| !is_alive(id)) {
            changes = changes.delete(TABLE, key);
        }
    }
    if changes.is_empty() { Ok(()) } else { store.commit(changes).await }
}

/// Removes the rows of a delivery stream.
pub(crate) async fn forget(store: &Store, stream: StreamId) -> Result<(), store::Error> {
    let lanes = [Kind::Primary, Kind::Backup].map(|kind| LaneId { stream, kind }.key());
    store.commit(lanes.into_iter().fold(Changes::new(), |changes, key| changes.delete(TABLE, key))).await
}
