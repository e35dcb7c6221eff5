//! A delivery that becomes objects: one, or one for each partition, beside those of failures.

use std::collections::HashMap;

use super::Setback;
use super::failures::Failures;
use super::naming::{Naming, Which};
use super::object::{ObjectWriter, Office, Written};
use super::records::{Counts, Pass, Work};
use crate::destination::{Delivered, ErrorOutputType};
use crate::error_log::Errors;
use crate::partitioning::ACTIVE_PARTITIONS_MAX;
use crate::pipeline::{Failure, Fate};
use crate::prefix::PartitionKeys;
use log::source::SourceError;

/// Objects that are written at once; further partitions wait for another pass over the records.
const OPEN_MAX: usize = 64;
/// Where an object ends although nothing asks for it: records grow when they are unpacked.
const OBJECT_BYTES_MAX: u64 = 1 << 30;

/// How a delivery becomes objects.
pub(crate) struct Plan<'a> {
    pub(crate) office: &'a Office,
    pub(crate) naming: &'a Naming,
    pub(crate) oldest_ms: u64,
    /// Whether keys depend on the contents of records; the size where an object of a partition ends.
    pub(crate) partition_bytes: Option<u64>,
}

/// What a delivery has written.
#[derive(Debug, Default)]
pub(crate) struct Delivery {
    pub(crate) objects: Vec<Written>,
    pub(crate) read: Counts,
    /// Records that went to the error prefix.
    pub(crate) failed: u64,
    pub(crate) partitions: u64,
    /// Bytes of the partition that has most.
    pub(crate) busiest_partition_bytes: u64,
    /// Records of partitions beyond the quota.
    pub(crate) overflowed: u64,
    pub(crate) taken: Taken,
    /// What is to be told of records that were not delivered.
    pub(crate) errors: Errors,
}

/// What a destination that takes batches has taken.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Taken {
    pub(crate) requests: u64,
    pub(crate) failed_requests: u64,
    pub(crate) records: u64,
    pub(crate) bytes: u64,
}

/// A partition of a delivery.
#[derive(Default)]
struct Partition {
    /// The pass that writes it.
    pass: u32,
    object: Option<ObjectWriter>,
    /// Objects that are finished.
    ordinal: u64,
    /// Bytes of records.
    bytes: u64,
}

/// A delivery under way.
struct Objects<'a> {
    plan: &'a Plan<'a>,
    delimiter: &'a [u8],
    partitions: HashMap<String, Partition>,
    pass: u32,
    /// Partitions of this pass.
    open: usize,
    failures: Failures<'a>,
    /// Records of each pass that could not be processed: the same in all.
    failed: Vec<u64>,
    delivery: Delivery,
}

/// Writes a sealed delivery to its bucket; the same objects with every call.
pub(crate) async fn deliver(work: Work<'_>, plan: &Plan<'_>) -> Result<Delivery, Setback> {
    let failures = Failures::new(plan.office, plan.naming, work.firehose.now_ms());
    let delimiter = work.pipeline.delimiter();
    let (partitions, delivery) = (HashMap::new(), Delivery::default());
    let mut objects = Objects { plan, delimiter, partitions, pass: 0, open: 0, failures, failed: vec![0], delivery };
    let mut fates = Vec::new();
    loop {
        let mut pass = Pass::new(work);
        while pass.next(&mut fates).await? {
            for fate in fates.drain(..) {
                objects.take(fate).await?;
            }
        }
        if objects.pass == 0 {
            objects.delivery.read = pass.read;
        }
        if objects.failed.last() != objects.failed.first() {
            // An expression had its time in one pass and not in the other: nothing is to fall between the two.
            return Err(SourceError::Failed("a record was processed in one pass only".to_owned()).into());
        }
        objects.failed.push(0);
        objects.finish_all().await?;
        objects.pass += 1;
        objects.open = 0;
        if !objects.partitions.values().any(|partition| partition.pass >= objects.pass) {
            break;
        }
    }
    let Objects { failures, mut delivery, partitions, .. } = objects;
    delivery.partitions = partitions.len() as u64;
    delivery.busiest_partition_bytes = partitions.values().map(|partition| partition.bytes).max().unwrap_or(0);
    delivery.failed = failures.finish().await?;
    Ok(delivery)
}

