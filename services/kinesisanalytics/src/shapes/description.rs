//! The parts of an application as answers describe them; the same in both versions.

use serde::Serialize;

use super::{DestinationSchema, InputStartingPosition, RecordFormatType, SourceSchema};
use crate::configuration::{Configuration, Destination, Input, LoggingOption, Output, Reference, Resource, Source};

/// An input.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct InputDescription {
    input_id: String,
    name_prefix: String,
    in_app_stream_names: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kinesis_streams_input_description: Option<ResourceDescription>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kinesis_firehose_input_description: Option<ResourceDescription>,
    input_schema: SourceSchema,
    input_parallelism: InputParallelismDescription,
    input_starting_position_configuration: StartingPositionDescription,
}

/// How many in-application streams it feeds.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct InputParallelismDescription {
    count: u32,
}

/// Where it began to read.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct StartingPositionDescription {
    #[serde(skip_serializing_if = "Option::is_none")]
    input_starting_position: Option<InputStartingPosition>,
}

/// A stream or a delivery stream.
#[derive(Debug, Serialize)]
pub(crate) struct ResourceDescription {
    #[serde(rename = "ResourceARN")]
    resource_arn: String,
    #[serde(rename = "RoleARN", skip_serializing_if = "Option::is_none")]
    role_arn: Option<String>,
}

/// An output.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct OutputDescription {
    output_id: String,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    kinesis_streams_output_description: Option<ResourceDescription>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kinesis_firehose_output_description: Option<ResourceDescription>,
    destination_schema: DestinationSchema,
}

/// A reference table.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ReferenceDataSourceDescription {
    reference_id: String,
    table_name: String,
    #[serde(rename = "S3ReferenceDataSourceDescription")]
    s3_reference_data_source_description: S3ReferenceDataSourceDescription,
    reference_schema: SourceSchema,
}

/// The object that has its rows.
#[derive(Debug, Serialize)]
pub(crate) struct S3ReferenceDataSourceDescription {
    #[serde(rename = "BucketARN")]
    bucket_arn: String,
    #[serde(rename = "FileKey")]
    file_key: String,
    #[serde(rename = "ReferenceRoleARN", skip_serializing_if = "Option::is_none")]
    role_arn: Option<String>,
}

/// A log stream.
#[derive(Debug, Serialize)]
pub(crate) struct CloudWatchLoggingOptionDescription {
    #[serde(rename = "CloudWatchLoggingOptionId")]
    id: String,
    #[serde(rename = "LogStreamARN")]
    log_stream_arn: String,
    #[serde(rename = "RoleARN", skip_serializing_if = "Option::is_none")]
    role_arn: Option<String>,
}

impl From<&Resource> for ResourceDescription {
    fn from(resource: &Resource) -> Self {
        Self { resource_arn: resource.arn.clone(), role_arn: resource.role.clone() }
    }
}

impl From<&Input> for InputDescription {
    fn from(input: &Input) -> Self {
        let (stream, firehose) = match &input.source {
            Source::Stream(resource) => (Some(resource.into()), None),
            Source::Firehose(resource) => (None, Some(resource.into())),
        };
        Self {
            input_id: input.id.clone(),
            name_prefix: input.name_prefix.clone(),
            in_app_stream_names: input.stream_names(),
            kinesis_streams_input_description: stream,
            kinesis_firehose_input_description: firehose,
            input_schema: input.schema.clone(),
            input_parallelism: InputParallelismDescription { count: input.parallelism },
            input_starting_position_configuration: StartingPositionDescription {
                input_starting_position: input.position,
            },
        }
    }
}

impl From<&Output> for OutputDescription {
    fn from(output: &Output) -> Self {
        let (stream, firehose) = match &output.destination {
            Destination::Stream(resource) => (Some(resource.into()), None),
            Destination::Firehose(resource) => (None, Some(resource.into())),
        };
        let format: RecordFormatType = output.format;
        Self {
            output_id: output.id.clone(),
            name: output.name.clone(),
            kinesis_streams_output_description: stream,
            kinesis_firehose_output_description: firehose,
            destination_schema: DestinationSchema { record_format_type: Some(aws::Lenient::Known(format)) },
        }
    }
}

impl From<&Reference> for ReferenceDataSourceDescription {
    fn from(reference: &Reference) -> Self {
        Self {
            reference_id: reference.id.clone(),
            table_name: reference.table.clone(),
            s3_reference_data_source_description: S3ReferenceDataSourceDescription {
                bucket_arn: reference.bucket_arn.clone(),
                file_key: reference.key.clone(),
                role_arn: reference.role.clone(),
            },
            reference_schema: reference.schema.clone(),
        }
    }
}

impl From<&LoggingOption> for CloudWatchLoggingOptionDescription {
    fn from(option: &LoggingOption) -> Self {
        Self { id: option.id.clone(), log_stream_arn: option.log_stream_arn.clone(), role_arn: option.role.clone() }
    }
}

/// All inputs.
pub(crate) fn inputs(configuration: &Configuration) -> Vec<InputDescription> {
    configuration.inputs.iter().map(Into::into).collect()
}

/// All outputs.
pub(crate) fn outputs(configuration: &Configuration) -> Vec<OutputDescription> {
    configuration.outputs.iter().map(Into::into).collect()
}

/// All reference tables.
pub(crate) fn references(configuration: &Configuration) -> Vec<ReferenceDataSourceDescription> {
    configuration.references.iter().map(Into::into).collect()
}

/// All log streams.
pub(crate) fn logging_options(configuration: &Configuration) -> Vec<CloudWatchLoggingOptionDescription> {
    configuration.logging_options.iter().map(Into::into).collect()
}
