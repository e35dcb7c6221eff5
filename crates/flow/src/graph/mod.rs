//! A program as operators that feed each other, pushed forward entry by entry.
//!
//! `build` makes operators of a plan's nodes and wires streams to their readers; `demand` tells which source columns anybody
//! looks at; `failures` makes rows of the error stream. The same entries always give the same rows.

mod build;
mod clock;
mod cycles;
mod demand;
mod failures;
mod flow;

#[cfg(test)]
mod tests;

use crate::bind::Environment;
use crate::evaluate::Account;
use crate::operators::{Message, Operator};
use crate::plan::{Program, Schema};
use crate::state::{Damaged, Loader, Saver};
use crate::tables::Tables;
use crate::{Fault, RowError, Rows, Span};
use std::collections::VecDeque;
use std::sync::Arc;

use clock::Clock;

pub use failures::{DATA_ROW_BYTES_MAX, error_schema};

/// How long it takes until a bound is tried again that some operator on the way has kept, in milliseconds.
const RETRY_MS: i64 = 1_000;

/// What first marks a graph's state, so that no other bytes are taken for it.
const STATE_VERSION: i64 = 2;

/// What a program's rows are wanted of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tap {
    /// A stream by its exact name: the program's, one of the input, or the error stream.
    Stream(String),
    /// A query that stands alone, by its place among them.
    Query(usize),
}

/// What happens at one instant.
#[derive(Debug, Clone, Default)]
pub struct Entry {
    /// Milliseconds since 1970, above those of the entry before.
    pub time: i64,
    /// Rows for input streams by their place in [`Environment::streams`]. Their ROWTIME is the entry's time.
    /// Without any, time alone goes on.
    pub rows: Vec<(usize, Rows)>,
    /// Records that could not be made into rows, for the error stream.
    pub rejected: Vec<(Vec<u8>, RowError)>,
}

/// What came out: for each tap, in the order in which they were given, its rows in ascending ROWTIME.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Outputs {
    /// Batches of rows, none of them empty.
    pub taps: Vec<Vec<Rows>>,
    /// How many rows went to the error stream, whether it is tapped or not.
    pub failed_count: u64,
}

/// The rows that operators hold need more memory than there is. The graph cannot go on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{operator} at {} holds more than the {memory_bytes_max} bytes of memory that an application has", .span.start)]
pub struct Exhausted {
    /// The operator that asked for more, in the words of the language.
    pub operator: &'static str,
    /// Its place in the program.
    pub span: Span,
    /// The limit.
    pub memory_bytes_max: usize,
}

/// Where the messages of a source or a step go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Target {
    /// Into an input of a step.
    Step(usize, usize),
    /// Out.
    Tap(usize),
}

/// One operator and its surroundings. Steps stand in such an order that messages only go to later ones.
struct Step {
    operator: Box<dyn Operator>,
    name: &'static str,
    span: Span,
    /// The pump it belongs to; none for a lone query.
    pump: Option<usize>,
    clock: Clock,
    targets: Vec<Target>,
    waiting: VecDeque<(usize, Message)>,
    /// What it said last.
    memory: usize,
}

/// What feeds steps.
struct Feed {
    rows: FeedRows,
    targets: Vec<Target>,
}

/// Where a feed's rows come from.
enum FeedRows {
    /// An input stream, or a stream that no pump writes into: time goes on in it anyway.
    Stream,
    /// A reference table: its rows come once, at the beginning.
    Table(Rows),
    /// A clock for rows written out: they come at the beginning, and bear the time of that.
    Trigger,
}

/// A program at work.
pub struct Graph {
    /// The input streams first, in their order, then tables and others.
    feeds: Vec<Feed>,
    steps: Vec<Step>,
    taps: Vec<Schema>,
    /// Those of `taps` that are the error stream.
    error_taps: Vec<usize>,
    pumps: Vec<String>,
    needed: Vec<Vec<bool>>,
    /// The memory that queries in expressions hold.
    account: Arc<Account>,
    memory_bytes_max: usize,
    is_lenient: bool,
    /// What was wrong with the first row that failed.
    first_failure: Option<RowError>,
    /// What the program is, so that state of another one is known as that.
    fingerprint: u64,
    /// The time of the first entry, once there was one.
    started_at: Option<i64>,
    time: i64,
}

impl std::fmt::Debug for Graph {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.steps.iter().map(|step| (step.name, &step.targets))).finish()
    }
}

impl Graph {
    /// Puts together what the taps need of a checked program. Pumps that are stopped, and operators whose rows reach no tap, are
    /// left out; where the error stream is tapped, every started pump runs.
    pub fn new(
        program: &Program,
        environment: &Environment,
        tables: &Tables,
        taps: &[Tap],
        memory_bytes_max: usize,
    ) -> Result<Self, Fault> {
        cycles::refuse(program)?;
        build::graph(program, environment, &tables.for_graph(memory_bytes_max), taps)
    }

