//! Reading a blob: large pieces into buffers that are used again, the next one while the last is being sent.

use std::ops::Range;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::{io, mem};

use bytes::Bytes;
use host::files::{Buffers, File};
use host::{Blocking, Host};

use super::{BlobId, Shared};
use crate::Error;

/// How much is read at once.
const PIECE_BYTES: usize = 256 << 10;

/// The bytes of a range of a blob, piece by piece; a `Stream`. Holds at most two pieces of 256 KiB.
pub struct BlobReader {
    host: Host,
    file: Arc<dyn File>,
    buffers: Buffers,
    /// What is not being read yet.
    rest: Range<u64>,
    left: u64,
    state: State,
}

enum State {
    Read(Bytes),
    Reading(Blocking<io::Result<Bytes>>),
    Ended,
}

impl std::fmt::Debug for BlobReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "BlobReader({} bytes left)", self.left)
    }
}

impl BlobReader {
    /// Opens the file and reads the first piece, in one go.
    pub(super) async fn open(shared: &Arc<Shared>, id: BlobId, range: Range<u64>) -> Result<Option<Self>, Error> {
        let (inner, buffers) = (Arc::clone(shared), shared.buffers.clone());
        let opened = shared.host.blocking("blob-open", move || {
            let file = match inner.host.files().open(&inner.path(id)) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                opened => opened?,
            };
            let end = range.end.min(file.len()?);
            let range = range.start.min(end)..end;
            let (first, rest) = split(range.clone());
            let bytes = read(&*file, &inner.buffers, first)?;
            Ok::<_, io::Error>(Some((file, range, rest, bytes)))
        });
        let Some((file, range, rest, first)) = opened.await?? else {
            return Ok(None);
        };
        let left = range.end - range.start;
        Ok(Some(Self { host: shared.host.clone(), file, buffers, rest, left, state: State::Read(first) }))
    }

    /// How many bytes are still to come.
    pub fn len(&self) -> u64 {
        self.left
    }

    /// Whether nothing is to come.
    pub fn is_empty(&self) -> bool {
        self.left == 0
    }

    /// The next bytes; `None` at the end.
    pub async fn next(&mut self) -> Option<Result<Bytes, Error>> {
        std::future::poll_fn(|context| self.poll_piece(context)).await
    }

    /// Begins to read what comes next.
    fn read_on(&mut self) -> State {
        if self.rest.is_empty() {
            return State::Ended;
        }
        let (next, rest) = split(self.rest.clone());
        self.rest = rest;
        let (file, buffers) = (Arc::clone(&self.file), self.buffers.clone());
        State::Reading(self.host.blocking("blob-read", move || read(&*file, &buffers, next)))
    }

    fn poll_piece(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        let read = match &mut self.state {
            State::Ended => return Poll::Ready(None),
            State::Read(bytes) => Ok(mem::take(bytes)),
            State::Reading(reading) => match ready!(Pin::new(reading).poll(context)) {
                Ok(read) => read.map_err(damage),
                Err(_unfinished) => Err(Error::Closed),
            },
        };
        self.state = if read.is_ok() { self.read_on() } else { State::Ended };
        if let Ok(bytes) = &read {
            self.left -= bytes.len() as u64;
            if bytes.is_empty() {
                return Poll::Ready(None);
            }
        }
        Poll::Ready(Some(read))
    }
}

impl futures::Stream for BlobReader {
    type Item = Result<Bytes, Error>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll_piece(context)
    }
}

/// A file that is shorter than it was is damaged.
fn damage(error: io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => Error::Corrupt("the file of a blob is too short".to_owned()),
        _ => error.into(),
    }
}

/// The next piece of a range, and the rest. Pieces begin where a multiple of their length does.
fn split(range: Range<u64>) -> (Range<u64>, Range<u64>) {
    let boundary = (range.start / PIECE_BYTES as u64 + 1) * PIECE_BYTES as u64;
    let middle = boundary.min(range.end);
    (range.start..middle, middle..range.end)
}

fn read(file: &dyn File, buffers: &Buffers, range: Range<u64>) -> io::Result<Bytes> {
    let len = (range.end - range.start) as usize;
    if len == 0 {
        return Ok(Bytes::new());
    }
    let mut buffer = buffers.take(PIECE_BYTES);
    file.read_exact_at(&mut buffer[..len], range.start)?;
    Ok(buffer.freeze().slice(..len))
}
