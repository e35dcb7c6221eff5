//! A small client of Kinesis, Firehose, Kinesis Data Analytics and S3 for the demo and the SQL terminal.
//!
//! Not the AWS SDK: even without TLS it costs five CPU minutes of cold build, more than everything else of this
//! program together, for the few calls made here. Clients that users run beside their own code speak through the SDK.

#![expect(clippy::disallowed_methods, reason = "a client lives in real time")]

mod endpoint;
mod events;
mod tls;

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;

use events::take_frame;

pub(crate) use endpoint::{Endpoint, Keys};

/// After this the answer is not waited for any more; a subscription sends something every five seconds.
const PATIENCE: Duration = Duration::from_secs(15);
/// Between two tries of a call that came too early: quotas are counted by the second.
const REPEAT_AFTER: Duration = Duration::from_millis(250);
/// So often a call is tried again.
const REPEATS_MAX: usize = 20;

/// A service by the name that requests are signed for, and by its target.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Service {
    signing_name: &'static str,
    target: &'static str,
}

/// Kinesis Data Streams.
pub(crate) const KINESIS: Service = Service { signing_name: "kinesis", target: "Kinesis_20131202" };
/// Data Firehose.
pub(crate) const FIREHOSE: Service = Service { signing_name: "firehose", target: "Firehose_20150804" };

/// Kinesis Data Analytics, the second version of its API.
pub(crate) const ANALYTICS: Service = Service { signing_name: "kinesisanalytics", target: "KinesisAnalytics_20180523" };

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum CallError {
    /// The connection broke, or there is none: what became of the call is not known.
    Broken(String),
    /// The server refused.
    Refused {
        /// The error's code.
        code: String,
        /// Its sentence.
        message: String,
    },
}

impl CallError {
    /// Whether trying again can help.
    pub(crate) fn is_passing(&self) -> bool {
        const PASSING: [&str; 6] = [
            "ProvisionedThroughputExceededException",
            "LimitExceededException",
            "ResourceInUseException",
            "ExpiredIteratorException",
            "InternalFailure",
            "ServiceUnavailable",
        ];
        match self {
            Self::Broken(_) => true,
            Self::Refused { code, .. } => PASSING.contains(&code.as_str()),
        }
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Broken(cause) => write!(f, "the connection broke: {cause}"),
            Self::Refused { code, message } => write!(f, "{code}: {message}"),
        }
    }
}

impl std::error::Error for CallError {}

fn broken(cause: impl fmt::Display) -> CallError {
    CallError::Broken(cause.to_string())
}

/// One connection, made when it is needed and made again after it broke.
pub(crate) struct Client {
    endpoint: Endpoint,
    sender: Option<SendRequest<Full<Bytes>>>,
}

impl Client {
    /// A client of a server on this machine that runs in open mode.
    pub(crate) fn new(address: SocketAddr) -> Self {
        Self::of(Endpoint::open(address))
    }

    /// A client of a server.
    pub(crate) fn of(endpoint: Endpoint) -> Self {
        Self { endpoint, sender: None }
    }

    /// Calls an operation of Kinesis and reads its answer.
    pub(crate) async fn call<T: DeserializeOwned>(&mut self, operation: &str, body: &Value) -> Result<T, CallError> {
        self.call_of(KINESIS, operation, body).await
    }

    /// Calls an operation of Kinesis, again and again while the server says that there are too many calls.
    pub(crate) async fn call_patiently<T: DeserializeOwned>(
        &mut self,
        operation: &str,
        body: &Value,
    ) -> Result<T, CallError> {
        for _ in 0..REPEATS_MAX {
            match self.call(operation, body).await {
                Err(error @ CallError::Refused { .. }) if error.is_passing() => tokio::time::sleep(REPEAT_AFTER).await,
                answered => return answered,
            }
        }
        self.call(operation, body).await
    }

    /// Calls an operation and reads its answer.
    pub(crate) async fn call_of<T: DeserializeOwned>(
        &mut self,
        service: Service,
        operation: &str,
        body: &Value,
    ) -> Result<T, CallError> {
        let bytes = self.answer(operation_request(service, operation, &self.endpoint, body)).await?;
        let bytes: &[u8] = if bytes.is_empty() { b"null" } else { &bytes };
        serde_json::from_slice(bytes).map_err(|error| CallError::Refused {
            code: "an answer that this client does not understand".to_owned(),
            message: error.to_string(),
        })
    }

