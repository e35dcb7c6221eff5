//! `CreateDeliveryStream`.

use std::sync::Arc;

use aws::{Arn, Call, Constraints, Lenient, Operation, Required, ServiceError};
use serde::{Deserialize, Serialize};

use crate::configuration::{Destination, Flavour};
use crate::shapes::{
    self, DeliveryStreamStatus, DeliveryStreamType, DirectPutSource, EncryptionInput, ExtendedS3Configuration, Form,
    HttpEndpointConfiguration, KinesisSource, OpenSearchConfiguration, RedshiftConfiguration, S3Settings,
    ServerlessConfiguration, SplunkConfiguration, Tag, Tags, Unsupported, tag,
};
use crate::stream::{self, DeliveryStream, Encryption, Source};
use crate::{Firehose, errors, limits, tasks};

/// Creates a delivery stream with its one destination.
///
/// <https://docs.aws.amazon.com/firehose/latest/APIReference/API_CreateDeliveryStream.html>
///
/// Differs from AWS: Snowflake and Iceberg destinations, MSK and database sources, Lambda processors, conversion of
/// formats, secrets of Secrets Manager, virtual private clouds and KMS keys of buckets are refused. Addresses on this
/// machine may be plain HTTP.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct CreateDeliveryStream {
    delivery_stream_name: Required<String>,
    delivery_stream_type: Option<Lenient<DeliveryStreamType>>,
    direct_put_source_configuration: Option<DirectPutSource>,
    kinesis_stream_source_configuration: Option<KinesisSource>,
    delivery_stream_encryption_configuration_input: Option<EncryptionInput>,
    s3_destination_configuration: Option<S3Settings>,
    extended_s3_destination_configuration: Option<ExtendedS3Configuration>,
    redshift_destination_configuration: Option<RedshiftConfiguration>,
    elasticsearch_destination_configuration: Option<OpenSearchConfiguration>,
    amazonopensearchservice_destination_configuration: Option<OpenSearchConfiguration>,
    splunk_destination_configuration: Option<SplunkConfiguration>,
    http_endpoint_destination_configuration: Option<HttpEndpointConfiguration>,
    tags: Option<Vec<Tag>>,
    #[serde(rename = "AmazonOpenSearchServerlessDestinationConfiguration")]
    serverless_destination_configuration: Option<ServerlessConfiguration>,
    #[serde(rename = "MSKSourceConfiguration")]
    msk_source_configuration: Option<Unsupported>,
    snowflake_destination_configuration: Option<Unsupported>,
    iceberg_destination_configuration: Option<Unsupported>,
    database_source_configuration: Option<Unsupported>,
}

/// The answer.
#[derive(Debug, Serialize)]
pub(crate) struct CreateDeliveryStreamOutput {
    #[serde(rename = "DeliveryStreamARN")]
    delivery_stream_arn: String,
}

impl Operation for CreateDeliveryStream {
    const NAME: &'static str = "CreateDeliveryStream";
    type Service = Firehose;
    type Output = CreateDeliveryStreamOutput;

