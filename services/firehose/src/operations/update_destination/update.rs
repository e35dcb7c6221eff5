//! One change of a destination: what it says of the destination there is, or of the one that replaces it.

use aws::ServiceError;

use crate::configuration::{Destination, Flavour, S3Destination};
use crate::errors;
use crate::shapes::{
    self, ExtendedS3Update, HttpEndpointUpdate, OpenSearchUpdate, RedshiftUpdate, S3Settings, ServerlessUpdate,
    SplunkUpdate,
};
use crate::stream::DeliveryStream;

/// What was given of the request.
#[derive(Debug, Clone)]
pub(super) enum Update {
    S3(Box<S3Settings>),
    ExtendedS3(Box<ExtendedS3Update>),
    Redshift(Box<RedshiftUpdate>),
    OpenSearch(Flavour, Box<OpenSearchUpdate>),
    Serverless(Box<ServerlessUpdate>),
    Splunk(Box<SplunkUpdate>),
    HttpEndpoint(Box<HttpEndpointUpdate>),
}

impl Update {
    /// The destination after the change.
    pub(super) fn apply_to(self, record: &DeliveryStream) -> Result<Destination, ServiceError> {
        let mut after = record.destination.clone();
        match (&mut after, self) {
            (Destination::S3(s3), Self::S3(update)) => update.apply(&mut s3.output)?,
            (Destination::S3(s3), Self::ExtendedS3(update)) => update.apply(s3)?,
            (Destination::Redshift(redshift), Self::Redshift(update)) => update.apply(redshift)?,
            (Destination::Splunk(splunk), Self::Splunk(update)) => update.apply(splunk)?,
            (Destination::HttpEndpoint(http), Self::HttpEndpoint(update)) => update.apply(http)?,
            (Destination::OpenSearch(search), Self::OpenSearch(flavour, update)) if search.flavour == flavour => {
                update.apply(search)?;
            }
            (Destination::OpenSearch(search), Self::Serverless(update)) if search.flavour == Flavour::Serverless => {
                update.apply(search)?;
            }
            (before, update) => after = update.into_destination(before)?,
        }
        require_same_partitioning(&record.destination, &after)?;
        after.require_sound()?;
        Ok(after)
    }

    /// A destination that replaces one of another type, of which nothing is left.
    fn into_destination(self, before: &Destination) -> Result<Destination, ServiceError> {
        let to_search = matches!(self, Self::OpenSearch(..) | Self::Serverless(_));
        if to_search != matches!(before, Destination::OpenSearch(_)) {
            return Err(errors::no_switch_with_open_search());
        }
        Ok(match self {
            Self::S3(s3) => Destination::S3(Box::new(shapes::plain(*s3)?)),
            Self::ExtendedS3(s3) => Destination::S3(Box::new(s3.into_destination()?)),
            Self::Redshift(redshift) => Destination::Redshift(Box::new(redshift.into_destination()?)),
            Self::OpenSearch(flavour, search) => Destination::OpenSearch(Box::new(search.into_destination(flavour)?)),
            Self::Serverless(serverless) => Destination::OpenSearch(Box::new(serverless.into_destination()?)),
            Self::Splunk(splunk) => Destination::Splunk(Box::new(splunk.into_destination()?)),
            Self::HttpEndpoint(http) => Destination::HttpEndpoint(Box::new(http.into_destination()?)),
        })
    }
}

/// Refuses to begin or to end dynamic partitioning.
fn require_same_partitioning(before: &Destination, after: &Destination) -> Result<(), ServiceError> {
    let is_partitioned = |destination: &Destination| match destination {
        Destination::S3(s3) => S3Destination::is_partitioned(s3),
        _ => false,
    };
    match (is_partitioned(before), is_partitioned(after)) {
        (false, true) => Err(errors::partitioning_cannot_begin()),
        (true, false) if matches!(after, Destination::S3(_)) => Err(errors::partitioning_cannot_end()),
        _ => Ok(()),
    }
}