impl Objects<'_> {
    async fn take(&mut self, fate: Fate) -> Result<(), Setback> {
        if let (Fate::Fail(_), Some(failed)) = (&fate, self.failed.last_mut()) {
            *failed += 1;
        }
        match fate {
            Fate::Deliver(record, keys) => self.put(&record, &keys).await,
            // Later passes see them again.
            Fate::Fail(failure) if self.pass == 0 => self.fail(&failure).await,
            Fate::Fail(_) => Ok(()),
        }
    }

    async fn put(&mut self, record: &Delivered, keys: &PartitionKeys) -> Result<(), Setback> {
        let plan = self.plan;
        let partition = match plan.partition_bytes {
            None => Some(String::new()),
            Some(_) => plan.naming.prefix.partition(keys),
        };
        let Some(partition) = partition else {
            return self.refuse(record, "DynamicPartitioning.MetadataExtractionFailed", EMPTY_KEY).await;
        };
        if !self.partitions.contains_key(&partition) && !self.admit(&partition) {
            self.delivery.overflowed += u64::from(self.pass == 0);
            return self.refuse(record, "DynamicPartitioning.ActivePartitionLimitExceeded", OVERFLOW).await;
        }
        let Some(slot) = self.partitions.get_mut(&partition) else { return Ok(()) };
        if slot.pass != self.pass {
            return Ok(());
        }
        if slot.object.as_ref().is_some_and(|object| object.plain_bytes >= plan.object_bytes_max())
            && let Some(full) = slot.object.take()
        {
            slot.ordinal += 1;
            self.delivery.objects.push(full.finish().await?);
        }
        let object = match &mut slot.object {
            Some(object) => object,
            None => {
                // The oldest of all is in the first object, whichever shard it is read from.
                let is_first = plan.partition_bytes.is_none() && slot.ordinal == 0;
                let oldest_ms = if is_first { plan.oldest_ms } else { record.arrival_ms };
                let which = Which::Data { partition: &partition, ordinal: slot.ordinal };
                let name = plan.naming.name(which, oldest_ms, Some(keys));
                if name.prefix_characters > crate::prefix::EVALUATED_MAX {
                    self.partitions.remove(&partition);
                    return self.refuse(record, "DynamicPartitioning.MetadataExtractionFailed", LONG_PREFIX).await;
                }
                slot.object.insert(ObjectWriter::begin(plan.office, name, plan.naming.compression, oldest_ms))
            }
        };
        slot.bytes += record.data.len() as u64;
        Ok(object.add(&record.data, self.delimiter).await?)
    }

    /// Gives a new partition a pass; `false` when there are too many. All are found in the first pass.
    fn admit(&mut self, partition: &str) -> bool {
        if self.pass > 0 || self.partitions.len() >= ACTIVE_PARTITIONS_MAX {
            return false;
        }
        let pass = u32::try_from(self.partitions.len() / OPEN_MAX).unwrap_or(u32::MAX);
        self.partitions.insert(partition.to_owned(), Partition { pass, ..Partition::default() });
        true
    }

    async fn refuse(&mut self, record: &Delivered, code: &'static str, message: &str) -> Result<(), Setback> {
        if self.pass > 0 {
            return Ok(());
        }
        let failure = Failure {
            kind: ErrorOutputType::ProcessingFailed,
            code,
            message: message.to_owned(),
            raw: record.data.clone(),
            arrival_ms: record.arrival_ms,
        };
        self.fail(&failure).await
    }

    async fn fail(&mut self, failure: &Failure) -> Result<(), Setback> {
        self.delivery.errors.note(failure.code, &failure.message);
        Ok(self.failures.add(failure).await?)
    }

    async fn finish_all(&mut self) -> Result<(), Setback> {
        for partition in self.partitions.values_mut() {
            if let Some(object) = partition.object.take() {
                self.delivery.objects.push(object.finish().await?);
            }
        }
        Ok(())
    }
}

const EMPTY_KEY: &str = "partitionKeys values must not be null or empty";
const OVERFLOW: &str = "The number of active partitions has exceeded the limit";
const LONG_PREFIX: &str = "The evaluated prefix is longer than 512 characters";

impl Plan<'_> {
    fn object_bytes_max(&self) -> u64 {
        self.partition_bytes.unwrap_or(OBJECT_BYTES_MAX).min(OBJECT_BYTES_MAX)
    }
}
