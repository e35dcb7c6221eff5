//! `UpdateDestination`.

mod update;

use std::sync::{Arc, LazyLock};

use aws::{Call, Constraints, Operation, Pattern, Required, ServiceError};
use serde::Deserialize;

use crate::configuration::Flavour;
use crate::shapes::{
    self, DeliveryStreamStatus, Empty, ExtendedS3Update, Form, HttpEndpointUpdate, OpenSearchUpdate, RedshiftUpdate,
    S3Settings, ServerlessUpdate, SplunkUpdate, Unsupported,
};
use crate::stream::DESTINATION_ID;
use crate::{Firehose, errors};

use update::Update;

/// Changes the destination of a delivery stream: what is left out stays, unless the type of destination changes.
///
/// <https://docs.aws.amazon.com/firehose/latest/APIReference/API_UpdateDestination.html>
///
/// Differs from AWS: what CreateDeliveryStream refuses is refused here, too.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct UpdateDestination {
    delivery_stream_name: Required<String>,
    current_delivery_stream_version_id: Required<String>,
    destination_id: Required<String>,
    s3_destination_update: Option<S3Settings>,
    extended_s3_destination_update: Option<ExtendedS3Update>,
    redshift_destination_update: Option<RedshiftUpdate>,
    elasticsearch_destination_update: Option<OpenSearchUpdate>,
    amazonopensearchservice_destination_update: Option<OpenSearchUpdate>,
    splunk_destination_update: Option<SplunkUpdate>,
    http_endpoint_destination_update: Option<HttpEndpointUpdate>,
    #[serde(rename = "AmazonOpenSearchServerlessDestinationUpdate")]
    serverless_destination_update: Option<ServerlessUpdate>,
    snowflake_destination_update: Option<Unsupported>,
    iceberg_destination_update: Option<Unsupported>,
}

static VERSION_ID: LazyLock<Pattern> = LazyLock::new(|| Pattern::new("[0-9]+"));
static DESTINATION: LazyLock<Pattern> = LazyLock::new(|| Pattern::new("[a-zA-Z0-9-]+"));

impl Operation for UpdateDestination {
    const NAME: &'static str = "UpdateDestination";
    type Service = Firehose;
    type Output = Empty;

    fn constraints(&self, check: &mut Constraints) {
        shapes::stream_name(check, &self.delivery_stream_name);
        let version = &self.current_delivery_stream_version_id;
        check.member("currentDeliveryStreamVersionId", version).pattern(&VERSION_ID).length(1..=50);
        check.member("destinationId", &self.destination_id).pattern(&DESTINATION).length(1..=100);
        if let Some(s3) = &self.s3_destination_update {
            check.nested("s3DestinationUpdate", |check| s3.constraints(check, Form::Change));
        }
        if let Some(s3) = &self.extended_s3_destination_update {
            check.nested("extendedS3DestinationUpdate", |check| s3.constraints(check));
        }
        if let Some(redshift) = &self.redshift_destination_update {
            check.nested("redshiftDestinationUpdate", |check| redshift.constraints(check));
        }
        for (name, search) in [
            ("elasticsearchDestinationUpdate", &self.elasticsearch_destination_update),
            ("amazonopensearchserviceDestinationUpdate", &self.amazonopensearchservice_destination_update),
        ] {
            search.iter().for_each(|search| check.nested(name, |check| search.constraints(check)));
        }
        if let Some(splunk) = &self.splunk_destination_update {
            check.nested("splunkDestinationUpdate", |check| splunk.constraints(check));
        }
        if let Some(http) = &self.http_endpoint_destination_update {
            check.nested("httpEndpointDestinationUpdate", |check| http.constraints(check));
        }
        if let Some(serverless) = &self.serverless_destination_update {
            check.nested("amazonOpenSearchServerlessDestinationUpdate", |check| serverless.constraints(check));
        }
    }

    async fn run(self, firehose: &Arc<Firehose>, call: &Call) -> Result<Empty, ServiceError> {
        let begun = firehose.host.monotonic();
        firehose.admit(call, Self::NAME)?;
        let view = firehose.view(call, &self.delivery_stream_name).await?;
        let (version, id) = ((*self.current_delivery_stream_version_id).clone(), (*self.destination_id).clone());
        let update = self.into_update()?;
        let now_ms = firehose.now_ms();
        // What is wrong beside the expression is told below, in its turn.
        if let Ok(after) = update.clone().apply_to(&view.record) {
            firehose.require_query(&after).await?;
        }
        let change = firehose.change_stream(&view, call, |record| {
            let status = record.status(now_ms);
            if status != DeliveryStreamStatus::Active {
                return Err(errors::cannot_update(&record.name, status));
            }
            // Leading zeros say nothing.
            if version.trim_start_matches('0') != record.version.to_string() {
                return Err(errors::version_mismatch(&record.name, record.version, &version));
            }
            if id != DESTINATION_ID {
                return Err(errors::destination_not_found(&id));
            }
            let changed = update.clone().apply_to(record)?;
            if changed != record.destination {
                record.destination = changed;
                record.version += 1;
                record.updated_ms = Some(now_ms);
            }
            Ok(())
        });
        let changed = change.await?;
        changed.live.ingest.update_latency.add(firehose.host.monotonic().saturating_sub(begun));
        Ok(Empty {})
    }
}

impl UpdateDestination {
    fn into_update(self) -> Result<Update, ServiceError> {
        if self.snowflake_destination_update.is_some() {
            return Err(errors::not_supported("SnowflakeDestinationUpdate", "there is no way to Snowflake"));
        }
        if self.iceberg_destination_update.is_some() {
            return Err(errors::not_supported("IcebergDestinationUpdate", "there are no Iceberg tables"));
        }
        let search = |flavour| move |search| Update::OpenSearch(flavour, Box::new(search));
        let candidates = [
            self.s3_destination_update.map(|s3| Update::S3(Box::new(s3))),
            self.extended_s3_destination_update.map(|s3| Update::ExtendedS3(Box::new(s3))),
            self.redshift_destination_update.map(|redshift| Update::Redshift(Box::new(redshift))),
            self.elasticsearch_destination_update.map(search(Flavour::Elasticsearch)),
            self.amazonopensearchservice_destination_update.map(search(Flavour::OpenSearch)),
            self.splunk_destination_update.map(|splunk| Update::Splunk(Box::new(splunk))),
            self.http_endpoint_destination_update.map(|http| Update::HttpEndpoint(Box::new(http))),
            self.serverless_destination_update.map(|serverless| Update::Serverless(Box::new(serverless))),
        ];
        let mut given = candidates.into_iter().flatten();
        match (given.next(), given.next()) {
            (None, _) => Err(errors::nothing_to_update()),
            (Some(update), None) => Ok(update),
            (Some(_), Some(_)) => Err(errors::one_destination()),
        }
    }
}
