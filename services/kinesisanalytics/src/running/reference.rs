//! Reference tables, read from their objects.

use aws::ServiceError;
use flow::formats::{ReferenceError, ReferenceReader};
use flow::tables::Tables;
use futures::StreamExt;

use crate::application::Application;
use crate::configuration::Reference;
use crate::{KinesisAnalytics, schema};

/// Rows that cannot be read, of which the log shows this many.
const COMPLAINTS_MAX: usize = 10;

/// The tables of an application. An error is a sentence for the log; it is tried again.
pub(super) async fn load(analytics: &KinesisAnalytics, application: &Application) -> Result<Tables, String> {
    let mut tables = Vec::new();
    for reference in &application.configuration.references {
        let rows = read(analytics, application, reference).await;
        let (bucket, key) = (reference.bucket(), &reference.key);
        let (rows, complaints) = rows.map_err(|reason| format!("reference object {bucket}/{key}: {reason}"))?;
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
