//! Errors of deliveries as AWS writes them to CloudWatch Logs: a file for each log stream, below the data directory,
//! where people and their tools read them. <https://docs.aws.amazon.com/firehose/latest/dev/monitoring-with-cloudwatch-logs.html>

use std::io;
use std::path::{Path, PathBuf};

use host::Host;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;

use crate::configuration::{Destination, Logging};
use crate::progress::Kind;
use crate::stream::DeliveryStream;

/// Bytes after which a file is set aside, in place of the one that was set aside before.
const FILE_BYTES_MAX: u64 = 8 << 20;
/// Characters of a message.
const MESSAGE_CHARS_MAX: usize = 4_096;
/// Different errors that one delivery tells.
const ERRORS_MAX: usize = 16;

/// What stays as it is in the name of a file.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_');

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

/// The files.
pub(crate) struct ErrorLog {
    host: Host,
    dir: PathBuf,
    /// Held while one is written.
    turn: tokio::sync::Mutex<()>,
}

impl ErrorLog {
    pub(crate) fn new(host: Host, dir: PathBuf) -> Self {
        Self { host, dir, turn: tokio::sync::Mutex::default() }
    }

    /// Writes errors of a delivery down, if its delivery stream has logging enabled.
    pub(crate) async fn write(
        &self,
        record: &DeliveryStream,
        (destination, kind): (&Destination, Kind),
        errors: &Errors,
    ) {
        let Some(logging) = destination.logging(kind).filter(|logging| logging.enabled) else { return };
        let Some(path) = self.path(record, logging) else { return };
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
        let _turn = self.turn.lock().await;
        let (host, shown) = (self.host.clone(), path.clone());
        let written = self.host.blocking("error-log", move || append(&host, &path, &lines)).await;
        let written = written.unwrap_or_else(|unfinished| Err(io::Error::other(unfinished)));
        if let Err(error) = written {
            tracing::warn!(path = %shown.display(), %error, "errors of a delivery could not be written down");
        }
    }

    /// `ACCOUNT/REGION/GROUP/STREAM.jsonl`; names of groups have slashes, which are none here.
    fn path(&self, record: &DeliveryStream, logging: &Logging) -> Option<PathBuf> {
        let plain = |name: &str| utf8_percent_encode(name, PLAIN).to_string();
        let group = plain(logging.log_group_name.as_deref()?);
        let stream = plain(logging.log_stream_name.as_deref()?);
        Some(self.dir.join(&record.account).join(&record.region).join(group).join(format!("{stream}.jsonl")))
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

/// Adds lines to the end of a file; durable when it returns.
fn append(host: &Host, path: &Path, lines: &[u8]) -> io::Result<()> {
    let (files, dir) = (host.files(), path.parent().expect("a file is in a directory"));
    if files.exists(path) && files.open(path)?.len()? >= FILE_BYTES_MAX {
        files.rename(path, &path.with_extension("1.jsonl"))?;
    }
    let file = match files.exists(path) {
        true => files.open(path)?,
        false => {
            files.create_dir_durable(dir)?;
            let file = files.create_new(path)?;
            files.sync_dir(dir)?;
            file
        }
    };
    file.write_all_at(lines, file.len()?)?;
    file.sync_data()
}

#[cfg(test)]
mod tests;
