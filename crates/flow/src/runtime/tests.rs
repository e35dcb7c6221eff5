//! Starts and stops of one application. What crashes do to it is simulated in `testing/sim`.

use std::path::Path;
use std::sync::{Arc, Mutex};

use arrow_array::cast::AsArray;
use arrow_array::types::Int32Type;
use arrow_array::{ArrayRef, Int32Array, Int64Array};
use futures::future::BoxFuture;
use host::simulated::{Ended, Simulation};

use super::*;
use crate::bind::{self, Environment, source_column};
use crate::graph::Tap;
use crate::plan::{Schema, Stream};
use crate::tables::Tables;
use crate::types::DataType;

/// What is around an application.
#[derive(Clone, Default)]
struct Outside {
    /// Polls, each with the numbers of its rows.
    polls: Arc<Mutex<Vec<Vec<i32>>>>,
    /// Rows with their sequence number, their time and their last column.
    written: Arc<Mutex<Vec<(u64, i64, i64)>>>,
    /// How long after their ROWTIME rows were written, in milliseconds.
    delays: Arc<Mutex<Vec<i64>>>,
    /// Why nothing can be written.
    blocked: Arc<Mutex<Option<Failure>>>,
}

impl Outside {
    fn with(polls: &[&[i32]]) -> Self {
        let outside = Self::default();
        polls.iter().for_each(|poll| outside.add(poll));
        outside
    }

    fn add(&self, poll: &[i32]) {
        self.polls.lock().unwrap().push(poll.to_vec());
    }

    fn block(&self, failure: Option<Failure>) {
        *self.blocked.lock().unwrap() = failure;
    }

    fn values(&self) -> Vec<i64> {
        self.written.lock().unwrap().iter().map(|(.., value)| *value).collect()
    }

    fn sequence(&self) -> Vec<u64> {
        self.written.lock().unwrap().iter().map(|(number, ..)| *number).collect()
    }
}

struct Reading {
    host: Host,
    outside: Outside,
    next: usize,
}

impl Reading {
    fn polled(&mut self) -> Option<Polled> {
        let numbers = self.outside.polls.lock().unwrap().get(self.next)?.clone();
        self.next += 1;
        let position = self.next.to_le_bytes().to_vec();
        let columns: Vec<ArrayRef> = vec![Arc::new(Int32Array::from(numbers.clone()))];
        let arrived = vec![Arrived { stream: 0, count: numbers.len(), columns, rejected: Vec::new() }];
        Some(Polled { range: position.clone(), position, arrived, record_count: 1, behind_ms: 0 })
    }
}

impl Source for Reading {
    fn begin(&mut self, start: StartingPosition) -> BoxFuture<'_, Result<Vec<u8>, Failure>> {
        let count = self.outside.polls.lock().unwrap().len();
        let at = if start == StartingPosition::Now { count } else { 0 };
        Box::pin(async move { Ok(at.to_le_bytes().to_vec()) })
    }

    fn seek<'a>(&'a mut self, position: &'a [u8]) -> BoxFuture<'a, Result<(), Failure>> {
        self.next = usize::from_le_bytes(position.try_into().unwrap());
        Box::pin(async { Ok(()) })
    }

    fn poll(&mut self, wait: Duration) -> BoxFuture<'_, Result<Polled, Failure>> {
        Box::pin(async move {
            self.host.sleep(Duration::from_millis(10).min(wait)).await;
            Ok(self.polled().unwrap_or_default())
        })
    }

    fn again<'a>(&'a mut self, range: &'a [u8]) -> BoxFuture<'a, Result<Polled, Failure>> {
        let polled = self.polled().filter(|polled| polled.range == range);
        Box::pin(async move { polled.ok_or_else(|| Failure::Gone("trimmed".to_owned())) })
    }
}

struct Writing(Outside, Host);

impl Sink for Writing {
    fn append<'a>(&'a mut self, rows: &'a Outgoing) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(async move {
            if let Some(failure) = self.0.blocked.lock().unwrap().clone() {
                return Err(failure);
            }
            let last = rows.rows.columns().last().unwrap();
            let numbers = match last.as_any().downcast_ref::<Int64Array>() {
                Some(sums) => sums.iter().map(Option::unwrap).collect::<Vec<_>>(),
                None => last.as_primitive::<Int32Type>().iter().map(|number| i64::from(number.unwrap())).collect(),
            };
            let now = i64::try_from(self.1.now_ms()).unwrap();
            self.0.delays.lock().unwrap().extend(rows.rows.times().iter().map(|time| now - time));
            let rows = rows.sequence.iter().zip(rows.rows.times()).zip(numbers);
            let rows = rows.map(|((sequence, time), number)| (*sequence, *time, number));
            self.0.written.lock().unwrap().extend(rows);
            Ok(())
        })
    }

    fn position(&mut self) -> BoxFuture<'_, Result<Vec<u8>, Failure>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn written<'a>(&'a mut self, _position: &'a [u8], first: u64) -> BoxFuture<'a, Result<Vec<u64>, Failure>> {
        let sequence = self.0.sequence().into_iter().filter(|number| *number >= first).collect();
        Box::pin(async move { Ok(sequence) })
    }
}

