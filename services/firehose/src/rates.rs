//! Call rates of the control plane: how often an account may call an operation in a region.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use aws::{Call, ServiceError};

use crate::Limits;
use crate::limiter::Bucket;
use crate::{Firehose, errors, limits};

/// Buckets kept before the full ones are dropped; a full bucket says no more than an absent one.
const BUCKETS_MAX: usize = 10_000;

/// Token buckets, one for each account, region and operation.
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
    fn take(&self, key: String, now: Duration) -> bool {
        let mut buckets = self.buckets.lock().expect("no panic while held");
        if buckets.len() >= BUCKETS_MAX {
            buckets.retain(|_, counted| now.saturating_sub(counted.used) < Duration::from_secs(1));
        }
        let full = || Counted { bucket: Bucket::per_second(limits::CONTROL_CALLS_PER_S), used: now };
        let counted = buckets.entry(key).or_insert_with(full);
        counted.used = now;
        counted.bucket.take(now, 1)
    }

    /// Forgets all calls.
    pub(crate) fn reset(&self) {
        self.buckets.lock().expect("no panic while held").clear();
    }
}

impl Firehose {
    /// Counts a call against the account's rate and refuses it when that is used up.
    pub(crate) fn admit(&self, call: &Call, operation: &'static str) -> Result<(), ServiceError> {
        if self.settings.limits == Limits::Off {
            return Ok(());
        }
        let key = format!("{}/{}/{operation}", call.account, call.region);
        let admitted = self.rates.take(key, self.host.monotonic());
        if admitted { Ok(()) } else { Err(errors::rate_exceeded(call)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn idle_buckets_are_dropped() {
        let rates = Rates::default();
        for caller in 0..BUCKETS_MAX {
            rates.take(caller.to_string(), Duration::ZERO);
        }
        rates.take("late".to_owned(), Duration::from_secs(2));
        assert_eq!(rates.buckets.lock().unwrap().len(), 1);
    }
}
