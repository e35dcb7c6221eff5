//! Requests that change what an application is made of. Whatever cannot be done is refused here, whichever operation asks.

use aws::{Call, ServiceError};

use super::{Configuration, Destination, Input, LoggingOption, Output, Reference, Resource, Source, bucket};
use crate::error_log::LogStream;
use crate::shapes::{self, Api, InputStartingPosition};
use crate::{errors, limits};

/// A change of a configuration on its way to a version, whose number is part of new ids.
#[derive(Debug)]
pub(crate) struct Edit<'c> {
    pub(crate) configuration: &'c mut Configuration,
    /// The second version's role.
    pub(crate) role: &'c mut Option<String>,
    /// The version that the change makes.
    pub(crate) version: u64,
    /// The application's account.
    pub(crate) account: &'c str,
    /// The application's region.
    pub(crate) region: &'c str,
    /// Through which version of the API it came.
    pub(crate) api: Api,
}

impl<'c> Edit<'c> {
    /// The first version of an application that a caller makes.
    pub(crate) fn first(
        configuration: &'c mut Configuration,
        role: &'c mut Option<String>,
        call: &'c Call,
        api: Api,
    ) -> Self {
        Self { configuration, role, version: 1, account: &call.account, region: &call.region, api }
    }

    fn next_id<T>(&self, parts: &[T], id: impl Fn(&T) -> &str) -> String {
        let of_version = |part: &&T| id(part).split('.').next() == Some(&self.version.to_string());
        format!("{}.{}", self.version, parts.iter().filter(of_version).count() + 1)
    }

    /// A new input.
    pub(crate) fn add_input(&mut self, new: shapes::Input) -> Result<(), ServiceError> {
        if self.configuration.inputs.len() >= limits::INPUTS_MAX {
            return Err(errors::too_many("streaming input", limits::INPUTS_MAX));
        }
        if new.input_processing_configuration.is_some() {
            return Err(errors::no_functions("InputProcessingConfiguration"));
        }
        let source = match (new.kinesis_streams_input, new.kinesis_firehose_input) {
            (Some(stream), None) => Source::Stream(stream_of(self.account, resource(self.api, stream))?),
            (None, Some(firehose)) => Source::Firehose(delivery_stream_of(self.account, resource(self.api, firehose))?),
            _ => return Err(errors::one_of("input", "KinesisStreamsInput, KinesisFirehoseInput")),
        };
        let parallelism = new.input_parallelism.and_then(|parallelism| parallelism.count).unwrap_or(1);
        let input = Input {
            id: self.next_id(&self.configuration.inputs, |input| &input.id),
            name_prefix: new.name_prefix.unwrap_or_default(),
            source,
            parallelism: u32::try_from(parallelism).unwrap_or(1),
            schema: new.input_schema.unwrap_or_default(),
            position: None,
        };
        self.configuration.inputs.push(input);
        Ok(())
    }

    /// Changes an input.
    pub(crate) fn update_input(&mut self, update: shapes::InputUpdate) -> Result<(), ServiceError> {
        let (api, account) = (self.api, self.account);
        let id = update.input_id.unwrap_or_default();
        let found = self.configuration.inputs.iter_mut().find(|input| input.id == id);
        let input = found.ok_or_else(|| errors::part_not_found("input", &id))?;
        if update.input_processing_configuration_update.is_some() {
            return Err(errors::no_functions("InputProcessingConfigurationUpdate"));
        }
        match (update.kinesis_streams_input_update, update.kinesis_firehose_input_update) {
            (Some(_), Some(_)) => {
                return Err(errors::one_of("input", "KinesisStreamsInputUpdate, KinesisFirehoseInputUpdate"));
            }
            (Some(stream), None) => {
                let before = match &input.source {
                    Source::Stream(resource) => Some(resource),
                    Source::Firehose(_) => None,
                };
                input.source =
                    Source::Stream(stream_of(account, updated(api, before, stream, "KinesisStreamsInputUpdate")?)?);
            }
            (None, Some(firehose)) => {
                let before = match &input.source {
                    Source::Firehose(resource) => Some(resource),
                    Source::Stream(_) => None,
                };
                let resource = updated(api, before, firehose, "KinesisFirehoseInputUpdate")?;
                input.source = Source::Firehose(delivery_stream_of(account, resource)?);
            }
            (None, None) => {}
        }
        if let Some(name_prefix) = update.name_prefix_update {
            input.name_prefix = name_prefix;
        }
        if let Some(count) = update.input_parallelism_update.and_then(|parallelism| parallelism.count_update) {
            input.parallelism = u32::try_from(count).unwrap_or(1);
        }
        if let Some(schema) = update.input_schema_update {
            let current = &mut input.schema;
            current.record_format = schema.record_format_update.or(current.record_format.take());
            current.record_encoding = schema.record_encoding_update.or(current.record_encoding.take());
            current.record_columns = schema.record_column_updates.or(current.record_columns.take());
        }
        Ok(())
    }

