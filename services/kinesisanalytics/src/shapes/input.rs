//! Inputs in requests.

use aws::{Constraints, Lenient, Render};
use serde::Deserialize;

use super::resource::{self, Resource, ResourceUpdate};
use super::schema::{self, RecordColumn, RecordFormat};
use super::{Api, InputStartingPosition, SourceSchema, checks};
use crate::limits;

/// A source of rows.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Input {
    pub(crate) name_prefix: Option<String>,
    pub(crate) input_processing_configuration: Option<InputProcessingConfiguration>,
    pub(crate) kinesis_streams_input: Option<Resource>,
    pub(crate) kinesis_firehose_input: Option<Resource>,
    pub(crate) input_parallelism: Option<InputParallelism>,
    pub(crate) input_schema: Option<SourceSchema>,
}

/// How many in-application streams an input feeds.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct InputParallelism {
    pub(crate) count: Option<i32>,
}

/// A function that changes records before they become rows.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct InputProcessingConfiguration {
    pub(crate) input_lambda_processor: Option<Resource>,
}

/// What is to change of an input.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct InputUpdate {
    pub(crate) input_id: Option<String>,
    pub(crate) name_prefix_update: Option<String>,
    pub(crate) input_processing_configuration_update: Option<InputProcessingConfigurationUpdate>,
    pub(crate) kinesis_streams_input_update: Option<ResourceUpdate>,
    pub(crate) kinesis_firehose_input_update: Option<ResourceUpdate>,
    pub(crate) input_schema_update: Option<InputSchemaUpdate>,
    pub(crate) input_parallelism_update: Option<InputParallelismUpdate>,
}

/// Another function.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct InputProcessingConfigurationUpdate {
    input_lambda_processor_update: Option<ResourceUpdate>,
}

/// What is to change of a schema.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct InputSchemaUpdate {
    pub(crate) record_format_update: Option<RecordFormat>,
    pub(crate) record_encoding_update: Option<String>,
    pub(crate) record_column_updates: Option<Vec<RecordColumn>>,
}

/// Another number of in-application streams.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct InputParallelismUpdate {
    pub(crate) count_update: Option<i32>,
}

/// Where an input begins to read.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct InputStartingPositionConfiguration {
    pub(crate) input_starting_position: Option<Lenient<InputStartingPosition>>,
}

/// Where the input of that id begins to read; the first version's shape.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct InputConfiguration {
    pub(crate) id: Option<String>,
    pub(crate) input_starting_position_configuration: Option<InputStartingPositionConfiguration>,
}

impl Render for InputConfiguration {
    fn render(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "InputConfiguration(id={})", self.id.as_deref().unwrap_or("null"))
    }
}

impl Input {
    pub(crate) fn constraints(&self, check: &mut Constraints, api: Api) {
        checks::require(check, "namePrefix", self.name_prefix.as_ref());
        checks::in_app_name(check, "namePrefix", &self.name_prefix, api);
        if let Some(processing) = &self.input_processing_configuration {
            check.nested("inputProcessingConfiguration", |check| processing.constraints(check, api));
        }
        let resources = [
            ("kinesisStreamsInput", &self.kinesis_streams_input),
            ("kinesisFirehoseInput", &self.kinesis_firehose_input),
        ];
        resource::each(check, resources, api);
        if let Some(parallelism) = &self.input_parallelism {
            check.nested("inputParallelism", |check| {
                check.member("count", &parallelism.count).range(1..=limits::PARALLELISM_MAX);
            });
        }
        checks::require(check, "inputSchema", self.input_schema.as_ref());
        if let Some(schema) = &self.input_schema {
            check.nested("inputSchema", |check| schema.constraints(check, api));
        }
    }
}

impl InputProcessingConfiguration {
    pub(crate) fn constraints(&self, check: &mut Constraints, api: Api) {
        checks::require(check, "inputLambdaProcessor", self.input_lambda_processor.as_ref());
        resource::each(check, [("inputLambdaProcessor", &self.input_lambda_processor)], api);
    }
}

impl InputUpdate {
    pub(crate) fn constraints(&self, check: &mut Constraints, api: Api) {
        checks::inner_id(check, "inputId", &self.input_id);
        checks::in_app_name(check, "namePrefixUpdate", &self.name_prefix_update, api);
        if let Some(processing) = &self.input_processing_configuration_update {
            check.nested("inputProcessingConfigurationUpdate", |check| {
                let function = &processing.input_lambda_processor_update;
                checks::require(check, "inputLambdaProcessorUpdate", function.as_ref());
                resource::each_update(check, [("inputLambdaProcessorUpdate", function)], api);
            });
        }
        let resources = [
            ("kinesisStreamsInputUpdate", &self.kinesis_streams_input_update),
            ("kinesisFirehoseInputUpdate", &self.kinesis_firehose_input_update),
        ];
        resource::each_update(check, resources, api);
        if let Some(schema) = &self.input_schema_update {
            check.nested("inputSchemaUpdate", |check| schema.constraints(check, api));
        }
        if let Some(parallelism) = &self.input_parallelism_update {
            check.nested("inputParallelismUpdate", |check| {
                if api == Api::V2 {
                    checks::require(check, "countUpdate", parallelism.count_update.as_ref());
                }
                check.member("countUpdate", &parallelism.count_update).range(1..=limits::PARALLELISM_MAX);
            });
        }
    }
}

impl InputSchemaUpdate {
    fn constraints(&self, check: &mut Constraints, api: Api) {
        if let Some(format) = &self.record_format_update {
            check.nested("recordFormatUpdate", |check| format.constraints(check, api));
        }
        schema::encoding(check, "recordEncodingUpdate", &self.record_encoding_update, api);
        schema::columns(check, "recordColumnUpdates", &self.record_column_updates, api);
    }
}

impl InputStartingPositionConfiguration {
    pub(crate) fn constraints(&self, check: &mut Constraints) {
        check.member("inputStartingPosition", &self.input_starting_position).known();
    }

    /// The position, if one was said.
    pub(crate) fn position(&self) -> Option<InputStartingPosition> {
        self.input_starting_position.as_ref().map(Lenient::known)
    }
}

impl InputConfiguration {
    pub(crate) fn constraints(&self, check: &mut Constraints) {
        checks::inner_id(check, "id", &self.id);
        let starting = &self.input_starting_position_configuration;
        checks::require(check, "inputStartingPositionConfiguration", starting.as_ref());
        if let Some(starting) = starting {
            check.nested("inputStartingPositionConfiguration", |check| starting.constraints(check));
        }
    }

    /// The id, and the position that was said or meant.
    pub(crate) fn into_position(self) -> (String, InputStartingPosition) {
        let position = self.input_starting_position_configuration.and_then(|starting| starting.position());
        (self.id.unwrap_or_default(), position.unwrap_or(InputStartingPosition::Now))
    }
}
