//! What the world outside the log knows, and the promises that follow from it.
//!
//! Every record carries a token of its own. An append is an attempt: open while it runs, in doubt when its outcome is
//! not known, gone when it was refused. Whatever was acknowledged or read once is certain, and has to be found at its
//! offset for as long as retention and trimming allow.

use std::collections::BTreeMap;

use host::simulated::Simulation;
use log::{Appended, Bounds, ShardId, Stream, StreamId};

use crate::history::shard::ShardHistory;
use crate::history::stream::StreamHistory;

mod shard;
mod stream;
#[cfg(test)]
mod tests;

/// An append whose outcome is not final.
#[derive(Debug, Clone)]
struct Attempt {
    shard: ShardId,
    count: u64,
    /// The offset of its first record, once one of them was seen.
    base: Option<u64>,
    /// Nobody waits for its answer any more.
    is_in_doubt: bool,
}

/// A record as it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// Its place.
    pub offset: u64,
    /// When it arrived.
    pub arrival_ms: u64,
    /// Which one it is; `None` when its bytes are not those that were written.
    pub token: Option<u64>,
}

/// All that was acknowledged, tried and read.
pub struct History {
    simulation: Simulation,
    streams: BTreeMap<StreamId, StreamHistory>,
    shards: BTreeMap<ShardId, ShardHistory>,
    /// By the token of the first record.
    attempts: BTreeMap<u64, Attempt>,
    next_token: u64,
    /// The latest wall-clock time that ever was, in milliseconds.
    latest_ms: u64,
    acknowledged_count: u64,
    read_count: u64,
    change_count: u64,
}

impl History {
    /// Nothing has happened yet on this machine.
    pub fn new(simulation: Simulation) -> Self {
        Self {
            simulation,
            streams: BTreeMap::new(),
            shards: BTreeMap::new(),
            attempts: BTreeMap::new(),
            next_token: 1,
            latest_ms: 0,
            acknowledged_count: 0,
            read_count: 0,
            change_count: 0,
        }
    }

    /// A promise is broken, unless the machine is off, when nothing that is said counts.
    pub fn broken(&self, what: &str) {
        if self.simulation.is_running() {
            panic!("seed {}: {what}", self.simulation.seed());
        }
    }

    fn require(&self, holds: bool, what: impl FnOnce() -> String) {
        if !holds {
            self.broken(&what());
        }
    }

    /// Records that were acknowledged.
    pub fn acknowledged_count(&self) -> u64 {
        self.acknowledged_count
    }

    /// Records that were read.
    pub fn read_count(&self) -> u64 {
        self.read_count
    }

    /// Changes that were acknowledged.
    pub fn change_count(&self) -> u64 {
        self.change_count
    }

    /// Remembers the time; to be called before the wall clock steps back and before anything is judged.
    pub fn note_time(&mut self, now_ms: u64) {
        self.latest_ms = self.latest_ms.max(now_ms);
    }

    /// The process is dead: what was not answered is in doubt.
    pub fn end_boot(&mut self) {
        self.attempts.values_mut().for_each(|attempt| attempt.is_in_doubt = true);
    }

    /// After a start and an audit: what is not there now never will be, unless it lies before the horizon, which may
    /// move back when the machine starts with its clock set back or with a longer retention.
    pub fn settle(&mut self) {
        let shards = &self.shards;
        let may_come_back = |attempt: &Attempt| shards.get(&attempt.shard).is_some_and(|shard| shard.audited_from > 0);
        self.attempts.retain(|_, attempt| !attempt.is_in_doubt || may_come_back(attempt));
    }

    /// An append of `count` records begins; gives the token of the first.
    pub fn begin(&mut self, shard: ShardId, count: u64) -> u64 {
        let token = self.next_token;
        self.next_token += count;
        self.attempts.insert(token, Attempt { shard, count, base: None, is_in_doubt: false });
        token
    }

