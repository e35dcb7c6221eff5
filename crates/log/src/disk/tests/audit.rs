//! What an onlooker may expect of a log: every acknowledged record once, at its offset, for ever.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::{Appended, Error, LogEngine, Position, ReadLimits, RecordBatches, ShardId, Stream, StreamId};

/// How often a horizon may lie behind the exact one, as a share of the retention.
const HORIZON_STEPS: u64 = 65_536;

#[derive(Debug, Default)]
pub(super) struct Audit {
    pub(super) streams: BTreeMap<StreamId, StreamAudit>,
    /// Names of streams whose creation was asked for.
    pub(super) asked: BTreeSet<String>,
    value_count: u64,
}

#[derive(Debug)]
pub(super) struct StreamAudit {
    pub(super) latest: Arc<Stream>,
    pub(super) shards: BTreeMap<u32, ShardAudit>,
    pub(super) shortest_retention_ms: u64,
    pub(super) deletion_asked: bool,
    pub(super) is_deleted: bool,
}

#[derive(Debug, Default)]
pub(super) struct ShardAudit {
    /// Acknowledged or read: value and arrival, by offset.
    durable: BTreeMap<u64, (String, u64)>,
    /// The values in it.
    values: BTreeSet<String>,
    /// Values that may be there.
    possible: BTreeSet<String>,
    /// The highest trim that was asked for.
    pub(super) trim_asked: u64,
    sealed_end: Option<u64>,
}

impl ShardAudit {
    pub(super) fn end(&self) -> u64 {
        self.durable.last_key_value().map_or(0, |(offset, _)| offset + 1)
    }

    fn see(&mut self, shard: ShardId, offset: u64, value: &str, arrival_ms: u64) {
        assert!(self.possible.contains(value), "{shard:?} shows {value} at {offset}, which was refused or never sent");
        if let Some((known, known_arrival_ms)) = self.durable.get(&offset) {
            assert_eq!((known.as_str(), *known_arrival_ms), (value, arrival_ms), "{shard:?} changed {offset}");
            return;
        }
        assert!(self.values.insert(value.to_owned()), "{shard:?} holds {value} twice");
        self.durable.insert(offset, (value.to_owned(), arrival_ms));
    }
}

impl Audit {
    /// A value that no other record has.
    pub(super) fn new_value(&mut self) -> String {
        self.value_count += 1;
        format!("value-{}", self.value_count)
    }

    pub(super) fn living(&self) -> impl Iterator<Item = &StreamAudit> {
        self.streams.values().filter(|stream| !stream.is_deleted)
    }

    fn shard(&mut self, id: ShardId) -> &mut ShardAudit {
        let stream = self.streams.get_mut(&id.stream).expect("the stream is known");
        stream.shards.entry(id.index).or_default()
    }

    pub(super) fn shard_audit(&mut self, id: ShardId) -> &mut ShardAudit {
        self.shard(id)
    }

    pub(super) fn sent(&mut self, shard: ShardId, values: &[String]) {
        self.shard(shard).possible.extend(values.iter().cloned());
    }

    pub(super) fn refused(&mut self, shard: ShardId, values: &[String]) {
        let audit = self.shard(shard);
        for value in values {
            assert!(audit.possible.remove(value));
            assert!(!audit.values.contains(value), "{value} was shown, then refused");
        }
    }

    pub(super) fn acknowledged(&mut self, shard: ShardId, values: &[String], appended: Appended) {
        let audit = self.shard(shard);
        for (value, offset) in values.iter().zip(appended.first_offset..) {
            audit.see(shard, offset, value, appended.arrival_ms);
        }
    }

    pub(super) fn read(&mut self, shard: ShardId, batches: &RecordBatches) {
        let audit = self.shard(shard);
        let mut expected = batches.from;
        for record in batches.iter() {
            assert_eq!(record.offset, expected, "{shard:?} has gaps");
            expected += 1;
            let value = String::from_utf8_lossy(record.key);
            audit.see(shard, record.offset, &value, record.arrival_ms);
            assert_eq!(record.value.len(), value_bytes(&value), "{value} has another length");
        }
        assert_eq!(batches.next, expected);
    }

