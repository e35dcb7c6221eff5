//! The machine underneath: clock, randomness, files, connections and tasks, real or simulated under a seed.
//!
//! Nothing else in the workspace reads the system clock, asks for randomness, opens a file, connects to
//! another machine or starts a thread, so a whole server can run in virtual time on a simulated disk.

mod clock;
pub mod files;
mod lines;
pub mod net;
pub mod process;
mod random;
pub mod simulated;
mod tasks;

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::future::BoxFuture;
use tokio::sync::oneshot;

pub use clock::{Clock, SystemClock};
pub use files::Files;
pub use lines::LineFiles;
pub use net::Network;
pub use random::{OsRandom, Random};
pub use tasks::{Tasks, TokioTasks};

/// Everything that is not pure computation. Cheap to clone.
#[derive(Clone)]
pub struct Host {
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    files: Arc<dyn Files>,
    tasks: Arc<dyn Tasks>,
    network: Arc<dyn Network>,
}

impl Host {
    /// The real machine.
    pub fn real() -> Self {
        Self::new(Arc::new(SystemClock::new()), Arc::new(OsRandom), files::real(), Arc::new(TokioTasks))
            .with_network(net::real())
    }

    /// A machine of the given parts, with a network that refuses every connection; how simulations are put together.
    pub fn new(clock: Arc<dyn Clock>, random: Arc<dyn Random>, files: Arc<dyn Files>, tasks: Arc<dyn Tasks>) -> Self {
        Self { clock, random, files, tasks, network: net::none() }
    }

    /// The same machine on another network.
    pub fn with_network(self, network: Arc<dyn Network>) -> Self {
        Self { network, ..self }
    }

    /// Milliseconds since 1970-01-01T00:00:00Z by the wall clock. May step backwards when the clock is set.
    pub fn now_ms(&self) -> u64 {
        self.clock.now_ms()
    }

    /// Time since an arbitrary start; never goes backwards.
    pub fn monotonic(&self) -> Duration {
        self.clock.monotonic()
    }

    /// Resolves after `duration` of this host's time.
    pub fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        self.clock.sleep(duration)
    }

    /// Fills `bytes` with randomness fit for keys.
    pub fn fill_random(&self, bytes: &mut [u8]) {
        self.random.fill(bytes);
    }

    /// A random number.
    pub fn random_u64(&self) -> u64 {
        let mut bytes = [0; 8];
        self.random.fill(&mut bytes);
        u64::from_le_bytes(bytes)
    }

    /// The file system.
    pub fn files(&self) -> &Arc<dyn Files> {
        &self.files
    }

    /// The network.
    pub fn network(&self) -> &Arc<dyn Network> {
        &self.network
    }

    /// Runs `task` in the background on the shared runtime.
    pub fn spawn(&self, name: &'static str, task: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn(name, Box::pin(task));
    }

    /// Runs `task`, which blocks on files, on a thread of its own (in a simulation: on the simulated schedule).
    pub fn spawn_thread(&self, name: &'static str, task: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn_thread(name, Box::pin(task));
    }

    /// Runs a short piece of work that blocks on files on one of the threads that are kept for that, and resolves with
    /// what it gives; with an error where it panicked or the process is ending. It runs whether the future is polled
    /// or not.
    pub fn blocking<T: Send + 'static>(
        &self,
        name: &'static str,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Blocking<T> {
        let (sender, receiver) = oneshot::channel();
        // Whoever dropped the future does not want to know.
        self.tasks.spawn_blocking(name, Box::new(move || drop(sender.send(work()))));
        Blocking(receiver)
    }
}

/// What [`Host::blocking`] resolves with, one day.
#[derive(Debug)]
pub struct Blocking<T>(oneshot::Receiver<T>);

/// The work of [`Host::blocking`] came to no end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("work on files did not come to its end")]
pub struct Unfinished;

impl<T> Future for Blocking<T> {
    type Output = Result<T, Unfinished>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.get_mut().0).poll(context).map_err(|_dropped| Unfinished)
    }
}
