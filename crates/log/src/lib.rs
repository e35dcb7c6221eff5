//! The durable sharded log: append, read, split, merge, retain.
//!
//! Faces: Kinesis Data Streams; later MSK and Firehose's buffers. It speaks no AWS and no HTTP.
//!
//! ```text
//! append → commit queue → one thread: pack per shard → write → sync → publish → acknowledge
//!        → memory tail → per-shard segments (by the keeper thread) → checkpoint → the WAL file is used again
//! ```

pub mod aggregate;
mod batch;
mod change;
mod checksum;
#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
mod disk;
pub mod engine;
mod keeper;
mod memory;
mod options;
mod packed;
mod records;
mod registry;
mod segment;
mod shard;
pub mod sink;
pub mod source;
mod tail;
mod wal;

pub use batch::{RecordBatches, RecordWalk};
pub use disk::DiskLog;
pub use engine::*;
pub use memory::MemoryLog;
pub use options::{DirectoryLock, OnFatal, OpenError, Options, lock_directory};
pub use packed::{Packed, Packer, PartSize, Refused};
