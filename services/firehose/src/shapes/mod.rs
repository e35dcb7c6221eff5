//! Shapes and rules that two or more operations share: requests as they arrive, answers as they leave.

mod checks;
mod description;
mod encryption;
mod enums;
mod http_endpoint;
mod lists;
mod open_search;
mod parts;
mod processing;
mod redshift;
mod s3;
mod serverless;
mod source;
mod splunk;
pub(crate) mod tag;

pub(crate) use aws::{Tag, Tags};
pub(crate) use checks::*;
pub(crate) use description::DestinationDescription;
pub(crate) use encryption::EncryptionInput;
pub(crate) use enums::*;
pub(crate) use http_endpoint::{HttpEndpointConfiguration, HttpEndpointUpdate};
pub(crate) use lists::{Bounded, Empty, Unsupported};
pub(crate) use open_search::{OpenSearchConfiguration, OpenSearchUpdate};
pub(crate) use redshift::{RedshiftConfiguration, RedshiftUpdate};
pub(crate) use s3::{ExtendedS3Configuration, ExtendedS3Update, S3Settings, plain};
pub(crate) use serverless::{ServerlessConfiguration, ServerlessUpdate};
pub(crate) use source::{DirectPutSource, KinesisSource};
pub(crate) use splunk::{SplunkConfiguration, SplunkUpdate};
