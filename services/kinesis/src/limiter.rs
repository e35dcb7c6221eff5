//! AWS's throughput limits as token buckets: pure arithmetic on instants it is given.
//!
//! Buckets start full. Bytes may be overdrawn: whoever finds something left is served whole, and the debt keeps the
//! next ones out. That is how AWS treats pages and records larger than what is left.

use std::time::Duration;

use crate::limits;

/// An amount that comes back at a steady rate.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bucket {
    per_second: f64,
    capacity: f64,
    level: f64,
    filled_at: Duration,
}

impl Bucket {
    /// A full bucket that holds one second's worth.
    pub(crate) const fn per_second(amount: u64) -> Self {
        let amount = amount as f64;
        Self { per_second: amount, capacity: amount, level: amount, filled_at: Duration::ZERO }
    }

    /// Adds what has come back by `now`; answers what did not fit.
    pub(crate) fn fill(&mut self, now: Duration) -> f64 {
        let elapsed = now.saturating_sub(self.filled_at);
        self.filled_at = self.filled_at.max(now);
        let level = self.level + self.per_second * elapsed.as_secs_f64();
        self.level = level.min(self.capacity);
        level - self.level
    }

    /// Takes `amount` if all of it is there.
    pub(crate) fn take(&mut self, now: Duration, amount: u64) -> bool {
        self.fill(now);
        let is_enough = self.level >= amount as f64;
        if is_enough {
            self.level -= amount as f64;
        }
        is_enough
    }

    /// Whether anything is left.
    pub(crate) fn has_any(&mut self, now: Duration) -> bool {
        self.fill(now);
        self.level > 0.0
    }

    /// Takes `amount`, into debt if need be.
    pub(crate) fn spend(&mut self, amount: u64) {
        self.level -= amount as f64;
    }

    /// How long until something is left again.
    pub(crate) fn wait(&mut self, now: Duration) -> Duration {
        self.fill(now);
        if self.level > 0.0 {
            return Duration::ZERO;
        }
        // One more microsecond, so that rounding never leaves exactly nothing.
        Duration::from_secs_f64(-self.level / self.per_second) + Duration::from_micros(1)
    }
}

/// What may be written to a shard: 1 MiB/s and 1,000 records/s.
///
/// Records above the standard size are paid from a tank of their own that is filled with what the standard traffic
/// leaves over: AWS "bursts up to 10 MiB, while averaging out to 1 MiB per second".
/// <https://docs.aws.amazon.com/streams/latest/dev/large-records.html>
#[derive(Debug, Clone, Copy)]
pub(crate) struct WriteLimit {
    records: Bucket,
    bytes: Bucket,
    burst_level: f64,
    /// Decided once per call: a call that finds something in the tank may pass all its large records.
    may_burst: bool,
}

impl Default for WriteLimit {
    fn default() -> Self {
        Self {
            records: Bucket::per_second(limits::SHARD_RECORDS_IN_PER_S),
            bytes: Bucket::per_second(limits::SHARD_BYTES_IN_PER_S),
            burst_level: limits::SHARD_BURST_BYTES as f64,
            may_burst: true,
        }
    }
}

impl WriteLimit {
    /// Begins a call at `now`.
    pub(crate) fn begin(&mut self, now: Duration) {
        self.records.fill(now);
        let left_over = self.bytes.fill(now);
        self.burst_level = (self.burst_level + left_over).min(limits::SHARD_BURST_BYTES as f64);
        self.may_burst = self.burst_level > 0.0;
    }

    /// Whether a record of so many bytes passes; if so, it is paid for.
    pub(crate) fn admit(&mut self, bytes: u64) -> bool {
        let is_large = bytes > limits::SHARD_BYTES_IN_PER_S;
        let has_bytes = if is_large { self.may_burst } else { self.bytes.level > 0.0 };
        if !has_bytes || self.records.level < 1.0 {
            return false;
        }
        self.records.spend(1);
        if is_large {
            self.burst_level -= bytes as f64;
        } else {
            self.bytes.spend(bytes);
        }
        true
    }
}

/// What may be read from a shard by polling: 2 MiB/s and 5 calls/s, shared by all who poll.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ReadLimit {
    calls: Bucket,
    bytes: Bucket,
}

impl Default for ReadLimit {
    fn default() -> Self {
        Self {
            calls: Bucket::per_second(limits::SHARD_READS_PER_S),
            bytes: Bucket::per_second(limits::SHARD_BYTES_OUT_PER_S),
        }
    }
}

impl ReadLimit {
    /// Whether a call may read now; what it read is told to [`ReadLimit::spend`].
    pub(crate) fn admit(&mut self, now: Duration) -> bool {
        self.bytes.has_any(now) && self.calls.take(now, 1)
    }

    /// Pays for a page. A page of more than a second's worth leaves nothing of the second it began in, so that
    /// 10 MiB close the shard for 5 s, as AWS documents.
    pub(crate) fn spend(&mut self, bytes: u64) {
        if bytes > limits::SHARD_BYTES_OUT_PER_S {
            self.bytes.level = self.bytes.level.min(0.0);
        }
        self.bytes.spend(bytes);
    }
}

#[cfg(test)]
mod tests;
