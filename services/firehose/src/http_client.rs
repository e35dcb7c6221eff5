//! The HTTP client of destinations: HTTP/1.1 over connections that are used again, each step within a limit.
//!
//! Dropping a request abandons it and closes its connection. Redirects are answers like others; nothing is decoded.

mod body;
mod endpoint;
mod pool;
pub(crate) mod tls;

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures::future::{Either, select};
use host::Host;
use http::{HeaderMap, Method, StatusCode};
use http_body::Body as _;
use http_body_util::BodyExt as _;
use hyper::client::conn::http1;

use crate::http_client::body::{RequestBody, SentAt};
use crate::http_client::pool::{Pool, Sender};
use crate::http_client::tls::{Tls, TlsError};

pub(crate) use crate::http_client::body::Pieces;
pub(crate) use crate::http_client::endpoint::{Endpoint, is_loopback};

/// The longest head of an answer, in bytes.
const ANSWER_HEAD_BYTES_MAX: usize = 64 << 10;

/// What a request may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// For a connection to be there, its handshake included.
    pub(crate) connect: Duration,
    /// For the answer, from the moment all of the request is sent; sending it may take as long again.
    pub(crate) answer: Duration,
    /// Bytes of the answer's body.
    pub(crate) answer_bytes_max: usize,
}

/// A request. Its parts are shared, so that it can be sent again.
#[derive(Clone)]
pub(crate) struct Request {
    pub(crate) endpoint: Arc<Endpoint>,
    /// The path and query, where they are not the endpoint's own.
    pub(crate) path: Option<String>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Arc<dyn Pieces>,
}

/// What was answered, whatever the status.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("no connection")]
    ConnectFailed(#[source] std::io::Error),
    #[error("no connection within {} s", .0.as_secs())]
    ConnectTimeout(Duration),
    #[error("no secure connection")]
    Tls(#[from] TlsError),
    #[error("no answer within {} s", .0.as_secs())]
    AnswerTimeout(Duration),
    #[error("the connection ended before the answer did")]
    ConnectionLost,
    #[error("the answer is not HTTP")]
    InvalidAnswer,
    #[error("the answer is longer than {limit_bytes} bytes")]
    AnswerTooLarge { limit_bytes: usize },
}

impl Error {
    /// The error and its causes in one line.
    pub(crate) fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            text.push_str(": ");
            text.push_str(&error.to_string());
            cause = error.source();
        }
        text
    }
}

/// How a request ended.
#[derive(Debug)]
pub(crate) struct Exchange {
    pub(crate) answer: Result<Answer, Error>,
    /// The part of the time that was spent waiting for the answer, after all was sent.
    pub(crate) waited: Duration,
}

/// The client. One serves all destinations.
pub(crate) struct HttpClient {
    host: Host,
    tls: Tls,
    pool: Arc<Pool>,
}

impl HttpClient {
    pub(crate) fn new(host: Host, tls: Tls) -> Self {
        let pool = Arc::new(Pool::new(host.clone()));
        Self { host, tls, pool }
    }

    /// POSTs a request and reads the whole answer.
    pub(crate) async fn post(&self, request: &Request, limits: &Limits) -> Exchange {
        let sent_at = SentAt::default();
        let answer = self.exchange(request, limits, &sent_at).await;
        let waited = sent_at.get().map_or(Duration::ZERO, |sent| self.host.monotonic().saturating_sub(sent));
        Exchange { answer, waited }
    }

    async fn exchange(&self, request: &Request, limits: &Limits, sent_at: &SentAt) -> Result<Answer, Error> {
        if let Some(sender) = self.pool.take(request.endpoint.origin()) {
            match self.over(sender, request, limits, sent_at).await {
                // Servers close connections nobody uses, and may just have done so: not worth a failed attempt.
                Err(Error::ConnectionLost) => sent_at.clear(),
                ended => return ended,
            }
        }
        let sender = self.connect(&request.endpoint, limits.connect).await?;
        self.over(sender, request, limits, sent_at).await
    }

