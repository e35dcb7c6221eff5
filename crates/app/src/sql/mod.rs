//! `millstream sql`: SQL on the live streams of a running server.
//!
//! It is a client like any other: records come over HTTP, and the engine runs in this process. `terminal` reads what a person types, `session` knows what was
//! defined so far, `query` runs a program, `streams` and `reader` talk to the server, `table` and `output` show rows.

mod command;
mod completion;
mod discovery;
mod names;
mod output;
mod query;
mod reader;
mod reference;
mod session;
mod streams;
mod table;
mod terminal;

use std::path::PathBuf;
use std::pin::Pin;

use clap::ValueEnum;

use crate::client::{Endpoint, Keys};
use crate::{Failure, OuterJoins};
use reference::Reference;
use session::{Input, Session};

/// Type SQL on the live streams of a running server, or run a program file on them.
///
/// Streams of the server are named directly: SELECT STREAM * FROM "orders";
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  millstream sql --file app.sql --input SOURCE_SQL_STREAM_001=orders --until-idle")]
pub(crate) struct Arguments {
    /// A program to run instead of reading one from the terminal
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// The stream of the server that the program reads under a name of its own; may be given more than once
    #[arg(long, value_name = "NAME=STREAM", value_parser = input)]
    input: Vec<Input>,
    /// A table to join with, CSV or JSON; its columns are found out unless NAME(COLUMN TYPE, …) says them; may be given more
    /// than once
    #[arg(long, value_name = "NAME=FILE|s3://BUCKET/KEY", value_parser = Reference::parse)]
    reference: Vec<Reference>,
    /// The stream of the program that is shown; the last one created unless said
    #[arg(long, value_name = "STREAM", requires = "file")]
    show: Option<String>,
    /// The server
    #[arg(long, value_name = "URL", env = "AWS_ENDPOINT_URL", default_value = "http://127.0.0.1:4566")]
    endpoint: String,
    /// Authorities that the certificate of an https:// server may come from, as PEM, beside the public ones
    #[arg(long, value_name = "FILE", env = "AWS_CA_BUNDLE")]
    ca_file: Option<PathBuf>,
    /// The region whose streams are meant [default: that of AWS_DEFAULT_REGION, or us-east-1]
    #[arg(long, value_name = "REGION", env = "AWS_REGION")]
    region: Option<String>,
    /// Where reading begins: with the oldest record, or behind the newest one [default: latest; trim-horizon with --until-idle]
    #[arg(long, value_name = "POSITION")]
    position: Option<StartAt>,
    /// How rows are written
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: Format,
    /// Rows of outer joins of streams that come without a partner: those that never had one, or as in AWS's tables
    #[arg(long, value_enum, value_name = "WHICH", env = "MILLSTREAM_OUTER_JOINS", default_value = "once")]
    outer_joins: OuterJoins,
    /// End when the streams were read up to their present end, after closing all windows
    #[arg(long)]
    until_idle: bool,
    /// For servers that check who calls
    #[arg(long, env = "AWS_ACCESS_KEY_ID", hide = true)]
    access_key: Option<String>,
    #[arg(long, env = "AWS_SECRET_ACCESS_KEY", hide = true, hide_env_values = true)]
    secret_key: Option<String>,
    #[arg(long, env = "AWS_SESSION_TOKEN", hide = true, hide_env_values = true)]
    session_token: Option<String>,
}

/// Where reading begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum StartAt {
    /// With the oldest record.
    TrimHorizon,
    /// Behind the newest one.
    Latest,
}

impl StartAt {
    /// In Kinesis' words.
    fn iterator_type(self) -> &'static str {
        match self {
            Self::TrimHorizon => "TRIM_HORIZON",
            Self::Latest => "LATEST",
        }
    }
}

/// How rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Columns, for people.
    Table,
    /// An object a line.
    Json,
    /// Values between commas.
    Csv,
}

fn input(text: &str) -> Result<Input, String> {
    match text.split_once('=') {
        Some((name, stream)) if !name.is_empty() && !stream.is_empty() => {
            Ok(Input { name: name.to_owned(), stream: stream.to_owned() })
        }
        _ => Err("NAME=STREAM is expected".to_owned()),
    }
}

/// Runs the terminal, or a file to its end.
pub(crate) fn run(arguments: Arguments) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::caused_by(&error))?;
    let local = tokio::task::LocalSet::new();
    let keys = match (arguments.access_key, arguments.secret_key) {
        (Some(access_key), Some(secret)) => Some(Keys { access_key, secret, session_token: arguments.session_token }),
        _ => None,
    };
    let ca_file = arguments.ca_file.as_deref();
    // The AWS CLI reads this one.
    let region = arguments.region.or_else(|| std::env::var("AWS_DEFAULT_REGION").ok());
    let region = region.filter(|region| !region.is_empty()).unwrap_or_else(|| "us-east-1".to_owned());
    let endpoint = Endpoint::of(&arguments.endpoint, &region, keys, ca_file);
    let endpoint = local.block_on(&runtime, endpoint)?;
    let usual = if arguments.until_idle { StartAt::TrimHorizon } else { StartAt::Latest };
    let options = query::Options {
        start_at: arguments.position.unwrap_or(usual),
        format: arguments.format,
        until_idle: arguments.until_idle,
    };
    let mut session = Session::new(endpoint, arguments.input, arguments.outer_joins.lone_rows());
    for reference in &arguments.reference {
        local.block_on(&runtime, session.read_table(reference))?;
    }
    match arguments.file {
        Some(path) => {
            let text =
                std::fs::read_to_string(&path).map_err(|error| Failure::new(format!("{}: {error}", path.display())))?;
            local.block_on(&runtime, session.run_file(&text, arguments.show.as_deref(), options))
        }
        None => terminal::run(session, options, &Here { runtime, local }),
    }
}

/// Work is done on this thread.
struct Here {
    runtime: tokio::runtime::Runtime,
    local: tokio::task::LocalSet,
}

impl terminal::Runs for Here {
    fn run<T>(&self, work: Pin<Box<dyn Future<Output = Result<T, Failure>> + '_>>) -> Result<T, Failure> {
        self.local.block_on(&self.runtime, work)
    }
}
