//! The table of a service's operations, and the one function that runs any of them.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use futures::TryFutureExt;
use futures::future::BoxFuture;
use futures::stream::{BoxStream, StreamExt};

use crate::operation::ANSWER_BYTES_USUAL;
use crate::{Answer, Call, Codec, Constraints, Operation, Pieces, ServiceError, StreamOperation, eventstream};

/// What an operation answers, ready for the wire.
pub struct Reply {
    /// The `Content-Type` of the body; `None` for an empty answer.
    pub content_type: Option<&'static str>,
    /// The bytes, whole or as they come.
    pub body: ReplyBody,
}

impl Reply {
    /// A complete answer; an empty one has no type.
    pub(crate) fn full(codec: Codec, bytes: Bytes) -> Self {
        let content_type = (!bytes.is_empty()).then(|| codec.content_type());
        Self { content_type, body: ReplyBody::Full(bytes) }
    }
}

/// The body of a [`Reply`].
pub enum ReplyBody {
    /// A complete body.
    Full(Bytes),
    /// A body that is made while it is sent.
    Pieces(Pieces),
    /// Frames that are pushed as they come; the body ends when the stream does.
    Frames(BoxStream<'static, Bytes>),
}

type Run<S> = fn(Arc<S>, Call, Codec, Bytes) -> BoxFuture<'static, Result<Reply, ServiceError>>;

struct Row<S> {
    name: &'static str,
    body_bytes_max: usize,
    answer_bytes_max: usize,
    run: Run<S>,
}

/// The operations of the service `S`, by wire name.
pub struct Operations<S> {
    /// Sorted by name.
    rows: Vec<Row<S>>,
    /// Whether refusals of operations spell their message member `Message`.
    has_capital_messages: bool,
}

impl<S> Default for Operations<S> {
    fn default() -> Self {
        Self { rows: Vec::new(), has_capital_messages: false }
    }
}

impl<S: Send + Sync + 'static> Operations<S> {
    /// An empty table.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an operation. Panics when its name is listed twice.
    #[must_use]
    pub fn with<O: Operation<Service = S>>(self) -> Self {
        self.insert(O::NAME, O::BODY_BYTES_MAX, O::ANSWER_BYTES_MAX, |service, call, codec, body| {
            Box::pin(run::<O>(service, call, codec, body))
        })
    }

    /// Adds an operation that answers with an event stream. Panics when its name is listed twice.
    #[must_use]
    pub fn with_stream<O: StreamOperation<Service = S>>(self) -> Self {
        self.insert(O::NAME, O::BODY_BYTES_MAX, ANSWER_BYTES_USUAL, |service, call, codec, body| {
            Box::pin(open::<O>(service, call, codec, body))
        })
    }

    /// Spells the message member of what operations refuse `Message`, as the models of some services have it. What breaks
    /// a constraint is told as everywhere.
    #[must_use]
    pub fn with_capital_messages(mut self) -> Self {
        self.has_capital_messages = true;
        self
    }

    fn insert(mut self, name: &'static str, body_bytes_max: usize, answer_bytes_max: usize, run: Run<S>) -> Self {
        let Err(place) = self.place(name) else { panic!("{name} is listed twice") };
        self.rows.insert(place, Row { name, body_bytes_max, answer_bytes_max, run });
        self
    }

    /// Where an operation is, or would be.
    fn place(&self, name: &str) -> Result<usize, usize> {
        self.rows.binary_search_by_key(&name, |row| row.name)
    }
}

async fn run<O: Operation>(
    service: Arc<O::Service>,
    call: Call,
    codec: Codec,
    body: Bytes,
) -> Result<Reply, ServiceError> {
    let body = match O::quick(&service, &call, codec, body).await {
        Ok(answer) => return Ok(Reply::full(codec, answer?)),
        Err(body) => body,
    };
    let request: O = codec.decode(&body)?;
    drop(body); // Large bodies are not kept while the disk works.
    let mut check = Constraints::new();
    request.constraints(&mut check);
    check.finish()?;
    let output = request.run(&service, &call).await?;
    output.reply(codec, O::NAME, &call.request_id)
}

async fn open<O: StreamOperation>(
    service: Arc<O::Service>,
    call: Call,
    codec: Codec,
    body: Bytes,
) -> Result<Reply, ServiceError> {
    let request: O = codec.decode(&body)?;
    let mut check = Constraints::new();
    request.constraints(&mut check);
    check.finish()?;
    let events = request.open(&service, &call).await?;
    let first = futures::stream::once(async move { eventstream::initial_response(codec) });
    let frames = first.chain(events.map(move |event| encode_event(codec, event)));
    let content_type = Some("application/vnd.amazon.eventstream");
    Ok(Reply { content_type, body: ReplyBody::Frames(frames.boxed()) })
}

fn encode_event<E: crate::Event>(codec: Codec, event: Result<E, ServiceError>) -> Bytes {
    let encoded = event.and_then(|event| {
        let payload = codec.encode_plain(&event)?;
        Ok(eventstream::message(event.event_type(), codec, &payload))
    });
    encoded.unwrap_or_else(|error| eventstream::exception(codec, &error))
}

/// A service as the gateway sees it: names, and a way to run an operation by name.
#[derive(Clone)]
pub struct Face {
    inner: Arc<dyn Erased>,
    /// What it is called where two faces sign with one name.
    name: Option<&'static str>,
}

