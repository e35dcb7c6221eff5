//! An operation is a type: its request. A service is a table of such types.

use std::future::Future;
use std::sync::Arc;

use bytes::Bytes;
use futures::stream::BoxStream;
use serde::de::DeserializeOwned;

use crate::{Answer, Call, Codec, Constraints, Event, ServiceError};

/// What an answer stays below unless its operation says otherwise.
pub const ANSWER_BYTES_USUAL: usize = 1 << 20;

/// One operation with one answer.
///
/// The type is the request; its fields are the model's members in model order. Members that the model requires
/// are [`Required`](crate::Required), the others `Option`.
pub trait Operation: DeserializeOwned + Send + Sync + 'static {
    /// The wire name, for example `PutRecord`.
    const NAME: &'static str;
    /// The most bytes a request body of this operation may have.
    const BODY_BYTES_MAX: usize = 1 << 20;
    /// About how many bytes an answer may have; memory for more than the usual is reserved before the operation runs.
    const ANSWER_BYTES_MAX: usize = ANSWER_BYTES_USUAL;
    /// What runs it.
    type Service: Send + Sync + 'static;
    /// The answer; `()` for operations whose answer is an empty body.
    type Output: Answer;

    /// A quicker way for usual bodies. Answers what decoding, checking and running would have answered, as text; or
    /// hands the body back, with nothing done, where it is not usual.
    fn quick(
        _service: &Arc<Self::Service>,
        _call: &Call,
        _codec: Codec,
        body: Bytes,
    ) -> impl Future<Output = Result<Result<Bytes, ServiceError>, Bytes>> + Send {
        std::future::ready(Err(body))
    }

    /// Checks everything that the request alone can tell, in model order, before any work.
    fn constraints(&self, check: &mut Constraints);

    /// Does the work. `self` holds every required member by now.
    fn run(
        self,
        service: &Arc<Self::Service>,
        call: &Call,
    ) -> impl Future<Output = Result<Self::Output, ServiceError>> + Send;
}

/// The events a [`StreamOperation`] pushes; it ends when the stream does. An error is sent as an exception frame
/// and ends it too.
pub type EventStream<E> = BoxStream<'static, Result<E, ServiceError>>;

/// One operation that answers with an event stream (`application/vnd.amazon.eventstream`).
pub trait StreamOperation: DeserializeOwned + Send + Sync + 'static {
    /// The wire name, for example `SubscribeToShard`.
    const NAME: &'static str;
    /// The most bytes a request body of this operation may have.
    const BODY_BYTES_MAX: usize = 1 << 20;
    /// What runs it.
    type Service: Send + Sync + 'static;
    /// What is pushed.
    type Event: Event;

    /// Checks everything that the request alone can tell, in model order, before any work.
    fn constraints(&self, check: &mut Constraints);

    /// Opens the stream; an error here is an ordinary refusal with a status.
    fn open(
        self,
        service: &Arc<Self::Service>,
        call: &Call,
    ) -> impl Future<Output = Result<EventStream<Self::Event>, ServiceError>> + Send;
}
