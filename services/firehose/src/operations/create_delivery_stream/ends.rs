//! The two ends of a delivery stream as its creator tells them: where records come from, and where they go.

use aws::{Arn, Call, Lenient, ServiceError};

use super::CreateDeliveryStream;
use crate::configuration::{Destination, Flavour};
use crate::shapes::{self, DeliveryStreamType, DirectPutSource, OpenSearchConfiguration};
use crate::stream::Source;
use crate::{Firehose, errors};

impl CreateDeliveryStream {
    /// Where records shall come from.
    pub(super) async fn source(&self, firehose: &Firehose, call: &Call, now_ms: u64) -> Result<Source, ServiceError> {
        if self.msk_source_configuration.is_some() {
            return Err(errors::not_supported("MSKSourceConfiguration", "there is no MSK"));
        }
        if self.database_source_configuration.is_some() {
            return Err(errors::not_supported("DatabaseSourceConfiguration", "databases cannot be followed"));
        }
        let (direct, kinesis) = (&self.direct_put_source_configuration, &self.kinesis_stream_source_configuration);
        let kind = self.delivery_stream_type.as_ref().map_or(DeliveryStreamType::DirectPut, Lenient::known);
        match (kind, direct, kinesis) {
            (DeliveryStreamType::DirectPut, direct, None) => {
                Ok(Source::DirectPut { hint_mib: direct.as_ref().and_then(DirectPutSource::hint_mib) })
            }
            (DeliveryStreamType::KinesisStreamAsSource, None, Some(kinesis)) => {
                let (stream_arn, role_arn) = kinesis.clone().into_arns();
                require_source(firehose, call, &stream_arn).await?;
                Ok(Source::Kinesis { stream_arn, role_arn, start_ms: now_ms })
            }
            (DeliveryStreamType::MskAsSource, ..) => {
                Err(errors::not_supported("DeliveryStreamType MSKAsSource", "there is no MSK"))
            }
            (DeliveryStreamType::DatabaseAsSource, ..) => {
                Err(errors::not_supported("DeliveryStreamType DatabaseAsSource", "databases cannot be followed"))
            }
            _ => Err(errors::source_does_not_match(kind)),
        }
    }

    /// The one destination.
    pub(super) fn into_destination(self) -> Result<Destination, ServiceError> {
        if self.snowflake_destination_configuration.is_some() {
            return Err(errors::not_supported("SnowflakeDestinationConfiguration", "there is no way to Snowflake"));
        }
        if self.iceberg_destination_configuration.is_some() {
            return Err(errors::not_supported("IcebergDestinationConfiguration", "there are no Iceberg tables"));
        }
        let search = |search: OpenSearchConfiguration, flavour| {
            search.into_destination(flavour).map(|search| Destination::OpenSearch(Box::new(search)))
        };
        let candidates = [
            self.s3_destination_configuration.map(|s3| Ok(Destination::S3(Box::new(shapes::plain(s3)?)))),
            self.extended_s3_destination_configuration.map(|s3| Ok(Destination::S3(Box::new(s3.into_destination()?)))),
            self.redshift_destination_configuration
                .map(|redshift| Ok(Destination::Redshift(Box::new(redshift.into_destination()?)))),
            self.elasticsearch_destination_configuration.map(|es| search(es, Flavour::Elasticsearch)),
            self.amazonopensearchservice_destination_configuration.map(|os| search(os, Flavour::OpenSearch)),
            self.splunk_destination_configuration
                .map(|splunk| Ok(Destination::Splunk(Box::new(splunk.into_destination()?)))),
            self.http_endpoint_destination_configuration
                .map(|http| Ok(Destination::HttpEndpoint(Box::new(http.into_destination()?)))),
            self.serverless_destination_configuration
                .map(|serverless| Ok(Destination::OpenSearch(Box::new(serverless.into_destination()?)))),
        ];
        let mut given = candidates.into_iter().flatten();
        match (given.next(), given.next()) {
            (Some(destination), None) => destination,
            _ => Err(errors::one_destination()),
        }
    }
}

/// Refuses a data stream that is not there or not the caller's.
async fn require_source(firehose: &Firehose, call: &Call, stream_arn: &str) -> Result<(), ServiceError> {
    let arn = Arn::parse(stream_arn).filter(|arn| arn.account == call.account && arn.region == call.region);
    let arn = arn.ok_or_else(|| errors::source_elsewhere(stream_arn))?;
    let name = arn.resource.strip_prefix("stream/").unwrap_or_default();
    let found = firehose.data_streams.describe(arn.account, arn.region, name).await;
    match found.map_err(ServiceError::internal)? {
        Some(_) => Ok(()),
        None => Err(errors::source_not_found(stream_arn)),
    }
}
