//! The write-ahead log: one for all shards, in files that are written once beforehand and used again and again.

pub(crate) mod block;
pub(crate) mod commit;
mod file;
mod plan;
pub(crate) mod pool;
pub(crate) mod queue;
pub(crate) mod recovery;

pub(crate) use file::{DIRECTORY, FullFile, WalFile, file_name, generation_of};
