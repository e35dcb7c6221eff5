//! One application at work: what comes from its [`Source`] is stamped, journalled, pushed through the program's
//! `Graph` and given to its [`Sink`]s.
//!
//! The journal holds which records came at which time, durable before anything of it leaves. So a run can be repeated
//! bit by bit from the last checkpoint on, and only rows that a destination does not hold yet are written.

mod sink;
mod source;

pub use sink::{Outgoing, Sink};
pub use source::{Arrived, Polled, Rejected, Source, StartingPosition};

/// Why a source or a sink could not do what it was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// Perhaps later: throttled, not reachable, the stream is being made. Tried again for ever with growing pauses.
    #[error("{0}")]
    Later(String),
    /// Never again: the records are not there any more, the stream was deleted for good. The application stops.
    #[error("{0}")]
    Gone(String),
}