    /// An append was acknowledged.
    pub fn acknowledge(&mut self, token: u64, appended: Appended) {
        let Some(attempt) = self.attempts.remove(&token) else { return };
        let Appended { first_offset, arrival_ms } = appended;
        self.require(attempt.base.is_none_or(|base| base == first_offset), || {
            format!("append {token} was read elsewhere than acknowledged: {attempt:?}, {appended:?}")
        });
        for index in 0..attempt.count {
            self.make_certain(attempt.shard, first_offset + index, token + index, arrival_ms);
        }
        self.acknowledged_count += attempt.count;
    }

    /// An append was refused: nothing of it may ever be seen.
    pub fn refuse(&mut self, token: u64) {
        if let Some(attempt) = self.attempts.remove(&token) {
            self.require(attempt.base.is_none(), || format!("append {token} was read and then refused: {attempt:?}"));
        }
    }

    /// Nobody knows what came of an append.
    pub fn doubt(&mut self, token: u64) {
        if let Some(attempt) = self.attempts.get_mut(&token) {
            attempt.is_in_doubt = true;
        }
    }

    /// A record was read, so it has to stay.
    pub fn saw(&mut self, shard: ShardId, seen: Seen) {
        self.read_count += 1;
        let Seen { offset, arrival_ms, token } = seen;
        let Some(token) = token else {
            return self.broken(&format!("record {offset} of {shard:?} has other bytes than were written"));
        };
        if self.shards.get(&shard).and_then(|known| known.token_at(offset)) == Some(token) {
            return self.make_certain(shard, offset, token, arrival_ms);
        }
        let found = self.attempts.range_mut(..=token).next_back();
        let Some((&first, attempt)) = found.filter(|(first, attempt)| token < *first + attempt.count) else {
            return self.broken(&format!("record {offset} of {shard:?} is {token}, which was refused or is elsewhere"));
        };
        let base = offset.checked_sub(token - first);
        let is_right = attempt.shard == shard && base.is_some() && attempt.base.is_none_or(|known| Some(known) == base);
        attempt.base = base;
        let attempt = attempt.clone();
        self.require(is_right, || format!("record {token} is at {offset} of {shard:?}, but {attempt:?}"));
        self.make_certain(shard, offset, token, arrival_ms);
    }

    fn make_certain(&mut self, id: ShardId, offset: u64, token: u64, arrival_ms: u64) {
        let shard = self.shards.entry(id).or_default();
        if let Err(what) = shard.put(offset, token, arrival_ms) {
            self.broken(&format!("{id:?}: {what}"));
        }
    }

    /// What the log says of a shard's ends.
    pub fn saw_bounds(&mut self, id: ShardId, bounds: &Bounds) {
        let shard = self.shards.entry(id).or_default();
        if let Err(what) = shard.check_bounds(bounds) {
            self.broken(&format!("{id:?}: {what}"));
        }
        self.check_horizon(id, bounds.horizon);
    }

    /// An append met the end of a sealed shard.
    pub fn saw_seal(&mut self, id: ShardId, end: u64) {
        let shard = self.shards.entry(id).or_default();
        if let Err(what) = shard.seal(end) {
            self.broken(&format!("{id:?}: {what}"));
        }
    }

    /// Everything from the horizon on was read: nothing certain is missing.
    pub fn saw_everything(&mut self, id: ShardId, from: u64, end: u64) {
        let shard = self.shards.entry(id).or_default();
        shard.audited_from = from;
        if let Err(what) = shard.check_whole(from, end) {
            self.broken(&format!("{id:?}: {what}"));
        }
        for (token, attempt) in self.attempts.iter().filter(|(_, attempt)| attempt.shard == id) {
            let is_whole = attempt.base.is_none_or(|base| base + attempt.count <= end);
            self.require(is_whole, || format!("only a part of append {token} is there: {attempt:?}, end {end}"));
        }
        self.check_horizon(id, from);
    }

