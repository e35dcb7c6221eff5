//! A source that keeps its records: shards, each read by one in-application stream.

use std::sync::Arc;
use std::time::Duration;

use arrow_array::{ArrayRef, Float64Array, Int32Array, StringViewArray};
use fastrand::Rng;
use flow::runtime::{Arrived, Failure, Polled, Source, StartingPosition};
use futures::future::BoxFuture;
use host::Host;

use super::programs::STREAM_COUNT;
use super::world::World;

/// Shards of the source; they are divided evenly over the streams.
const SHARD_COUNT: usize = 3;
/// When a simulated machine is switched on for the first time.
const START_MS: u64 = 1_767_225_600_000;

/// A record.
#[derive(Debug, Clone)]
pub(super) struct Record {
    /// When it is there.
    pub(super) at_ms: u64,
    ticker: Option<&'static str>,
    price: f64,
    quantity: i32,
}

/// Some seconds of records, in bursts and alone.
pub(super) fn draw(random: &mut Rng) -> Vec<Vec<Record>> {
    let mut shards = vec![Vec::new(); SHARD_COUNT];
    for shard in &mut shards {
        let mut at_ms = START_MS + random.u64(..500);
        for _ in 0..random.usize(5..40) {
            at_ms += if random.u8(..3) == 0 { random.u64(..3_000) } else { random.u64(..50) };
            let ticker = [Some("A"), Some("B"), Some("LONG"), None][random.usize(..4)];
            let (price, quantity) = (f64::from(random.u32(..10_000)) / 7.0, random.i32(-2..20));
            shard.push(Record { at_ms, ticker, price, quantity });
        }
    }
    shards
}

/// Rows for a stream: those of `from` to `to` of each shard that is meant, by shard.
pub(super) fn columns(world: &World, places: &[(usize, usize)]) -> Vec<ArrayRef> {
    let records = || places.iter().map(|(shard, at)| &world.shards[*shard][*at]);
    let integer = |number: usize| i32::try_from(number).expect("there are few");
    vec![
        Arc::new(places.iter().map(|(shard, _)| Some(integer(*shard))).collect::<Int32Array>()),
        Arc::new(places.iter().map(|(_, at)| Some(integer(*at))).collect::<Int32Array>()),
        Arc::new(records().map(|record| record.ticker).collect::<StringViewArray>()),
        Arc::new(records().map(|record| Some(record.price)).collect::<Float64Array>()),
        Arc::new(records().map(|record| Some(record.quantity)).collect::<Int32Array>()),
    ]
}

/// The stream that a shard belongs to.
pub(super) fn stream_of(shard: usize) -> usize {
    shard % STREAM_COUNT
}

/// Reads them.
pub(super) struct Reader {
    host: Host,
    world: Arc<World>,
    /// The next record of each shard.
    next: Vec<usize>,
}

impl Reader {
    pub(super) fn new(host: Host, world: Arc<World>) -> Self {
        Self { host, world, next: vec![0; SHARD_COUNT] }
    }

    fn give(&mut self, until: &[usize]) -> Polled {
        let mut arrived = Vec::new();
        for stream in 0..STREAM_COUNT {
            let shards = (0..SHARD_COUNT).filter(|shard| stream_of(*shard) == stream);
            let places: Vec<_> =
                shards.flat_map(|shard| (self.next[shard]..until[shard]).map(move |at| (shard, at))).collect();
            if !places.is_empty() {
                let columns = columns(&self.world, &places);
                arrived.push(Arrived { stream, count: places.len(), columns, rejected: Vec::new() });
            }
        }
        let record_count = arrived.iter().map(|arrived| arrived.count as u64).sum();
        let range = written(self.next.iter().chain(until));
        self.next = until.to_vec();
        Polled { range, position: written(until), arrived, record_count, behind_ms: 0 }
    }
}

/// Small numbers as bytes.
fn written<'n>(numbers: impl IntoIterator<Item = &'n usize>) -> Vec<u8> {
    numbers.into_iter().map(|number| u8::try_from(*number).expect("there are few")).collect()
}

fn read(bytes: &[u8]) -> Vec<usize> {
    bytes.iter().copied().map(usize::from).collect()
}

impl Source for Reader {
    fn begin(&mut self, _start: StartingPosition) -> BoxFuture<'_, Result<Vec<u8>, Failure>> {
        Box::pin(async {
            self.world.moment().await;
            Ok(vec![0; SHARD_COUNT])
        })
    }

    fn seek<'a>(&'a mut self, position: &'a [u8]) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(async {
            self.world.moment().await;
            self.next = read(position);
            Ok(())
        })
    }

    fn poll(&mut self, wait: Duration) -> BoxFuture<'_, Result<Polled, Failure>> {
        Box::pin(async move {
            self.world.moment().await;
            if self.world.random().u8(..30) == 0 {
                return Err(Failure::Later("throttled".to_owned()));
            }
            let patient_until = self.host.monotonic() + wait;
            loop {
                let now_ms = self.host.now_ms();
                let shards = self.world.shards.iter().zip(&self.next);
                let until: Vec<usize> = shards
                    .map(|(records, next)| {
                        next + records[*next..].iter().take(9).filter(|one| one.at_ms <= now_ms).count()
                    })
                    .collect();
                if until != self.next {
                    return Ok(self.give(&until));
                }
                let waiting = self.world.shards.iter().zip(&self.next).filter_map(|(records, next)| records.get(*next));
                let next_ms = waiting.map(|record| record.at_ms.saturating_sub(now_ms)).min().unwrap_or(u64::MAX);
                let left = patient_until.saturating_sub(self.host.monotonic());
                if left.is_zero() {
                    return Ok(Polled { position: written(&self.next), ..Polled::default() });
                }
                self.host.sleep(left.min(Duration::from_millis(next_ms))).await;
            }
        })
    }

    fn again<'a>(&'a mut self, range: &'a [u8]) -> BoxFuture<'a, Result<Polled, Failure>> {
        Box::pin(async {
            self.world.moment().await;
            let (from, until) = range.split_at(SHARD_COUNT);
            assert_eq!(self.next, read(from), "ranges follow one another");
            Ok(self.give(&read(until)))
        })
    }
}
