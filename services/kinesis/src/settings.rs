//! How the service is configured.

use aws::{Limits, Transitions};

/// The service's settings.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// Rate limits and quotas.
    pub limits: Limits,
    /// Delays of state changes.
    pub transitions: Transitions,
    /// Open shards an account may have per region (`DescribeLimits.ShardLimit`).
    pub shard_limit: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self { limits: Limits::Aws, transitions: Transitions::Short, shard_limit: crate::limits::SHARDS_DEFAULT }
    }
}

impl Settings {
    /// Milliseconds a stream stays CREATING, UPDATING or DELETING.
    pub(crate) fn transition_ms(&self) -> u64 {
        match self.transitions {
            Transitions::Short => 50,
            // Captured from AWS: CREATING and DELETING 4–6 s, UPDATING 2–5 s.
            Transitions::Aws => 5_000,
        }
    }
}
