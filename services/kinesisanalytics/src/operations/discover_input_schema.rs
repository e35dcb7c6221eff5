//! `DiscoverInputSchema`.

use std::sync::Arc;

use aws::{Call, Constraints, Operation, ServiceError};
use serde::{Deserialize, Serialize};

use crate::discovery::Found;
use crate::shapes::{
    Api, InputProcessingConfiguration, InputStartingPositionConfiguration, S3Configuration, SourceSchema, checks,
};
use crate::{KinesisAnalytics, errors};

/// Guesses the schema of a source from samples: of a data stream, of a delivery stream, or of an object.
///
/// <https://docs.aws.amazon.com/kinesisanalytics/latest/dev/API_DiscoverInputSchema.html>
///
/// Differs from AWS: Lambda processors are refused. From NOW on, and of a delivery stream that holds nothing, samples are collected for up to five seconds.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct DiscoverInputSchema {
    #[serde(rename = "ResourceARN")]
    resource_arn: Option<String>,
    #[serde(rename = "RoleARN")]
    role_arn: Option<String>,
    input_starting_position_configuration: Option<InputStartingPositionConfiguration>,
    #[serde(rename = "S3Configuration")]
    s3_configuration: Option<S3Configuration>,
    input_processing_configuration: Option<InputProcessingConfiguration>,
}

/// The answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DiscoverInputSchemaOutput {
    input_schema: SourceSchema,
    parsed_input_records: Vec<Vec<Option<String>>>,
    processed_input_records: Vec<String>,
    raw_input_records: Vec<String>,
}

impl DiscoverInputSchemaOutput {
    /// Without a processor, processed records are what came in.
    pub(crate) fn of(found: Found) -> Self {
        Self {
            input_schema: found.schema,
            parsed_input_records: found.rows,
            processed_input_records: found.samples.clone(),
            raw_input_records: found.samples,
        }
    }
}

impl Operation for DiscoverInputSchema {
    const NAME: &'static str = "DiscoverInputSchema";
    type Service = KinesisAnalytics;
    type Output = DiscoverInputSchemaOutput;

    fn constraints(&self, check: &mut Constraints) {
        checks::arn(check, "resourceARN", &self.resource_arn);
        checks::role(check, "roleARN", &self.role_arn, Api::V1);
        if let Some(starting) = &self.input_starting_position_configuration {
            check.nested("inputStartingPositionConfiguration", |check| starting.constraints(check));
        }
        if let Some(object) = &self.s3_configuration {
            check.nested("s3Configuration", |check| object.constraints(check, Api::V1));
        }
        if let Some(processing) = &self.input_processing_configuration {
            check.nested("inputProcessingConfiguration", |check| processing.constraints(check, Api::V1));
        }
    }

    async fn run(
        self,
        analytics: &Arc<KinesisAnalytics>,
        call: &Call,
    ) -> Result<DiscoverInputSchemaOutput, ServiceError> {
        if self.input_processing_configuration.is_some() {
            return Err(errors::no_functions("InputProcessingConfiguration"));
        }
        let position = self.input_starting_position_configuration.and_then(|starting| starting.position());
        let found = analytics.discover(call, self.resource_arn, self.s3_configuration, position).await?;
        Ok(DiscoverInputSchemaOutput::of(found))
    }
}
