//! What a server is told at its start, once flags, environment and file have been merged.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use serde::Deserialize;

use crate::S3Config;

/// The port that AWS's local stand-ins have in common.
const PORT: u16 = 4566;

/// A server's configuration. [`Config::new`] has the defaults of `millstream serve`.
#[derive(Debug, Clone)]
pub struct Config {
    /// The address to listen on; port 0 lets the system choose.
    pub listen: SocketAddr,
    /// Where everything is kept.
    pub data_dir: PathBuf,
    /// Whether AWS's rates and quotas are enforced.
    pub limits: Enforcement,
    /// Whose requests are answered.
    pub auth: Access,
    /// The access keys of mode `keys`.
    pub credentials: Option<PathBuf>,
    /// The region of requests that name none.
    pub region: String,
    /// The account of callers whose access key id is not an account itself.
    pub account: String,
    /// Whether `POST /_millstream/reset` empties the server.
    pub allow_reset: bool,
    /// Whether mode `open` may listen beyond loopback.
    pub insecure: bool,
    /// The certificate and its key, as PEM files; without them one is made.
    pub tls: Option<(PathBuf, PathBuf)>,
    /// How long streams stay in their transitional states.
    pub transitions: Transitions,
    /// Open shards an account may have per region.
    pub shard_limit: u32,
    /// What the operators of one stream application may hold, in MiB.
    pub application_memory_mib: u32,
    /// Which rows of outer joins come out alone.
    pub outer_joins: OuterJoins,
    /// The key that protects the key store; without it one is made in the data directory.
    pub master_key: Option<PathBuf>,
    /// Authorities that certificates of Firehose's destinations may come from, as a PEM file, beside the public ones.
    pub destination_authorities: Option<PathBuf>,
    /// The program whose processes run jq expressions of Firehose's; without it this process runs them.
    pub worker: Option<PathBuf>,
    /// More domains for buckets, and buckets that outside stores keep.
    pub s3: S3Config,
}

impl Config {
    /// The defaults, with everything kept in `data_dir`.
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, PORT)),
            data_dir: data_dir.into(),
            limits: Enforcement::Aws,
            auth: Access::Open,
            credentials: None,
            region: "us-east-1".to_owned(),
            account: "000000000000".to_owned(),
            allow_reset: false,
            insecure: false,
            tls: None,
            transitions: Transitions::Short,
            shard_limit: 500,
            application_memory_mib: 1024,
            outer_joins: OuterJoins::Once,
            master_key: None,
            destination_authorities: None,
            worker: None,
            s3: S3Config::default(),
        }
    }

    /// The defaults for a test: a port of the system's choice, and resettable.
    pub fn for_tests(data_dir: impl Into<PathBuf>) -> Self {
        let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self { listen, allow_reset: true, ..Self::new(data_dir) }
    }
}

/// Whether AWS's rates and quotas are enforced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Enforcement {
    /// All of them, exactly as AWS does.
    Aws,
    /// Only what protects the server itself.
    Off,
}

impl From<Enforcement> for aws::Limits {
    fn from(enforcement: Enforcement) -> Self {
        match enforcement {
            Enforcement::Aws => Self::Aws,
            Enforcement::Off => Self::Off,
        }
    }
}

/// Whose requests are answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Access {
    /// Anybody's; signatures are not checked. Only on loopback.
    Open,
    /// Those signed with a key of the credentials file.
    Keys,
}

/// Which rows of an outer join of two streams come with NULLs for the other side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OuterJoins {
    /// Those that never had a partner.
    Once,
    /// Those that have none in the tables of AWS's page, where some come again that had one.
    Documented,
}

impl OuterJoins {
    /// In the words of the engine.
    pub(crate) fn lone_rows(self) -> flow::plan::LoneRows {
        match self {
            Self::Once => flow::plan::LoneRows::Unmatched,
            Self::Documented => flow::plan::LoneRows::AsDocumented,
        }
    }
}

/// How long streams stay in their transitional states.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Transitions {
    /// Just long enough to be seen.
    Short,
    /// About as long as AWS takes.
    Aws,
}

impl From<Transitions> for aws::Transitions {
    fn from(transitions: Transitions) -> Self {
        match transitions {
            Transitions::Short => Self::Short,
            Transitions::Aws => Self::Aws,
        }
    }
}
