//! Applications at work: a supervisor for each sees to it that what runs is what the application's record says.
//!
//! `build` makes a run out of a configuration; `stream_input` reads, `lanes` divides shards over in-application streams,
//! `stream_output` and `firehose_output` write, `reference` keeps tables, `watched` tells what does not work.

mod build;
mod firehose_output;
mod lanes;
mod position;
mod reference;
mod stream_input;
mod stream_output;
mod supervisor;
mod watched;
mod writing;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard};

use tokio::sync::watch;

use crate::KinesisAnalytics;
use crate::application::Application;
use crate::metrics::{self, Figures};

pub(crate) use build::journal_id;
pub(crate) use reference::forgotten;
pub(crate) use supervisor::Begun;

/// What a supervisor is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wish {
    /// The application's record has changed.
    Look(u64),
    /// The application, or the server, is going.
    End,
}

/// What is known of an application that has been started since the server has.
struct Supervised {
    wish: watch::Sender<Wish>,
    /// Closed once the supervisor and its run are gone.
    alive: watch::Receiver<()>,
    live: Arc<Live>,
}

/// What a supervisor shares with metrics.
#[derive(Default)]
pub(crate) struct Live {
    begun: Mutex<Option<Begun>>,
}

impl Live {
    fn begun(&self) -> MutexGuard<'_, Option<Begun>> {
        self.begun.lock().expect("no panic while held")
    }
}

/// All supervisors.
#[derive(Default)]
pub(crate) struct Runs {
    supervised: Mutex<HashMap<u64, Supervised>>,
    /// Applications that have failed, by their labels in metrics.
    failed: Mutex<BTreeMap<u64, String>>,
    /// Whoever writes to an output holds its gate.
    gates: Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>,
}

impl Runs {
    fn supervised(&self) -> MutexGuard<'_, HashMap<u64, Supervised>> {
        self.supervised.lock().expect("no panic while held")
    }

    /// Notes whether an application has failed.
    pub(crate) fn note_failed(&self, application: &Application) {
        let mut failed = self.failed.lock().expect("no panic while held");
        match application.failure {
            Some(_) => failed.insert(application.id, metrics::labels(application)),
            None => failed.remove(&application.id),
        };
    }

    /// Forgets an application that is deleted.
    pub(crate) fn forget_failed(&self, application: &Application) {
        self.failed.lock().expect("no panic while held").remove(&application.id);
    }

    /// The labels of the applications that have failed.
    pub(crate) fn failed(&self) -> Vec<String> {
        self.failed.lock().expect("no panic while held").values().cloned().collect()
    }

    /// The gate of an output, by the beginning of its partition keys. Gates that nobody uses are forgotten.
    fn gate(&self, output: &str) -> Arc<tokio::sync::Mutex<()>> {
        let mut gates = self.gates.lock().expect("no panic while held");
        gates.retain(|name, gate| name == output || Arc::strong_count(gate) > 1);
        Arc::clone(gates.entry(output.to_owned()).or_default())
    }
}

impl KinesisAnalytics {
    /// Sees to it that an application does what its record says.
    pub(crate) fn supervise(self: &Arc<Self>, application: &Application, is_resumed: bool) {
        if self.nudge(application) {
            return;
        }
        let mut supervised = self.runs.supervised();
        let (wish, wishes) = watch::channel(Wish::Look(application.change));
        let (lives, alive) = watch::channel(());
        let live = Arc::<Live>::default();
        supervised.insert(application.id, Supervised { wish, alive, live: Arc::clone(&live) });
        drop(supervised);
        let supervisor = supervisor::Supervisor::new(self, application, wishes, live, is_resumed);
        self.host.spawn("analytics-supervisor", async move {
            supervisor.run().await;
            drop(lives);
        });
    }

    /// Has the application's supervisor look at the record again; `false` if it has none.
    pub(crate) fn nudge(&self, application: &Application) -> bool {
        match self.runs.supervised().get(&application.id) {
            Some(known) => {
                known.wish.send_replace(Wish::Look(application.change));
                true
            }
            None => false,
        }
    }

    /// Ends an application's run as a crash would, and waits until nothing of it is left.
    pub(crate) async fn end_run(&self, id: u64) {
        let Some(known) = self.runs.supervised().remove(&id) else { return };
        known.wish.send_replace(Wish::End);
        let mut alive = known.alive;
        // It never changes; it is closed when the supervisor is gone.
        while alive.changed().await.is_ok() {}
    }

    /// Ends all runs; the next start of the server goes on with them.
    pub async fn close(&self) {
        let ids: Vec<u64> = self.runs.supervised().keys().copied().collect();
        futures::future::join_all(ids.into_iter().map(|id| self.end_run(id))).await;
    }

    /// What runs, by name.
    pub(crate) fn figures(&self) -> Vec<Figures> {
        let supervised = self.runs.supervised();
        let begun = supervised.values().filter_map(|one| one.live.begun().as_ref().map(Begun::figures));
        let mut figures: Vec<_> = begun.collect();
        figures.sort_by(|a, b| a.labels.cmp(&b.labels));
        figures
    }
}
