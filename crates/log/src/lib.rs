//! The durable sharded log: append, read, split, merge, retain.
//!
//! Faces: Kinesis Data Streams; later MSK and Firehose's buffers. It speaks no AWS and no HTTP.

pub mod engine;

pub use engine::*;
