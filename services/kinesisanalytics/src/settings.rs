//! How the service is configured.

/// Whether AWS's quotas are enforced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limits {
    /// All of them, as AWS does.
    Aws,
    /// Only those that protect the server.
    Off,
}

/// How long applications stay in their transitional states.
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
    /// Quotas.
    pub limits: Limits,
    /// Delays of state changes.
    pub transitions: Transitions,
    /// Bytes that the operators of one application may hold.
    pub memory_bytes_max: usize,
}

/// Bytes that the operators of one application may hold unless something else is said.
const MEMORY_BYTES_MAX: usize = 1 << 30;

impl Default for Settings {
    fn default() -> Self {
        Self { limits: Limits::Aws, transitions: Transitions::Short, memory_bytes_max: MEMORY_BYTES_MAX }
    }
}

impl Settings {
    /// Milliseconds an application stays STARTING, STOPPING, UPDATING or DELETING.
    pub(crate) fn transition_ms(&self) -> u64 {
        match self.transitions {
            Transitions::Short => 50,
            Transitions::Aws => 20_000,
        }
    }
}
