//! Errors of deliveries as AWS writes them to CloudWatch Logs: a file for each log stream, below the data directory,
//! where people and their tools read them. <https://docs.aws.amazon.com/firehose/latest/dev/monitoring-with-cloudwatch-logs.html>

use std::sync::Arc;

use host::{Host, LineFiles};
use serde::Serialize;

use crate::configuration::Destination;
use crate::progress::Kind;
use crate::stream::DeliveryStream;

/// Characters of a message.
const MESSAGE_CHARS_MAX: usize = 4_096;
/// Different errors that one delivery tells.
const ERRORS_MAX: usize = 16;

/// Different errors of a delivery: codes, each with the first thing that was said.
#[derive(Debug, Default)]
pub(crate) struct Errors(Vec<(&'static str, String)>);

impl Errors {
    /// Notes an error, unless there is one of its code.
    pub(crate) fn note(&mut self, code: &'static str, message: &str) {
        if self.0.len() < ERRORS_MAX && self.0.iter().all(|(known, _)| *known != code) {
            self.0.push((code, message.chars().take(MESSAGE_CHARS_MAX).collect()));
        }
    }

    /// Codes and messages.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.iter().map(|(code, message)| (*code, message.as_str()))
    }
}

/// A line of a file: AWS's event, with the instant that CloudWatch keeps beside it.
#[derive(Serialize)]
struct Event<'a> {
    timestamp: u64,
    #[serde(rename = "deliveryStreamARN")]
    delivery_stream_arn: String,
    destination: String,
    #[serde(rename = "deliveryStreamVersionId")]
    version_id: String,
    message: &'a str,
    #[serde(rename = "errorCode")]
    error_code: &'a str,
}

/// Writes errors down.
pub(crate) struct ErrorLog {
    pub(crate) host: Host,
    pub(crate) files: Arc<LineFiles>,
}

impl ErrorLog {
    /// Writes errors of a delivery down, if its delivery stream has logging enabled.
    pub(crate) async fn write(
        &self,
        record: &DeliveryStream,
        (destination, kind): (&Destination, Kind),
        errors: &Errors,
    ) {
        let Some(logging) = destination.logging(kind).filter(|logging| logging.enabled) else { return };
        let (Some(group), Some(stream)) = (&logging.log_group_name, &logging.log_stream_name) else { return };
        let mut lines = Vec::new();
        for (error_code, message) in errors.all() {
            let event = Event {
                timestamp: self.host.now_ms(),
                delivery_stream_arn: record.arn(),
                destination: without_credentials(destination.address(kind)),
                version_id: record.version.to_string(),
                message,
                error_code,
            };
            lines.extend(serde_json::to_vec(&event).expect("plain values always serialise"));
            lines.push(b'\n');
        }
        if lines.is_empty() {
            return;
        }
        let dirs = [record.account.as_str(), &record.region, group];
        if let Err(error) = self.files.append(&dirs, stream, lines).await {
            tracing::warn!(group, stream, %error, "errors of a delivery could not be written down");
        }
    }
}

/// An address without the user and the password that it may have.
fn without_credentials(address: &str) -> String {
    let Some((scheme, rest)) = address.split_once("://") else { return address.to_owned() };
    let end = rest.find('/').unwrap_or(rest.len());
    let (machine, path) = rest.split_at(end);
    let machine = machine.rsplit_once('@').map_or(machine, |(_, machine)| machine);
    format!("{scheme}://{machine}{path}")
}

#[cfg(test)]
mod tests;
