//! How the service is configured.

use aws::{Limits, Transitions};

/// The service's settings.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// Rate limits and quotas.
    pub limits: Limits,
    /// Delays of state changes.
    pub transitions: Transitions,
}

impl Default for Settings {
    fn default() -> Self {
        Self { limits: Limits::Aws, transitions: Transitions::Short }
    }
}

impl Settings {
    /// Milliseconds a delivery stream stays CREATING or DELETING, and its encryption ENABLING or DISABLING.
    pub(crate) fn transition_ms(&self) -> u64 {
        match self.transitions {
            Transitions::Short => 50,
            // ≈: AWS says "up to a minute"; creations are usually over after some 10 s.
            Transitions::Aws => 10_000,
        }
    }
}