    /// Sends the request over a connection, and keeps the connection where it can be used again.
    async fn over(
        &self,
        mut sender: Sender,
        request: &Request,
        limits: &Limits,
        sent_at: &SentAt,
    ) -> Result<Answer, Error> {
        let work = async {
            sender.ready().await.map_err(|_| Error::ConnectionLost)?;
            let response = sender.send_request(self.head_and_body(request, sent_at)).await.map_err(lost_or_invalid)?;
            let (head, body) = response.into_parts();
            let body = read(body, limits.answer_bytes_max).await?;
            Ok(Answer { status: head.status, headers: head.headers, body })
        };
        let answer = self.in_time(work, limits.answer, sent_at).await?;
        // An answer that came before all was sent leaves the rest of the request on its way.
        if sent_at.get().is_some() {
            self.pool.put(request.endpoint.origin(), sender);
        }
        Ok(answer)
    }

    fn head_and_body(&self, request: &Request, sent_at: &SentAt) -> http::Request<RequestBody> {
        let body = RequestBody::new(Arc::clone(&request.body), self.host.clone(), sent_at.clone());
        let mut message = http::Request::new(body);
        *message.method_mut() = Method::POST;
        *message.uri_mut() = request.endpoint.uri(request.path.as_deref());
        *message.headers_mut() = request.headers.clone();
        request.endpoint.sign(message.headers_mut());
        message
    }

    /// Runs `work` until the answer is overdue: so long after all was sent, or twice as long where that never happens.
    async fn in_time<T>(
        &self,
        work: impl Future<Output = Result<T, Error>>,
        limit: Duration,
        sent_at: &SentAt,
    ) -> Result<T, Error> {
        let mut work = std::pin::pin!(work);
        let mut deadline = self.host.monotonic() + limit;
        loop {
            let left = deadline.saturating_sub(self.host.monotonic());
            match select(work, self.host.sleep(left)).await {
                Either::Left((ended, _)) => return ended,
                Either::Right(((), unfinished)) => work = unfinished,
            }
            match sent_at.get().map(|sent| sent + limit) {
                Some(later) if later > deadline => deadline = later,
                _ => return Err(Error::AnswerTimeout(limit)),
            }
        }
    }

    async fn connect(&self, endpoint: &Endpoint, limit: Duration) -> Result<Sender, Error> {
        let work = std::pin::pin!(async {
            let origin = endpoint.origin();
            let connecting = self.host.network().connect(&origin.machine, origin.port);
            let mut connection = connecting.await.map_err(Error::ConnectFailed)?;
            if origin.is_secure {
                connection = Box::new(self.tls.connect(connection, &origin.machine).await?);
            }
            let io = hyper_util::rt::TokioIo::new(connection);
            let mut http = http1::Builder::new();
            let shaken = http.max_buf_size(ANSWER_HEAD_BYTES_MAX).handshake(io).await;
            let (sender, driver) = shaken.map_err(|_| Error::ConnectionLost)?;
            // How a connection ended is told to whoever waits for an answer.
            self.host.spawn("outgoing connection", async move { drop(driver.await) });
            Ok(sender)
        });
        match select(work, self.host.sleep(limit)).await {
            Either::Left((connected, _)) => connected,
            Either::Right(_) => Err(Error::ConnectTimeout(limit)),
        }
    }
}

/// The whole body, if it is no longer than `limit_bytes`.
async fn read(mut body: hyper::body::Incoming, limit_bytes: usize) -> Result<Bytes, Error> {
    if body.size_hint().lower() > limit_bytes as u64 {
        return Err(Error::AnswerTooLarge { limit_bytes });
    }
    let mut whole = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(lost_or_invalid)?.into_data() else { continue };
        if whole.len() + data.len() > limit_bytes {
            return Err(Error::AnswerTooLarge { limit_bytes });
        }
        whole.extend_from_slice(&data);
    }
    Ok(whole.freeze())
}

fn lost_or_invalid(error: hyper::Error) -> Error {
    if error.is_parse() || error.is_parse_too_large() || error.is_parse_status() {
        return Error::InvalidAnswer;
    }
    Error::ConnectionLost
}

#[cfg(test)]
mod tests;
