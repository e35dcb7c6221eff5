//! Puts a server together: the host, the data directory, the engines, the services, the gateway.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use firehose::Firehose;
use gateway::{Auth, Hooks, Limits, Reset, Server, Tls};
use host::{Host, LineFiles};
use keys::Keys;
use kinesis::Kinesis;
use kinesisanalytics::KinesisAnalytics;
use log::{DiskLog, LogEngine};
use s3::S3;
use store::{Blobs, Store};
use sts::Sts;

use crate::credentials;
use crate::links::{Buckets, DataStreams, DeliveryStreams};
use crate::{Access, Config, Failure, settings};

/// How long requests may take to end at shutdown; with [`CLOSE_MAX`] it stays under two seconds.
const DRAIN_MAX: Duration = Duration::from_millis(1_200);
/// How long the log may take at shutdown to write out what the next start would otherwise read from the WAL.
const CLOSE_MAX: Duration = Duration::from_millis(600);

/// A running server. [`Running::shutdown`] stops it in order.
pub struct Running {
    server: Server,
    analytics: Arc<KinesisAnalytics>,
    firehose: Arc<Firehose>,
    log: Arc<dyn LogEngine>,
    host: Host,
    lock: log::DirectoryLock,
}

impl std::fmt::Debug for Running {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Running({})", self.address())
    }
}

impl Running {
    /// The address it listens on, with the port the system chose.
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// The endpoint for clients.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address())
    }

    /// Lets requests in flight end, then closes everything. A process that ends now keeps the lock until then: threads
    /// that were not waited for may still write, and nobody else may before they are gone.
    pub async fn shutdown(self) -> log::DirectoryLock {
        self.server.shutdown().await;
        // What they were at goes on at the next start.
        self.analytics.close().await;
        // What is not delivered stays in the log until the next start.
        self.firehose.stop();
        // What does not get written out in time is in the WAL already: only the next start takes longer.
        tokio::select! {
            closed = self.log.close() => {
                if let Err(error) = closed {
                    tracing::warn!(%error, "the log was not closed in order");
                }
            }
            () = self.host.sleep(CLOSE_MAX) => tracing::info!("the log has more to write out than there is time for"),
        }
        self.lock
    }
}