impl fmt::Debug for Face {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Face({})", self.name())
    }
}

/// How a service presents itself on the wire.
#[derive(Debug, Clone, Copy)]
pub struct Protocol {
    /// The name requests are signed for, for example `kinesis`.
    pub signing_name: &'static str,
    /// What stands before the dot in `X-Amz-Target`, for the JSON and CBOR protocols.
    pub target_prefix: Option<&'static str>,
    /// The `Version` parameter, for the query protocol.
    pub query_version: Option<&'static str>,
    /// The XML namespace of query answers.
    pub query_namespace: Option<&'static str>,
    /// Operations of AWS's model that answer a clear not-implemented error.
    pub not_implemented: &'static [&'static str],
}

trait Erased: Send + Sync {
    fn protocol(&self) -> &Protocol;
    fn body_bytes_max(&self, operation: &str) -> Option<usize>;
    fn answer_bytes_max(&self, operation: &str) -> Option<usize>;
    fn operations(&self) -> Vec<&'static str>;
    fn place(&self, operation: &str) -> Option<usize>;
    fn run_at(
        &self,
        place: usize,
        call: Call,
        codec: Codec,
        body: Bytes,
    ) -> BoxFuture<'static, Result<Reply, ServiceError>>;
}

struct Served<S> {
    service: Arc<S>,
    protocol: Protocol,
    table: Operations<S>,
}

impl<S: Send + Sync + 'static> Erased for Served<S> {
    fn protocol(&self) -> &Protocol {
        &self.protocol
    }

    fn body_bytes_max(&self, operation: &str) -> Option<usize> {
        self.place(operation).map(|place| self.table.rows[place].body_bytes_max)
    }

    fn answer_bytes_max(&self, operation: &str) -> Option<usize> {
        self.place(operation).map(|place| self.table.rows[place].answer_bytes_max)
    }

    fn operations(&self) -> Vec<&'static str> {
        self.table.rows.iter().map(|row| row.name).collect()
    }

    fn place(&self, operation: &str) -> Option<usize> {
        self.table.place(operation).ok()
    }

    fn run_at(
        &self,
        place: usize,
        call: Call,
        codec: Codec,
        body: Bytes,
    ) -> BoxFuture<'static, Result<Reply, ServiceError>> {
        let running = (self.table.rows[place].run)(Arc::clone(&self.service), call, codec, body);
        match self.table.has_capital_messages {
            true => Box::pin(running.map_err(ServiceError::with_capital_message)),
            false => running,
        }
    }
}

impl Face {
    /// A service with its table and its names.
    pub fn new<S: Send + Sync + 'static>(service: Arc<S>, protocol: Protocol, table: Operations<S>) -> Self {
        Self { inner: Arc::new(Served { service, protocol, table }), name: None }
    }

    /// The same service under a name of its own, beside another version of its API that signs with the same name.
    #[must_use]
    pub fn named(self, name: &'static str) -> Self {
        Self { name: Some(name), ..self }
    }

    /// What metrics and logs call it: the name requests are signed for, unless it has one of its own.
    pub fn name(&self) -> &'static str {
        self.name.unwrap_or(self.signing_name())
    }

    /// How the service presents itself on the wire.
    pub fn protocol(&self) -> &Protocol {
        self.inner.protocol()
    }

    /// The name requests are signed for.
    pub fn signing_name(&self) -> &'static str {
        self.inner.protocol().signing_name
    }

    /// The wire names of all operations, sorted.
    pub fn operations(&self) -> Vec<&'static str> {
        self.inner.operations()
    }

    /// Whether the operation is in the table (`Some(Ok)` with its body limit), known but not implemented
    /// (`Some(Err)`), or unknown (`None`).
    pub fn find(&self, operation: &str) -> Option<Result<usize, ServiceError>> {
        if let Some(limit) = self.inner.body_bytes_max(operation) {
            return Some(Ok(limit));
        }
        let protocol = self.inner.protocol();
        let known = protocol.not_implemented.contains(&operation);
        known.then(|| Err(ServiceError::not_implemented(format_args!("{}:{operation}", self.name()))))
    }

    /// About how many bytes an answer of the operation may have: [`Operation::ANSWER_BYTES_MAX`].
    pub fn answer_bytes_max(&self, operation: &str) -> usize {
        self.inner.answer_bytes_max(operation).unwrap_or(ANSWER_BYTES_USUAL)
    }

    /// Runs an operation: decode, constraints, run, encode. `None` when the table does not have it.
    pub fn run(
        &self,
        operation: &str,
        call: Call,
        codec: Codec,
        body: Bytes,
    ) -> Option<BoxFuture<'static, Result<Reply, ServiceError>>> {
        self.place(operation).map(|place| self.run_at(place, call, codec, body))
    }

    /// Where an operation is in the table.
    pub fn place(&self, operation: &str) -> Option<usize> {
        self.inner.place(operation)
    }

    /// Runs the operation of that [`Face::place`].
    pub fn run_at(
        &self,
        place: usize,
        call: Call,
        codec: Codec,
        body: Bytes,
    ) -> BoxFuture<'static, Result<Reply, ServiceError>> {
        self.inner.run_at(place, call, codec, body)
    }
}
