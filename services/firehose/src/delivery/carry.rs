//! Carries out one sealed delivery, whatever its destination.

use std::sync::Arc;

use serde::Serialize;

use super::batches::{self, Resume};
use super::naming::{Name, Naming};
use super::object::{ObjectWriter, Office, Written};
use super::objects::{self, Delivery};
use super::records::Work;
use super::{BATCH_KIB, PARTITIONED_SHARES, RETRIED_KIB, Setback};
use crate::configuration::{Destination, RedshiftDestination};
use crate::destination::{self, DeliveredObject, Loaded, Stop};
use crate::progress::Kind;
use crate::shapes::CompressionFormat;

/// Writes the objects, sends the batches, loads the table.
pub(crate) async fn deliver(work: Work<'_>, kind: Kind, resume: &mut Resume, stop: &Stop) -> Result<Delivery, Setback> {
    let (firehose, sealed) = (work.firehose, work.sealed);
    let naming = Naming::new(work.view, kind, sealed).map_err(Setback::Settings)?;
    let office = Office {
        host: firehose.host.clone(),
        sink: Arc::clone(&firehose.objects),
        account: work.view.record.account.clone(),
        region: work.view.record.region.clone(),
    };
    match (&sealed.destination, kind) {
        (Destination::S3(s3), Kind::Primary) if s3.is_partitioned() => {
            let size = s3.output.hints.size_bytes();
            write(work, &office, &naming, Some(size), PARTITIONED_SHARES).await
        }
        (Destination::S3(_), _) | (_, Kind::Backup) => write(work, &office, &naming, None, 1).await,
        (Destination::Redshift(redshift), Kind::Primary) => {
            let mut delivery = write(work, &office, &naming, None, 1).await?;
            load(work, &office, &naming, redshift, &mut delivery, stop).await?;
            Ok(delivery)
        }
        (other, Kind::Primary) => send(work, &office, &naming, other, resume, stop).await,
    }
}

/// Objects, within the memory that all deliveries share.
async fn write(
    work: Work<'_>,
    office: &Office,
    naming: &Naming,
    partition_bytes: Option<u64>,
    shares: u32,
) -> Result<Delivery, Setback> {
    let shares = work.firehose.deliveries.shares.acquire_many(shares).await;
    let _shares = shares.map_err(|_closed| Setback::Stopped)?;
    let plan = objects::Plan { office, naming, oldest_ms: work.sealed.oldest_ms, partition_bytes };
    objects::deliver(work, &plan).await
}

/// Batches, within the memory that all deliveries share.
async fn send(
    work: Work<'_>,
    office: &Office,
    naming: &Naming,
    settings: &Destination,
    resume: &mut Resume,
    stop: &Stop,
) -> Result<Delivery, Setback> {
    let firehose = work.firehose;
    let destination = destination::open(firehose, work.view, settings).map_err(Setback::Settings)?;
    let batch_bytes = settings.hints().size_bytes();
    let kib = usize::try_from(batch_bytes >> 10).unwrap_or(usize::MAX).clamp(1, BATCH_KIB);
    let kib = u32::try_from(kib).unwrap_or(u32::MAX);
    let _retried = match resume.is_retry() {
        true => Some(
            firehose
                .deliveries
                .retried_kib
                .acquire_many(kib.min(RETRIED_KIB))
                .await
                .map_err(|_closed| Setback::Stopped)?,
        ),
        false => None,
    };
    let _bytes = firehose.deliveries.batch_kib.acquire_many(kib).await.map_err(|_closed| Setback::Stopped)?;
    let plan = batches::Plan { office, naming, destination: &*destination, stop, batch_bytes };
    batches::deliver(work, &plan, resume).await
}

/// What COPY reads.
#[derive(Serialize)]
struct Manifest {
    entries: Vec<Entry>,
}

#[derive(Serialize)]
struct Entry {
    url: String,
    mandatory: bool,
}

/// Has objects loaded that are in their bucket; notes them under `errors/` when that is given up.
async fn load(
    work: Work<'_>,
    office: &Office,
    naming: &Naming,
    settings: &RedshiftDestination,
    delivery: &mut Delivery,
    stop: &Stop,
) -> Result<(), Setback> {
    let written = &delivery.objects;
    if written.is_empty() {
        return Ok(());
    }
    let loader = destination::open_loader(work.firehose, settings).map_err(Setback::Settings)?;
    let entry =
        |object: &Written| Entry { url: format!("s3://{}/{}", object.name.bucket, object.name.key), mandatory: true };
    let manifest = Manifest { entries: written.iter().map(entry).collect() };
    let manifest = serde_json::to_vec(&manifest).expect("plain values always serialise");
    let oldest_ms = work.sealed.oldest_ms;
    let name = naming.manifest(false, oldest_ms);
    put(office, name.clone(), &manifest, oldest_ms).await?;
    let object = |object: &Written| DeliveredObject {
        bucket: object.name.bucket.clone(),
        key: object.name.key.clone(),
        bytes: object.stored_bytes,
    };
    let objects: Vec<DeliveredObject> = written.iter().map(object).collect();
    match loader.load(&objects, &name.key, stop).await {
        Loaded::Done => Ok(()),
        Loaded::Skipped { code, message } => {
            let arn = work.view.record.arn();
            tracing::warn!(delivery_stream_arn = arn, error_code = code, message, "objects were not loaded");
            delivery.errors.note(code, &message);
            put(office, naming.manifest(true, oldest_ms), &manifest, oldest_ms).await
        }
        Loaded::Stopped => Err(Setback::Stopped),
    }
}

async fn put(office: &Office, name: Name, bytes: &[u8], at_ms: u64) -> Result<(), Setback> {
    let mut object = ObjectWriter::begin(office, name, CompressionFormat::Uncompressed, at_ms);
    object.add(bytes, b"").await?;
    object.finish().await?;
    Ok(())
}
