//! Large answers: the memory they hold is reserved before they are made and given back once they are written, so that
//! peers that ask and do not read cannot fill the machine.

use std::sync::Arc;
use std::time::Duration;

use aws::{ANSWER_BYTES_USUAL, Pieces, Reply, ReplyBody, ServiceError};
use bytes::Bytes;
use futures::future::BoxFuture;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::body::PERMIT_BYTES;

type Work = BoxFuture<'static, Result<Reply, ServiceError>>;

/// No memory came free in time.
#[derive(Debug)]
pub(crate) struct NoRoom;

/// Waits until an answer of so many bytes has room; the usual ones need none.
pub(crate) async fn reserve(
    answers: &Arc<Semaphore>,
    bytes: usize,
    wait: Duration,
) -> Result<Option<OwnedSemaphorePermit>, NoRoom> {
    if bytes <= ANSWER_BYTES_USUAL {
        return Ok(None);
    }
    let permits = u32::try_from(bytes.div_ceil(PERMIT_BYTES)).map_err(|_| NoRoom)?;
    let room = tokio::time::timeout(wait, Arc::clone(answers).acquire_many_owned(permits)).await;
    room.ok().and_then(Result::ok).map(Some).ok_or(NoRoom)
}

/// The same work, whose answer holds what was reserved for it until the last of its bytes is written.
pub(crate) fn hold(work: Work, permit: OwnedSemaphorePermit) -> Work {
    Box::pin(async move {
        let Reply { content_type, body } = work.await?;
        let body = match body {
            ReplyBody::Full(bytes) => ReplyBody::Full(held(bytes, permit)),
            ReplyBody::Pieces(pieces) => ReplyBody::Pieces(held_pieces(pieces, permit)),
            frames @ ReplyBody::Frames(_) => frames,
        };
        Ok(Reply { content_type, body })
    })
}

fn held(bytes: Bytes, mut permit: OwnedSemaphorePermit) -> Bytes {
    let unused = permit.num_permits().saturating_sub(bytes.len().div_ceil(PERMIT_BYTES));
    drop(permit.split(unused));
    Bytes::from_owner(Held { bytes, _permit: permit })
}

/// What pieces are made of is not much less than what they are together.
fn held_pieces(mut pieces: Pieces, permit: OwnedSemaphorePermit) -> Pieces {
    Pieces::new(pieces.length(), move || {
        let _held = &permit;
        pieces.next()
    })
}

/// Dropped with the last slice of the bytes, wherever the transport keeps it.
struct Held {
    bytes: Bytes,
    _permit: OwnedSemaphorePermit,
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LARGE: usize = 3 << 20;

    #[tokio::test]
    async fn room_comes_back_with_the_last_byte_that_is_written() {
        let answers = crate::body::in_flight(4 << 20);
        let short = Duration::from_millis(10);
        assert!(reserve(&answers, ANSWER_BYTES_USUAL, short).await.is_ok_and(|room| room.is_none()));
        let room = reserve(&answers, LARGE, short).await.expect("room").expect("a large answer");
        assert!(reserve(&answers, LARGE, short).await.is_err(), "the first holds too much");
        let reply = Reply { content_type: None, body: ReplyBody::Full(Bytes::from(vec![7; 2 << 20])) };
        let reply = hold(Box::pin(async { Ok(reply) }), room).await.expect("an answer");
        let ReplyBody::Full(mut bytes) = reply.body else { panic!("it was whole before") };
        // What was reserved and not used is free already.
        drop(reserve(&answers, 2 << 20, short).await.expect("room for two"));
        let written = bytes.split_to(1 << 20);
        drop(bytes);
        assert!(reserve(&answers, LARGE, short).await.is_err(), "the transport still holds a part");
        drop(written);
        assert!(reserve(&answers, LARGE, short).await.is_ok());
    }
}
