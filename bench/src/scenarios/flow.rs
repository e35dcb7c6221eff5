//! Programs over streams, in this process: records in → records out, and rows in memory in → rows out.
//!
//! Time is that of the thread's CPU. The yardsticks are decoding the same columns of the same records and nothing else: with
//! our own decoder, and with `arrow-json`.

use std::time::Duration;

use arrow_array::ArrayRef;
use flow::Rows;
use flow::bind::{self, Environment};
use flow::formats::{self, Decoder, Encoder, OutputFormat, Record};
use flow::graph::{Entry, Graph, Tap};
use flow::plan::Stream;
use flow::tables::Tables;
use rustix::time::{ClockId, clock_gettime};

use super::flow_arrow::{self, ArrowJson};
use super::flow_window;
use crate::events::{self, BATCH_EVENTS, EVENT_BYTES};
use crate::kinesis::Noise;
use crate::{Error, Run};

/// Batches that are fed round and round: more than the caches hold.
const BATCHES: usize = 40;
/// When streams begin: at the start of a minute, so that windows are whole.
const START_MS: i64 = 1_795_246_200_000;
/// In so many stretches the turn of each way is measured.
const STRETCHES: u32 = 20;
/// What operators may hold.
const MEMORY_BYTES_MAX: usize = 8 << 30;

/// A program to measure.
struct Program {
    name: &'static str,
    sql: &'static str,
    /// Streams that get the batches, all of them the same ones.
    streams: usize,
    /// Events of a second of stream time, which decides how many a window holds.
    rate: usize,
    /// Seconds of stream time before measuring.
    warm_up_seconds: usize,
    /// Rows per second that are to be reached.
    goal_json: Option<f64>,
    goal_columns: Option<f64>,
}

const PROGRAMS: &[Program] = &[
    Program {
        name: "filter, half of the rows pass",
        sql: r#"CREATE OR REPLACE STREAM "OUT" (event_time TIMESTAMP, ticker VARCHAR(16), price DOUBLE, quantity INTEGER,
                    sector VARCHAR(16), order_id BIGINT, note VARCHAR(128));
                CREATE OR REPLACE PUMP "P" AS INSERT INTO "OUT"
                SELECT STREAM event_time, ticker, price, quantity, sector, order_id, note FROM "S_001" WHERE price >= 50"#,
        streams: 1,
        rate: 100_000,
        warm_up_seconds: 2,
        goal_json: Some(600_000.0),
        goal_columns: None,
    },
    Program {
        name: "tumbling window of 10 s, 10,000 keys",
        sql: r#"CREATE OR REPLACE STREAM "OUT" (ticker VARCHAR(16), total BIGINT, average DOUBLE, highest DOUBLE);
                CREATE OR REPLACE PUMP "P" AS INSERT INTO "OUT"
                SELECT STREAM ticker, COUNT(*), SUM(price), MAX(price) FROM "S_001"
                GROUP BY ticker, STEP("S_001".ROWTIME BY INTERVAL '10' SECOND)"#,
        streams: 1,
        rate: 100_000,
        warm_up_seconds: 20,
        goal_json: Some(1_000_000.0),
        goal_columns: Some(20_000_000.0),
    },
    Program {
        name: "sliding RANGE 1 minute, 10,000 keys",
        sql: r#"CREATE OR REPLACE STREAM "OUT" (ticker VARCHAR(16), price DOUBLE, average DOUBLE, highest DOUBLE);
                CREATE OR REPLACE PUMP "P" AS INSERT INTO "OUT"
                SELECT STREAM ticker, price, AVG(price) OVER w, MAX(price) OVER w FROM "S_001"
                WINDOW w AS (PARTITION BY ticker RANGE INTERVAL '1' MINUTE PRECEDING)"#,
        streams: 1,
        rate: 10_000,
        warm_up_seconds: 70,
        goal_json: None,
        goal_columns: None,
    },
    Program {
        name: "join of two streams on an id within 10 s",
        sql: r#"CREATE OR REPLACE STREAM "OUT" (order_id BIGINT, ticker VARCHAR(16), price DOUBLE, quantity INTEGER);
                CREATE OR REPLACE PUMP "P" AS INSERT INTO "OUT"
                SELECT STREAM a.order_id, a.ticker, a.price, b.quantity
                FROM "S_001" OVER (RANGE INTERVAL '10' SECOND PRECEDING) AS a
                JOIN "S_002" OVER (RANGE INTERVAL '10' SECOND PRECEDING) AS b ON a.order_id = b.order_id"#,
        streams: 2,
        rate: 10_000,
        warm_up_seconds: 20,
        goal_json: None,
        goal_columns: None,
    },
    Program {
        name: "RANDOM_CUT_FOREST, 100 trees of 256",
        sql: r#"CREATE OR REPLACE STREAM "OUT" (price DOUBLE, quantity INTEGER, score DOUBLE);
                CREATE OR REPLACE PUMP "P" AS INSERT INTO "OUT"
                SELECT STREAM price, quantity, ANOMALY_SCORE FROM
                TABLE(RANDOM_CUT_FOREST(CURSOR(SELECT STREAM price, quantity FROM "S_001")))"#,
        streams: 1,
        rate: 10_000,
        warm_up_seconds: 1,
        goal_json: None,
        goal_columns: None,
    },
];

