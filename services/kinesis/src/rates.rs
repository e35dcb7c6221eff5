//! Call rates of the control plane: how often an account may call an operation in a region.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use aws::{Call, ServiceError};

use crate::Limits;
use crate::limiter::Bucket;
use crate::{Kinesis, errors};

/// Calls per second an account may make in a region.
const PER_ACCOUNT: &[(&str, u32)] = &[
    ("AddTagsToStream", 5),
    ("CreateStream", 5),
    ("DecreaseStreamRetentionPeriod", 5),
    ("DeleteStream", 5),
    ("DescribeAccountSettings", 5),
    ("DescribeLimits", 1),
    ("DescribeStream", 10),
    ("DescribeStreamSummary", 20),
    ("DisableEnhancedMonitoring", 5),
    ("EnableEnhancedMonitoring", 5),
    ("IncreaseStreamRetentionPeriod", 5),
    ("ListStreams", 5),
    ("ListTagsForStream", 5),
    ("MergeShards", 5),
    ("RegisterStreamConsumer", 5),
    ("RemoveTagsFromStream", 5),
    ("SplitShard", 5),
    ("UpdateAccountSettings", 5),
    ("UpdateShardCount", 10),
    ("UpdateStreamWarmThroughput", 5),
];

/// Calls per second that may name one stream.
const PER_STREAM: &[(&str, u32)] = &[
    ("DeregisterStreamConsumer", 5),
    ("DescribeStreamConsumer", 20),
    ("ListShards", 1000),
    ("ListStreamConsumers", 5),
];

/// Buckets kept before the full ones are dropped; a full bucket says no more than an absent one.
const BUCKETS_MAX: usize = 10_000;

/// Token buckets, one for each caller and operation.
#[derive(Debug, Default)]
pub(crate) struct Rates {
    buckets: Mutex<HashMap<String, Counted>>,
}

#[derive(Debug, Clone, Copy)]
struct Counted {
    bucket: Bucket,
    /// By the monotonic clock; a second later the bucket is full.
    used: Duration,
}

impl Rates {
    /// Whether one more call is within `per_second`; a second's worth may come at once.
    fn take(&self, key: String, per_second: u32, now: Duration) -> bool {
        let mut buckets = self.buckets.lock().expect("no panic while held");
        if buckets.len() >= BUCKETS_MAX {
            buckets.retain(|_, counted| now.saturating_sub(counted.used) < Duration::from_secs(1));
        }
        let full = || Counted { bucket: Bucket::per_second(u64::from(per_second)), used: now };
        let counted = buckets.entry(key).or_insert_with(full);
        counted.used = now;
        counted.bucket.take(now, 1)
    }

    /// Forgets all calls.
    pub(crate) fn reset(&self) {
        self.buckets.lock().expect("no panic while held").clear();
    }
}

fn rate_of(table: &[(&str, u32)], operation: &str) -> Option<u32> {
    table.iter().find(|(name, _)| *name == operation).map(|(_, rate)| *rate)
}

impl Kinesis {
    /// Counts a call against the account's rate and refuses it when that is used up.
    pub(crate) fn admit(&self, call: &Call, operation: &'static str) -> Result<(), ServiceError> {
        let Some(rate) = rate_of(PER_ACCOUNT, operation).filter(|_| self.settings.limits == Limits::Aws) else {
            return Ok(());
        };
        let key = format!("{}/{}/{operation}", call.account, call.region);
        let admitted = self.rates.take(key, rate, self.host.monotonic());
        if admitted { Ok(()) } else { Err(errors::rate_exceeded(call)) }
    }

    /// Counts a call against the stream's rate and refuses it when that is used up.
    pub(crate) fn admit_stream(&self, call: &Call, operation: &'static str, stream: &str) -> Result<(), ServiceError> {
        let Some(rate) = rate_of(PER_STREAM, operation).filter(|_| self.settings.limits == Limits::Aws) else {
            return Ok(());
        };
        let key = format!("{}/{}/{operation}/{stream}", call.account, call.region);
        let admitted = self.rates.take(key, rate, self.host.monotonic());
        if admitted { Ok(()) } else { Err(errors::stream_rate_exceeded(stream, call)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_holds_one_second_and_refills() {
        let rates = Rates::default();
        let take = |ms| rates.take("a".to_owned(), 5, Duration::from_millis(ms));
        assert_eq!((0..6).map(|_| take(0)).collect::<Vec<_>>(), [true, true, true, true, true, false]);
        assert!(!take(100));
        assert!(take(300));
        assert!(rates.take("b".to_owned(), 1, Duration::ZERO), "another caller has a bucket of its own");
    }

    #[test]
    fn idle_buckets_are_dropped() {
        let rates = Rates::default();
        for caller in 0..BUCKETS_MAX {
            rates.take(caller.to_string(), 1, Duration::ZERO);
        }
        rates.take("late".to_owned(), 1, Duration::from_secs(2));
        assert_eq!(rates.buckets.lock().unwrap().len(), 1);
    }
}
