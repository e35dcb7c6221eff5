//! One object on its way out: bytes come in, are compressed, and leave in pieces while they come.

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use futures::channel::oneshot;
use futures::stream;
use host::Host;
use tokio::sync::mpsc;

use super::naming::Name;
use crate::format::{self, Encoder};
use crate::shapes::CompressionFormat;
use crate::sink::{NewObject, ObjectBody, ObjectSink, SinkError};

/// Bytes that leave together.
const PIECE_BYTES: usize = 64 * 1024;
/// Pieces that wait for the bucket.
const PIECES_MAX: usize = 4;
/// After so many bytes of work others get their turn.
const TURN_BYTES: usize = 64 * 1024;

/// Whose objects these are, and where they go.
#[derive(Clone)]
pub(crate) struct Office {
    pub(crate) host: Host,
    pub(crate) sink: Arc<dyn ObjectSink>,
    pub(crate) account: String,
    pub(crate) region: String,
}

/// What happens to an object's bytes.
enum Piece {
    Bytes(Bytes),
    /// There are no more. Whoever goes away without saying so leaves no object behind.
    End,
}

/// An object under construction. Dropping it leaves nothing behind.
pub(crate) struct ObjectWriter {
    pub(crate) name: Name,
    encoder: Encoder,
    pieces: mpsc::Sender<Piece>,
    outcome: oneshot::Receiver<Result<(), SinkError>>,
    pub(crate) plain_bytes: u64,
    pub(crate) records: u64,
    stored_bytes: u64,
    since_turn: usize,
}

/// An object that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Written {
    pub(crate) name: Name,
    pub(crate) records: u64,
    pub(crate) stored_bytes: u64,
}

impl ObjectWriter {
    /// Begins an object.
    pub(crate) fn begin(office: &Office, name: Name, compression: CompressionFormat, at_ms: u64) -> Self {
        let (pieces, receiver) = mpsc::channel(PIECES_MAX);
        let (sender, outcome) = oneshot::channel();
        let object = NewObject {
            account: office.account.clone(),
            region: office.region.clone(),
            bucket: name.bucket.clone(),
            key: name.key.clone(),
            content_type: format::CONTENT_TYPE,
            content_encoding: format::content_encoding(compression),
            kms_key_arn: name.kms_key_arn.clone(),
        };
        let sink = Arc::clone(&office.sink);
        office.host.spawn("firehose-put", async move {
            let put = sink.put(object, body(receiver)).await;
            // Whoever waited for it may have been told to stop.
            drop(sender.send(put));
        });
        let encoder = Encoder::new(compression, &name.uuid, at_ms);
        Self { name, encoder, pieces, outcome, plain_bytes: 0, records: 0, stored_bytes: 0, since_turn: 0 }
    }

    /// Adds a record, with `delimiter` between it and the one before.
    pub(crate) async fn add(&mut self, data: &[u8], delimiter: &[u8]) -> Result<(), SinkError> {
        if self.records > 0 && !delimiter.is_empty() {
            self.write(delimiter).await?;
        }
        self.records += 1;
        self.write(data).await
    }

    async fn write(&mut self, data: &[u8]) -> Result<(), SinkError> {
        for data in data.chunks(TURN_BYTES) {
            self.encoder.write(data);
            self.plain_bytes += data.len() as u64;
            self.since_turn += data.len();
            if self.since_turn >= TURN_BYTES {
                self.since_turn = 0;
                tokio::task::yield_now().await;
            }
            if self.encoder.ready() >= PIECE_BYTES {
                let ready = self.encoder.take();
                self.send(ready).await?;
            }
        }
        Ok(())
    }

    async fn send(&mut self, bytes: Vec<u8>) -> Result<(), SinkError> {
        self.stored_bytes += bytes.len() as u64;
        match self.pieces.send(Piece::Bytes(Bytes::from(bytes))).await {
            Ok(()) => Ok(()),
            // The bucket did not wait for the end.
            Err(_closed) => Err(outcome(&mut self.outcome).await.err().unwrap_or_else(unasked)),
        }
    }

    /// The object is complete; durable when this resolves with success.
    pub(crate) async fn finish(self) -> Result<Written, SinkError> {
        let Self { name, encoder, pieces, outcome: mut receiver, records, mut stored_bytes, .. } = self;
        let rest = encoder.finish();
        stored_bytes += rest.len() as u64;
        if !rest.is_empty() {
            // Where nobody takes it the outcome says why.
            drop(pieces.send(Piece::Bytes(Bytes::from(rest))).await);
        }
        let is_taken = pieces.send(Piece::End).await.is_ok();
        outcome(&mut receiver).await?;
        match is_taken {
            true => Ok(Written { name, records, stored_bytes }),
            false => Err(unasked()),
        }
    }
}

async fn outcome(receiver: &mut oneshot::Receiver<Result<(), SinkError>>) -> Result<(), SinkError> {
    receiver.await.unwrap_or_else(|_gone| Err(SinkError::Failed("the server is shutting down".to_owned())))
}

fn unasked() -> SinkError {
    SinkError::Failed("the bucket did not take all bytes".to_owned())
}

/// The pieces as a body; it fails where they end without an end.
fn body(receiver: mpsc::Receiver<Piece>) -> ObjectBody {
    let next = |receiver: Option<mpsc::Receiver<Piece>>| async move {
        let mut receiver = receiver?;
        match receiver.recv().await {
            Some(Piece::Bytes(bytes)) => Some((Ok(bytes), Some(receiver))),
            Some(Piece::End) => None,
            None => Some((Err(io::Error::other("the delivery was given up")), None)),
        }
    };
    Box::pin(stream::unfold(Some(receiver), next))
}
