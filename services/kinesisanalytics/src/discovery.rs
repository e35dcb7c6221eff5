//! Samples of a source, and the schema that they suggest.

use std::time::Duration;

use aws::{Call, Lenient, ServiceError};
use bytes::{Bytes, BytesMut};
use flow::formats::{Format, Mapping, discover};
use futures::StreamExt;
use futures::future::join_all;
use log::source::{SourceError, SourceShard, StreamSource};
use log::{Position, ReadLimits};

use crate::configuration::{Resource, bucket};
use crate::links::LinkError;
use crate::shapes::{
    CsvMappingParameters, InputStartingPosition, JsonMappingParameters, MappingParameters, RecordColumn, RecordFormat,
    RecordFormatType, S3Configuration, SourceSchema,
};
use crate::{KinesisAnalytics, errors};

/// Records that are looked at.
const SAMPLES_MAX: usize = 1_000;
/// Bytes that are looked at.
const SAMPLE_BYTES_MAX: usize = 1 << 20;
/// Records that are given back.
const SHOWN_MAX: usize = 20;
/// How long to wait for records that are still to come.
const WAIT: Duration = Duration::from_secs(5);

/// Which records are looked at.
#[derive(Debug, Clone, Copy)]
enum From {
    /// Those that are there.
    Beginning,
    /// Those that come next.
    Now,
    /// Those that are there, or those that come next where there are none.
    Anywhere,
}

/// What was found out.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) schema: SourceSchema,
    pub(crate) rows: Vec<Vec<Option<String>>>,
    pub(crate) samples: Vec<String>,
}

impl KinesisAnalytics {
    /// Guesses the schema of a data stream, or of an object.
    pub(crate) async fn discover(
        &self,
        call: &Call,
        stream: Option<String>,
        object: Option<S3Configuration>,
        position: Option<InputStartingPosition>,
    ) -> Result<Found, ServiceError> {
        let samples = match (stream, object) {
            (Some(arn), None) => self.sample_stream(call, &Resource { arn, role: None }, position).await?,
            (None, Some(object)) => vec![self.sample_object(call, object).await?],
            _ => return Err(errors::one_of("source", "ResourceARN, S3Configuration")),
        };
        let shown = samples.iter().take(SHOWN_MAX).map(|sample| String::from_utf8_lossy(sample).into_owned());
        let shown: Vec<_> = shown.collect();
        match discover(&samples) {
            Ok(found) => Ok(Found {
                schema: schema(found.mapping),
                rows: found.rows.into_iter().take(SHOWN_MAX).collect(),
                samples: shown,
            }),
            Err(reason) => Err(errors::no_schema(&reason.to_string(), shown)),
        }
    }

    async fn sample_stream(
        &self,
        call: &Call,
        resource: &Resource,
        position: Option<InputStartingPosition>,
    ) -> Result<Vec<Bytes>, ServiceError> {
        let is_live = position == Some(InputStartingPosition::Now);
        let places = (resource.stream(&call.account), resource.delivery_stream(&call.account));
        let (named, streams, from): (_, &dyn StreamSource, _) = match places {
            (Some(named), _) if is_live => (named, &*self.streams, From::Now),
            (Some(named), _) => (named, &*self.streams, From::Beginning),
            // What it has delivered is not there any more: what it has, or what comes next.
            (_, Some(named)) => (named, &*self.deliveries, From::Anywhere),
            _ => {
                return Err(errors::not_an_arn_of("a data stream or a delivery stream of this account", &resource.arn));
            }
        };
        let described = streams.describe(named.account, named.region, named.name).await;
        let stream = described.map_err(ServiceError::internal)?.ok_or_else(|| errors::no_source(&resource.arn))?;
        let open = stream.shards.iter().filter(|shard| !is_live || shard.end.is_none());
        let sampled = join_all(open.map(|shard| sample_shard(streams, shard, from))).await;
        let mut samples = Vec::new();
        for sample in sampled {
            samples.extend(sample.map_err(ServiceError::internal)?);
        }
        samples.truncate(SAMPLES_MAX);
        Ok(samples)
    }

    /// The beginning of an object, up to the end of a line where there is more.
    async fn sample_object(&self, call: &Call, object: S3Configuration) -> Result<Bytes, ServiceError> {
        let (arn, key) = (object.bucket_arn.unwrap_or_default(), object.file_key.unwrap_or_default());
        let opened = self.objects.open(&call.account, &call.region, bucket(&arn), &key).await;
        let (bytes, mut pieces) = opened.map_err(|error| match error {
            LinkError::NotFound(reason) => errors::no_object(bucket(&arn), &key, &reason),
            error => ServiceError::internal(error),
        })?;
        let mut sample = BytesMut::new();
        while sample.len() < SAMPLE_BYTES_MAX
            && let Some(piece) = pieces.next().await
        {
            sample.extend_from_slice(&piece.map_err(ServiceError::internal)?);
        }
        if bytes > sample.len() as u64 {
            let whole = sample.iter().rposition(|byte| *byte == b'\n').map_or(sample.len(), |end| end + 1);
            sample.truncate(whole);
        }
        Ok(sample.freeze())
    }
}

async fn sample_shard(streams: &dyn StreamSource, shard: &SourceShard, from: From) -> Result<Vec<Bytes>, SourceError> {
    let (position, wait) = match from {
        From::Beginning => (Position::Horizon, None),
        From::Now => (Position::Latest, Some(WAIT)),
        From::Anywhere => (Position::Horizon, Some(WAIT)),
    };
    let at = streams.locate(shard.id, position).await?;
    let limits = ReadLimits { records_max: SAMPLES_MAX, bytes_max: SAMPLE_BYTES_MAX };
    let read = streams.read(shard.id, at, limits, wait).await?;
    let users = read.records.into_iter().flat_map(|record| match log::aggregate::open(&record.data) {
        Some(users) => users,
        None => vec![record.data],
    });
    Ok(users.collect())
}

fn schema(mapping: Mapping) -> SourceSchema {
    let (record_format_type, parameters) = match mapping.format {
        Format::Json { row_path } => {
            let json = JsonMappingParameters { record_row_path: Some(row_path) };
            (RecordFormatType::Json, MappingParameters { json: Some(json), csv: None })
        }
        Format::Csv { row_delimiter, column_delimiter } => {
            let csv = CsvMappingParameters {
                record_row_delimiter: Some(row_delimiter),
                record_column_delimiter: Some(column_delimiter),
            };
            (RecordFormatType::Csv, MappingParameters { json: None, csv: Some(csv) })
        }
    };
    let columns = mapping.columns.into_iter().map(|column| RecordColumn {
        name: Some(column.name),
        mapping: column.path,
        sql_type: Some(column.data_type.to_string()),
    });
    SourceSchema {
        record_format: Some(RecordFormat {
            record_format_type: Some(Lenient::Known(record_format_type)),
            mapping_parameters: Some(parameters),
        }),
        record_encoding: Some("UTF-8".to_owned()),
        record_columns: Some(columns.collect()),
    }
}
