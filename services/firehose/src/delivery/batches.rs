//! A delivery that goes to a destination in batches; what it does not take goes to the error prefix.

use super::Setback;
use super::failures::Failures;
use super::naming::Naming;
use super::object::Office;
use super::objects::Delivery;
use super::records::{Pass, Work};
use crate::destination::{Batch, Delivered, Destination, FailedRecord, Outcome, Stop, Tries};
use crate::pipeline::Fate;

/// How a delivery becomes batches.
pub(crate) struct Plan<'a> {
    pub(crate) office: &'a Office,
    pub(crate) naming: &'a Naming,
    pub(crate) destination: &'a dyn Destination,
    pub(crate) stop: &'a Stop,
    /// What one batch takes, where the buffer hints ask for less than the destination's limits.
    pub(crate) batch_bytes: u64,
}

/// What became of the batches of a delivery that is interrupted by pauses. It is all that stays in memory meanwhile.
#[derive(Debug, Default)]
pub(crate) struct Resume {
    /// The batches that are settled, in order.
    settled: Vec<Settled>,
    /// The attempts at the next one.
    tries: Tries,
}

impl Resume {
    /// Whether the destination has not taken something at first.
    pub(crate) fn is_retry(&self) -> bool {
        self.tries.have_begun()
    }
}

/// A batch that needs not be sent any more.
#[derive(Debug)]
struct Settled {
    mark: Mark,
    failed: Vec<FailedRecord>,
    dropped: usize,
}

/// Tells whether a batch is the one that was sent: records that expire meanwhile move the bounds of batches.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Mark {
    records: usize,
    bytes: usize,
    first: String,
}

impl Mark {
    fn of(batch: &Batch) -> Self {
        let first = batch.records.first().map(Delivered::id).unwrap_or_default();
        Self { records: batch.records.len(), bytes: batch.bytes(), first }
    }
}

/// Batches under way.
struct Batches<'a> {
    plan: &'a Plan<'a>,
    resume: &'a mut Resume,
    records: Vec<Delivered>,
    bytes: usize,
    ordinal: usize,
    failures: Failures<'a>,
    /// Records that the destination has taken.
    delivered: Delivery,
}

/// Delivers a sealed delivery in batches: the same ones with every call, under the same request ids. What is settled
/// according to `resume` is not sent again; its failures are written again, for their object begins anew.
pub(crate) async fn deliver(work: Work<'_>, plan: &Plan<'_>, resume: &mut Resume) -> Result<Delivery, Setback> {
    let failures = Failures::new(plan.office, plan.naming, work.firehose.now_ms());
    let delivered = Delivery::default();
    let mut batches = Batches { plan, resume, records: Vec::new(), bytes: 0, ordinal: 0, failures, delivered };
    let (mut pass, mut fates) = (Pass::new(work), Vec::new());
    while pass.next(&mut fates).await? {
        for fate in fates.drain(..) {
            match fate {
                Fate::Deliver(record, _) => batches.add(record).await?,
                Fate::Fail(failure) => {
                    batches.delivered.errors.note(failure.code, &failure.message);
                    batches.failures.add(&failure).await?;
                }
            }
        }
    }
    batches.send().await?;
    let Batches { failures, mut delivered, .. } = batches;
    delivered.read = pass.read;
    delivered.failed = failures.finish().await?;
    Ok(delivered)
}

impl Batches<'_> {
    async fn add(&mut self, record: Delivered) -> Result<(), Setback> {
        let limits = self.plan.destination.limits();
        let bytes_max = limits.bytes_max.min(usize::try_from(self.plan.batch_bytes).unwrap_or(usize::MAX));
        let is_full = self.records.len() >= limits.records_max || self.bytes + record.data.len() > bytes_max;
        if is_full {
            self.send().await?;
        }
        self.bytes += record.data.len();
        self.records.push(record);
        Ok(())
    }

    /// Hands over what is collected, and notes what did not arrive.
    async fn send(&mut self) -> Result<(), Setback> {
        if self.records.is_empty() {
            return Ok(());
        }
        let request_id = self.plan.naming.request_id(self.ordinal as u64);
        let batch = Batch { request_id, records: std::mem::take(&mut self.records) };
        let place = self.ordinal;
        self.ordinal += 1;
        self.bytes = 0;
        let destination = self.plan.destination;
        let mark = Mark::of(&batch);
        if self.resume.settled.get(place).is_none_or(|settled| settled.mark != mark) {
            if place < self.resume.settled.len() {
                self.resume.settled.truncate(place);
                self.resume.tries = Tries::default();
            }
            match destination.deliver(&batch, &mut self.resume.tries, self.plan.stop).await {
                Outcome::Settled { failed, dropped } => self.resume.settled.push(Settled { mark, failed, dropped }),
                Outcome::Stopped => return Err(Setback::Stopped),
                Outcome::Paused(pause) => return Err(Setback::Paused(pause)),
            }
            self.resume.tries = Tries::default();
        }
        let Settled { failed, dropped, .. } = &self.resume.settled[place];
        let missed = u64::try_from(failed.len() + dropped).unwrap_or(u64::MAX);
        self.delivered.taken.records += (batch.records.len() as u64).saturating_sub(missed);
        let mut missed_bytes = 0;
        let mut line = Vec::new();
        for failure in failed {
            let Some(record) = batch.records.get(failure.index) else { continue };
            missed_bytes += record.data.len();
            self.delivered.errors.note(failure.code, &failure.message);
            tracing::warn!(code = failure.code, message = &*failure.message, "a record was not delivered");
            line.clear();
            destination.write_failure(record, failure, &mut line);
            self.failures.add_line(destination.error_output_type(), record.arrival_ms, &line).await?;
        }
        self.delivered.taken.bytes += batch.bytes().saturating_sub(missed_bytes) as u64;
        self.delivered.taken.requests += 1;
        self.delivered.taken.failed_requests += u64::from(missed > 0);
        Ok(())
    }
}
