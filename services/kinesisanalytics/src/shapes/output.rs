//! Outputs in requests.

use aws::{Constraints, Lenient};
use serde::{Deserialize, Serialize};

use super::resource::{self, Resource, ResourceUpdate};
use super::{Api, RecordFormatType, checks};

/// Where rows of an in-application stream go.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Output {
    pub(crate) name: Option<String>,
    pub(crate) kinesis_streams_output: Option<Resource>,
    pub(crate) kinesis_firehose_output: Option<Resource>,
    pub(crate) lambda_output: Option<Resource>,
    pub(crate) destination_schema: Option<DestinationSchema>,
}

/// What records look like at the destination.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct DestinationSchema {
    pub(crate) record_format_type: Option<Lenient<RecordFormatType>>,
}

/// What is to change of an output.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct OutputUpdate {
    pub(crate) output_id: Option<String>,
    pub(crate) name_update: Option<String>,
    pub(crate) kinesis_streams_output_update: Option<ResourceUpdate>,
    pub(crate) kinesis_firehose_output_update: Option<ResourceUpdate>,
    pub(crate) lambda_output_update: Option<ResourceUpdate>,
    pub(crate) destination_schema_update: Option<DestinationSchema>,
}

impl Output {
    pub(crate) fn constraints(&self, check: &mut Constraints, api: Api) {
        checks::require(check, "name", self.name.as_ref());
        checks::in_app_name(check, "name", &self.name, api);
        let resources = [
            ("kinesisStreamsOutput", &self.kinesis_streams_output),
            ("kinesisFirehoseOutput", &self.kinesis_firehose_output),
            ("lambdaOutput", &self.lambda_output),
        ];
        resource::each(check, resources, api);
        checks::require(check, "destinationSchema", self.destination_schema.as_ref());
        if let Some(schema) = &self.destination_schema {
            check.nested("destinationSchema", |check| schema.constraints(check));
        }
    }
}

impl DestinationSchema {
    fn constraints(&self, check: &mut Constraints) {
        checks::required(check, "recordFormatType", &self.record_format_type).known();
    }

    /// The format; constraints have seen to it that there is one.
    pub(crate) fn format(&self) -> RecordFormatType {
        self.record_format_type.as_ref().map_or(RecordFormatType::Json, Lenient::known)
    }
}

impl OutputUpdate {
    pub(crate) fn constraints(&self, check: &mut Constraints, api: Api) {
        checks::inner_id(check, "outputId", &self.output_id);
        checks::in_app_name(check, "nameUpdate", &self.name_update, api);
        let resources = [
            ("kinesisStreamsOutputUpdate", &self.kinesis_streams_output_update),
            ("kinesisFirehoseOutputUpdate", &self.kinesis_firehose_output_update),
            ("lambdaOutputUpdate", &self.lambda_output_update),
        ];
        resource::each_update(check, resources, api);
        if let Some(schema) = &self.destination_schema_update {
            check.nested("destinationSchemaUpdate", |check| schema.constraints(check));
        }
    }
}