    /// A function before an input, which there is not; or its end, which changes nothing.
    pub(crate) fn require_input(&self, id: &str) -> Result<(), ServiceError> {
        match self.configuration.inputs.iter().any(|input| input.id == id) {
            true => Ok(()),
            false => Err(errors::part_not_found("input", id)),
        }
    }

    /// A new output.
    pub(crate) fn add_output(&mut self, new: shapes::Output) -> Result<(), ServiceError> {
        if self.configuration.outputs.len() >= limits::OUTPUTS_MAX {
            return Err(errors::too_many("output", limits::OUTPUTS_MAX));
        }
        let format = new.destination_schema.as_ref().map(shapes::DestinationSchema::format);
        let destination = match (new.kinesis_streams_output, new.kinesis_firehose_output, new.lambda_output) {
            (Some(stream), None, None) => Destination::Stream(stream_of(self.account, resource(self.api, stream))?),
            (None, Some(firehose), None) => {
                Destination::Firehose(delivery_stream_of(self.account, resource(self.api, firehose))?)
            }
            (None, None, Some(_)) => return Err(errors::no_functions("LambdaOutput")),
            _ => return Err(errors::one_of("output", "KinesisStreamsOutput, KinesisFirehoseOutput, LambdaOutput")),
        };
        let output = Output {
            id: self.next_id(&self.configuration.outputs, |output| &output.id),
            name: new.name.unwrap_or_default(),
            destination,
            format: format.unwrap_or(shapes::RecordFormatType::Json),
        };
        self.configuration.outputs.push(output);
        Ok(())
    }

    /// Changes an output.
    pub(crate) fn update_output(&mut self, update: shapes::OutputUpdate) -> Result<(), ServiceError> {
        let (api, account) = (self.api, self.account);
        let id = update.output_id.unwrap_or_default();
        let found = self.configuration.outputs.iter_mut().find(|output| output.id == id);
        let output = found.ok_or_else(|| errors::part_not_found("output", &id))?;
        if update.lambda_output_update.is_some() {
            return Err(errors::no_functions("LambdaOutputUpdate"));
        }
        match (update.kinesis_streams_output_update, update.kinesis_firehose_output_update) {
            (Some(_), Some(_)) => {
                return Err(errors::one_of("output", "KinesisStreamsOutputUpdate, KinesisFirehoseOutputUpdate"));
            }
            (Some(stream), None) => {
                let before = match &output.destination {
                    Destination::Stream(resource) => Some(resource),
                    Destination::Firehose(_) => None,
                };
                let resource = updated(api, before, stream, "KinesisStreamsOutputUpdate")?;
                output.destination = Destination::Stream(stream_of(account, resource)?);
            }
            (None, Some(firehose)) => {
                let before = match &output.destination {
                    Destination::Firehose(resource) => Some(resource),
                    Destination::Stream(_) => None,
                };
                let resource = updated(api, before, firehose, "KinesisFirehoseOutputUpdate")?;
                output.destination = Destination::Firehose(delivery_stream_of(account, resource)?);
            }
            (None, None) => {}
        }
        if let Some(name) = update.name_update {
            output.name = name;
        }
        if let Some(schema) = update.destination_schema_update {
            output.format = schema.format();
        }
        Ok(())
    }

    /// Without an output.
    pub(crate) fn delete_output(&mut self, id: &str) -> Result<(), ServiceError> {
        let place = self.configuration.outputs.iter().position(|output| output.id == id);
        self.configuration.outputs.remove(place.ok_or_else(|| errors::part_not_found("output", id))?);
        Ok(())
    }

    /// A new reference table.
    pub(crate) fn add_reference(&mut self, new: shapes::ReferenceDataSource) -> Result<(), ServiceError> {
        if self.configuration.references.len() >= limits::REFERENCES_MAX {
            return Err(errors::too_many("reference data source", limits::REFERENCES_MAX));
        }
        let object = new.s3_reference_data_source.unwrap_or_default();
        let (Some(bucket_arn), Some(key)) = (object.bucket_arn, object.file_key) else {
            return Err(errors::no_reference_object());
        };
        let reference = Reference {
            id: self.next_id(&self.configuration.references, |reference| &reference.id),
            table: new.table_name.unwrap_or_default(),
            bucket_arn: bucket_arn_of(bucket_arn)?,
            key,
            role: role(self.api, object.role_arn),
            schema: new.reference_schema.unwrap_or_default(),
        };
        self.configuration.references.push(reference);
        Ok(())
    }

    /// Changes a reference table.
    pub(crate) fn update_reference(&mut self, update: shapes::ReferenceDataSourceUpdate) -> Result<(), ServiceError> {
        let api = self.api;
        let id = update.reference_id.unwrap_or_default();
        let found = self.configuration.references.iter_mut().find(|reference| reference.id == id);
        let reference = found.ok_or_else(|| errors::part_not_found("reference data source", &id))?;
        if let Some(table) = update.table_name_update {
            reference.table = table;
        }
        if let Some(object) = update.s3_reference_data_source_update {
            if let Some(bucket_arn) = object.bucket_arn {
                reference.bucket_arn = bucket_arn_of(bucket_arn)?;
            }
            reference.key = object.file_key.unwrap_or_else(|| std::mem::take(&mut reference.key));
            reference.role = role(api, object.role_arn).or(reference.role.take());
        }
        if let Some(schema) = update.reference_schema_update {
            reference.schema = schema;
        }
        Ok(())
    }

