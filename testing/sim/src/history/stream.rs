//! What is certain about a stream.

use log::Stream;

/// What is certain about a stream.
#[derive(Debug)]
pub(super) struct StreamHistory {
    last: Stream,
    /// The shortest retention that was ever asked for.
    pub(super) retention_ms_min: u64,
    pub(super) may_be_deleted: bool,
    pub(super) is_deleted: bool,
}

impl StreamHistory {
    pub(super) fn new(stream: &Stream) -> Self {
        Self { last: stream.clone(), retention_ms_min: stream.retention_ms, may_be_deleted: false, is_deleted: false }
    }

    pub(super) fn version(&self) -> u64 {
        self.last.version
    }

    /// A description is the last one, or a newer one that follows from it.
    pub(super) fn describe(&mut self, stream: &Stream) -> Result<(), String> {
        let last = &self.last;
        if stream.version < last.version {
            return Err(format!("version {} was acknowledged, now it is {}", last.version, stream.version));
        }
        if stream.version == last.version && stream != last {
            return Err(format!("version {} was {last:?} and is {stream:?}", last.version));
        }
        if self.is_deleted {
            return Err("was deleted and is back".to_owned());
        }
        if (stream.name.as_str(), stream.created_ms) != (last.name.as_str(), last.created_ms) {
            return Err(format!("was {last:?} and is {stream:?}"));
        }
        for before in &last.shards {
            let Some(after) = stream.shard(before.id.index) else {
                if before.sealed.is_none() && stream.version == last.version + 1 {
                    return Err(format!("open {:?} was forgotten", before.id));
                }
                continue;
            };
            let is_same =
                (after.range, &after.parents, after.created_ms) == (before.range, &before.parents, before.created_ms);
            let has_moved = before.sealed.is_some() && after.sealed != before.sealed;
            if !is_same || has_moved {
                return Err(format!("{before:?} has become {after:?}"));
            }
        }
        self.retention_ms_min = self.retention_ms_min.min(stream.retention_ms);
        self.last = stream.clone();
        Ok(())
    }
}