/// Runs every program.
pub(crate) async fn flow(run: &Run) -> Result<(), Error> {
    println!("\nPrograms over streams, rows per second of one core's CPU; events of {EVENT_BYTES} bytes");
    let batches = batches();
    formats_alone(&batches, Duration::from_secs_f64(run.seconds))?;
    for program in PROGRAMS.iter().filter(|program| run.is_wanted(program.name)) {
        measure(program, &batches, run).map_err(|error| format!("{}: {error}", program.name))?;
    }
    flow_window::emission(run).await
}

/// All columns of all records, and back.
fn formats_alone(batches: &[Vec<Record>], measured: Duration) -> Result<(), Error> {
    let mapping = events::mapping();
    let schema = formats::schema(&mapping);
    let (mut decoder, mut encoder) = (Decoder::new(&mapping)?, Encoder::new(&schema, OutputFormat::Json));
    let needed = vec![true; schema.columns.len()];
    let decoding = repeat(batches, measured, |batch| drop(decoder.decode(batch, &needed)));
    let rows = |batch: &Vec<Record>| Rows::new(vec![0; batch.len()].into(), decoder.decode(batch, &needed).columns);
    let rows: Vec<Rows> = batches.iter().map(rows).collect();
    let encoding = repeat(&rows, measured, |rows| drop(encoder.encode(rows)));
    let (mut arrow, texts) = (ArrowJson::new(&needed)?, texts(batches));
    let mut failure = None;
    let arrow = repeat(&texts, measured, |text| failure = arrow.decode(text).err().or(failure.take()));
    if let Some(failure) = failure {
        return Err(failure);
    }
    let costs = [("decoding all seven columns", decoding), ("… with arrow-json", arrow), ("encoding them", encoding)];
    for (name, cost) in costs {
        println!("  {name:26} {:>9.0}, {:.0} MB/s", cost.rate(), cost.rate() * EVENT_BYTES as f64 / 1e6);
    }
    Ok(())
}

/// Does the same with all batches in turn.
fn repeat<B>(batches: &[B], measured: Duration, mut one: impl FnMut(&B)) -> Cost {
    let mut lap = Lap::new(batches);
    let counted = lap.go_on(measured, |batch| {
        one(batch);
        Ok(0)
    });
    counted.expect("nothing here can fail");
    lap.cost
}

/// Work on all batches in turn, in stretches.
struct Lap<'b, B> {
    batches: &'b [B],
    next: usize,
    cost: Cost,
}

impl<'b, B> Lap<'b, B> {
    fn new(batches: &'b [B]) -> Self {
        Self { batches, next: 0, cost: Cost::default() }
    }

    /// Goes on for so much CPU time. What is done with a batch tells how many rows came out.
    fn go_on(&mut self, measured: Duration, mut one: impl FnMut(&B) -> Result<usize, Error>) -> Result<(), Error> {
        let mut before = cpu();
        let started = before;
        while before - started < measured {
            self.cost.out += one(&self.batches[self.next % self.batches.len()])?;
            let after = cpu();
            self.cost.longest = self.cost.longest.max(after - before);
            self.cost.rows += BATCH_EVENTS;
            self.cost.cpu += after - before;
            self.next += 1;
            before = after;
        }
        Ok(())
    }
}

fn texts(batches: &[Vec<Record>]) -> Vec<Vec<u8>> {
    batches.iter().map(|batch| flow_arrow::text(batch)).collect()
}

fn batches() -> Vec<Vec<Record>> {
    let mut noise = Noise::new(7);
    (0..BATCHES).map(|index| events::batch(&mut noise, (index * BATCH_EVENTS) as u64)).collect()
}

