//! What is certain about a shard.

use std::collections::BTreeMap;

use log::Bounds;

/// What is certain about a shard.
#[derive(Debug, Default)]
pub(super) struct ShardHistory {
    /// By offset: token and arrival.
    records: BTreeMap<u64, (u64, u64)>,
    /// The highest end that was ever told.
    pub(super) end_seen: u64,
    sealed_end: Option<u64>,
    /// The horizon of the last audit.
    pub(super) audited_from: u64,
    pub(super) trim_tried: u64,
    pub(super) trim_acknowledged: u64,
}

impl ShardHistory {
    pub(super) fn token_at(&self, offset: u64) -> Option<u64> {
        self.records.get(&offset).map(|(token, _)| *token)
    }

    pub(super) fn put(&mut self, offset: u64, token: u64, arrival_ms: u64) -> Result<(), String> {
        let known = *self.records.entry(offset).or_insert((token, arrival_ms));
        if known != (token, arrival_ms) {
            return Err(format!("record {offset} was {known:?} and is ({token}, {arrival_ms})"));
        }
        let earlier = self.records.range(..offset).next_back();
        let later = self.records.range(offset + 1..).next();
        if earlier.is_some_and(|(_, (_, earlier_ms))| *earlier_ms > arrival_ms)
            || later.is_some_and(|(_, (_, later_ms))| *later_ms < arrival_ms)
        {
            return Err(format!("arrival of {offset} is {arrival_ms}, of its neighbours {earlier:?} and {later:?}"));
        }
        if let Some(end) = self.sealed_end.filter(|end| offset >= *end) {
            return Err(format!("record {offset} lies behind the sealed end {end}"));
        }
        self.end_seen = self.end_seen.max(offset + 1);
        Ok(())
    }

    pub(super) fn seal(&mut self, end: u64) -> Result<(), String> {
        if self.end_seen > end || self.sealed_end.is_some_and(|sealed| sealed != end) {
            return Err(format!("sealed at {end}, but known are {} and {:?}", self.end_seen, self.sealed_end));
        }
        self.sealed_end = Some(end);
        self.end_seen = end;
        Ok(())
    }

    pub(super) fn check_bounds(&mut self, bounds: &Bounds) -> Result<(), String> {
        if bounds.end < self.end_seen {
            return Err(format!("the end was {} and is {}", self.end_seen, bounds.end));
        }
        if bounds.horizon > bounds.end {
            return Err(format!("the horizon {} lies behind the end {}", bounds.horizon, bounds.end));
        }
        if bounds.horizon < self.trim_acknowledged {
            return Err(format!("trimmed before {}, but the horizon is {}", self.trim_acknowledged, bounds.horizon));
        }
        if bounds.sealed {
            self.seal(bounds.end)?;
        } else if let Some(end) = self.sealed_end {
            return Err(format!("was sealed at {end} and is open"));
        }
        self.end_seen = bounds.end;
        Ok(())
    }

    /// Everything between was read, so everything certain between must be among it: `saw` made it so.
    pub(super) fn check_whole(&self, from: u64, end: u64) -> Result<(), String> {
        if end < self.end_seen {
            return Err(format!("records up to {} are certain, but only those up to {end} are there", self.end_seen));
        }
        let known = self.records.range(from..end).count() as u64;
        if known != end.saturating_sub(from) {
            return Err(format!("only {known} of the records {from}..{end} were read"));
        }
        Ok(())
    }

    /// A record before the horizon that neither a trim nor retention explains.
    pub(super) fn gone_too_early(&self, horizon: u64, cutoff_ms: u64) -> Option<(u64, u64)> {
        let gone = self.records.range(self.trim_tried.min(horizon)..horizon);
        let mut kept = gone.map(|(offset, (_, arrival_ms))| (*offset, *arrival_ms));
        kept.rfind(|(_, arrival_ms)| *arrival_ms >= cutoff_ms)
    }
}
