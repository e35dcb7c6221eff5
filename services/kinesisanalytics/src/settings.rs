//! How the service is configured.

use aws::{Limits, Transitions};
use flow::plan::LoneRows;

/// The service's settings.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// Quotas.
    pub limits: Limits,
    /// Delays of state changes.
    pub transitions: Transitions,
    /// Bytes that the operators of one application may hold.
    pub memory_bytes_max: usize,
    /// Which rows of outer joins come out alone.
    pub lone_rows: LoneRows,
}

/// Bytes that the operators of one application may hold unless something else is said.
const MEMORY_BYTES_MAX: usize = 1 << 30;

impl Default for Settings {
    fn default() -> Self {
        Self {
            limits: Limits::Aws,
            transitions: Transitions::Short,
            memory_bytes_max: MEMORY_BYTES_MAX,
            lone_rows: LoneRows::default(),
        }
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
