//! What is measured, one file each.

pub(crate) mod drain;
pub(crate) mod firehose;
pub(crate) mod flow;
mod flow_arrow;
pub(crate) mod flow_latency;
pub(crate) mod flow_recovery;
mod flow_window;
pub(crate) mod latency;
pub(crate) mod put;
pub(crate) mod s3;
pub(crate) mod startup;

use std::path::Path;

use tempfile::TempDir;

use crate::Error;

/// A fresh directory on the disk to measure.
fn fresh(dir: &Path) -> Result<TempDir, Error> {
    Ok(tempfile::Builder::new().prefix("bench-").tempdir_in(dir)?)
}

/// Microseconds per thing.
fn micros_per(time: std::time::Duration, count: u64) -> f64 {
    time.as_secs_f64() * 1e6 / count.max(1) as f64
}
