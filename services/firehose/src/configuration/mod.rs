//! What a delivery stream was told about its destination: validated, with all defaults filled in. Stored as it stands
//! here, and what the deliverers read.

mod http_endpoint;
mod open_search;
mod processing;
mod redshift;
mod s3;
mod s3_output;
mod soundness;
mod splunk;

use serde::{Deserialize, Serialize};

use crate::progress::Kind;

pub(crate) use http_endpoint::HttpEndpointDestination;
pub(crate) use open_search::{Flavour, OpenSearchDestination};
pub(crate) use processing::{Parameter, Processing, Step, StepSettings, SubRecords};
pub(crate) use redshift::{CopyCommand, RedshiftDestination};
pub(crate) use s3::{DynamicPartitioning, S3Destination};
pub(crate) use s3_output::S3Output;
pub(crate) use splunk::SplunkDestination;

/// Where records go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Destination {
    /// A bucket, by the plain or by the extended settings: AWS keeps no difference.
    S3(Box<S3Destination>),
    /// Any server that obeys Firehose's contract.
    HttpEndpoint(Box<HttpEndpointDestination>),
    /// A Splunk HTTP event collector.
    Splunk(Box<SplunkDestination>),
    /// OpenSearch, Elasticsearch or OpenSearch Serverless.
    OpenSearch(Box<OpenSearchDestination>),
    /// A Redshift table, by way of a bucket.
    Redshift(Box<RedshiftDestination>),
}

impl Destination {
    /// The output that takes what could not be delivered: the destination's own where it is a bucket.
    pub(crate) fn error_output(&self) -> &S3Output {
        match self {
            Self::S3(s3) => &s3.output,
            Self::HttpEndpoint(http) => &http.s3,
            Self::Splunk(splunk) => &splunk.s3,
            Self::OpenSearch(search) => &search.s3,
            Self::Redshift(redshift) => &redshift.s3,
        }
    }

    /// Where errors of a way out are logged.
    pub(crate) fn logging(&self, kind: Kind) -> Option<&Logging> {
        match (kind, self) {
            (Kind::Backup, _) => self.backup().map(|backup| &backup.logging),
            (Kind::Primary, Self::S3(s3)) => Some(&s3.output.logging),
            (Kind::Primary, Self::HttpEndpoint(http)) => Some(&http.logging),
            (Kind::Primary, Self::Splunk(splunk)) => Some(&splunk.logging),
            (Kind::Primary, Self::OpenSearch(search)) => Some(&search.logging),
            (Kind::Primary, Self::Redshift(redshift)) => Some(&redshift.logging),
        }
    }

    /// What a way out leads to, as it was named.
    pub(crate) fn address(&self, kind: Kind) -> &str {
        match (kind, self) {
            (Kind::Backup, _) => self.backup().map_or("", |backup| &backup.bucket_arn),
            (Kind::Primary, Self::S3(s3)) => &s3.output.bucket_arn,
            (Kind::Primary, Self::HttpEndpoint(http)) => &http.url,
            (Kind::Primary, Self::Splunk(splunk)) => &splunk.endpoint,
            (Kind::Primary, Self::OpenSearch(search)) => search.endpoint.as_deref().unwrap_or_default(),
            (Kind::Primary, Self::Redshift(redshift)) => &redshift.cluster_jdbc_url,
        }
    }

    /// When what is buffered for the destination is sent.
    pub(crate) fn hints(&self) -> Hints {
        match self {
            Self::S3(s3) => s3.output.hints,
            Self::HttpEndpoint(http) => http.hints,
            Self::Splunk(splunk) => splunk.hints,
            Self::OpenSearch(search) => search.hints,
            Self::Redshift(redshift) => redshift.s3.hints,
        }
    }

    /// What is done to records before they are sent.
    pub(crate) fn processing(&self) -> Option<&Processing> {
        match self {
            Self::S3(s3) => s3.processing.as_ref(),
            Self::HttpEndpoint(http) => http.processing.as_ref(),
            Self::Splunk(splunk) => splunk.processing.as_ref(),
            Self::OpenSearch(search) => search.processing.as_ref(),
            Self::Redshift(redshift) => redshift.processing.as_ref(),
        }
    }

    /// Where all source records are copied to, if anywhere. What only failed goes to [`Destination::error_output`].
    pub(crate) fn backup(&self) -> Option<&S3Output> {
        match self {
            Self::S3(s3) => s3.backup.active(),
            Self::Redshift(redshift) => redshift.backup.active(),
            Self::HttpEndpoint(http) => http.backs_up_all().then_some(&http.s3),
            Self::Splunk(splunk) => splunk.backs_up_all().then_some(&splunk.s3),
            Self::OpenSearch(search) => search.backs_up_all().then_some(&search.s3),
        }
    }
}

/// When a buffer is sent: what comes first. Also how answers show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Hints {
    /// MiB, before compression.
    #[serde(rename = "SizeInMBs")]
    pub(crate) size_mib: u32,
    /// Seconds since the oldest record came; 0 sends at once.
    #[serde(rename = "IntervalInSeconds")]
    pub(crate) interval_s: u32,
}

impl Hints {
    /// The size in bytes.
    pub(crate) fn size_bytes(&self) -> u64 {
        u64::from(self.size_mib) << 20
    }

    /// The interval in milliseconds.
    pub(crate) fn interval_ms(&self) -> u64 {
        u64::from(self.interval_s) * 1_000
    }
}

/// For how long a batch is tried again. Also how answers show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Retry {
    /// Seconds; 0 never tries again.
    #[serde(rename = "DurationInSeconds")]
    pub(crate) duration_s: u32,
}

impl Retry {
    /// The duration in milliseconds.
    pub(crate) fn duration_ms(&self) -> u64 {
        u64::from(self.duration_s) * 1_000
    }
}

/// Where errors of delivery are logged. Also how answers show it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Logging {
    pub(crate) enabled: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) log_group_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) log_stream_name: Option<String>,
}

/// Whether source records are copied to a bucket, and where to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Backup {
    pub(crate) is_on: bool,
    /// Kept while the backup is off, too.
    pub(crate) output: Option<S3Output>,
}

impl Backup {
    /// Where copies go while the backup is on.
    pub(crate) fn active(&self) -> Option<&S3Output> {
        self.output.as_ref().filter(|_| self.is_on)
    }
}
