//! What the gateway is told at its start: where to listen, whom to believe, how much to bear.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use aws::rest::RestFace;
use futures::future::BoxFuture;

use crate::{Credentials, MetricsSource, Sessions};

/// Everything that is set before the first connection.
#[derive(Debug, Clone)]
pub struct Config {
    /// The address to listen on; port 0 lets the system choose.
    pub listen: SocketAddr,
    /// Whose requests are answered.
    pub auth: Auth,
    /// The region of requests whose credential scope names none.
    pub region: String,
    /// The account of callers whose access key id is not an account itself.
    pub account: String,
    /// Where the TLS certificate comes from; without it TLS connections are closed.
    pub tls: Option<Tls>,
    /// What one server bears.
    pub limits: Limits,
}

/// Whose requests are answered.
#[derive(Debug, Clone)]
pub enum Auth {
    /// Anybody's: a request must look signed, the signature is not checked. For loopback.
    Open,
    /// Only those signed with one of these keys, or with a session made from one.
    Keys(Arc<Credentials>),
}

/// Where the TLS certificate comes from.
#[derive(Debug, Clone)]
pub enum Tls {
    /// PEM files of the certificate chain and its private key.
    Files {
        /// The certificate, followed by its issuers.
        certificate: PathBuf,
        /// The private key.
        key: PathBuf,
    },
    /// A self-signed certificate, made in this directory on the first start and kept.
    SelfSigned {
        /// The directory of `certificate.pem` and `key.pem`.
        directory: PathBuf,
    },
}

/// What one server bears. Beyond it callers are refused, not served slowly.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Connections at once.
    pub connections: usize,
    /// Requests at once, over all connections.
    pub requests: usize,
    /// Event streams at once, over all connections.
    pub event_streams: usize,
    /// Names and values of one request's headers, together.
    pub header_bytes: usize,
    /// Bodies that are being received or worked on, together.
    pub body_bytes_in_flight: usize,
    /// Large answers that are being made or written, together.
    pub answer_bytes_in_flight: usize,
    /// How long a request for a large answer may wait for its share of that.
    pub answer_wait: Duration,
    /// How long a peer may leave unread what is written to it.
    pub unread: Duration,
    /// How long a new connection may wait before its first bytes, and a TLS handshake may take.
    pub handshake: Duration,
    /// How long the headers of one request may take.
    pub header_read: Duration,
    /// How long a connection may stay without a request.
    pub idle: Duration,
    /// How long a body may take, beside one second for every 64 KiB of it.
    pub body_read: Duration,
    /// How long requests in flight may take to end once the server is asked to stop.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 10_000,
            requests: 4_096,
            event_streams: 20_000,
            header_bytes: 32 << 10,
            body_bytes_in_flight: 128 << 20,
            answer_bytes_in_flight: 256 << 20,
            answer_wait: Duration::from_secs(10),
            unread: Duration::from_secs(20),
            handshake: Duration::from_secs(10),
            header_read: Duration::from_secs(20),
            idle: Duration::from_secs(120),
            body_read: Duration::from_secs(30),
            drain: Duration::from_millis(1500),
        }
    }
}

/// Empties the server; the error is what went wrong, for the log and the client.
pub type Reset = Arc<dyn Fn() -> BoxFuture<'static, Result<(), String>> + Send + Sync>;

/// What others lend the gateway.
#[derive(Clone, Default)]
pub struct Hooks {
    /// Who else writes on `/metrics`.
    pub metrics: Vec<Arc<dyn MetricsSource>>,
    /// What `POST /_millstream/reset` does; refused where there is none.
    pub reset: Option<Reset>,
    /// Who knows temporary credentials.
    pub sessions: Option<Arc<dyn Sessions>>,
    /// Services whose requests are paths; asked in this order where a request means no operation of the others.
    pub rest: Vec<Arc<dyn RestFace>>,
}

impl fmt::Debug for Hooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hooks")
            .field("metrics", &self.metrics.len())
            .field("reset", &self.reset.is_some())
            .field("sessions", &self.sessions.is_some())
            .field("rest", &self.rest.len())
            .finish()
    }
}
