//! What a caller holds: a digest in the making.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use tokio::sync::oneshot;

use crate::hub::{Hub, Job};
use crate::lane::State;

/// Pieces are gathered up to this much while others are being hashed, then they are waited for.
const GATHER_BYTES: usize = 1 << 20;
/// What is worth being hashed while more is coming: the more streams have something to hash, the fuller the lanes.
const EARLY_BYTES: usize = 128 << 10;
/// What is left at the end is not worth meeting others for, up to this much.
const ALONE_BYTES_MAX: usize = 16 << 10;

/// The MD5 of bytes that come piece by piece. Holds at most twice 1 MiB of them.
#[derive(Debug)]
pub struct Stream {
    hub: Arc<Hub>,
    /// Nothing while a part is being hashed.
    state: Option<State>,
    hashing: Option<oneshot::Receiver<State>>,
    /// Set once the part that is being hashed is waited for.
    urgent: Arc<AtomicBool>,
    gathered: Vec<Bytes>,
    gathered_bytes: usize,
}

impl Stream {
    pub(crate) fn new(hub: &Arc<Hub>) -> Self {
        hub.enter();
        let hub = Arc::clone(hub);
        Self {
            hub,
            state: Some(State::new()),
            hashing: None,
            urgent: Arc::default(),
            gathered: Vec::new(),
            gathered_bytes: 0,
        }
    }

    /// Takes the next bytes; waits while hashing is slower than they come.
    pub async fn update(&mut self, bytes: Bytes) {
        if bytes.is_empty() {
            return;
        }
        self.gathered_bytes += bytes.len();
        self.hub.hold(bytes.len());
        self.gathered.push(bytes);
        if self.gathered_bytes >= GATHER_BYTES || self.hub.is_crowded() {
            self.hashed().await;
            self.submit();
        } else if self.gathered_bytes >= EARLY_BYTES && self.is_idle() {
            self.submit();
        }
    }

    /// The digest of all that was given.
    pub async fn finish(mut self) -> [u8; 16] {
        self.hashed().await;
        if self.gathered_bytes > ALONE_BYTES_MAX {
            self.submit();
            self.hashed().await;
        }
        let gathered = std::mem::take(&mut self.gathered);
        let state = self.state.as_mut().expect("nothing is being hashed");
        for piece in gathered {
            state.hash(&piece);
        }
        let padding = state.padding();
        state.hash(&padding);
        state.digest()
    }

    /// Whether nothing of it is being hashed.
    fn is_idle(&mut self) -> bool {
        if let Some(Ok(state)) = self.hashing.as_mut().map(oneshot::Receiver::try_recv) {
            self.state = Some(state);
            self.hashing = None;
        }
        self.hashing.is_none()
    }

    /// Waits until what was submitted is hashed.
    async fn hashed(&mut self) {
        if let Some(hashing) = &mut self.hashing {
            self.urgent.store(true, Ordering::Relaxed);
            let state = hashing.await.expect("hashing ends unless the process does");
            self.state = Some(state);
            self.hashing = None;
        }
    }

    fn submit(&mut self) {
        let Some(state) = self.state.take() else { return };
        let (answer, hashing) = oneshot::channel();
        let pieces = std::mem::take(&mut self.gathered);
        self.hub.release(self.gathered_bytes);
        self.gathered_bytes = 0;
        self.hashing = Some(hashing);
        let job = Job::new(&self.hub, state, pieces, answer);
        self.urgent = job.urgent();
        self.hub.submit(job);
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.hub.release(self.gathered_bytes);
        self.hub.leave();
    }
}
