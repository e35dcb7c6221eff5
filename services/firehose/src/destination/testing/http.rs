//! An HTTP server that does what a test says, on the level of bytes.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use host::Host;
use host::simulated::SimulatedNetwork;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// A request as it came.
#[derive(Debug, Clone, Default)]
pub(crate) struct Received {
    /// For example `POST /path HTTP/1.1`.
    pub(crate) line: String,
    /// Names in lower case.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
    /// Which connection it came over, counted from 0.
    pub(crate) connection: usize,
    /// When it was complete, in the host's monotonic time.
    pub(crate) at: Duration,
}

impl Received {
    /// The body as JSON.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// A header that must be there.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("no header {name}"))
    }
}

/// What a connection does behind a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum After {
    KeepOpen,
    Close,
    Reset,
    /// Nothing ever comes.
    Hang,
}

/// What is sent for a request.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) delay: Duration,
    pub(crate) bytes: Vec<u8>,
    pub(crate) after: After,
}

impl Reply {
    /// Exactly these bytes.
    pub(crate) fn raw(bytes: impl Into<Vec<u8>>, after: After) -> Self {
        Self { delay: Duration::ZERO, bytes: bytes.into(), after }
    }

    /// A JSON answer in order.
    pub(crate) fn json(status: u16, body: &str) -> Self {
        let head = format!(
            "HTTP/1.1 {status} Text\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        Self::raw(head + body, After::KeepOpen)
    }

    /// The same, later.
    pub(crate) fn after_seconds(self, seconds: u64) -> Self {
        Self { delay: Duration::from_secs(seconds), ..self }
    }
}

/// A server's memory of what it was sent.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<Received>>>);

impl Log {
    pub(crate) fn all(&self) -> Vec<Received> {
        self.0.lock().unwrap().clone()
    }
}

type Script = Arc<Mutex<dyn FnMut(&Received) -> Reply + Send>>;

/// Serves a simulated machine's port with a script that is asked for every request.
pub(crate) fn serve(
    host: &Host,
    network: &SimulatedNetwork,
    (machine, port): (&str, u16),
    script: impl FnMut(&Received) -> Reply + Send + 'static,
) -> Log {
    let log = Log::default();
    let kept = log.clone();
    let script: Script = Arc::new(Mutex::new(script));
    let mut listener = network.listen(machine, port);
    let spawner = host.clone();
    host.spawn("server", async move {
        for connection in 0.. {
            let mut peer = listener.accept().await;
            let (host, script, log) = (spawner.clone(), Arc::clone(&script), kept.clone());
            spawner.spawn("connection", async move {
                match converse(&mut peer, &host, connection, &script, &log).await {
                    After::Reset => peer.reset(),
                    After::Hang => std::future::pending().await,
                    After::Close | After::KeepOpen => drop(peer),
                }
            });
        }
    });
    log
}

/// Answers the requests of one connection until it shall end; tells how.
pub(crate) async fn converse(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    host: &Host,
    connection: usize,
    script: &Script,
    log: &Log,
) -> After {
    while let Some(mut received) = read_request(stream).await {
        received.connection = connection;
        received.at = host.monotonic();
        let reply = (script.lock().unwrap())(&received);
        log.0.lock().unwrap().push(received);
        if !reply.delay.is_zero() {
            host.sleep(reply.delay).await;
        }
        // The client may have given up.
        if stream.write_all(&reply.bytes).await.is_err() || stream.flush().await.is_err() {
            return After::Close;
        }
        if reply.after != After::KeepOpen {
            return reply.after;
        }
    }
    After::Close
}

async fn read_request(stream: &mut (impl AsyncRead + Unpin)) -> Option<Received> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).unwrap();
    let mut lines = head.lines();
    let line = lines.next().unwrap().to_owned();
    let headers: BTreeMap<String, String> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let mut body = vec![0; headers.get("content-length").map_or(0, |text| text.parse().unwrap())];
    stream.read_exact(&mut body).await.ok()?;
    Some(Received { line, headers, body, ..Received::default() })
}
