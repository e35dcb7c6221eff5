//! The settings of `millstream serve` as flags, environment and file give them, and how they merge.
//!
//! Flags win over `MILLSTREAM_*` variables, those over the file of `--config`, that over the defaults.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Deserialize;

use crate::{Access, Config, Enforcement, Failure, OuterJoins, S3Config, Transitions};

/// Every setting of `millstream serve`; what is `None` was not said.
#[derive(Debug, Default, Args, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Settings {
    /// Address to listen on; port 0 lets the system choose [default: 127.0.0.1:4566]
    #[arg(long, env = "MILLSTREAM_LISTEN", value_name = "ADDRESS")]
    pub(crate) listen: Option<SocketAddr>,

    /// Directory that keeps everything; made if there is none [default: millstream-data]
    #[arg(long, env = "MILLSTREAM_DATA_DIR", value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,

    /// Enforce AWS's rates and quotas, or only what protects the server [default: aws]
    #[arg(long, env = "MILLSTREAM_LIMITS", value_enum)]
    pub(crate) limits: Option<Enforcement>,

    /// Answer anybody (on loopback only), or check signatures [default: open]
    #[arg(long, env = "MILLSTREAM_AUTH", value_enum)]
    pub(crate) auth: Option<Access>,

    /// Access keys for --auth keys: a TOML file of [[key]] tables with access-key, secret-key, account, user
    #[arg(long, env = "MILLSTREAM_CREDENTIALS", value_name = "FILE")]
    pub(crate) credentials: Option<PathBuf>,

    /// Region of requests that name none [default: us-east-1]
    #[arg(long, env = "MILLSTREAM_REGION", value_name = "REGION")]
    pub(crate) region: Option<String>,

    /// Account of callers whose access key id is not twelve digits [default: 000000000000]
    #[arg(long, env = "MILLSTREAM_ACCOUNT", value_name = "ACCOUNT")]
    pub(crate) account: Option<String>,

    /// Let POST /_millstream/reset empty the server (for test suites)
    #[arg(long, env = "MILLSTREAM_ALLOW_RESET", num_args = 0..=1, default_missing_value = "true", value_name = "BOOL")]
    pub(crate) allow_reset: Option<bool>,

    /// Let --auth open listen beyond loopback: anybody who can reach the port can do anything
    #[arg(long, env = "MILLSTREAM_INSECURE", num_args = 0..=1, default_missing_value = "true", value_name = "BOOL")]
    pub(crate) insecure: Option<bool>,

    /// Certificate chain for TLS, as PEM; without it a self-signed one is made in the data directory
    #[arg(long, env = "MILLSTREAM_TLS_CERT", value_name = "FILE", requires = "tls_key")]
    pub(crate) tls_cert: Option<PathBuf>,

    /// Private key of --tls-cert, as PEM
    #[arg(long, env = "MILLSTREAM_TLS_KEY", value_name = "FILE", requires = "tls_cert")]
    pub(crate) tls_key: Option<PathBuf>,

    /// How long streams stay CREATING, UPDATING and DELETING [default: short]
    #[arg(long, env = "MILLSTREAM_TRANSITIONS", value_enum)]
    pub(crate) transitions: Option<Transitions>,

    /// Open shards an account may have per region [default: 500]
    #[arg(long, env = "MILLSTREAM_SHARD_LIMIT", value_name = "NUMBER")]
    pub(crate) shard_limit: Option<u32>,

    /// Memory that the windows of one stream application may take, in MiB [default: 1024]
    #[arg(long, env = "MILLSTREAM_APPLICATION_MEMORY", value_name = "MIB", value_parser = clap::value_parser!(u32).range(1..=1_048_576))]
    pub(crate) application_memory: Option<u32>,

    /// Rows of outer joins of streams that come without a partner: those that never had one, or as in AWS's tables
    /// [default: once]
    #[arg(long, env = "MILLSTREAM_OUTER_JOINS", value_enum)]
    pub(crate) outer_joins: Option<OuterJoins>,

    /// File with the key that protects the key store; made in the data directory if not given
    #[arg(long, env = "MILLSTREAM_MASTER_KEY", value_name = "FILE")]
    pub(crate) master_key: Option<PathBuf>,

    /// Authorities that certificates of Firehose's destinations may come from, as PEM, beside the public ones
    #[arg(long, env = "MILLSTREAM_DESTINATION_AUTHORITIES", value_name = "FILE")]
    pub(crate) destination_authorities: Option<PathBuf>,

    /// Log lines on stderr as text or JSON; RUST_LOG chooses what is logged [default: text]
    #[arg(long, env = "MILLSTREAM_LOG_FORMAT", value_enum)]
    pub(crate) log_format: Option<LogFormat>,

    /// TOML file with any of these settings, under their long names
    #[arg(long, env = "MILLSTREAM_CONFIG", value_name = "FILE")]
    #[serde(skip)]
    pub(crate) config: Option<PathBuf>,

    /// The table `[s3]`, which only the file has.
    #[arg(skip)]
    pub(crate) s3: Option<S3Config>,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// One JSON object per line, for machines.
    Json,
}

