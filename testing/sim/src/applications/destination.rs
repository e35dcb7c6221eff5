//! A destination that keeps its rows, and sometimes takes only some of them.

use std::sync::Arc;
use std::time::Duration;

use arrow_array::ArrayRef;
use arrow_cast::display::array_value_to_string;
use flow::Rows;
use flow::runtime::{Failure, Outgoing, Sink};
use futures::future::BoxFuture;
use host::Host;

use super::Flaw;
use super::world::{Kept, World};

/// Writes into one destination.
pub(super) struct Writer {
    host: Host,
    world: Arc<World>,
    index: usize,
}

impl Writer {
    pub(super) fn new(host: Host, world: Arc<World>, index: usize) -> Self {
        Self { host, world, index }
    }
}

/// The values of a row.
pub(super) fn shown(rows: &Rows, row: usize) -> String {
    let value = |column: &ArrayRef| array_value_to_string(column, row).expect("these types can be shown");
    rows.columns().iter().map(value).collect::<Vec<_>>().join("|")
}

impl Sink for Writer {
    fn append<'a>(&'a mut self, rows: &'a Outgoing) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(async {
            self.world.moment().await;
            let (pause_us, fails, order) = {
                let mut random = self.world.random();
                let mut order: Vec<usize> = (0..rows.sequence.len()).collect();
                let fails = random.u8(..15) == 0;
                if fails {
                    // As a call with many records: any of them may be refused.
                    random.shuffle(&mut order);
                    order.truncate(random.usize(..=order.len()));
                }
                (random.u64(..4_000), fails, order)
            };
            self.host.sleep(Duration::from_micros(pause_us)).await;
            for row in order {
                let kept =
                    Kept { sequence: rows.sequence[row], time: rows.rows.times()[row], text: shown(&rows.rows, row) };
                self.world.destination(self.index).push(kept);
                self.world.moment().await;
            }
            if fails { Err(Failure::Later("throttled".to_owned())) } else { Ok(()) }
        })
    }

    fn position(&mut self) -> BoxFuture<'_, Result<Vec<u8>, Failure>> {
        Box::pin(async {
            self.world.moment().await;
            let count = self.world.destination(self.index).len() as u64;
            Ok(count.to_le_bytes().to_vec())
        })
    }

    fn written<'a>(&'a mut self, position: &'a [u8], first: u64) -> BoxFuture<'a, Result<Vec<u64>, Failure>> {
        Box::pin(async move {
            self.world.moment().await;
            let position = u64::from_le_bytes(position.try_into().expect("its own position"));
            let position = usize::try_from(position).expect("there are few");
            let destination = self.world.destination(self.index);
            let behind = destination[position..].iter().map(|kept| kept.sequence).filter(|number| *number >= first);
            let found: Vec<u64> = behind.collect();
            drop(destination);
            if self.world.flaw == Flaw::ForgetfulDestinations {
                return Ok(Vec::new());
            }
            self.world.note_found(found.len());
            Ok(found)
        })
    }
}
