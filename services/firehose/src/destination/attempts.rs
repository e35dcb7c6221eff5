//! What is counted of attempts, whatever comes of them.

use crate::metrics::{Counter, Latency};

/// Counters of one delivery stream.
#[derive(Debug, Default)]
pub(crate) struct Attempts {
    /// Data bytes that were sent, again and again where they had to be.
    pub(crate) processed_bytes: Counter,
    /// The same of records.
    pub(crate) processed_records: Counter,
    /// From the end of sending to the acknowledgement of what was sent.
    pub(crate) ack_latency: Latency,
}
