//! Shapes and rules that two or more operations share: requests as they arrive, answers as they leave.

pub(crate) mod checks;
mod description;
mod enums;
mod input;
mod logging;
mod output;
mod reference;
mod resource;
mod schema;
pub(crate) mod tag;

use serde::de::{Deserialize, Deserializer, IgnoredAny};

pub(crate) use aws::{Tag, Tags};
pub(crate) use checks::{Api, V1, V2, Version};
pub(crate) use description::*;
pub(crate) use enums::*;
pub(crate) use input::{
    Input, InputConfiguration, InputProcessingConfiguration, InputStartingPositionConfiguration, InputUpdate,
};
pub(crate) use logging::{CloudWatchLoggingOption, CloudWatchLoggingOptionUpdate};
pub(crate) use output::{DestinationSchema, Output, OutputUpdate};
pub(crate) use reference::{ReferenceDataSource, ReferenceDataSourceUpdate, S3Configuration};
pub(crate) use resource::{Resource, ResourceUpdate};
pub(crate) use schema::{
    CsvMappingParameters, JsonMappingParameters, MappingParameters, RecordColumn, RecordFormat, SourceSchema,
};

/// A structure that is refused whatever it says.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Unsupported;

impl<'de> Deserialize<'de> for Unsupported {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| Self)
    }
}

/// The answer of operations that say nothing.
#[derive(Debug, serde::Serialize)]
pub(crate) struct Empty {}
