//! The listener: accepts, counts, and drains.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use aws::Face;
use host::Host;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use crate::auth::Verifier;
use crate::metrics::Counts;
use crate::peer::Watch;
use crate::request_id::RequestIds;
use crate::rest::{Keyring, Mount};
use crate::route::Routes;
use crate::{Config, Hooks, Limits, body, connection, tls};

/// How long the listener rests when the system has no file handle left for a connection.
const EXHAUSTED_PAUSE: Duration = Duration::from_millis(50);
/// What a connection beyond the limit reads.
const TOO_MANY_CONNECTIONS: &str =
    r#"{"__type":"ServiceUnavailable","message":"The server has as many connections as it is set to bear."}"#;

/// Why the gateway did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address that was asked for.
        address: SocketAddr,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The certificate or its key cannot be used.
    #[error("cannot use the TLS certificate: {0}")]
    Tls(String),
}

/// What all connections share.
pub(crate) struct Gate {
    pub(crate) host: Host,
    pub(crate) limits: Limits,
    pub(crate) verifier: Arc<Verifier>,
    pub(crate) keyring: Arc<Keyring>,
    pub(crate) routes: Routes,
    pub(crate) mounts: Vec<Mount>,
    pub(crate) ids: RequestIds,
    pub(crate) watch: Watch,
    pub(crate) counts: Arc<Counts>,
    pub(crate) hooks: Hooks,
    pub(crate) tls: Option<tokio_rustls::TlsAcceptor>,
    pub(crate) requests: Arc<Semaphore>,
    pub(crate) event_streams: Arc<Semaphore>,
    pub(crate) body_bytes: Arc<Semaphore>,
    pub(crate) answer_bytes: Arc<Semaphore>,
    closing: watch::Receiver<bool>,
}

impl Gate {
    /// Resolves when the server is asked to stop.
    pub(crate) fn closing(&self) -> impl Future<Output = ()> + Send + 'static {
        let mut closing = self.closing.clone();
        async move {
            // An error means that the server is gone altogether.
            let _ = closing.wait_for(|closing| *closing).await;
        }
    }
}

/// A running gateway. [`Server::shutdown`] stops it and waits; dropping it stops it without waiting.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    closing: watch::Sender<bool>,
    ended: tokio::task::JoinHandle<()>,
}

impl Server {
    /// The address that is listened on, with the port the system chose.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops accepting, ends event streams, lets requests in flight end, and returns when all is quiet or the drain
    /// limit is over.
    pub async fn shutdown(self) {
        self.closing.send_replace(true);
        if let Err(error) = self.ended.await {
            tracing::error!(%error, "the listener ended badly");
        }
    }
}

/// Starts a gateway on its own listener.
pub async fn serve(host: Host, config: Config, faces: Vec<Face>, hooks: Hooks) -> Result<Server, StartError> {
    let tls = match &config.tls {
        Some(source) => Some(tls::acceptor(&host, source, config.listen).map_err(StartError::Tls)?),
        None => None,
    };
    let refused = |source| StartError::Listen { address: config.listen, source };
    let listener = TcpListener::bind(config.listen).await.map_err(refused)?;
    let address = listener.local_addr().map_err(refused)?;
    let (sender, closing) = watch::channel(false);
    let verifier = Arc::new(Verifier::new(&config, hooks.sessions.clone()));
    let gate = Arc::new(Gate {
        keyring: Keyring::new(host.clone(), Arc::clone(&verifier)),
        verifier,
        routes: Routes::new(&faces),
        mounts: hooks.rest.iter().cloned().map(Mount::new).collect(),
        ids: RequestIds::new(&host),
        watch: Watch::default(),
        counts: Arc::new(Counts::default()),
        hooks,
        tls,
        requests: Arc::new(Semaphore::new(config.limits.requests)),
        event_streams: Arc::new(Semaphore::new(config.limits.event_streams)),
        body_bytes: body::in_flight(config.limits.body_bytes_in_flight),
        answer_bytes: body::in_flight(config.limits.answer_bytes_in_flight),
        limits: config.limits,
        host,
        closing,
    });
    let ended = tokio::spawn(accept(gate, listener));
    Ok(Server { address, closing: sender, ended })
}

async fn accept(gate: Arc<Gate>, listener: TcpListener) {
    let mut connections = JoinSet::new();
    let mut closing = std::pin::pin!(gate.closing());
    let mut watching = std::pin::pin!(gate.watch.keep(&gate.host, &gate.limits));
    loop {
        tokio::select! {
            biased;
            () = closing.as_mut() => break,
            () = watching.as_mut() => {}
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => admit(&gate, stream, &mut connections),
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    gate.host.sleep(EXHAUSTED_PAUSE).await;
                }
            },
        }
    }
    drop(listener);
    gate.watch.close();
    let drained = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(gate.limits.drain, drained).await.is_err() {
        tracing::warn!(connections = connections.len(), "connections were closed before they were done");
        connections.shutdown().await;
    }
}

fn admit(gate: &Arc<Gate>, stream: TcpStream, connections: &mut JoinSet<()>) {
    gate.counts.connections.fetch_add(1, Ordering::Relaxed);
    if connections.len() >= gate.limits.connections {
        gate.counts.connections_refused.fetch_add(1, Ordering::Relaxed);
        let answer = format!(
            "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/x-amz-json-1.1\r\n\
             content-length: {}\r\nconnection: close\r\n\r\n{TOO_MANY_CONNECTIONS}",
            TOO_MANY_CONNECTIONS.len()
        );
        // The socket's buffer is empty, so this neither blocks nor needs to be repeated; if it fails, the peer left.
        let _ = stream.try_write(answer.as_bytes());
        return;
    }
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection ended before it began");
        return;
    }
    gate.counts.connections_open.fetch_add(1, Ordering::Relaxed);
    let gate = Arc::clone(gate);
    connections.spawn(async move {
        let _open = OpenConnection(Arc::clone(&gate.counts));
        connection::serve(gate, stream).await;
    });
}

struct OpenConnection(Arc<Counts>);

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.0.connections_open.fetch_sub(1, Ordering::Relaxed);
    }
}