fn measure(program: &Program, batches: &[Vec<Record>], run: &Run) -> Result<(), Error> {
    let stretch = Duration::from_secs_f64(run.seconds) / STRETCHES;
    let (mut machine, mut of_columns) = (Machine::new(program)?, Machine::new(program)?);
    let texts = texts(batches);
    let mut readers = machine.needed.iter().map(|needed| ArrowJson::new(needed)).collect::<Result<Vec<_>, _>>()?;
    let decoded: Vec<_> = batches.iter().map(|batch| machine.decode(batch)).collect();
    let (mut records, mut columns) = (Lap::new(batches), Lap::new(&decoded));
    let (mut decoding, mut arrow) = (Lap::new(batches), Lap::new(&texts));
    let mut memory = 0;
    for _ in 0..program.warm_up_seconds * program.rate / BATCH_EVENTS {
        machine.records(&batches[records.next % BATCHES])?;
        of_columns.feed(decoded[records.next % BATCHES].clone())?;
        (records.next, columns.next) = (records.next + 1, columns.next + 1);
    }
    // In turns: others move this machine's clock, which must not move the ratios.
    for _ in 0..STRETCHES {
        records.go_on(stretch, |batch| machine.records(batch))?;
        decoding.go_on(stretch, |batch| {
            machine.decode(batch);
            Ok(0)
        })?;
        arrow.go_on(stretch, |text| readers.iter_mut().try_for_each(|reader| reader.decode(text)).map(|()| 0))?;
        columns.go_on(stretch, |columns| {
            let out = of_columns.feed(columns.clone())?;
            memory = memory.max(of_columns.graph.memory());
            Ok(out.iter().map(Rows::len).sum())
        })?;
    }
    // All streams get the same batches.
    let [records, decoding, arrow, columns] = [records.cost, decoding.cost, arrow.cost, columns.cost]
        .map(|cost| Cost { rows: cost.rows * program.streams, ..cost });
    let goal = |goal: Option<f64>| goal.map_or(String::new(), |goal| format!(" (goal {goal:.0})"));
    println!("  {}", program.name);
    println!("    JSON in → JSON out {:>12.0}{}", records.rate(), goal(program.goal_json));
    for (name, decoding) in [("only decoding     ", decoding), ("… with arrow-json ", arrow)] {
        println!(
            "    {name} {:>12.0}, {:.0} MB/s; ratio {:.2}",
            decoding.rate(),
            decoding.rate() * EVENT_BYTES as f64 / 1e6,
            decoding.rate() / records.rate()
        );
    }
    println!("    rows in → rows out {:>12.0}{}", columns.rate(), goal(program.goal_columns));
    println!(
        "    {} rows came out of {}; {:.0} MB held; the longest entry took {:.1} ms",
        columns.out,
        columns.rows,
        memory as f64 / 1e6,
        columns.longest.as_secs_f64() * 1e3
    );
    Ok(())
}

/// What was done in which time.
#[derive(Default)]
struct Cost {
    rows: usize,
    out: usize,
    cpu: Duration,
    longest: Duration,
}

impl Cost {
    fn rate(&self) -> f64 {
        self.rows as f64 / self.cpu.as_secs_f64()
    }
}

/// A program's graph with what feeds and empties it.
struct Machine {
    graph: Graph,
    decoders: Vec<Decoder>,
    needed: Vec<Vec<bool>>,
    encoder: Encoder,
    time: i64,
    step_ms: i64,
}

impl Machine {
    fn new(program: &Program) -> Result<Self, Error> {
        let mapping = events::mapping();
        let stream = |index| Stream { name: format!("S_{:03}", index + 1), schema: formats::schema(&mapping) };
        let streams = (0..program.streams).map(stream).collect();
        let environment = Environment { streams, ..Environment::default() };
        let bound = bind::program(program.sql, &environment).map_err(|fault| fault.drawn(program.sql))?;
        let taps = [Tap::Stream("OUT".to_owned())];
        let graph = Graph::new(&bound, &environment, &Tables::default(), &taps, MEMORY_BYTES_MAX)
            .map_err(|fault| fault.drawn(program.sql))?;
        let needed = (0..program.streams).map(|stream| graph.needed_columns(stream).to_vec()).collect();
        let decoders = (0..program.streams).map(|_| Decoder::new(&mapping)).collect::<Result<_, _>>()?;
        let encoder = Encoder::new(graph.schema(0), OutputFormat::Json);
        let step_ms = (BATCH_EVENTS * 1000 / program.rate) as i64;
        Ok(Self { graph, decoders, needed, encoder, time: START_MS, step_ms })
    }

    fn decode(&mut self, batch: &[Record]) -> Vec<Vec<ArrayRef>> {
        let decoders = self.decoders.iter_mut().zip(&self.needed);
        decoders.map(|(decoder, needed)| decoder.decode(batch, needed).columns).collect()
    }

    /// Feeds a batch into every stream, and gives what comes out.
    fn feed(&mut self, columns: Vec<Vec<ArrayRef>>) -> Result<Vec<Rows>, Error> {
        self.time += self.step_ms;
        let times = vec![self.time; BATCH_EVENTS];
        let rows = columns.into_iter().map(|columns| Rows::new(times.clone().into(), columns)).enumerate().collect();
        let mut outputs = self.graph.advance(Entry { time: self.time, rows, rejected: Vec::new() })?;
        if outputs.failed_count > 0 {
            return Err("rows went to the error stream".into());
        }
        Ok(outputs.taps.swap_remove(0))
    }

    /// From records to records; tells how many came out.
    fn records(&mut self, batch: &[Record]) -> Result<usize, Error> {
        let columns = self.decode(batch);
        let rows = self.feed(columns)?;
        Ok(rows.iter().map(|rows| self.encoder.encode(rows).len()).sum())
    }
}

/// The CPU time of this thread.
fn cpu() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).expect("below a billion"))
}