    /// Asks S3 for a path, and reads the answer as it is.
    pub(crate) async fn s3(&mut self, method: Method, path: &str) -> Result<Bytes, CallError> {
        self.s3_with(method, path, Bytes::new()).await
    }

    /// Makes an object of a text.
    pub(crate) async fn put_object(&mut self, path: &str, text: &'static str) -> Result<(), CallError> {
        self.s3_with(Method::PUT, path, Bytes::from_static(text.as_bytes())).await.map(drop)
    }

    async fn s3_with(&mut self, method: Method, path: &str, body: Bytes) -> Result<Bytes, CallError> {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", self.endpoint.host())
            .header("x-amz-date", "20260101T000000Z")
            .header("x-amz-content-sha256", "UNSIGNED-PAYLOAD")
            .header("authorization", self.endpoint.claim("s3", "20260101"))
            .body(Full::new(body))
            .map_err(|error| CallError::Refused { code: "not a path".to_owned(), message: error.to_string() })?;
        self.answer(request).await
    }

    /// Opens an object, by its path.
    pub(crate) async fn object(&mut self, path: &str) -> Result<Object, CallError> {
        let request = Request::get(path).header("host", self.endpoint.host()).body(());
        let not_a_path = |error: hyper::http::Error| CallError::Refused {
            code: "not a path".to_owned(),
            message: error.to_string(),
        };
        let (mut parts, ()) = request.map_err(not_a_path)?.into_parts();
        self.endpoint.sign_for_s3(&mut parts);
        let request = Request::from_parts(parts, Full::new(Bytes::new()));
        let sent = timeout(PATIENCE, self.send(request)).await.unwrap_or_else(|_| Err(broken("no answer")));
        // It keeps its connection, so the next call needs another.
        let connection = self.sender.take();
        Ok(Object { body: sent?.into_body(), _connection: connection })
    }

    async fn answer(&mut self, request: Request<Full<Bytes>>) -> Result<Bytes, CallError> {
        let answer = timeout(PATIENCE, async {
            let response = self.send(request).await?;
            whole(response).await
        });
        let answered = answer.await.unwrap_or_else(|_| Err(broken("no answer")));
        if matches!(answered, Err(CallError::Broken(_))) {
            self.sender = None;
        }
        answered
    }

    /// Opens an event stream.
    pub(crate) async fn subscribe(&mut self, operation: &str, body: &Value) -> Result<Subscription, CallError> {
        let sent = timeout(PATIENCE, self.send(operation_request(KINESIS, operation, &self.endpoint, body))).await;
        // A subscription keeps its connection, so the next call needs another.
        let response = sent.unwrap_or_else(|_| Err(broken("no answer")));
        let connection = self.sender.take();
        Ok(Subscription { body: response?.into_body(), arrived: BytesMut::new(), _connection: connection })
    }

    async fn send(&mut self, request: Request<Full<Bytes>>) -> Result<Response<Incoming>, CallError> {
        let mut sender = match self.sender.take().filter(|sender| !sender.is_closed()) {
            Some(sender) => sender,
            None => self.connect().await?,
        };
        sender.ready().await.map_err(broken)?;
        let response = sender.send_request(request).await.map_err(broken)?;
        self.sender = Some(sender);
        match response.status().is_success() {
            true => Ok(response),
            false => Err(refusal(&whole(response).await?)),
        }
    }

    async fn connect(&self) -> Result<SendRequest<Full<Bytes>>, CallError> {
        let stream = TcpStream::connect(self.endpoint.address()).await.map_err(broken)?;
        // While nobody listens there, the kernel may connect a socket to itself, and the server could not have its port.
        if stream.local_addr().ok() == Some(self.endpoint.address()) {
            return Err(broken("nobody listens"));
        }
        stream.set_nodelay(true).map_err(broken)?;
        match self.endpoint.tls() {
            None => speak(stream).await,
            Some(tls) => {
                let secured = tls.connect(stream).await.map_err(|error| CallError::Refused {
                    code: "no secure connection".to_owned(),
                    message: tls::advice(&error),
                });
                speak(secured?).await
            }
        }
    }
}

/// Speaks HTTP on a connection.
async fn speak<C>(connection: C) -> Result<SendRequest<Full<Bytes>>, CallError>
where
    C: AsyncRead + AsyncWrite + Unpin + 'static,
{
    let (sender, connection) = handshake(TokioIo::new(connection)).await.map_err(broken)?;
    tokio::task::spawn_local(async move {
        // How it ended is seen where a call fails.
        let _ = connection.await;
    });
    Ok(sender)
}

