//! What an application is made of, as it is stored. `edits` makes new parts out of requests and changes them.

mod edits;

use aws::Arn;
use serde::{Deserialize, Serialize};

use crate::shapes::{InputStartingPosition, RecordFormatType, SourceSchema};

pub(crate) use edits::Edit;

/// Everything that a new version changes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Configuration {
    /// The program.
    pub(crate) code: String,
    pub(crate) inputs: Vec<Input>,
    pub(crate) outputs: Vec<Output>,
    pub(crate) references: Vec<Reference>,
    pub(crate) logging_options: Vec<LoggingOption>,
}

/// Something of another service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Resource {
    pub(crate) arn: String,
    /// The first version's role; the second has one for the whole application.
    pub(crate) role: Option<String>,
}

/// Where rows come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Input {
    pub(crate) id: String,
    pub(crate) name_prefix: String,
    pub(crate) source: Source,
    /// In-application streams that it feeds.
    pub(crate) parallelism: u32,
    pub(crate) schema: SourceSchema,
    /// Where the application's last start told it to begin.
    pub(crate) position: Option<InputStartingPosition>,
}

/// What an input reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Source {
    /// A data stream.
    Stream(Resource),
    /// A delivery stream.
    Firehose(Resource),
}

/// Where rows of an in-application stream go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Output {
    pub(crate) id: String,
    /// The in-application stream.
    pub(crate) name: String,
    pub(crate) destination: Destination,
    pub(crate) format: RecordFormatType,
}

/// What an output writes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Destination {
    /// A data stream.
    Stream(Resource),
    /// A delivery stream.
    Firehose(Resource),
}

/// A table whose rows are in an object of S3.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Reference {
    pub(crate) id: String,
    pub(crate) table: String,
    pub(crate) bucket_arn: String,
    pub(crate) key: String,
    pub(crate) role: Option<String>,
    pub(crate) schema: SourceSchema,
}

/// A log stream: what is wrong with the application is written to the file that stands for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LoggingOption {
    pub(crate) id: String,
    pub(crate) log_stream_arn: String,
    pub(crate) role: Option<String>,
}

/// A stream or a delivery stream, located.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place<'a> {
    pub(crate) account: &'a str,
    pub(crate) region: &'a str,
    pub(crate) name: &'a str,
}

impl Resource {
    /// Where the resource is, whose ARN names a `kind` (`stream`, `deliverystream`) of a service. Nobody uses what belongs
    /// to other accounts than the application's.
    fn place(&self, account: &str, service: &str, kind: &str) -> Option<Place<'_>> {
        let arn = Arn::parse(&self.arn).filter(|arn| arn.service == service && arn.account == account)?;
        let name = arn.resource.strip_prefix(kind)?.strip_prefix('/').filter(|name| !name.is_empty())?;
        Some(Place { account: arn.account, region: arn.region, name })
    }

    /// The data stream of that account.
    pub(crate) fn stream(&self, account: &str) -> Option<Place<'_>> {
        self.place(account, "kinesis", "stream")
    }

    /// The delivery stream of that account.
    pub(crate) fn delivery_stream(&self, account: &str) -> Option<Place<'_>> {
        self.place(account, "firehose", "deliverystream")
    }
}

impl Configuration {
    /// The same with a role for all parts that have none of their own: the first version promises one.
    pub(crate) fn with_role(&self, role: Option<&String>) -> Self {
        let mut filled = self.clone();
        let fill = |own: &mut Option<String>| *own = own.take().or_else(|| role.cloned());
        for input in &mut filled.inputs {
            let (Source::Stream(resource) | Source::Firehose(resource)) = &mut input.source;
            fill(&mut resource.role);
        }
        for output in &mut filled.outputs {
            let (Destination::Stream(resource) | Destination::Firehose(resource)) = &mut output.destination;
            fill(&mut resource.role);
        }
        filled.references.iter_mut().for_each(|reference| fill(&mut reference.role));
        filled.logging_options.iter_mut().for_each(|option| fill(&mut option.role));
        filled
    }
}

impl Input {
    /// The names of its in-application streams: `PREFIX_001` and on.
    pub(crate) fn stream_names(&self) -> Vec<String> {
        (1..=self.parallelism).map(|number| format!("{}_{number:03}", self.name_prefix)).collect()
    }

    /// Whether an in-application stream of some input may have a name.
    pub(crate) fn is_stream_name(name: &str) -> bool {
        let number = name.rsplit_once('_').map_or("", |(_, number)| number);
        number.len() == 3 && number.bytes().all(|digit| digit.is_ascii_digit())
    }
}

impl Reference {
    /// The bucket's name.
    pub(crate) fn bucket(&self) -> &str {
        bucket(&self.bucket_arn)
    }
}

/// The name in a bucket's ARN.
pub(crate) fn bucket(arn: &str) -> &str {
    Arn::parse(arn).map_or("", |arn| arn.resource)
}
