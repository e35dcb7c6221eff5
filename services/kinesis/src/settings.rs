//! How the service is configured.

/// Whether AWS's rate limits and quotas are enforced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limits {
    /// All of them, as AWS does.
    Aws,
    /// Only those that protect the server: sizes of requests, records and pages.
    Off,
}

/// How long streams and consumers stay in their transitional states.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transitions {
    /// Long enough to be seen, short enough not to be waited for.
    Short,
    /// About as long as AWS takes.
    Aws,
}

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
