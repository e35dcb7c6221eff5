//! One running program: records come in, time goes on, rows go out.

use std::io::Write;
use std::time::Duration;

use flow::Rows;
use flow::bind::Environment;
use flow::formats::{Decoder, Mapping, Record};
use flow::graph::{Entry, Graph, Outputs, Tap};
use flow::plan::Program;
use flow::tables::Tables;
use host::Host;
use tokio::time::MissedTickBehavior;

use crate::Failure;
use crate::client::{Client, Endpoint};

use super::output::Output;
use super::reader::Reader;
use super::{Format, StartAt};

/// AWS allows five GetRecords calls a second on a shard.
const POLL_EVERY: Duration = Duration::from_millis(220);
/// What windows and joins of a query may hold.
const MEMORY_BYTES_MAX: usize = 1 << 30;
/// At the end of the streams, windows are closed that end within this, in milliseconds: a day and an hour.
const CLOSE_WITHIN_MS: i64 = 25 * 3_600_000;
/// So many steps of time are made to close them.
const CLOSING_STEPS_MAX: usize = 1_000;

/// How a query runs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Options {
    pub(super) start_at: StartAt,
    pub(super) format: Format,
    pub(super) until_idle: bool,
}

/// A checked program and where its rows come from.
pub(super) struct Runnable {
    pub(super) program: Program,
    pub(super) environment: Environment,
    /// The rows of the environment's tables.
    pub(super) tables: Tables,
    /// For each stream of the environment the server's stream and how its records become rows.
    pub(super) sources: Vec<(String, Mapping)>,
    pub(super) tap: Tap,
    /// The text that faults are drawn in.
    pub(super) text: String,
}

/// What became of a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ended {
    pub(super) row_count: u64,
    pub(super) refused_count: u64,
    /// Whether it was stopped with Ctrl-C.
    pub(super) is_stopped: bool,
}

struct Source {
    reader: Reader,
    decoder: Decoder,
    needed: Vec<bool>,
}

/// A query at work.
struct Query {
    graph: Graph,
    sources: Vec<Source>,
    output: Output,
    time: i64,
}

/// Runs a program until it is stopped with Ctrl-C, or has read everything if that is asked for, or if it reads no stream.
pub(super) async fn run(endpoint: &Endpoint, runnable: Runnable, options: Options) -> Result<Ended, Failure> {
    let mut client = Client::of(endpoint.clone());
    let mut query = Query::open(&mut client, runnable, options).await?;
    let stopped = tokio::signal::ctrl_c();
    tokio::pin!(stopped);
    let mut ticks = tokio::time::interval(POLL_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut is_stopped = false;
    loop {
        let polled = async {
            ticks.tick().await;
            query.poll(&mut client).await
        };
        let entry = tokio::select! {
            // Without a handler for it there is nothing to wait for.
            _ = &mut stopped => {
                is_stopped = true;
                break;
            }
            polled = polled => polled?,
        };
        let is_idle = entry.rows.is_empty() && query.sources.iter().all(|source| source.reader.is_at_end());
        if !query.advance(entry)? {
            break;
        }
        if is_idle && (options.until_idle || query.sources.is_empty()) {
            query.close_windows()?;
            break;
        }
    }
    Ok(Ended { row_count: query.output.row_count, refused_count: query.output.refused_count, is_stopped })
}

impl Query {
    async fn open(client: &mut Client, runnable: Runnable, options: Options) -> Result<Self, Failure> {
        let Runnable { program, environment, tables, sources, tap, text } = runnable;
        let taps = [tap, Tap::Stream("error_stream".to_owned())];
        let graph = Graph::new(&program, &environment, &tables, &taps, MEMORY_BYTES_MAX)
            .map_err(|fault| Failure::new(fault.drawn(&text)))?;
        let output = Output::new(options.format, graph.schema(0), graph.schema(1));
        let mut opened = Vec::with_capacity(sources.len());
        for (index, (stream, mapping)) in sources.iter().enumerate() {
            let reader = Reader::open(client, stream, options.start_at).await;
            let reader = reader.map_err(|error| Failure::caused_by(&error))?;
            let decoder = Decoder::new(mapping).map_err(|error| Failure::caused_by(&error))?;
            opened.push(Source { reader, decoder, needed: graph.needed_columns(index).to_vec() });
        }
        Ok(Self { graph, sources: opened, output, time: 0 })
    }

    /// Reads what has come, as an entry of now.
    async fn poll(&mut self, client: &mut Client) -> Result<Entry, Failure> {
        let mut polled = Vec::with_capacity(self.sources.len());
        for source in &mut self.sources {
            polled.push(source.reader.poll(client).await.map_err(|error| Failure::caused_by(&error))?);
            if let Some(trouble) = source.reader.take_trouble() {
                eprintln!("{trouble}; trying again");
            }
        }
        let now = i64::try_from(Host::real().now_ms()).unwrap_or(i64::MAX);
        let mut entry = Entry { time: now.max(self.time + 1), ..Entry::default() };
        for (index, (source, records)) in self.sources.iter_mut().zip(polled).enumerate() {
            source.decode(index, &records, &mut entry);
        }
        Ok(entry)
    }

    /// Takes an entry, and shows what comes of it; false when nobody looks any more.
    fn advance(&mut self, entry: Entry) -> Result<bool, Failure> {
        self.time = entry.time;
        let outputs = self.graph.advance(entry).map_err(|error| Failure::caused_by(&error))?;
        match self.show(&outputs) {
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(false),
            Err(error) => Err(Failure::caused_by(&error)),
            Ok(()) => Ok(true),
        }
    }

    fn show(&mut self, outputs: &Outputs) -> std::io::Result<()> {
        let mut to = std::io::stdout().lock();
        for rows in &outputs.taps[0] {
            self.output.rows(rows, &mut to)?;
        }
        to.flush()?;
        for errors in &outputs.taps[1] {
            self.output.refused(errors, &mut std::io::stderr().lock())?;
        }
        Ok(())
    }

    /// Moves time on until nothing waits for it.
    fn close_windows(&mut self) -> Result<(), Failure> {
        let latest = self.time.saturating_add(CLOSE_WITHIN_MS);
        for _ in 0..CLOSING_STEPS_MAX {
            let Some(time) = self.graph.deadline().map(|time| time.max(self.time + 1)).filter(|time| *time <= latest)
            else {
                break;
            };
            if !self.advance(Entry { time, ..Entry::default() })? {
                break;
            }
        }
        Ok(())
    }
}

impl Source {
    fn decode(&mut self, index: usize, records: &[Record], entry: &mut Entry) {
        if records.is_empty() {
            return;
        }
        let decoded = self.decoder.decode(records, &self.needed);
        if !decoded.records.is_empty() {
            let times = vec![entry.time; decoded.records.len()];
            entry.rows.push((index, Rows::new(times.into(), decoded.columns)));
        }
        let rejected = decoded.errors.into_iter().map(|error| {
            let part = records[error.record].data.get(error.part).unwrap_or_default();
            (part.to_vec(), error.error)
        });
        entry.rejected.extend(rejected);
    }
}
