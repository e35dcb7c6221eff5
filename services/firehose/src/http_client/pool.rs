//! Connections that nobody uses for the moment.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use host::Host;
use hyper::client::conn::http1::SendRequest;

use super::body::RequestBody;
use super::endpoint::Origin;

/// How long a connection is kept unused; shorter than most servers keep theirs.
const IDLE_MAX: Duration = Duration::from_secs(30);

/// Unused connections to one origin.
const PER_ORIGIN_MAX: usize = 8;

/// Unused connections in all.
const CONNECTIONS_MAX: usize = 256;

/// The end of a connection that takes requests.
pub(super) type Sender = SendRequest<RequestBody>;

/// Unused connections. Those that are dropped are closed.
pub(super) struct Pool {
    host: Host,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    idle: HashMap<Origin, Vec<Idle>>,
    count: usize,
    is_swept: bool,
}

struct Idle {
    sender: Sender,
    since: Duration,
}

impl Pool {
    pub(super) fn new(host: Host) -> Self {
        Self { host, state: Mutex::default() }
    }

    /// A connection that was open when last looked at; the one used last comes first.
    pub(super) fn take(&self, origin: &Origin) -> Option<Sender> {
        let mut state = self.lock();
        loop {
            let idle = state.idle.get_mut(origin)?.pop()?;
            state.count -= 1;
            if !idle.sender.is_closed() {
                return Some(idle.sender);
            }
        }
    }

    /// Keeps a connection for a while, if there is room.
    pub(super) fn put(self: &Arc<Self>, origin: &Origin, sender: Sender) {
        let mut state = self.lock();
        if sender.is_closed() || state.count >= CONNECTIONS_MAX {
            return;
        }
        let idle = state.idle.entry(origin.clone()).or_default();
        if idle.len() >= PER_ORIGIN_MAX {
            return;
        }
        idle.push(Idle { sender, since: self.host.monotonic() });
        state.count += 1;
        if !std::mem::replace(&mut state.is_swept, true) {
            self.sweep();
        }
    }

    /// Closes connections as they grow old, until there are none or the pool is gone.
    fn sweep(self: &Arc<Self>) {
        let pool = Arc::downgrade(self);
        let host = self.host.clone();
        self.host.spawn("unused connections", async move {
            loop {
                host.sleep(IDLE_MAX / 2).await;
                let Some(pool) = pool.upgrade() else { return };
                let mut state = pool.lock();
                state.close_older_than(host.monotonic().saturating_sub(IDLE_MAX));
                if state.count == 0 {
                    state.is_swept = false;
                    return;
                }
            }
        });
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no panic while held")
    }
}

impl State {
    fn close_older_than(&mut self, instant: Duration) {
        self.idle.retain(|_, idle| {
            idle.retain(|idle| idle.since > instant && !idle.sender.is_closed());
            !idle.is_empty()
        });
        self.count = self.idle.values().map(Vec::len).sum();
    }
}
