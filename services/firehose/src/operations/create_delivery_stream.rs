//! `CreateDeliveryStream`.

mod ends;

use std::sync::Arc;

use aws::{Call, Constraints, Lenient, Operation, Required, ServiceError};
use serde::{Deserialize, Serialize};

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
/// formats, secrets of Secrets Manager and virtual private clouds are refused. Addresses on this machine may be plain
/// HTTP.
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
        firehose.require_query(&destination).await?;
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
}
