//! What is wrong with applications, as AWS writes it to CloudWatch Logs: a line in the file of an application's log stream.
//! <https://docs.aws.amazon.com/kinesisanalytics/latest/dev/cloudwatch-logs.html>

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use aws::Arn;
use host::{Host, LineFiles};
use serde::Serialize;

use crate::application::Application;

/// Characters of a message.
const MESSAGE_CHARS_MAX: usize = 4_096;
/// What was told is not told again so soon, however often it is over and begins anew.
const AGAIN_AFTER: Duration = Duration::from_secs(600);

/// AWS's sentence about inputs.
const INPUT: &str = "There is a problem related to the configuration of your input. Please check that the resource exists, \
                     the role has the correct permissions to access the resource and that Kinesis Analytics can assume the \
                     role provided.";
/// AWS's sentence about reference tables.
const REFERENCE: &str = "There is a problem related to the configuration of your reference data. Please check that the bucket \
                         and the file exist, the role has the correct permissions to access these resources and that Kinesis \
                         Analytics can assume the role provided.";
/// In the manner of AWS, which tells nothing of outputs.
const OUTPUT: &str = "There is a problem related to the configuration of your output. Please check that the resource exists and \
                      takes records.";
/// The same of what concerns no part alone.
const APPLICATION: &str = "There is a problem that keeps the application from working.";

/// What of an application something is wrong with: by the id of an input, a reference table or an output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    Input(String),
    Reference(String),
    Output(String),
    Application,
}

/// What is wrong with a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Trouble {
    pub(crate) part: Part,
    /// A fragment of a sentence.
    pub(crate) reason: String,
}

/// Something that concerns no part alone.
impl From<String> for Trouble {
    fn from(reason: String) -> Self {
        Self { part: Part::Application, reason }
    }
}

impl Part {
    /// The first two codes are AWS's; it has no others.
    fn code_and_sentence(&self) -> (&'static str, &'static str) {
        match self {
            Self::Input(_) => ("InputError", INPUT),
            Self::Reference(_) => ("ReferenceDataError", REFERENCE),
            Self::Output(_) => ("OutputError", OUTPUT),
            Self::Application => ("ApplicationError", APPLICATION),
        }
    }
}

/// A line of a file: AWS's event, with the instant that CloudWatch keeps beside it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Event<'a> {
    timestamp: u64,
    #[serde(rename = "applicationARN")]
    application_arn: &'a str,
    application_version_id: &'a str,
    message_type: &'static str,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    input_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reference_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output_id: Option<&'a str>,
    error_code: &'static str,
    message_schema_version: &'static str,
}

/// Where an application's events go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LogStream {
    account: String,
    region: String,
    group: String,
    name: String,
}

/// In which way something is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The part does not work, until it does.
    Hindered,
    /// Rows or records were lost.
    Lost(Loss),
}

/// What became of rows or records that an application does not work with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Loss {
    /// They are nowhere.
    Dropped,
    /// They are in the error stream.
    Rejected,
}

/// Something that was told.
#[derive(Debug)]
struct Told {
    part: Part,
    kind: Kind,
    /// By the monotonic clock.
    at: Duration,
    lasts: bool,
}

/// Tells what is wrong with one version of an application since one of its starts: once when it begins.
pub(crate) struct ErrorLog {
    host: Host,
    files: Arc<LineFiles>,
    arn: String,
    version: String,
    stream: Option<LogStream>,
    /// One for each part and kind at most.
    told: Mutex<Vec<Told>>,
}

impl ErrorLog {
    /// Tells of an application as it is configured now.
    pub(crate) fn new(host: &Host, files: &Arc<LineFiles>, application: &Application) -> Self {
        let option = application.configuration.logging_options.first();
        let Application { account, region, .. } = application;
        let stream = option.and_then(|option| LogStream::of(account, region, &option.log_stream_arn));
        Self {
            host: host.clone(),
            files: Arc::clone(files),
            arn: application.arn(),
            version: application.version.to_string(),
            stream,
            told: Mutex::default(),
        }
    }

    /// A part does not work.
    pub(crate) async fn hindered(&self, part: &Part, reason: &str) {
        let (_, sentence) = part.code_and_sentence();
        self.tell(part, Kind::Hindered, || format!("{sentence} ({reason})")).await;
    }

    /// A part works.
    pub(crate) fn works(&self, part: &Part) {
        let mut told = self.told();
        told.iter_mut().filter(|one| one.kind == Kind::Hindered && one.part == *part).for_each(|one| one.lasts = false);
    }

    /// Rows or records were lost, or went elsewhere; a sentence says which.
    pub(crate) async fn lost(&self, part: &Part, loss: Loss, sentence: impl FnOnce() -> String) {
        self.tell(part, Kind::Lost(loss), sentence).await;
    }

    fn told(&self) -> MutexGuard<'_, Vec<Told>> {
        self.told.lock().expect("no panic while held")
    }

    async fn tell(&self, part: &Part, kind: Kind, message: impl FnOnce() -> String) {
        let Some(stream) = &self.stream else { return };
        if !self.is_due(part, kind) {
            return;
        }
        let mut line = serde_json::to_vec(&self.event(part, &message())).expect("plain values always serialise");
        line.push(b'\n');
        let dirs = [stream.account.as_str(), &stream.region, &stream.group];
        if let Err(error) = self.files.append(&dirs, &stream.name, line).await {
            let (application, group, stream) = (&self.arn, &stream.group, &stream.name);
            tracing::warn!(application, group, stream, %error, "what is wrong could not be written down");
        }
    }

    /// Whether something is to be told; from then on it is told.
    fn is_due(&self, part: &Part, kind: Kind) -> bool {
        let (now, lasts) = (self.host.monotonic(), kind == Kind::Hindered);
        let mut told = self.told();
        match told.iter_mut().find(|one| one.kind == kind && one.part == *part) {
            Some(known) if known.lasts || now < known.at + AGAIN_AFTER => return false,
            Some(known) => (known.at, known.lasts) = (now, lasts),
            None => told.push(Told { part: part.clone(), kind, at: now, lasts }),
        }
        true
    }

    fn event<'a>(&'a self, part: &'a Part, message: &str) -> Event<'a> {
        let (mut input_id, mut reference_id, mut output_id) = (None, None, None);
        match part {
            Part::Input(id) => input_id = Some(id.as_str()),
            Part::Reference(id) => reference_id = Some(id.as_str()),
            Part::Output(id) => output_id = Some(id.as_str()),
            Part::Application => {}
        }
        Event {
            timestamp: self.host.now_ms(),
            application_arn: &self.arn,
            application_version_id: &self.version,
            message_type: "ERROR",
            message: message.chars().take(MESSAGE_CHARS_MAX).collect(),
            input_id,
            reference_id,
            output_id,
            error_code: part.code_and_sentence().0,
            message_schema_version: "1",
        }
    }
}

impl LogStream {
    /// The log stream that an ARN names, where it is of this account and region: nobody writes to others'.
    pub(crate) fn of(account: &str, region: &str, arn: &str) -> Option<Self> {
        let arn =
            Arn::parse(arn).filter(|arn| arn.service == "logs" && arn.account == account && arn.region == region)?;
        let (group, name) = arn.resource.strip_prefix("log-group:")?.split_once(":log-stream:")?;
        let is_name = |name: &str| !name.is_empty() && !name.contains(':');
        (is_name(group) && is_name(name)).then(|| Self {
            account: account.to_owned(),
            region: region.to_owned(),
            group: group.to_owned(),
            name: name.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests;