/// Rows as they come.
const INPUT: &str = "";
/// Sums of an hour, which never ends here.
const RUNNING_SUM: &str = "SELECT STREAM SUM(n) OVER (RANGE INTERVAL '1' HOUR PRECEDING) FROM a";

fn begun(ground: &Ground, outside: &Outside, text: &str, from: Start) -> Running {
    let schema = Schema { columns: vec![source_column("N", DataType::Integer)] };
    let streams = vec![Stream { name: "A".to_owned(), schema }];
    let environment = Environment { streams, lone_queries: true, ..Environment::default() };
    let program = bind::program(text, &environment).expect("the test's program is right");
    let tap = if text.is_empty() { Tap::Stream("A".to_owned()) } else { Tap::Query(0) };
    let graph = Graph::new(&program, &environment, &Tables::default(), &[tap], 1 << 20).unwrap();
    let source = Box::new(Reading { host: ground.host.clone(), outside: outside.clone(), next: 0 });
    let outputs: Vec<(String, Box<dyn Sink>)> =
        vec![("out".to_owned(), Box::new(Writing(outside.clone(), ground.host.clone())))];
    start(ground.clone(), Application { id: "a".to_owned(), graph, source, outputs, start: from })
}

fn simulate<F: Future<Output = ()>>(test: impl FnOnce(Ground) -> F) {
    let ended = Simulation::new(7).boot(|host| async move {
        let store = Store::open(&host, Path::new("/data")).unwrap();
        let blobs = Blobs::open(&host, Path::new("/data"), &store).unwrap();
        test(Ground { host, store, blobs }).await;
    });
    assert_eq!(ended, Ended::Finished(()));
}

const FROM_THE_START: Start = Start::At(StartingPosition::TrimHorizon);
const ON: Start = Start::At(StartingPosition::LastStoppedPoint);
const PATIENCE: Duration = Duration::from_secs(5);

async fn a_while(ground: &Ground) {
    ground.host.sleep(Duration::from_secs(3)).await;
}

#[test]
fn a_stopped_application_goes_on_where_it_stopped_with_empty_windows() {
    simulate(|ground| async move {
        let outside = Outside::with(&[&[1, 2], &[3]]);
        let running = begun(&ground, &outside, RUNNING_SUM, FROM_THE_START);
        a_while(&ground).await;
        let status = running.status().borrow().clone();
        assert!(matches!(status.state, State::Running), "{status:?}");
        assert_eq!((status.generation, status.record_count, status.written), (1, 2, vec![3]));
        running.stop(PATIENCE).await.unwrap();
        outside.add(&[10]);
        let running = begun(&ground, &outside, RUNNING_SUM, ON);
        a_while(&ground).await;
        running.stop(PATIENCE).await.unwrap();
        assert_eq!((outside.values(), outside.sequence()), (vec![1, 3, 6, 10], vec![0, 1, 2, 3]));
    });
}

#[test]
fn a_killed_application_goes_on_as_if_nothing_had_happened() {
    simulate(|ground| async move {
        let outside = Outside::with(&[&[1, 2], &[3]]);
        let start = Start::Recover(StartingPosition::TrimHorizon);
        let running = begun(&ground, &outside, RUNNING_SUM, start);
        a_while(&ground).await;
        running.kill().await;
        outside.add(&[10]);
        let running = begun(&ground, &outside, RUNNING_SUM, start);
        a_while(&ground).await;
        running.stop(PATIENCE).await.unwrap();
        assert_eq!((outside.values(), outside.sequence()), (vec![1, 3, 6, 16], vec![0, 1, 2, 3]));
    });
}

