//! What is known of the other end of a connection, and the watch over all of them: one timer for the whole server, and
//! for a request no more than a few additions.

use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures::task::AtomicWaker;
use host::Host;

use crate::Limits;
use crate::auth::Acquaintance;

/// How fast a peer must read what is kept for it.
const READ_BYTES_PER_SECOND: u128 = 3 << 10;
/// The watch looks this often while the shortest of its spans passes.
const LOOKS_PER_SPAN: u32 = 4;

/// What a connection did lately, and who its requests were signed by.
#[derive(Debug, Default)]
pub(crate) struct Peer {
    reads: AtomicU64,
    /// Bytes that were written.
    written: AtomicU64,
    /// The last write did not go through: the peer leaves unread what it has.
    is_blocked: AtomicBool,
    /// Large answers of which something is not written yet; HTTP/2 keeps them back from a peer that allows no more.
    unsent: AtomicU64,
    begun: AtomicU64,
    ended: AtomicU64,
    past: Mutex<Past>,
    ending: AtomicU8,
    connection: AtomicWaker,
    pub(crate) acquaintance: Acquaintance,
}

/// How a connection stood when it was looked at last.
#[derive(Debug, Default)]
struct Past {
    is_http2: bool,
    looked_at: Duration,
    begun: u64,
    reads: u64,
    written: u64,
    /// Since when nothing was asked.
    quiet_since: Duration,
    /// For how long bytes came but no whole headers.
    incomplete: Duration,
    /// Since when the peer leaves unread what it has.
    unread_since: Duration,
}

/// Why a connection is to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The server stops.
    Closing = 1,
    /// There was no request for too long, or none was completed.
    Quiet = 2,
    /// The peer does not read.
    Unread = 3,
}

impl Peer {
    pub(crate) fn note_read(&self) {
        self.reads.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn note_write(&self, polled: &Poll<io::Result<usize>>) {
        self.is_blocked.store(polled.is_pending(), Ordering::Relaxed);
        if let Poll::Ready(Ok(bytes)) = polled {
            self.written.fetch_add(*bytes as u64, Ordering::Relaxed);
        }
    }

    /// Resolves once the connection is to end.
    pub(crate) fn poll_ending(&self, context: &mut Context<'_>) -> Poll<Ending> {
        self.connection.register(context.waker());
        match self.ending.load(Ordering::Acquire) {
            0 => Poll::Pending,
            1 => Poll::Ready(Ending::Closing),
            2 => Poll::Ready(Ending::Quiet),
            _ => Poll::Ready(Ending::Unread),
        }
    }

    fn end(&self, ending: Ending) {
        // The first reason stays.
        let _ = self.ending.compare_exchange(0, ending as u8, Ordering::Release, Ordering::Relaxed);
        self.connection.wake();
    }

    /// Whether the connection sits there without a request for too long: bytes came but no whole headers (slow-loris),
    /// or nothing came at all; or whether it leaves unread what is written to it.
    fn look(&self, now: Duration, limits: &Limits) -> Option<Ending> {
        let mut past = self.past.lock().expect("no panic while held");
        let elapsed = now.saturating_sub(past.looked_at);
        past.looked_at = now;
        let written = self.written.load(Ordering::Relaxed);
        let read_min = READ_BYTES_PER_SECOND * elapsed.as_millis() / 1_000;
        let is_read_due = self.is_blocked.load(Ordering::Relaxed) || self.unsent.load(Ordering::Relaxed) > 0;
        if !is_read_due || u128::from(written - past.written) > read_min {
            past.unread_since = now;
        }
        past.written = written;
        if now.saturating_sub(past.unread_since) >= limits.unread {
            return Some(Ending::Unread);
        }
        let begun = self.begun.load(Ordering::Relaxed);
        let reads = self.reads.load(Ordering::Relaxed);
        if begun != past.begun || begun != self.ended.load(Ordering::Relaxed) {
            (past.begun, past.reads) = (begun, reads);
            (past.quiet_since, past.incomplete) = (now, Duration::ZERO);
            return None;
        }
        // An answered ping of HTTP/2 is bytes too.
        if !past.is_http2 && (begun == 0 || reads != past.reads) {
            past.incomplete += elapsed;
        }
        let is_over = now.saturating_sub(past.quiet_since) >= limits.idle || past.incomplete >= limits.header_read;
        is_over.then_some(Ending::Quiet)
    }
}

/// Lives as long as a request, and as long as its answer where that is an event stream or large.
pub(crate) struct Busy(Arc<Peer>);

impl Busy {
    pub(crate) fn begin(peer: &Arc<Peer>) -> Self {
        peer.begun.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(peer))
    }

    /// Whose request it is.
    pub(crate) fn peer(&self) -> &Peer {
        &self.0
    }

    /// Notes a large answer until the last of its bytes is written.
    pub(crate) fn until_sent(self, bytes: Bytes) -> Bytes {
        self.0.unsent.fetch_add(1, Ordering::Relaxed);
        Bytes::from_owner(Unsent { bytes, busy: self })
    }

    /// Notes an answer that is written as it comes, until it has gone.
    pub(crate) fn unwritten(self) -> Unwritten {
        self.0.unsent.fetch_add(1, Ordering::Relaxed);
        Unwritten(self)
    }
}

/// An answer that is being written.
pub(crate) struct Unwritten(Busy);

impl Drop for Unwritten {
    fn drop(&mut self) {
        self.0.0.unsent.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Dropped with the last slice of the bytes.
struct Unsent {
    bytes: Bytes,
    busy: Busy,
}

impl AsRef<[u8]> for Unsent {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Unsent {
    fn drop(&mut self) {
        self.busy.0.unsent.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.ended.fetch_add(1, Ordering::Relaxed);
    }
}

/// All connections that speak HTTP.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    watched: Mutex<Watched>,
}

#[derive(Debug, Default)]
struct Watched {
    peers: BTreeMap<u64, Arc<Peer>>,
    next: u64,
    is_closing: bool,
}

/// Keeps a connection under watch.
pub(crate) struct Place<'w> {
    watch: &'w Watch,
    number: u64,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.watch.lock().peers.remove(&self.number);
    }
}

impl Watch {
    fn lock(&self) -> MutexGuard<'_, Watched> {
        self.watched.lock().expect("no panic while held")
    }

    /// Begins to watch a connection.
    pub(crate) fn begin(&self, peer: &Arc<Peer>, is_http2: bool, now: Duration) -> Place<'_> {
        *peer.past.lock().expect("no panic while held") =
            Past { is_http2, looked_at: now, begun: u64::MAX, quiet_since: now, unread_since: now, ..Past::default() };
        let mut watched = self.lock();
        let number = watched.next;
        watched.next += 1;
        watched.peers.insert(number, Arc::clone(peer));
        if watched.is_closing {
            peer.end(Ending::Closing);
        }
        Place { watch: self, number }
    }

    /// Ends connections that are quiet or unread for too long, for ever.
    pub(crate) async fn keep(&self, host: &Host, limits: &Limits) {
        let shortest = limits.header_read.min(limits.idle).min(limits.unread);
        loop {
            host.sleep(shortest / LOOKS_PER_SPAN).await;
            let now = host.monotonic();
            for peer in self.lock().peers.values() {
                if let Some(ending) = peer.look(now, limits) {
                    peer.end(ending);
                }
            }
        }
    }

    /// Asks all connections to end.
    pub(crate) fn close(&self) {
        let mut watched = self.lock();
        watched.is_closing = true;
        watched.peers.values().for_each(|peer| peer.end(Ending::Closing));
    }
}
