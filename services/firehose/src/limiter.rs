//! AWS's throughput limits as token buckets: pure arithmetic on instants it is given.

use std::time::Duration;

use crate::limits::{self, Throughput};

/// An amount that comes back at a steady rate; begins full.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bucket {
    per_second: f64,
    level: f64,
    filled_at: Duration,
}

impl Bucket {
    /// A full bucket that holds one second's worth.
    pub(crate) const fn per_second(amount: u64) -> Self {
        let amount = amount as f64;
        Self { per_second: amount, level: amount, filled_at: Duration::ZERO }
    }

    /// Adds what has come back by `now`.
    fn fill(&mut self, now: Duration) {
        let elapsed = now.saturating_sub(self.filled_at);
        self.filled_at = self.filled_at.max(now);
        self.level = (self.level + self.per_second * elapsed.as_secs_f64()).min(self.per_second);
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

    /// Changes the rate; what is there stays, as far as it still fits.
    fn set_rate(&mut self, amount: u64) {
        let amount = amount as f64;
        if self.per_second != amount {
            self.level += (amount - self.per_second).max(0.0);
            self.per_second = amount;
            self.level = self.level.min(amount);
        }
    }
}

/// What a delivery stream takes in: the region's default, or more where the creator said so.
pub(crate) fn throughput(region: &str, hint_mib: Option<u32>) -> Throughput {
    let default = limits::throughput(region);
    let hinted = u64::from(hint_mib.unwrap_or(0)) << 20;
    if hinted <= default.bytes {
        return default;
    }
    // The three quotas scale together.
    let scale = |quota: u64| quota * hinted / default.bytes;
    Throughput { bytes: hinted, requests: scale(default.requests), records: scale(default.records) }
}

/// What may be put into a delivery stream.
#[derive(Debug)]
pub(crate) struct PutLimit {
    bytes: Bucket,
    requests: Bucket,
    records: Bucket,
}

impl Default for PutLimit {
    fn default() -> Self {
        // Replaced by the region's rates with the first call.
        Self { bytes: Bucket::per_second(0), requests: Bucket::per_second(0), records: Bucket::per_second(0) }
    }
}

impl PutLimit {
    /// Begins a call; false when there are too many of them.
    pub(crate) fn begin(&mut self, now: Duration, limit: Throughput) -> bool {
        self.bytes.set_rate(limit.bytes);
        self.requests.set_rate(limit.requests);
        self.records.set_rate(limit.records);
        self.requests.take(now, 1)
    }

    /// Whether a record of so many bytes passes; if so, it is paid for.
    pub(crate) fn admit(&mut self, now: Duration, bytes: u64) -> bool {
        self.records.fill(now);
        if self.records.level < 1.0 || !self.bytes.take(now, bytes) {
            return false;
        }
        self.records.level -= 1.0;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_holds_a_seconds_worth() {
        let (mut limit, quota) = (PutLimit::default(), throughput("eu-central-1", None));
        assert!(limit.begin(Duration::ZERO, quota));
        let passed = (0..20).filter(|_| limit.admit(Duration::ZERO, 100 << 10)).count();
        assert_eq!(passed, 10, "1 MiB of records of 100 KiB");
        assert!(!limit.admit(Duration::from_millis(50), 100 << 10));
        assert!(limit.admit(Duration::from_millis(200), 100 << 10));
        let calls = (0..1_500).filter(|_| limit.begin(Duration::from_millis(200), quota)).count();
        assert_eq!(calls, 1_000);
    }

    #[test]
    fn a_hint_raises_all_three_quotas() {
        assert_eq!(throughput("us-east-1", Some(3)), limits::throughput("us-east-1"));
        let raised = throughput("us-east-1", Some(10));
        assert_eq!(raised, Throughput { bytes: 10 << 20, requests: 4_000, records: 1_000_000 });
    }
}