#[test]
fn now_and_the_horizon_start_anew_and_numbers_go_on() {
    simulate(|ground| async move {
        let outside = Outside::with(&[&[1], &[2]]);
        let running = begun(&ground, &outside, INPUT, FROM_THE_START);
        a_while(&ground).await;
        // As after a crash that nobody recovered from.
        running.kill().await;
        let running = begun(&ground, &outside, INPUT, Start::At(StartingPosition::Now));
        a_while(&ground).await;
        outside.add(&[3]);
        a_while(&ground).await;
        running.stop(PATIENCE).await.unwrap();
        let running = begun(&ground, &outside, INPUT, FROM_THE_START);
        a_while(&ground).await;
        running.stop(PATIENCE).await.unwrap();
        assert_eq!(outside.values(), [1, 2, 3, 1, 2, 3]);
        assert_eq!(outside.sequence(), [0, 1, 2, 3, 4, 5]);
    });
}

#[test]
fn a_destination_that_takes_nothing_stops_the_reading_and_loses_nothing() {
    simulate(|ground| async move {
        let many: Vec<Vec<i32>> = (0..100).map(|number| vec![number]).collect();
        let outside = Outside::with(&many.iter().map(Vec::as_slice).collect::<Vec<_>>());
        outside.block(Some(Failure::Later("no room".to_owned())));
        let running = begun(&ground, &outside, INPUT, FROM_THE_START);
        a_while(&ground).await;
        let status = running.status().borrow().clone();
        assert!(status.record_count < 20, "{status:?}");
        assert_eq!(status.hindered.as_deref(), Some("no room"));
        let stopped = running.stop(PATIENCE).await;
        assert!(matches!(stopped, Err(Error::Killed)), "{stopped:?}");
        outside.block(None);
        let running = begun(&ground, &outside, INPUT, ON);
        a_while(&ground).await;
        running.stop(PATIENCE).await.unwrap();
        assert_eq!(outside.values(), (0..100).collect::<Vec<i64>>());
        assert_eq!(outside.sequence(), (0..100).collect::<Vec<u64>>());
    });
}

#[test]
fn an_output_or_an_input_that_is_gone_ends_the_application() {
    simulate(|ground| async move {
        let outside = Outside::with(&[&[1]]);
        outside.block(Some(Failure::Gone("no such stream".to_owned())));
        let running = begun(&ground, &outside, INPUT, FROM_THE_START);
        a_while(&ground).await;
        let State::Failed(error) = running.status().borrow().state.clone() else { panic!("it has ended") };
        assert_eq!(error.to_string(), "output out cannot be written any more: no such stream");
        drop(running);
        outside.polls.lock().unwrap().clear();
        let running = begun(&ground, &outside, INPUT, Start::Recover(StartingPosition::Now));
        a_while(&ground).await;
        let State::Failed(error) = running.status().borrow().state.clone() else { panic!("it has ended") };
        assert_eq!(error.to_string(), "the input cannot be read any more: trimmed");
        outside.block(None);
        let running = begun(&ground, &outside, INPUT, Start::Abandon);
        outside.add(&[7]);
        a_while(&ground).await;
        running.stop(PATIENCE).await.unwrap();
        assert_eq!(outside.values(), [7], "it goes on with what is there");
    });
}

#[test]
fn a_window_that_outgrows_its_memory_keeps_what_it_had() {
    const COUNT: i32 = 1_300;
    simulate(|ground| async move {
        let (one, two): (Vec<i32>, Vec<i32>) = ((0..COUNT).collect(), (COUNT..2 * COUNT).collect());
        let outside = Outside::with(&[&one, &two]);
        let key = format!("CAST(n AS VARCHAR(12)) || '{}'", "x".repeat(150));
        let text = format!(
            "SELECT STREAM SUM(c) FROM (SELECT STREAM {key}, COUNT(*) AS c FROM a
             GROUP BY {key}, STEP(a.ROWTIME BY INTERVAL '8' SECOND)) AS g
             GROUP BY STEP(g.ROWTIME BY INTERVAL '1' SECOND)"
        );
        let running = begun(&ground, &outside, &text, FROM_THE_START);
        a_while(&ground).await;
        let status = running.status().borrow().clone();
        let State::Failed(Error::Exhausted(exhausted)) = status.state else { panic!("{:?}", status.state) };
        assert_eq!((exhausted.operator, status.record_count), ("GROUP BY", 1));
        running.kill().await;
        // Before the window is over it goes no further, and loses nothing.
        let running = begun(&ground, &outside, &text, ON);
        a_while(&ground).await;
        assert!(matches!(running.status().borrow().state, State::Failed(Error::Exhausted(_))));
        running.kill().await;
        ground.host.sleep(Duration::from_secs(5)).await;
        let running = begun(&ground, &outside, &text, ON);
        ground.host.sleep(Duration::from_secs(10)).await;
        running.stop(PATIENCE).await.unwrap();
        assert_eq!(outside.values(), [i64::from(COUNT); 2]);
        assert_eq!(outside.sequence(), [0, 1]);
    });
}