/// Starts a whole server in this process.
pub async fn start(config: Config) -> Result<Running, Failure> {
    check(&config)?;
    let auth = auth(&config)?;
    let authorities = config.destination_authorities.as_deref();
    let authorities = authorities.map(settings::read).transpose()?.map(String::into_bytes);
    let s3_settings = config.s3.settings(&config.region, &config.account).map_err(Failure::new)?;
    let host = Host::real();
    let lock = log::lock_directory(&host, &config.data_dir).map_err(|error| Failure::caused_by(&error))?;
    // The disk that is full or damaged is the one under this directory.
    let failed = |error: &(dyn std::error::Error + 'static)| {
        Failure::new(format!("cannot use {}: {}", config.data_dir.display(), Failure::caused_by(error)))
    };
    let store = Store::open(&host, &config.data_dir).map_err(|error| failed(&error))?;
    let log = DiskLog::open(host.clone(), &config.data_dir.join("log"), store.clone(), log::Options::default());
    let log: Arc<dyn LogEngine> = Arc::new(log.map_err(|error| failed(&error))?);
    let keys = Keys::open(&host, store.clone(), &master_key(&config));
    let sts = sts::Settings { any_account: config.auth == Access::Open };
    let sts = Sts::open(&host, &store, sts).await.map_err(|error| failed(&error))?;
    let blobs = Blobs::open(&host, &config.data_dir, &store).map_err(|error| failed(&error))?;
    let parts = s3::Parts { host: host.clone(), store: store.clone(), blobs: blobs.clone(), keys: keys.clone() };
    let s3 = S3::open(parts, s3_settings);
    let settled = s3.settle_mappings().await;
    settled.map_err(|error| Failure::new(error.message().unwrap_or("S3 cannot start").to_owned()))?;
    let parts = kinesis::Parts {
        host: host.clone(),
        log: Arc::clone(&log),
        store: store.clone(),
        keys: Arc::new(keys.clone()),
    };
    let kinesis = Kinesis::open(parts, kinesis_settings(&config)).await.map_err(|error| failed(&error))?;
    let data_streams = Arc::new(DataStreams::new(Arc::clone(&kinesis)));
    let logs = Arc::new(LineFiles::new(host.clone(), config.data_dir.join("logs")));
    let parts = firehose::Parts {
        host: host.clone(),
        log: Arc::clone(&log),
        store: store.clone(),
        keys: Arc::new(keys.clone()),
        objects: Arc::new(Buckets(Arc::clone(&s3))),
        data_streams: Arc::clone(&data_streams) as _,
        authorities,
        worker: config.worker.clone(),
        logs: Arc::clone(&logs),
    };
    let firehose = Firehose::open(parts, firehose_settings(&config)).await.map_err(|error| failed(&error))?;
    let parts = kinesisanalytics::Parts {
        host: host.clone(),
        store,
        blobs,
        streams: data_streams,
        deliveries: Arc::new(DeliveryStreams(Arc::clone(&firehose))),
        objects: Arc::new(Buckets(Arc::clone(&s3))),
        logs,
    };
    let analytics = KinesisAnalytics::open(parts, analytics_settings(&config)).await.map_err(|error| failed(&error))?;
    let faces = vec![
        firehose::face(Arc::clone(&firehose)),
        kinesis::face(Arc::clone(&kinesis)),
        kinesisanalytics::face(Arc::clone(&analytics)),
        kinesisanalytics::face_v2(Arc::clone(&analytics)),
        kms::face(&host, &keys),
        sts::face(Arc::clone(&sts)),
    ];
    let services =
        Services { analytics: Arc::clone(&analytics), firehose: Arc::clone(&firehose), kinesis, keys, sts, s3 };
    let hooks = hooks(&config, services);
    let gateway = gateway_settings(&config, auth);
    let server =
        gateway::serve(host.clone(), gateway, faces, hooks).await.map_err(|error| Failure::caused_by(&error))?;
    Ok(Running { server, analytics, firehose, log, host, lock })
}

/// What the gateway asks of services beside their operations.
fn hooks(config: &Config, services: Services) -> Hooks {
    Hooks {
        metrics: vec![
            Arc::new(KinesisMetrics(Arc::clone(&services.kinesis))),
            Arc::new(FirehoseMetrics(Arc::clone(&services.firehose))),
            Arc::new(AnalyticsMetrics(Arc::clone(&services.analytics))),
        ],
        sessions: Some(Arc::clone(&services.sts) as _),
        rest: vec![Arc::new(s3::Face::new(Arc::clone(&services.s3)))],
        reset: config.allow_reset.then(|| reset(services)),
    }
}

fn gateway_settings(config: &Config, auth: gateway::Auth) -> gateway::Config {
    gateway::Config {
        listen: config.listen,
        auth,
        region: config.region.clone(),
        account: config.account.clone(),
        tls: Some(tls(config)),
        limits: Limits { drain: DRAIN_MAX, ..Limits::default() },
    }
}

fn kinesis_settings(config: &Config) -> kinesis::Settings {
    kinesis::Settings {
        limits: config.limits.into(),
        transitions: config.transitions.into(),
        shard_limit: config.shard_limit,
    }
}

fn firehose_settings(config: &Config) -> firehose::Settings {
    firehose::Settings { limits: config.limits.into(), transitions: config.transitions.into() }
}

fn analytics_settings(config: &Config) -> kinesisanalytics::Settings {
    kinesisanalytics::Settings {
        limits: config.limits.into(),
        transitions: config.transitions.into(),
        memory_bytes_max: (config.application_memory_mib as usize) << 20,
        lone_rows: config.outer_joins.lone_rows(),
    }
}