    /// Takes note of what a stream is now, as the engine says.
    pub(super) fn observe(&mut self, stream: &Arc<Stream>) {
        let audit = self.streams.entry(stream.id).or_insert_with(|| StreamAudit {
            latest: Arc::clone(stream),
            shards: BTreeMap::new(),
            shortest_retention_ms: stream.retention_ms,
            deletion_asked: false,
            is_deleted: false,
        });
        assert!(!audit.is_deleted, "{} came back", stream.name);
        assert!(stream.version >= audit.latest.version, "{} went back to an older version", stream.name);
        audit.shortest_retention_ms = audit.shortest_retention_ms.min(stream.retention_ms);
        for shard in &stream.shards {
            let known = audit.shards.entry(shard.id.index).or_default();
            if let Some(sealed) = shard.sealed {
                assert!(known.end() <= sealed.end, "{:?} is sealed before its end", shard.id);
                assert_eq!(*known.sealed_end.get_or_insert(sealed.end), sealed.end, "{:?}: the end moved", shard.id);
            } else {
                assert_eq!(known.sealed_end, None, "{:?} is open again", shard.id);
            }
            for parent in shard.parents.iter().filter_map(|parent| stream.shard(*parent)) {
                assert!(parent.sealed.is_some(), "{:?} appeared before its parent's end", shard.id);
            }
        }
        audit.latest = Arc::clone(stream);
    }

    /// Compares everything with what the engine says after a start.
    pub(super) async fn check(&mut self, log: &dyn LogEngine, now_ms: u64) {
        let Ok(living) = log.list_streams("", None, usize::MAX).await else { return };
        for stream in &living {
            assert!(self.asked.contains(&stream.name), "nobody asked for {}", stream.name);
            self.observe(stream);
        }
        for (id, audit) in &mut self.streams {
            let is_there = living.iter().any(|stream| stream.id == *id);
            assert!(is_there || audit.deletion_asked, "{} is gone", audit.latest.name);
            audit.is_deleted |= !is_there;
        }
        for stream in living {
            for shard in &stream.shards {
                self.check_shard(log, shard.id, now_ms).await;
            }
        }
    }

    async fn check_shard(&mut self, log: &dyn LogEngine, shard: ShardId, now_ms: u64) {
        let retention_ms = self.streams[&shard.stream].shortest_retention_ms;
        let Ok(horizon) = log.locate(shard, Position::Horizon).await else { return };
        let Ok(bounds) = log.bounds(shard).await else { return };
        let mut next = horizon;
        while next < bounds.end {
            let limits = ReadLimits { records_max: 50, bytes_max: 100_000 };
            let batches = match log.read(shard, next, limits, None).await {
                Ok(batches) => batches,
                // The power may fail even now.
                Err(Error::Io(_)) => return,
                Err(error) => panic!("{shard:?} cannot be read from {next}: {error}"),
            };
            assert!(batches.next > next);
            self.read(shard, &batches);
            next = batches.next;
        }
        let audit = self.shard(shard);
        assert!(audit.end() <= bounds.end, "{shard:?} ends at {} and lost records up to {}", bounds.end, audit.end());
        assert_eq!(bounds.sealed, audit.sealed_end.is_some());
        // What is not shown must be trimmed or beyond retention.
        let newest_hidden = audit.durable.range(audit.trim_asked.min(horizon)..horizon).next_back();
        if let Some((offset, (_, arrival_ms))) = newest_hidden {
            let slack_ms = retention_ms / HORIZON_STEPS + 1;
            assert!(
                arrival_ms.saturating_add(retention_ms) <= now_ms.saturating_add(slack_ms),
                "{shard:?} hides {offset}, which arrived at {arrival_ms}"
            );
        }
    }
}

/// The length of a record's value follows from its name, so that the bytes need not be remembered.
pub(super) fn value_bytes(value: &str) -> usize {
    let number: usize = value.trim_start_matches("value-").parse().expect("values are numbered");
    if number.is_multiple_of(17) { 20_000 + number % 1000 } else { number * 7919 % 1200 }
}