#[test]
fn windows_close_on_time_without_new_rows() {
    simulate(|ground| async move {
        let outside = Outside::with(&[&[1], &[2]]);
        let text = "SELECT STREAM COUNT(*) FROM a GROUP BY STEP(a.ROWTIME BY INTERVAL '1' SECOND)";
        let running = begun(&ground, &outside, text, FROM_THE_START);
        for _ in 0..20 {
            ground.host.sleep(Duration::from_millis(777)).await;
            outside.add(&[3]);
        }
        a_while(&ground).await;
        running.stop(PATIENCE).await.unwrap();
        assert_eq!(outside.values().iter().sum::<i64>(), 22);
        let delays = outside.delays.lock().unwrap();
        // In its last millisecond a window is complete: what comes next is stamped later.
        assert!(delays.len() > 10 && delays.iter().all(|delay| (-1..10).contains(delay)), "{delays:?}");
    });
}

#[test]
fn an_older_generation_cannot_write_any_more() {
    simulate(|ground| async move {
        let outside = Outside::with(&[&[1]]);
        let running = begun(&ground, &outside, INPUT, FROM_THE_START);
        a_while(&ground).await;
        let newer = journal::Journal::take_over(&ground.store, "a").await.unwrap();
        assert_eq!(newer.generation(), 2);
        outside.add(&[2]);
        a_while(&ground).await;
        assert!(matches!(running.status().borrow().state, State::Failed(Error::Fenced)));
        assert_eq!(outside.values(), [1], "what is not journalled does not leave");
    });
}

#[test]
fn another_program_begins_empty_where_the_last_one_was() {
    simulate(|ground| async move {
        let outside = Outside::with(&[&[1, 2]]);
        let running = begun(&ground, &outside, RUNNING_SUM, FROM_THE_START);
        a_while(&ground).await;
        running.kill().await;
        outside.add(&[5]);
        let start = Start::Recover(StartingPosition::Now);
        let running = begun(&ground, &outside, "SELECT STREAM -n FROM a", start);
        a_while(&ground).await;
        running.stop(PATIENCE).await.unwrap();
        let values = outside.values();
        assert!(values.starts_with(&[1, 3]) && values.ends_with(&[-5]), "{values:?}");
        assert_eq!(outside.sequence(), (0..values.len() as u64).collect::<Vec<_>>());
    });
}

#[test]
fn a_forgotten_application_leaves_nothing_behind() {
    simulate(|ground| async move {
        let outside = Outside::with(&[&[1], &[2]]);
        let running = begun(&ground, &outside, INPUT, FROM_THE_START);
        a_while(&ground).await;
        running.kill().await;
        forget(&ground.store, "a").await.unwrap();
        for table in ["flow.generation", "flow.restart", "flow.entry", "blob"] {
            let left = ground.store.scan(table, std::ops::Bound::Unbounded, std::ops::Bound::Unbounded, 10).unwrap();
            assert_eq!(left, [], "{table}");
        }
        let running = begun(&ground, &outside, INPUT, ON);
        a_while(&ground).await;
        assert_eq!(running.status().borrow().generation, 1);
        running.stop(PATIENCE).await.unwrap();
    });
}

#[test]
fn the_clock_does_not_go_back() {
    let simulation = Simulation::new(3);
    let machine = simulation.clone();
    let ended = simulation.boot(|host| async move {
        let store = Store::open(&host, Path::new("/data")).unwrap();
        let blobs = Blobs::open(&host, Path::new("/data"), &store).unwrap();
        let ground = Ground { host, store, blobs };
        let outside = Outside::with(&[&[1]]);
        let running = begun(&ground, &outside, INPUT, FROM_THE_START);
        a_while(&ground).await;
        machine.step_wall_clock(-3_600_000);
        outside.add(&[2]);
        a_while(&ground).await;
        running.kill().await;
        outside.add(&[3]);
        let running = begun(&ground, &outside, INPUT, ON);
        a_while(&ground).await;
        running.stop(PATIENCE).await.unwrap();
        let times: Vec<i64> = outside.written.lock().unwrap().iter().map(|(_, time, _)| *time).collect();
        assert!(times.len() == 3 && times.is_sorted_by(|one, next| one < next), "{times:?}");
        assert!(times[1] - times[0] >= 2_000, "time goes on at its pace: {times:?}");
    });
    assert_eq!(ended, Ended::Finished(()));
}
