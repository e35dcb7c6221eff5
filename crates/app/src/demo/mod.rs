//! `millstream demo`: a day's work on real input, with the server killed in the middle.
//!
//! Starts this very program as a server, replays flight records through the public API, consumes them twice and delivers
//! them into objects, asks questions about them in SQL, splits a shard, kills and restarts the server, and proves with numbers that nothing was lost and no
//! order was broken, and that the SQL was answered as plain Rust answers it.

#![expect(clippy::disallowed_methods, reason = "the demo is a client beside the server: it measures real time")]

mod analytics;
mod answers;
mod audit;
mod bars;
mod consumers;
mod flights;
mod forest;
mod lake;
mod producer;
mod report;
mod screen;
mod server;
mod story;

use std::path::PathBuf;

use crate::Failure;

/// Runs the main job on real data: produce, consume twice, deliver to S3, ask in SQL, split, kill, restart, count.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Leave the server running at the end and say how to look around in it.
    #[arg(long)]
    keep: bool,
    /// Where the server keeps its data; a temporary directory unless said.
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// How many flight records to replay.
    #[arg(long, value_name = "N", default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(1..=200_000))]
    records: u32,
    /// Shards of the stream at the start. Each takes AWS's 1,000 records a second, so more of them make it faster.
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=100))]
    shards: u32,
}

/// Why the demo could not go on.
type Error = Box<dyn std::error::Error + Send + Sync>;

/// Runs the demo. Fails when anything is lost, out of order or wrong.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let told = runtime.map_err(Error::from).and_then(|runtime| {
        let local = tokio::task::LocalSet::new();
        runtime.block_on(local.run_until(story::tell(arguments)))
    });
    match told {
        Ok(true) => Ok(()),
        Ok(false) => Err(Failure::new("records are missing or out of order, or answers are wrong")),
        Err(error) => Err(Failure::caused_by(error.as_ref())),
    }
}