    /// The only query of a program, over tables alone, as a part of the graph that the tables are ready for.
    pub(crate) fn over_tables(program: &Program, tables: &Tables) -> Result<Self, Fault> {
        build::graph(program, &Environment::default(), tables, &[Tap::Query(0)])
    }

    /// The columns of a tap's rows.
    pub fn schema(&self, tap: usize) -> &Schema {
        &self.taps[tap]
    }

    /// Which columns of an input stream anybody looks at; the others may be NULL throughout.
    pub fn needed_columns(&self, stream: usize) -> &[bool] {
        &self.needed[stream]
    }

    /// The time of the last entry.
    pub fn time(&self) -> Option<i64> {
        self.started_at.map(|_| self.time)
    }

    /// The lowest time of an entry without rows that makes something come out, if anything waits for time alone.
    pub fn deadline(&self) -> Option<i64> {
        if self.started_at.is_none() {
            // What is there from the beginning comes out as soon as anything happens.
            return self.feeds.iter().any(|feed| !matches!(feed.rows, FeedRows::Stream)).then_some(0);
        }
        // An entry at `t` carries the bound `t + 1`.
        let steps = self.steps.iter().filter_map(|step| Some((step.operator.deadline()? - 1, step.clock)));
        let retry = self.time + RETRY_MS;
        let reachable = steps.filter_map(|(at, clock)| match clock {
            Clock::Still => None,
            Clock::Shifted => Some(at.max(retry)),
            Clock::Follows if at <= self.time => Some(retry),
            Clock::Follows => Some(at),
        });
        reachable.min()
    }

    /// Lets operators hold twice as much, or not any more. What was loaded may be packed less tightly than it was, and what
    /// has gone well before a crash must go well behind it.
    pub fn be_lenient(&mut self, lenient: bool) {
        self.is_lenient = lenient;
    }

    /// The memory that operators may hold at the moment, in bytes.
    fn room_bytes(&self) -> usize {
        if self.is_lenient { self.memory_bytes_max.saturating_mul(2) } else { self.memory_bytes_max }
    }

    /// The memory that operators and the queries in their expressions hold, in bytes.
    pub fn memory(&self) -> usize {
        self.steps_memory() + self.account.held_bytes()
    }

    fn steps_memory(&self) -> usize {
        self.steps.iter().map(|step| step.memory).sum()
    }

    /// What was wrong with the first row that failed since the graph was put together.
    pub(crate) fn first_failure(&self) -> Option<&RowError> {
        self.first_failure.as_ref()
    }

    /// Its state.
    pub fn save(&self) -> Saver {
        let mut saver = Saver::default();
        saver.integer(STATE_VERSION);
        saver.integer(self.fingerprint.cast_signed());
        saver.optional(self.started_at);
        saver.integer(self.time);
        saver.count(self.steps.len());
        for step in &self.steps {
            // Each behind its length, so that an operator cannot eat its neighbour's state.
            let mut own = Saver::default();
            step.operator.save(&mut own);
            saver.saved(own);
        }
        let digest = saver.digest();
        saver.integer(i64::from(digest));
        saver
    }

    /// Whether state is that of the same program, tables and taps, made by a server that computes as this one does.
    pub fn fits(&self, bytes: &[u8]) -> bool {
        self.fitting(&mut Loader::new(bytes)).is_ok()
    }

    fn fitting(&self, loader: &mut Loader<'_>) -> Result<(), Damaged> {
        let fits = loader.integer()? == STATE_VERSION && loader.integer()?.cast_unsigned() == self.fingerprint;
        fits.then_some(()).ok_or(Damaged)
    }

    /// Takes the state of a graph that it [fits](Self::fits). After an error the graph is of no use.
    pub fn load(&mut self, bytes: &[u8]) -> Result<(), Damaged> {
        let (bytes, written) = bytes.split_last_chunk().ok_or(Damaged)?;
        if i64::from(crc32c::crc32c(bytes)) != i64::from_le_bytes(*written) {
            return Err(Damaged);
        }
        let mut loader = Loader::new(bytes);
        self.fitting(&mut loader)?;
        let started_at = loader.optional()?;
        let time = loader.integer()?;
        if let Some(time) = started_at {
            self.prime(time).map_err(|_exhausted| Damaged)?;
        }
        if loader.count()? != self.steps.len() {
            return Err(Damaged);
        }
        for step in &mut self.steps {
            let mut own = Loader::new(loader.bytes()?);
            step.operator.load(&mut own)?;
            own.finish()?;
            step.memory = step.operator.memory();
        }
        self.time = time;
        loader.finish()
    }
}