fn master_key(config: &Config) -> PathBuf {
    config.master_key.clone().unwrap_or_else(|| config.data_dir.join("master.key"))
}

/// The services that keep something.
#[derive(Clone)]
struct Services {
    analytics: Arc<KinesisAnalytics>,
    firehose: Arc<Firehose>,
    kinesis: Arc<Kinesis>,
    keys: Keys,
    sts: Arc<Sts>,
    s3: Arc<S3>,
}

/// Empties every service that keeps something.
fn reset(services: Services) -> Reset {
    Arc::new(move || {
        let Services { analytics, firehose, kinesis, keys, sts, s3 } = services.clone();
        Box::pin(async move {
            // Who reads before what is read, and streams before the keys they are encrypted under.
            analytics.reset().await.map_err(|error| error.to_string())?;
            firehose.reset().await.map_err(|error| error.to_string())?;
            kinesis.reset().await.map_err(|error| error.to_string())?;
            keys.delete_all().await.map_err(|error| error.to_string())?;
            s3.reset().await.map_err(|error| error.to_string())?;
            s3.settle_mappings().await.map_err(|error| error.to_string())?;
            sts.forget_sessions().await.map_err(|error| error.to_string())
        })
    })
}

/// Refuses what would be dangerous or could never work, before anything is touched.
fn check(config: &Config) -> Result<(), Failure> {
    if config.auth == Access::Open && !config.listen.ip().is_loopback() && !config.insecure {
        return Err(Failure::new(format!(
            "refusing to listen on {} without checking signatures: use --auth keys, or say --insecure",
            config.listen
        )));
    }
    if !credentials::is_account(&config.account) {
        return Err(Failure::new(format!("--account must be twelve digits, not '{}'", config.account)));
    }
    // Regions become parts of ARNs and of stored keys.
    let is_region = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if config.region.is_empty() || config.region.len() > 32 || !config.region.bytes().all(is_region) {
        let sentence = format!("--region must be lower-case letters, digits and dashes, not '{}'", config.region);
        return Err(Failure::new(sentence));
    }
    Ok(())
}

fn auth(config: &Config) -> Result<Auth, Failure> {
    match (config.auth, &config.credentials) {
        (Access::Open, None) => Ok(Auth::Open),
        (Access::Open, Some(_)) => Err(Failure::new("--credentials needs --auth keys; --auth open checks nobody")),
        (Access::Keys, None) => Err(Failure::new("--auth keys needs --credentials FILE")),
        (Access::Keys, Some(path)) => Ok(Auth::Keys(Arc::new(credentials::load(path)?))),
    }
}

fn tls(config: &Config) -> Tls {
    match &config.tls {
        Some((certificate, key)) => Tls::Files { certificate: certificate.clone(), key: key.clone() },
        None => Tls::SelfSigned { directory: config.data_dir.join("tls") },
    }
}

/// CloudWatch's metrics of Kinesis, as `/metrics` asks for them.
struct KinesisMetrics(Arc<Kinesis>);

impl gateway::MetricsSource for KinesisMetrics {
    fn write(&self, out: &mut String) {
        self.0.write_metrics(out);
    }
}

/// CloudWatch's metrics of Firehose, as `/metrics` asks for them.
struct FirehoseMetrics(Arc<Firehose>);

impl gateway::MetricsSource for FirehoseMetrics {
    fn write(&self, out: &mut String) {
        self.0.write_metrics(out);
    }
}

/// CloudWatch's metrics of Kinesis Data Analytics, as `/metrics` asks for them.
struct AnalyticsMetrics(Arc<KinesisAnalytics>);

impl gateway::MetricsSource for AnalyticsMetrics {
    fn write(&self, out: &mut String) {
        self.0.write_metrics(out);
    }
}
