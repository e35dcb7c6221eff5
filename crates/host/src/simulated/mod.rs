//! A whole machine under a seed: virtual time, a seeded schedule, a disk that forgets what was not synced.
//!
//! A [`Simulation`] is a machine that boots again and again. Each [`Simulation::boot`] runs a program to its end (the
//! process is killed then; what it wrote stays in the page cache) or until the power fails (what was not synced may
//! be lost, kept or torn). The same seed gives the same run, as long as the program takes time, randomness, files and
//! tasks from its [`Host`] alone: no threads, no `tokio::time`, no `tokio::spawn`, `tokio::select!` only `biased`.

mod clock;
mod content;
mod disk;
mod executor;
mod handles;
mod names;
mod network;

#[cfg(test)]
mod tests;

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex};

use crate::{Host, Random};

use clock::VirtualClock;
use disk::Disk;
use executor::Executor;

pub use executor::Ended;
pub use network::{Listener, Peer, SimulatedNetwork};

/// A machine whose every accident follows from a seed. Clones are handles on the same machine.
#[derive(Clone)]
pub struct Simulation {
    seed: u64,
    clock: Arc<VirtualClock>,
    disk: Arc<Disk>,
    random: Arc<SeededRandom>,
    schedule: Arc<Mutex<fastrand::Rng>>,
    workload: Arc<Mutex<fastrand::Rng>>,
    network: SimulatedNetwork,
}

impl Simulation {
    /// A new machine with an empty disk.
    pub fn new(seed: u64) -> Self {
        let mut root = fastrand::Rng::with_seed(seed);
        Self {
            seed,
            clock: Arc::default(),
            disk: Arc::new(Disk::new(root.fork())),
            random: Arc::new(SeededRandom(Mutex::new(root.fork()))),
            schedule: Arc::new(Mutex::new(root.fork())),
            workload: Arc::new(Mutex::new(root.fork())),
            network: SimulatedNetwork::default(),
        }
    }

    /// What the run follows from.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The machines that a program can connect to; their tasks are the program's own.
    pub fn network(&self) -> &SimulatedNetwork {
        &self.network
    }

    /// A generator of its own for the caller's decisions; every call gives another one.
    pub fn fork_random(&self) -> fastrand::Rng {
        self.workload.lock().expect(HELD).fork()
    }

    /// Starts the machine and runs `program` to its end, or until the power fails. All other tasks die with it.
    ///
    /// Panics when the program waits for something that can never happen.
    pub fn boot<T, F>(&self, program: impl FnOnce(Host) -> F) -> Ended<T>
    where
        F: Future<Output = T>,
    {
        let executor = Executor::new(Arc::clone(&self.clock), Arc::clone(&self.schedule), Arc::clone(&self.disk));
        let host = Host::new(
            Arc::clone(&self.clock) as Arc<dyn crate::Clock>,
            Arc::clone(&self.random) as Arc<dyn Random>,
            self.disk.start(),
            executor.tasks(),
        )
        .with_network(Arc::new(self.network.clone()));
        let ended = executor.run(program(host));
        if matches!(ended, Ended::PowerCut) {
            self.disk.lose_unsynced();
        }
        ended
    }

    /// The power fails between two boots: what is not synced may be lost, kept or torn.
    pub fn lose_power(&self) {
        self.disk.lose_unsynced();
    }

    /// The power fails during the `count`-th file operation from now (1 is the next one).
    pub fn cut_power_after(&self, count: u64) {
        self.disk.faults(|faults| faults.cut_power_after = Some(count));
    }

    /// The power fails now; the program does not get to run again.
    pub fn cut_power(&self) {
        self.disk.cut_power();
    }

    /// The process ends now, as after an abort: what it wrote stays in the page cache.
    pub fn kill(&self) {
        self.disk.kill();
    }

    /// Whether a program runs: neither has the power failed nor was it killed.
    pub fn is_running(&self) -> bool {
        self.disk.has_power()
    }

    /// The `count`-th sync of a file from now fails, and what it should have made durable may never become so.
    pub fn fail_sync_after(&self, count: u64) {
        self.disk.faults(|faults| faults.fail_sync_after = Some(count));
    }

    /// The `count`-th write from now fails after a part of it.
    pub fn fail_write_after(&self, count: u64) {
        self.disk.faults(|faults| faults.fail_write_after = Some(count));
    }

    /// Limits what the disk holds, in bytes; beyond it writes fail as on a full disk. `None` lifts the limit.
    pub fn limit_disk(&self, bytes: Option<u64>) {
        self.disk.faults(|faults| faults.capacity_bytes = bytes);
    }

    /// Makes every sync succeed without doing anything, as broken hardware does. For tests of the tests.
    pub fn lie_about_syncs(&self, lie: bool) {
        self.disk.faults(|faults| faults.syncs_lie = lie);
    }

    /// Undoes all faults that are still to come.
    pub fn clear_faults(&self) {
        self.disk.faults(|faults| *faults = disk::Faults::default());
    }

    /// Flips the given bits of one stored byte, as a failing disk does.
    pub fn damage(&self, path: &Path, position: u64, bits: u8) -> io::Result<()> {
        self.disk.damage(path, position, bits)
    }

    /// Sets the wall clock forwards or backwards.
    pub fn step_wall_clock(&self, ms: i64) {
        self.clock.step_wall(ms);
    }

    /// Bytes of disk space in use.
    pub fn disk_used(&self) -> u64 {
        self.disk.used()
    }

    /// File operations so far.
    pub fn disk_operations(&self) -> u64 {
        self.disk.operations()
    }

    /// A digest of every file operation so far: equal for equal runs.
    pub fn trace(&self) -> u64 {
        self.disk.trace()
    }
}

/// Why a lock of the simulation can always be taken.
const HELD: &str = "the simulation is one thread, and a panic ends it";

struct SeededRandom(Mutex<fastrand::Rng>);

impl Random for SeededRandom {
    fn fill(&self, bytes: &mut [u8]) {
        self.0.lock().expect(HELD).fill(bytes);
    }
}
