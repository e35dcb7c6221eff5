//! The way out: what all destinations share, and which destination a delivery stream's settings mean.

use std::sync::Arc;

use host::Host;

use super::{Destination, HttpEndpoint, Loader, OpenSearch, Redshift, Splunk};
use crate::Firehose;
use crate::configuration;
use crate::http_client::HttpClient;
use crate::http_client::tls::Tls;
use crate::view::StreamView;

/// What all destinations share.
pub(crate) struct Outgoing {
    pub(crate) host: Host,
    pub(crate) client: Arc<HttpClient>,
    pub(crate) tls: Tls,
}

impl Outgoing {
    /// Trusts what browsers trust, and the authorities of a PEM file's text. An error is in words for the operator.
    pub(crate) fn new(host: &Host, authorities: Option<&[u8]>) -> Result<Self, String> {
        let tls = Tls::new(authorities)?;
        let client = Arc::new(HttpClient::new(host.clone(), tls.clone()));
        Ok(Self { host: host.clone(), client, tls })
    }
}

/// The destination that takes batches; an error in words where the settings cannot be used.
pub(crate) fn open(
    firehose: &Firehose,
    view: &StreamView,
    settings: &configuration::Destination,
) -> Result<Box<dyn Destination>, String> {
    let outgoing = &firehose.outgoing;
    let attempts = Arc::clone(&view.live.delivery.attempts);
    Ok(match settings {
        configuration::Destination::HttpEndpoint(http) => {
            Box::new(HttpEndpoint::new(outgoing, &view.record.arn(), http, attempts)?)
        }
        configuration::Destination::Splunk(splunk) => {
            Box::new(Splunk::new(outgoing, &view.record.arn(), splunk, attempts)?)
        }
        configuration::Destination::OpenSearch(search) => Box::new(OpenSearch::new(outgoing, search)?),
        configuration::Destination::S3(_) | configuration::Destination::Redshift(_) => {
            return Err("the destination takes objects, not batches".to_owned());
        }
    })
}

/// Whether the destination can be reached with such settings at all; an error in words.
pub(crate) fn check(settings: &configuration::Destination) -> Result<(), String> {
    match settings {
        configuration::Destination::S3(_) => Ok(()),
        configuration::Destination::HttpEndpoint(http) => HttpEndpoint::check(http),
        configuration::Destination::Splunk(splunk) => Splunk::check(splunk),
        configuration::Destination::OpenSearch(search) => OpenSearch::check(search),
        configuration::Destination::Redshift(redshift) => Redshift::check(redshift),
    }
}

/// What loads the objects of a delivery stream into its table.
pub(crate) fn open_loader(
    firehose: &Firehose,
    settings: &configuration::RedshiftDestination,
) -> Result<Box<dyn Loader>, String> {
    Ok(Box::new(Redshift::new(&firehose.outgoing, settings)?))
}