    /// Without a reference table.
    pub(crate) fn delete_reference(&mut self, id: &str) -> Result<(), ServiceError> {
        let place = self.configuration.references.iter().position(|reference| reference.id == id);
        let place = place.ok_or_else(|| errors::part_not_found("reference data source", id))?;
        self.configuration.references.remove(place);
        Ok(())
    }

    /// The ARN of a log stream that events can be written to.
    fn log_stream(&self, arn: String) -> Result<String, ServiceError> {
        match LogStream::of(self.account, self.region, &arn) {
            Some(_) => Ok(arn),
            // ≈ AWS documents no sentence for it.
            None => Err(errors::not_an_arn_of("a log stream in the account and region of the application", &arn)),
        }
    }

    /// A new log stream.
    pub(crate) fn add_logging_option(&mut self, new: shapes::CloudWatchLoggingOption) -> Result<(), ServiceError> {
        if self.configuration.logging_options.len() >= limits::LOGGING_OPTIONS_MAX {
            return Err(errors::too_many("CloudWatch logging option", limits::LOGGING_OPTIONS_MAX));
        }
        let option = LoggingOption {
            id: self.next_id(&self.configuration.logging_options, |option| &option.id),
            log_stream_arn: self.log_stream(new.log_stream_arn.unwrap_or_default())?,
            role: role(self.api, new.role_arn),
        };
        self.configuration.logging_options.push(option);
        Ok(())
    }

    /// Changes a log stream.
    pub(crate) fn update_logging_option(
        &mut self,
        update: shapes::CloudWatchLoggingOptionUpdate,
    ) -> Result<(), ServiceError> {
        let api = self.api;
        let id = update.id.unwrap_or_default();
        let log_stream_arn = update.log_stream_arn.map(|arn| self.log_stream(arn)).transpose()?;
        let found = self.configuration.logging_options.iter_mut().find(|option| option.id == id);
        let option = found.ok_or_else(|| errors::part_not_found("CloudWatch logging option", &id))?;
        if let Some(log_stream_arn) = log_stream_arn {
            option.log_stream_arn = log_stream_arn;
        }
        option.role = role(api, update.role_arn).or(option.role.take());
        Ok(())
    }

    /// Without a log stream.
    pub(crate) fn delete_logging_option(&mut self, id: &str) -> Result<(), ServiceError> {
        let place = self.configuration.logging_options.iter().position(|option| option.id == id);
        let place = place.ok_or_else(|| errors::part_not_found("CloudWatch logging option", id))?;
        self.configuration.logging_options.remove(place);
        Ok(())
    }
}

impl Configuration {
    /// Where the input of that id begins to read.
    pub(crate) fn set_position(&mut self, id: &str, position: InputStartingPosition) -> Result<(), ServiceError> {
        let found = self.inputs.iter_mut().find(|input| input.id == id);
        let input = found.ok_or_else(|| errors::part_not_found("input", id))?;
        if position == InputStartingPosition::TrimHorizon && matches!(input.source, Source::Firehose(_)) {
            return Err(errors::no_trim_horizon());
        }
        input.position = Some(position);
        Ok(())
    }
}

/// A resource as it is kept: the second version of the API has no roles of its own, and does not look at them.
fn resource(api: Api, resource: shapes::Resource) -> Resource {
    Resource { arn: resource.resource_arn.unwrap_or_default(), role: role(api, resource.role_arn) }
}

fn role(api: Api, role: Option<String>) -> Option<String> {
    role.filter(|_| api == Api::V1)
}

fn updated(
    api: Api,
    before: Option<&Resource>,
    update: shapes::ResourceUpdate,
    member: &str,
) -> Result<Resource, ServiceError> {
    let arn = update.resource_arn.or_else(|| before.map(|before| before.arn.clone()));
    let role = role(api, update.role_arn).or_else(|| before.and_then(|before| before.role.clone()));
    Ok(Resource { arn: arn.ok_or_else(|| errors::no_arn(member))?, role })
}

fn stream_of(account: &str, resource: Resource) -> Result<Resource, ServiceError> {
    match resource.stream(account).is_some() {
        true => Ok(resource),
        false => Err(errors::not_an_arn_of("a Kinesis data stream of this account", &resource.arn)),
    }
}

fn delivery_stream_of(account: &str, resource: Resource) -> Result<Resource, ServiceError> {
    match resource.delivery_stream(account).is_some() {
        true => Ok(resource),
        false => Err(errors::not_an_arn_of("a Firehose delivery stream of this account", &resource.arn)),
    }
}

fn bucket_arn_of(arn: String) -> Result<String, ServiceError> {
    match bucket(&arn) {
        "" => Err(errors::not_an_arn_of("an S3 bucket", &arn)),
        _ => Ok(arn),
    }
}
