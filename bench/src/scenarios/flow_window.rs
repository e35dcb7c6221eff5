//! How long after a window's end its rows are handed to a destination: the runtime with its journal and its checkpoints on a
//! real disk, between a source and a destination in memory.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use arrow_array::{ArrayRef, Int32Array};
use flow::bind::{self, Environment, source_column};
use flow::graph::{Graph, Tap};
use flow::plan::{Schema, Stream};
use flow::runtime::{
    Application, Arrived, Failure, Ground, Outgoing, Polled, Sink, Source, Start, StartingPosition, start,
};
use flow::tables::Tables;
use flow::types::DataType;
use futures::future::BoxFuture;
use host::Host;
use store::{Blobs, Store};

use super::fresh;
use crate::load::percentile;
use crate::{Error, Run};

/// Rows of one poll, and the pause behind it: 20,000 rows a second.
const ROWS: i32 = 100;
const PAUSE: Duration = Duration::from_millis(5);

struct Endless {
    host: Host,
    count: u64,
}

impl Source for Endless {
    fn begin(&mut self, _start: StartingPosition) -> BoxFuture<'_, Result<Vec<u8>, Failure>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn seek<'a>(&'a mut self, _position: &'a [u8]) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(async { Ok(()) })
    }

    fn poll(&mut self, _wait: Duration) -> BoxFuture<'_, Result<Polled, Failure>> {
        Box::pin(async {
            self.host.sleep(PAUSE).await;
            self.count += 1;
            let columns: Vec<ArrayRef> = vec![Arc::new(Int32Array::from_iter_values(0..ROWS))];
            let arrived = vec![Arrived { stream: 0, count: ROWS as usize, columns, rejected: Vec::new() }];
            let range = self.count.to_le_bytes().to_vec();
            Ok(Polled { position: range.clone(), range, arrived, record_count: ROWS as u64, behind_ms: 0 })
        })
    }

    fn again<'a>(&'a mut self, _range: &'a [u8]) -> BoxFuture<'a, Result<Polled, Failure>> {
        Box::pin(async { Err(Failure::Gone("this source keeps nothing".to_owned())) })
    }
}

struct Delays(Host, Arc<Mutex<Vec<Duration>>>);

impl Sink for Delays {
    fn append<'a>(&'a mut self, rows: &'a Outgoing) -> BoxFuture<'a, Result<(), Failure>> {
        let ended = rows.rows.times().last().and_then(|time| u64::try_from(*time).ok()).unwrap_or_default();
        // In its last millisecond a window is complete.
        let delay = Duration::from_millis(self.0.now_ms().saturating_sub(ended));
        self.1.lock().expect("nobody panics").push(delay);
        Box::pin(async { Ok(()) })
    }

    fn position(&mut self) -> BoxFuture<'_, Result<Vec<u8>, Failure>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn written<'a>(&'a mut self, _position: &'a [u8], _first: u64) -> BoxFuture<'a, Result<Vec<u64>, Failure>> {
        Box::pin(async { Ok(Vec::new()) })
    }
}

/// Windows of 0.1 s, each with 100 groups of 2,000 rows.
const SQL: &str = "SELECT STREAM n, COUNT(*) FROM s GROUP BY n, STEP(s.ROWTIME BY INTERVAL '0.1' SECOND)";

/// Measures for as long as a turn of the others takes, five times over.
pub(super) async fn emission(run: &Run) -> Result<(), Error> {
    let dir = fresh(&run.dir)?;
    let host = Host::real();
    let store = Store::open(&host, dir.path())?;
    let blobs = Blobs::open(&host, dir.path(), &store)?;
    let schema = Schema { columns: vec![source_column("N", DataType::Integer)] };
    let streams = vec![Stream { name: "S".to_owned(), schema }];
    let environment = Environment { streams, lone_queries: true, ..Environment::default() };
    let program = bind::program(SQL, &environment).map_err(|fault| fault.drawn(SQL))?;
    let graph = Graph::new(&program, &environment, &Tables::default(), &[Tap::Query(0)], 1 << 30)
        .map_err(|fault| fault.drawn(SQL))?;
    let delays = Arc::new(Mutex::new(Vec::new()));
    let outputs: Vec<(String, Box<dyn Sink>)> =
        vec![("out".to_owned(), Box::new(Delays(host.clone(), Arc::clone(&delays))))];
    let application = Application {
        id: "latency".to_owned(),
        graph,
        source: Box::new(Endless { host: host.clone(), count: 0 }),
        outputs,
        start: Start::At(StartingPosition::Now),
    };
    let running = start(Ground { host: host.clone(), store, blobs }, application);
    host.sleep(Duration::from_secs_f64(run.seconds * 5.0)).await;
    let status = running.status().borrow().clone();
    running.stop(Duration::from_secs(5)).await?;
    let mut delays = delays.lock().expect("nobody panics").clone();
    delays.sort_unstable();
    let at = |percent: f64| percentile(&delays, percent).as_millis();
    println!(
        "  from the end of a window of 0.1 s, 20,000 rows/s, to its rows at a destination in memory (goal: p99 < 50 ms)"
    );
    println!(
        "    p50 {} ms, p90 {} ms, p99 {} ms, at most {} ms; {} windows, {} checkpoints",
        at(50.0),
        at(90.0),
        at(99.0),
        at(100.0),
        delays.len(),
        status.checkpoint_count,
    );
    Ok(())
}