    /// Only what was trimmed or has outlived the shortest retention there ever was may be gone.
    fn check_horizon(&self, id: ShardId, horizon: u64) {
        let Some(stream) = self.streams.get(&id.stream) else { return };
        let Some(shard) = self.shards.get(&id) else { return };
        let cutoff_ms = self.latest_ms.saturating_sub(stream.retention_ms_min);
        if let Some((offset, arrival_ms)) = shard.gone_too_early(horizon, cutoff_ms) {
            self.broken(&format!(
                "{id:?}: record {offset} of {arrival_ms} is gone: horizon {horizon}, cutoff {cutoff_ms}"
            ));
        }
    }

    /// A trim begins.
    pub fn begin_trim(&mut self, id: ShardId, before: u64) {
        let shard = self.shards.entry(id).or_default();
        shard.trim_tried = shard.trim_tried.max(before);
    }

    /// A trim was acknowledged.
    pub fn acknowledge_trim(&mut self, id: ShardId, before: u64) {
        self.change_count += 1;
        let shard = self.shards.entry(id).or_default();
        shard.trim_acknowledged = shard.trim_acknowledged.max(before);
    }

    /// A retention will be asked for.
    pub fn begin_retention(&mut self, id: StreamId, retention_ms: u64) {
        if let Some(stream) = self.streams.get_mut(&id) {
            stream.retention_ms_min = stream.retention_ms_min.min(retention_ms);
        }
    }

    /// A stream was described; `is_change` when that was the answer to a change.
    pub fn saw_stream(&mut self, stream: &Stream, is_change: bool) {
        self.change_count += u64::from(is_change);
        let known = self.streams.entry(stream.id).or_insert_with(|| StreamHistory::new(stream));
        if is_change && known.version() > stream.version {
            // The answer was overtaken by a later description.
            return;
        }
        if let Err(what) = known.describe(stream) {
            self.broken(&format!("stream {:?}: {what}", stream.id));
        }
        self.check_shards(stream);
    }

    /// Sealed ends do not move, and a child is there only when its parents' ends are.
    fn check_shards(&mut self, stream: &Stream) {
        for shard in &stream.shards {
            if let Some(sealed) = shard.sealed {
                self.saw_seal(shard.id, sealed.end);
            }
            let open_parent = shard.parents.iter().filter_map(|&parent| stream.shard(parent));
            let open_parent = open_parent.filter(|parent| parent.sealed.is_none()).map(|parent| parent.id).next();
            self.require(open_parent.is_none(), || format!("{:?} is there, its parent {open_parent:?} open", shard.id));
        }
        let gone = self.shards.iter().filter(|(id, _)| id.stream == stream.id && stream.shard(id.index).is_none());
        let gone = gone.map(|(id, shard)| (*id, shard.end_seen)).collect::<Vec<_>>();
        for (id, end) in gone {
            // A forgotten shard is one whose horizon has reached its end.
            self.check_horizon(id, end);
        }
    }

    /// A deletion begins.
    pub fn begin_delete(&mut self, id: StreamId) {
        if let Some(stream) = self.streams.get_mut(&id) {
            stream.may_be_deleted = true;
        }
    }

    /// A deletion was acknowledged.
    pub fn acknowledge_delete(&mut self, id: StreamId) {
        self.change_count += 1;
        if let Some(stream) = self.streams.get_mut(&id) {
            stream.is_deleted = true;
        }
    }

    /// Whether somebody has begun to delete the stream.
    pub fn may_be_deleted(&self, id: StreamId) -> bool {
        self.streams.get(&id).is_some_and(|stream| stream.may_be_deleted)
    }

    /// All streams were listed: none is missing, none is back.
    pub fn saw_streams(&mut self, listed: &[StreamId]) {
        for (id, stream) in &self.streams {
            let is_listed = listed.contains(id);
            self.require(is_listed || stream.may_be_deleted, || format!("stream {id:?} is missing"));
            self.require(!is_listed || !stream.is_deleted, || format!("stream {id:?} was deleted and is back"));
        }
        // A deletion in doubt that has happened cannot be undone.
        for (id, stream) in &mut self.streams {
            stream.is_deleted |= !listed.contains(id);
        }
    }
}
