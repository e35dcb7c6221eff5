//! Measures millstream beside the least that any HTTP server could do for the same requests.
//!
//! One program: the yardstick server, the load client and the runner that starts both servers in turns. What was
//! measured, and what was tried, stands in README.md.

#![expect(clippy::disallowed_methods, reason = "a benchmark measures real time on a real machine")]

mod analytics;
mod events;
mod kinesis;
mod load;
mod process;
mod scenarios;
mod wire;
mod yardstick;

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

/// The real server's allocator, so that the yardstick is not measured with a slower one.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// An error that ends the program with a message.
type Error = Box<dyn std::error::Error>;

#[derive(Parser)]
#[command(about = "Measures millstream beside its yardstick", args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    run: Run,
}

#[derive(Subcommand)]
enum Command {
    /// Runs only the yardstick server, until it is killed.
    Yardstick(yardstick::Arguments),
    /// Runs only the yardstick server for objects, until it is killed.
    YardstickObjects(yardstick::objects::Arguments),
}

/// What to run, and how long.
#[derive(clap::Args)]
struct Run {
    /// Scenarios to run; all of them when none is named.
    #[arg(value_enum)]
    scenarios: Vec<Scenario>,
    /// The millstream program; next to this program unless said.
    #[arg(long, env = "MILLSTREAM")]
    millstream: Option<PathBuf>,
    /// Where both servers keep their data: a directory on the disk to measure.
    #[arg(long, default_value = ".")]
    dir: PathBuf,
    /// How often the two servers take turns.
    #[arg(long, default_value_t = 4)]
    rounds: usize,
    /// Seconds of each measured turn.
    #[arg(long, default_value_t = 4.0)]
    seconds: f64,
    /// Seconds before each measured turn.
    #[arg(long, default_value_t = 1.0)]
    warm_up: f64,
    /// Load only the yardstick, to know the machine; its answers get the usual length.
    #[arg(long)]
    yardstick_alone: bool,
    /// Of the programs over streams only those with this in their name.
    #[arg(long)]
    only: Option<String>,
    /// Megabytes that the drain and recovery scenarios write first.
    #[arg(long, default_value_t = 1024)]
    fill_mb: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Scenario {
    /// PutRecords, 500 × 1 KiB, 16 connections, 8 shards.
    Putrecords,
    /// PutRecord, 1 KiB, 16 and 64 connections.
    Putrecord,
    /// GetRecords from the memory tail and from disk.
    Getrecords,
    /// Put to enhanced fan-out, and put to polled GetRecords.
    Latency,
    /// Time to the first accepted connection on an empty directory, and memory when idle.
    Startup,
    /// Start after a kill with a full write-ahead log.
    Recovery,
    /// Start with 10,000 shards in the data directory.
    Shards,
    /// PUT of objects of 1 KiB and 1 MiB, 16 connections.
    S3put,
    /// GET of the same.
    S3get,
    /// An object of 1 GiB in parts.
    S3multipart,
    /// PutRecordBatch until everything is in gzip objects.
    Firehose,
    /// Programs over streams, without a server.
    Flow,
    /// From the end of a window to its rows at a consumer, through the whole server.
    Flowlatency,
    /// Start after a kill with large windows in applications.
    Flowrecovery,
}

impl Run {
    fn is_wanted(&self, name: &str) -> bool {
        self.only.as_ref().is_none_or(|only| name.contains(only.as_str()))
    }

    fn program(&self) -> Result<PathBuf, Error> {
        let program = match &self.millstream {
            Some(path) => path.clone(),
            None => std::env::current_exe()?.with_file_name("millstream"),
        };
        match program.exists() {
            true => Ok(program),
            false => Err(format!("no server at {}: build it with `cargo build --release`", program.display()).into()),
        }
    }
}

fn main() -> Result<(), Error> {
    let arguments = Arguments::parse();
    match arguments.command {
        Some(Command::Yardstick(yardstick)) => return yardstick::serve(&yardstick),
        Some(Command::YardstickObjects(yardstick)) => return yardstick::objects::serve(&yardstick),
        None => {}
    }
    let run = arguments.run;
    let chosen = match run.scenarios.is_empty() {
        true => Scenario::value_variants().to_vec(),
        false => run.scenarios.clone(),
    };
    // One thread drives the load, so that the servers have most of the machine.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    for scenario in chosen {
        runtime.block_on(async {
            match scenario {
                Scenario::Putrecords => scenarios::put::put_records(&run).await,
                Scenario::Putrecord => scenarios::put::put_record(&run).await,
                Scenario::Getrecords => scenarios::drain::get_records(&run).await,
                Scenario::Latency => scenarios::latency::latency(&run).await,
                Scenario::Startup => scenarios::startup::startup(&run).await,
                Scenario::Recovery => scenarios::startup::recovery(&run).await,
                Scenario::Shards => scenarios::startup::shards(&run).await,
                Scenario::S3put => scenarios::s3::put(&run).await,
                Scenario::S3get => scenarios::s3::get(&run).await,
                Scenario::S3multipart => scenarios::s3::multipart(&run).await,
                Scenario::Firehose => scenarios::firehose::firehose(&run).await,
                Scenario::Flow => scenarios::flow::flow(&run).await,
                Scenario::Flowlatency => scenarios::flow_latency::latency(&run).await,
                Scenario::Flowrecovery => scenarios::flow_recovery::recovery(&run).await,
            }
        })?;
    }
    Ok(())
}
