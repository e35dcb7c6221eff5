//! Warm throughput: shards an on-demand stream has before there is traffic for them.

use aws::{Call, Constraints, ServiceError};

use crate::Limits;
use crate::{Kinesis, errors, limits};

/// `WarmThroughputMiBps`.
pub(crate) fn check(check: &mut Constraints, value: &Option<i32>) {
    check.member("warmThroughputMiBps", value).range(0..=i64::MAX);
}

/// Refuses what the account may not ask for; answers the shards it takes, one for each MiB/s.
pub(crate) fn require_warm(kinesis: &Kinesis, call: &Call, mibps: i32) -> Result<u32, ServiceError> {
    if kinesis.settings.limits == Limits::Aws && !kinesis.has_advantage(call)? {
        return Err(errors::warm_throughput_needs_advantage(call));
    }
    if mibps > limits::WARM_THROUGHPUT_MIBPS_MAX {
        return Err(errors::warm_throughput_too_high(mibps, limits::WARM_THROUGHPUT_MIBPS_MAX));
    }
    Ok(mibps.unsigned_abs())
}
