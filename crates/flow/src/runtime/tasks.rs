//! The tasks of one run: they end together, and somebody waits for that.

use host::Host;
use tokio::sync::{mpsc, watch};

/// Starts tasks that end at the latest when the run does.
#[derive(Clone)]
pub(super) struct Tasks {
    host: Host,
    alive: watch::Receiver<()>,
    /// Held by every task; nothing is ever sent.
    ended: mpsc::Sender<()>,
}

/// Ends tasks, and tells when they have.
pub(super) struct Reins {
    alive: watch::Sender<()>,
    ended: mpsc::Receiver<()>,
}

/// Tasks, and what ends them.
pub(super) fn tasks(host: &Host) -> (Tasks, Reins) {
    let (alive, alive_receiver) = watch::channel(());
    let (ended_sender, ended) = mpsc::channel(1);
    (Tasks { host: host.clone(), alive: alive_receiver, ended: ended_sender }, Reins { alive, ended })
}

impl Tasks {
    pub(super) fn host(&self) -> &Host {
        &self.host
    }

    /// Runs a task on the shared runtime.
    pub(super) fn spawn(&self, name: &'static str, task: impl Future<Output = ()> + Send + 'static) {
        self.host.spawn(name, self.guarded(task));
    }

    /// Runs a task that computes or blocks on a thread of its own.
    pub(super) fn spawn_thread(&self, name: &'static str, task: impl Future<Output = ()> + Send + 'static) {
        self.host.spawn_thread(name, self.guarded(task));
    }

    fn guarded(&self, task: impl Future<Output = ()> + Send + 'static) -> impl Future<Output = ()> + Send + 'static {
        let Self { mut alive, ended, .. } = self.clone();
        async move {
            tokio::select! {
                biased;
                // Nothing is ever sent: it resolves when the other side is gone.
                _gone = alive.changed() => {}
                () = task => {}
            }
            drop(ended);
        }
    }
}

impl Reins {
    /// Ends the tasks and waits until they are gone. Whoever calls this has dropped its own [`Tasks`].
    pub(super) async fn end(mut self) {
        drop(self.alive);
        while self.ended.recv().await.is_some() {}
    }
}
