//! How long after a window's end its rows are handed to a destination, on this machine and this disk:
//! `cargo run -p flow --example window_latency -- DIRECTORY [SECONDS]`. The directory must be empty, and is left to you.

use std::path::Path;
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

struct Delays(Host, Arc<Mutex<Vec<i64>>>);

impl Sink for Delays {
    fn append<'a>(&'a mut self, rows: &'a Outgoing) -> BoxFuture<'a, Result<(), Failure>> {
        let now = i64::try_from(self.0.now_ms()).expect("a time of this century");
        let ended = rows.rows.times().last().copied().unwrap_or(now);
        self.1.lock().expect("nobody panics").push(now - ended);
        Box::pin(async { Ok(()) })
    }

    fn position(&mut self) -> BoxFuture<'_, Result<Vec<u8>, Failure>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn written<'a>(&'a mut self, _position: &'a [u8], _first: u64) -> BoxFuture<'a, Result<Vec<u64>, Failure>> {
        Box::pin(async { Ok(Vec::new()) })
    }
}

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let directory = arguments.next().expect("a directory");
    let seconds = arguments.next().map_or(30, |text| text.parse().expect("a number of seconds"));
    let host = Host::real();
    let store = Store::open(&host, Path::new(&directory)).expect("the directory can be written");
    let blobs = Blobs::open(&host, Path::new(&directory), &store).expect("the directory can be written");
    let schema = Schema { columns: vec![source_column("N", DataType::Integer)] };
    let streams = vec![Stream { name: "S".to_owned(), schema }];
    let environment = Environment { streams, tables: Vec::new(), lone_queries: true };
    let text = "SELECT STREAM n, COUNT(*) FROM s GROUP BY n, STEP(s.ROWTIME BY INTERVAL '0.1' SECOND)";
    let program = bind::program(text, &environment).expect("the program is right");
    let graph = Graph::new(&program, &environment, &Tables::default(), &[Tap::Query(0)], 1 << 30).expect("it runs");
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
    host.sleep(Duration::from_secs(seconds)).await;
    let status = running.status().borrow().clone();
    running.stop(Duration::from_secs(5)).await.expect("it stops in order");
    let mut delays = delays.lock().expect("nobody panics").clone();
    delays.sort_unstable();
    let at = |percent: usize| delays.get(delays.len() * percent / 100).copied().unwrap_or_default();
    println!(
        "{} windows after their end: p50 {} ms, p90 {} ms, p99 {} ms, at most {:?} ms; {} rows, {} checkpoints",
        delays.len(),
        at(50),
        at(90),
        at(99),
        delays.last(),
        status.record_count,
        status.checkpoint_count,
    );
}