    fn constraints(&self, check: &mut Constraints) {
        shapes::stream_name(check, &self.delivery_stream_name);
        check.member("deliveryStreamType", &self.delivery_stream_type).known();
        self.direct_put_source_configuration.iter().for_each(|source| source.constraints(check));
        self.kinesis_stream_source_configuration.iter().for_each(|source| source.constraints(check));
        self.delivery_stream_encryption_configuration_input.iter().for_each(|input| input.constraints(check));
        if let Some(s3) = &self.s3_destination_configuration {
            check.nested("s3DestinationConfiguration", |check| s3.constraints(check, Form::Whole));
        }
        if let Some(s3) = &self.extended_s3_destination_configuration {
            check.nested("extendedS3DestinationConfiguration", |check| s3.constraints(check));
        }
        if let Some(redshift) = &self.redshift_destination_configuration {
            check.nested("redshiftDestinationConfiguration", |check| redshift.constraints(check));
        }
        for (name, search) in [
            ("elasticsearchDestinationConfiguration", &self.elasticsearch_destination_configuration),
            (
                "amazonopensearchserviceDestinationConfiguration",
                &self.amazonopensearchservice_destination_configuration,
            ),
        ] {
            search.iter().for_each(|search| check.nested(name, |check| search.constraints(check)));
        }
        if let Some(splunk) = &self.splunk_destination_configuration {
            check.nested("splunkDestinationConfiguration", |check| splunk.constraints(check));
        }
        if let Some(http) = &self.http_endpoint_destination_configuration {
            check.nested("httpEndpointDestinationConfiguration", |check| http.constraints(check));
        }
        tag::check_optional(check, &self.tags);
        if let Some(serverless) = &self.serverless_destination_configuration {
            let name = "amazonOpenSearchServerlessDestinationConfiguration";
            check.nested(name, |check| serverless.constraints(check));
        }
    }

    async fn run(self, firehose: &Arc<Firehose>, call: &Call) -> Result<CreateDeliveryStreamOutput, ServiceError> {
        firehose.admit(call, Self::NAME)?;
        let record = self.into_record(firehose, call).await?;
        let key = stream::engine_name(&call.account, &call.region, &record.name);
        let _quota = firehose.quota_turn.lock().await;
        tasks::settle(firehose, &key).await?;
        if firehose.view_by_key(&key).await?.is_some() {
            return Err(errors::stream_exists(&record.name, call));
        }
        firehose.require_room(call).await?;
        let new = log::NewStream {
            name: key,
            ranges: vec![log::HashRange { start: 0, end: u128::MAX }],
            retention_ms: limits::RETENTION_MS,
            annotation: record.encode(),
        };
        let created = firehose.log.create_stream(new).await.map_err(|error| match error {
            log::Error::Conflict { .. } => errors::stream_exists(&record.name, call),
            error => errors::engine(error),
        })?;
        firehose.cached_view(created)?;
        firehose.created.send_modify(|count| *count += 1);
        Ok(CreateDeliveryStreamOutput { delivery_stream_arn: record.arn() })
    }
}

impl CreateDeliveryStream {
    async fn into_record(mut self, firehose: &Firehose, call: &Call) -> Result<DeliveryStream, ServiceError> {
        let (account, region, now_ms) = (&call.account, &call.region, firehose.now_ms());
        let source = self.source(firehose, call, now_ms).await?;
        let (input, new_tags) = (self.delivery_stream_encryption_configuration_input.take(), self.tags.take());
        let name = (*self.delivery_stream_name).clone();
        let destination = self.into_destination()?;
        destination.require_sound()?;
        let mut tags = Tags::new();
        tag::add(&mut tags, &new_tags.unwrap_or_default(), &name)?;
        let mut record = DeliveryStream {
            name,
            account: account.clone(),
            region: region.clone(),
            version: 1,
            transition: DeliveryStreamStatus::Creating,
            settled_ms: now_ms + firehose.settings.transition_ms(),
            created_ms: now_ms,
            updated_ms: None,
            source,
            encryption: Encryption::default(),
            data_keys: Vec::new(),
            destination,
            tags,
            encryption_changes: Vec::new(),
        };
        if input.is_some() {
            if !matches!(record.source, Source::DirectPut { .. }) {
                return Err(errors::encryption_needs_direct_put());
            }
            let (key_type, key_arn) = EncryptionInput::choice(input)?;
            let made = firehose.make_data_key(account, region, key_arn.as_deref()).await?;
            let settled_ms = record.settled_ms;
            record.seal_with(&made, key_type, settled_ms)?;
        }
        Ok(record)
    }

    async fn source(&self, firehose: &Firehose, call: &Call, now_ms: u64) -> Result<Source, ServiceError> {
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

    fn into_destination(self) -> Result<Destination, ServiceError> {
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