impl Settings {
    /// Fills what was not said with what the file of `--config` says.
    pub(crate) fn with_file(self) -> Result<Self, Failure> {
        let Some(path) = &self.config else { return Ok(self) };
        let text = read(path)?;
        let file: Self = toml::from_str(&text).map_err(|error| {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            let line = before.matches('\n').count() + 1;
            Failure::new(format!("{}: line {line}: {}", path.display(), error.message()))
        })?;
        Ok(self.or(file))
    }

    fn or(self, other: Self) -> Self {
        Self {
            listen: self.listen.or(other.listen),
            data_dir: self.data_dir.or(other.data_dir),
            limits: self.limits.or(other.limits),
            auth: self.auth.or(other.auth),
            credentials: self.credentials.or(other.credentials),
            region: self.region.or(other.region),
            account: self.account.or(other.account),
            allow_reset: self.allow_reset.or(other.allow_reset),
            insecure: self.insecure.or(other.insecure),
            tls_cert: self.tls_cert.or(other.tls_cert),
            tls_key: self.tls_key.or(other.tls_key),
            transitions: self.transitions.or(other.transitions),
            shard_limit: self.shard_limit.or(other.shard_limit),
            application_memory: self.application_memory.or(other.application_memory),
            outer_joins: self.outer_joins.or(other.outer_joins),
            master_key: self.master_key.or(other.master_key),
            destination_authorities: self.destination_authorities.or(other.destination_authorities),
            log_format: self.log_format.or(other.log_format),
            config: self.config.or(other.config),
            s3: self.s3.or(other.s3),
        }
    }

    /// The configuration these settings amount to.
    pub(crate) fn into_config(self) -> Result<Config, Failure> {
        let default = Config::new(self.data_dir.unwrap_or_else(|| PathBuf::from("millstream-data")));
        let tls = match (self.tls_cert, self.tls_key) {
            (Some(certificate), Some(key)) => Some((certificate, key)),
            (None, None) => None,
            _ => return Err(Failure::new("tls-cert and tls-key must be given together")),
        };
        Ok(Config {
            listen: self.listen.unwrap_or(default.listen),
            limits: self.limits.unwrap_or(default.limits),
            auth: self.auth.unwrap_or(default.auth),
            credentials: self.credentials,
            region: self.region.unwrap_or(default.region),
            account: self.account.unwrap_or(default.account),
            allow_reset: self.allow_reset.unwrap_or(default.allow_reset),
            insecure: self.insecure.unwrap_or(default.insecure),
            tls,
            transitions: self.transitions.unwrap_or(default.transitions),
            shard_limit: self.shard_limit.unwrap_or(default.shard_limit),
            application_memory_mib: self.application_memory.unwrap_or(default.application_memory_mib),
            outer_joins: self.outer_joins.unwrap_or(default.outer_joins),
            master_key: self.master_key,
            destination_authorities: self.destination_authorities,
            worker: None,
            s3: self.s3.unwrap_or_default(),
            data_dir: default.data_dir,
        })
    }
}

/// Reads a file the operator named.
pub(crate) fn read(path: &Path) -> Result<String, Failure> {
    let bytes = host::Host::real().files().read(path);
    let bytes = bytes.map_err(|error| Failure::new(format!("cannot read {}: {error}", path.display())))?;
    String::from_utf8(bytes).map_err(|_| Failure::new(format!("{} is not text", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_said_wins_over_the_file() {
        let said = Settings { region: Some("eu-west-1".to_owned()), ..Settings::default() };
        let file = "region = \"us-west-2\"\nlimits = \"off\"\nallow-reset = true\nlisten = \"127.0.0.1:0\"";
        let merged = said.or(toml::from_str(file).expect("a valid file"));
        let config = merged.into_config().expect("valid settings");
        assert_eq!((config.region.as_str(), config.limits, config.allow_reset), ("eu-west-1", Enforcement::Off, true));
        assert_eq!((config.listen.port(), config.account.as_str()), (0, "000000000000"));
    }

    #[test]
    fn a_setting_nobody_knows_is_refused() {
        let error = toml::from_str::<Settings>("regoin = \"us-west-2\"").expect_err("a misspelt name");
        assert!(error.to_string().contains("unknown field `regoin`"), "{error}");
    }
}
