//! Carries out one sealed delivery, whatever its destination.

use std::sync::Arc;

use super::naming::Naming;
use super::object::Office;
use super::objects::{self, Delivery};
use super::records::Work;
use super::{BATCH_KIB, PARTITIONED_SHARES, Setback, batches};
use crate::configuration::Destination;
use crate::destination::{self, Stop};
use crate::progress::Kind;

/// Writes the objects, sends the batches, loads the table.
pub(crate) async fn deliver(work: Work<'_>, kind: Kind, stop: &Stop) -> Result<Delivery, Setback> {
    let (firehose, sealed) = (work.firehose, work.sealed);
    let naming = Naming::new(work.view, kind, sealed).map_err(Setback::Settings)?;
    let office = Office {
        host: firehose.host.clone(),
        sink: Arc::clone(&firehose.objects),
        account: work.view.record.account.clone(),
        region: work.view.record.region.clone(),
    };
    let partition_bytes = match (&sealed.destination, kind) {
        (Destination::S3(s3), Kind::Primary) if s3.is_partitioned() => Some(s3.output.hints.size_bytes()),
        _ => None,
    };
    let plan = objects::Plan { office: &office, naming: &naming, oldest_ms: sealed.oldest_ms, partition_bytes };
    let shares = if partition_bytes.is_some() { PARTITIONED_SHARES } else { 1 };
    match (&sealed.destination, kind) {
        (Destination::S3(_), _) | (_, Kind::Backup) => {
            let _shares = firehose.deliveries.shares.acquire_many(shares).await.map_err(|_closed| Setback::Stopped)?;
            objects::deliver(work, &plan).await
        }
        (other, Kind::Primary) => {
            let arn = work.view.record.arn();
            let destination = destination::open(firehose, &arn, other).map_err(Setback::Settings)?;
            let batch_bytes = other.hints().size_bytes();
            let kib = usize::try_from(batch_bytes >> 10).unwrap_or(usize::MAX).clamp(1, BATCH_KIB);
            let kib = u32::try_from(kib).unwrap_or(u32::MAX);
            let _bytes = firehose.deliveries.batch_kib.acquire_many(kib).await.map_err(|_closed| Setback::Stopped)?;
            let destination = &*destination;
            let plan = batches::Plan { office: &office, naming: &naming, destination, stop, batch_bytes };
            batches::deliver(work, &plan).await
        }
    }
}
