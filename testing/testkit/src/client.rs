//! A client for tests: one connection for each request, any body, the answer as it is.

use std::io;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::Request;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};

use crate::{events, protocol};

/// How long an answer may take.
const ANSWER_SECONDS_MAX: u64 = 20;
/// How long to wait for the events that were asked for.
const EVENTS_SECONDS_MAX: u64 = 10;
/// The region of the credential scope.
const REGION: &str = "us-east-1";

/// A client of one server, in one account.
#[derive(Debug, Clone)]
pub struct Client {
    address: String,
    account: String,
}

/// What a server answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The error's code, without a namespace.
    pub code: Option<String>,
    /// The error's message.
    pub message: Option<String>,
    /// The body.
    pub body: Body,
}

/// A decoded body.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// Nothing.
    Empty,
    /// An object; of the query protocol: what stands in the result element.
    Json(Value),
    /// The events of a stream, each an object with its type as the only member.
    Events(Vec<Value>),
    /// Anything else.
    Text(String),
}

impl Body {
    /// The body as JSON: events as a list, other text as a string, nothing as null.
    pub fn as_json(&self) -> Value {
        match self {
            Self::Empty => Value::Null,
            Self::Json(value) => value.clone(),
            Self::Events(events) => Value::Array(events.clone()),
            Self::Text(text) => Value::String(text.clone()),
        }
    }
}

impl Client {
    /// A client of `endpoint`, an `http://host:port` address, in account 000000000000.
    pub fn new(endpoint: &str) -> io::Result<Self> {
        let address = endpoint.strip_prefix("http://").map(|rest| rest.trim_end_matches('/'));
        let address = address.filter(|address| address.contains(':') && !address.contains('/'));
        let refusal = || io::Error::other(format!("an endpoint reads http://HOST:PORT, not {endpoint}"));
        Ok(Self { address: address.ok_or_else(refusal)?.to_owned(), account: "000000000000".to_owned() })
    }

    /// The same client in another account.
    #[must_use]
    pub fn in_account(mut self, account: &str) -> Self {
        account.clone_into(&mut self.account);
        self
    }

    /// Calls an operation; of an event stream it reads no event.
    pub async fn call(&self, service: &str, operation: &str, request: &Value) -> io::Result<Answer> {
        self.call_for_events(service, operation, request, 0).await
    }

    /// Calls an operation; of an event stream it reads up to `event_count` events.
    pub async fn call_for_events(
        &self,
        service: &str,
        operation: &str,
        request: &Value,
        event_count: usize,
    ) -> io::Result<Answer> {
        let protocol = protocol::of(service).ok_or_else(|| io::Error::other(format!("unknown service {service}")))?;
        let body = protocol.encode(operation, request);
        let signed = self.sign(service).header("Content-Type", protocol.content_type());
        let request = match protocol.target(operation) {
            Some(target) => signed.header("X-Amz-Target", target),
            None => signed,
        };
        let request = request.body(Full::new(Bytes::from(body))).map_err(io::Error::other)?;
        let deadline = Instant::now() + Duration::from_secs(ANSWER_SECONDS_MAX);
        let answer = timeout_at(deadline, self.exchange(request, event_count)).await;
        answer.map_err(|_| io::Error::new(io::ErrorKind::TimedOut, "no answer in time"))?
    }

    /// A request with the headers of a signed one. The signature is none: servers in mode `open` do not look.
    fn sign(&self, service: &str) -> http::request::Builder {
        let now = jiff::Timestamp::now().strftime("%Y%m%dT%H%M%SZ").to_string();
        let scope = format!("{}/{}/{REGION}/{service}/aws4_request", self.account, &now[..8]);
        let authorization =
            format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host;x-amz-date, Signature={}", "0".repeat(64));
        let post = Request::post("/").header("Host", &self.address);
        post.header("X-Amz-Date", now).header("Authorization", authorization)
    }

    async fn exchange(&self, request: Request<Full<Bytes>>, event_count: usize) -> io::Result<Answer> {
        let connection = TokioIo::new(TcpStream::connect(&self.address).await?);
        let (mut sender, driver) = http1::handshake(connection).await.map_err(io::Error::other)?;
        let driver = tokio::spawn(driver);
        let response = sender.send_request(request).await.map_err(io::Error::other);
        let answer = match response {
            Ok(response) => decode(response, event_count).await,
            Err(error) => Err(error),
        };
        driver.abort();
        answer
    }
}

async fn decode(response: http::Response<Incoming>, event_count: usize) -> io::Result<Answer> {
    let status = response.status().as_u16();
    let content_type = response.headers().get("Content-Type").and_then(|value| value.to_str().ok());
    let content_type = content_type.unwrap_or_default().to_owned();
    if content_type == "application/vnd.amazon.eventstream" {
        let events = read_events(response.into_body(), event_count).await?;
        return Ok(Answer { status, code: None, message: None, body: Body::Events(events) });
    }
    let bytes = response.into_body().collect().await.map_err(io::Error::other)?.to_bytes();
    let body = protocol::decode(&content_type, &bytes);
    let (code, message) = if status < 400 { (None, None) } else { protocol::error(&body) };
    Ok(Answer { status, code, message, body })
}

async fn read_events(mut body: Incoming, event_count: usize) -> io::Result<Vec<Value>> {
    let deadline = Instant::now() + Duration::from_secs(EVENTS_SECONDS_MAX);
    let (mut buffer, mut found) = (BytesMut::new(), Vec::new());
    while found.len() < event_count {
        // Silence is an answer too: the events so far are compared with what was expected.
        let Ok(Some(frame)) = timeout_at(deadline, body.frame()).await else { break };
        let frame = frame.map_err(io::Error::other)?;
        buffer.extend_from_slice(frame.data_ref().map_or(&[][..], |data| data));
        while let Some(event) = events::take(&mut buffer)? {
            found.extend(event);
        }
    }
    found.truncate(event_count);
    Ok(found)
}