fn operation_request(service: Service, operation: &str, endpoint: &Endpoint, body: &Value) -> Request<Full<Bytes>> {
    let body = Bytes::from(body.to_string());
    let request = Request::post("/")
        .header("host", endpoint.host())
        .header("x-amz-target", format!("{}.{operation}", service.target))
        .header("content-type", "application/x-amz-json-1.1")
        .body(())
        .expect("all parts of the request are constants or valid text");
    let (mut parts, ()) = request.into_parts();
    endpoint.sign(service.signing_name, &mut parts, &body);
    Request::from_parts(parts, Full::new(body))
}

async fn whole(response: Response<Incoming>) -> Result<Bytes, CallError> {
    Ok(response.into_body().collect().await.map_err(broken)?.to_bytes())
}

fn refusal(body: &[u8]) -> CallError {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Refusal {
        #[serde(rename = "__type")]
        code: String,
        #[serde(alias = "Message")]
        message: String,
    }
    let text = String::from_utf8_lossy(body);
    let Refusal { code, message } = serde_json::from_slice(body).unwrap_or_else(|_| match element(&text, "Code") {
        Some(code) => Refusal { code, message: element(&text, "Message").unwrap_or_default() },
        None => Refusal { code: "an unreadable refusal".to_owned(), message: text.into_owned() },
    });
    CallError::Refused { code, message }
}

/// What is inside an element of S3's XML.
fn element(text: &str, name: &str) -> Option<String> {
    let (_, behind) = text.split_once(&format!("<{name}>"))?;
    let (text, _) = behind.split_once("</")?;
    let plain = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")];
    Some(plain.iter().fold(text.to_owned(), |text, (escaped, letter)| text.replace(escaped, letter)))
}

/// An open object.
pub(crate) struct Object {
    body: Incoming,
    /// Held so that the connection lives until all was read.
    _connection: Option<SendRequest<Full<Bytes>>>,
}

impl Object {
    /// Its next bytes, `None` at its end.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, CallError> {
        loop {
            match timeout(PATIENCE, self.body.frame()).await.map_err(|_| broken("nothing more came"))? {
                Some(frame) => {
                    if let Ok(data) = frame.map_err(broken)?.into_data() {
                        return Ok(Some(data));
                    }
                }
                None => return Ok(None),
            }
        }
    }
}

/// An open event stream.
pub(crate) struct Subscription {
    body: Incoming,
    arrived: BytesMut,
    /// Held so that the connection lives as long as the stream.
    _connection: Option<SendRequest<Full<Bytes>>>,
}

impl Subscription {
    /// The next event of the named type, `None` at the end of the stream.
    pub(crate) async fn next<T: DeserializeOwned>(&mut self, event_type: &str) -> Result<Option<T>, CallError> {
        loop {
            if let Some(frame) = take_frame(&mut self.arrived).map_err(broken)? {
                if let Some(code) = frame.header(":exception-type") {
                    let message = String::from_utf8_lossy(&frame.payload).into_owned();
                    return Err(CallError::Refused { code: code.to_owned(), message });
                }
                if frame.header(":event-type") == Some(event_type) {
                    return serde_json::from_slice(&frame.payload).map(Some).map_err(broken);
                }
                continue;
            }
            match timeout(PATIENCE, self.body.frame()).await.map_err(|_| broken("no heartbeat"))? {
                Some(frame) => {
                    if let Ok(data) = frame.map_err(broken)?.into_data() {
                        self.arrived.extend_from_slice(&data);
                    }
                }
                None => return Ok(None),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_say_whether_trying_again_can_help() {
        for (body, is_passing) in [
            (r#"{"__type":"LimitExceededException","message":"m"}"#, true),
            (r#"{"__type":"ExpiredIteratorException"}"#, true),
            (r#"{"__type":"ResourceNotFoundException","message":"m"}"#, false),
            (r#"{"__type":"SerializationException","Message":"m"}"#, false),
            ("<html>", false),
            ("<Error><Code>NoSuchKey</Code><Message>m</Message></Error>", false),
            ("<Error><Code>ServiceUnavailable</Code></Error>", true),
        ] {
            assert_eq!(refusal(body.as_bytes()).is_passing(), is_passing, "{body}");
        }
        assert!(broken("x").is_passing());
    }
}
