//! Reference tables: read from their objects when an application starts and when it is updated, and kept with it, so that a
//! recovery works with the same rows whatever the objects are by then.

use aws::ServiceError;
use flow::formats::{ReferenceError, ReferenceReader};
use flow::tables::Tables;
use futures::StreamExt;
use serde::{Deserialize, Serialize};
use store::{BlobId, Changes, NewBlob};

use super::journal_id;
use crate::application::Application;
use crate::configuration::Reference;
use crate::error_log::{ErrorLog, Loss, Part, Trouble};
use crate::{KinesisAnalytics, schema};

/// The tables that an application works with, by its name in journals.
const KEPT: &str = "kinesisanalytics_tables";
/// Rows that cannot be read, of which the log shows this many.
const COMPLAINTS_MAX: usize = 10;

/// Tables that are kept.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    /// The start and the version of the application that they were read for.
    run: u64,
    version: u64,
    /// Their rows.
    blob: String,
}

/// The tables of an application. After an error it is tried again.
pub(super) async fn tables(
    analytics: &KinesisAnalytics,
    application: &Application,
    log: &ErrorLog,
) -> Result<Tables, Trouble> {
    let kept = kept(analytics, application)?;
    if application.configuration.references.is_empty() {
        forget_kept(analytics, application, kept).await?;
        return Ok(Tables::default());
    }
    let (run, version) = (application.run, application.version);
    if let Some(kept) = kept.as_ref().filter(|kept| (kept.run, kept.version) == (run, version)) {
        return Ok(read_kept(analytics, kept).await?);
    }
    let saved = read_all(analytics, application, log).await?.save();
    let mut writer = analytics.blobs.writer();
    for piece in saved.into_pieces() {
        writer.write(piece).await.map_err(|error| error.to_string())?;
    }
    let blob = writer.finish().await.map_err(|error| error.to_string())?;
    let read = Kept { run, version, blob: blob.id().to_string() };
    keep(analytics, application, &read, &blob, kept).await?;
    // The rows as they come back, as a recovery has them.
    Ok(read_kept(analytics, &read).await?)
}

/// What to change in the store so that nothing of the tables is left.
pub(crate) fn forgotten(analytics: &KinesisAnalytics, application: &Application) -> Result<Changes, String> {
    let changes = Changes::new().delete(KEPT, journal_id(application));
    match kept(analytics, application)? {
        Some(kept) => Ok(changes.release(kept.id()?)),
        None => Ok(changes),
    }
}

async fn forget_kept(
    analytics: &KinesisAnalytics,
    application: &Application,
    kept: Option<Kept>,
) -> Result<(), String> {
    if kept.is_none() {
        return Ok(());
    }
    let changes = forgotten(analytics, application)?;
    analytics.store.commit(changes).await.map_err(|error| error.to_string())
}

fn kept(analytics: &KinesisAnalytics, application: &Application) -> Result<Option<Kept>, String> {
    let row = analytics.store.get(KEPT, journal_id(application).as_bytes()).map_err(|error| error.to_string())?;
    row.map(|row| serde_json::from_slice(&row).map_err(|error| error.to_string())).transpose()
}

async fn keep(
    analytics: &KinesisAnalytics,
    application: &Application,
    read: &Kept,
    blob: &NewBlob,
    before: Option<Kept>,
) -> Result<(), String> {
    let row = serde_json::to_vec(read).expect("numbers and a text always serialise");
    let mut changes = Changes::new().claim(blob).put(KEPT, journal_id(application), row);
    if let Some(before) = before {
        changes = changes.release(before.id()?);
    }
    analytics.store.commit(changes).await.map_err(|error| error.to_string())
}

async fn read_kept(analytics: &KinesisAnalytics, kept: &Kept) -> Result<Tables, String> {
    const LOST: &str = "the reference tables that were kept are damaged";
    let reader = analytics.blobs.read(kept.id()?, 0..u64::MAX).await.map_err(|error| error.to_string())?;
    let mut reader = reader.ok_or(LOST)?;
    let mut bytes = Vec::new();
    while let Some(piece) = reader.next().await {
        bytes.extend_from_slice(&piece.map_err(|error| error.to_string())?);
    }
    Tables::load(&bytes).map_err(|_damaged| LOST.to_owned())
}

impl Kept {
    fn id(&self) -> Result<BlobId, String> {
        self.blob.parse().map_err(|_| format!("{} is no blob", self.blob))
    }
}

async fn read_all(analytics: &KinesisAnalytics, application: &Application, log: &ErrorLog) -> Result<Tables, Trouble> {
    let mut tables = Vec::new();
    for reference in &application.configuration.references {
        let rows = read(analytics, application, reference).await;
        let (bucket, key, part) = (reference.bucket(), &reference.key, Part::Reference(reference.id.clone()));
        let (rows, complaints) = match rows {
            Ok(rows) => rows,
            Err(reason) => return Err(Trouble { part, reason: format!("reference object {bucket}/{key}: {reason}") }),
        };
        if let Some(first) = complaints.first() {
            let (count, table) = (complaints.len(), &reference.table);
            let sentence = || format!("{count} rows of reference table {table} were left out, the first: {first}.");
            log.lost(&part, Loss::Dropped, sentence).await;
        }
        for complaint in complaints.iter().take(COMPLAINTS_MAX) {
            tracing::warn!(application = application.name, bucket, key, %complaint, "a row of a reference table was left out");
        }
        tables.push((reference.table.clone(), rows));
    }
    Ok(Tables::new(tables))
}

async fn read(
    analytics: &KinesisAnalytics,
    application: &Application,
    reference: &Reference,
) -> Result<(flow::Rows, Vec<ReferenceError>), String> {
    let mapping = schema::mapping(&reference.schema, false).map_err(|error: ServiceError| error.to_string())?;
    let mut reader = ReferenceReader::new(&mapping).map_err(|error| error.to_string())?;
    let Application { account, region, .. } = application;
    let opened = analytics.objects.open(account, region, reference.bucket(), &reference.key).await;
    let (_, mut pieces) = opened.map_err(|error| error.to_string())?;
    while let Some(piece) = pieces.next().await {
        reader.push(&piece?).map_err(|error| error.to_string())?;
    }
    Ok(reader.finish())
}
