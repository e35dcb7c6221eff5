//! What outlives every crash: the source's records and the destinations' rows.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard};

use fastrand::Rng;
use host::simulated::Simulation;

use super::Flaw;
use super::programs::Program;
use super::records::{self, Record};

/// Calls that never come.
const NEVER: u64 = u64::MAX;
/// How long after the last record every window is closed, in milliseconds.
const AFTERWARDS_MS: u64 = 10_000;

/// The world around the machine.
pub(super) struct World {
    pub(super) simulation: Simulation,
    pub(super) program: &'static Program,
    pub(super) flaw: Flaw,
    /// Records by shard, in the order in which they come.
    pub(super) shards: Vec<Vec<Record>>,
    destinations: Vec<Mutex<Vec<Kept>>>,
    random: Mutex<Rng>,
    /// Calls until the process is killed.
    calls_left: AtomicU64,
    found: AtomicU64,
}

/// A row that a destination holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Kept {
    pub(super) sequence: u64,
    pub(super) time: i64,
    /// Its values.
    pub(super) text: String,
}

impl World {
    pub(super) fn new(simulation: Simulation, program: &'static Program, flaw: Flaw, random: &mut Rng) -> Self {
        let shards = records::draw(random);
        let destinations = program.taps().iter().map(|_| Mutex::default()).collect();
        let (random, calls_left, found) = (Mutex::new(random.fork()), AtomicU64::new(NEVER), AtomicU64::new(0));
        Self { simulation, program, flaw, shards, destinations, random, calls_left, found }
    }

    /// When everything has come and every window is closed.
    pub(super) fn end_ms(&self) -> u64 {
        let last = self.shards.iter().filter_map(|shard| shard.last()).map(|record| record.at_ms).max();
        last.unwrap_or(0) + AFTERWARDS_MS
    }

    pub(super) fn destination(&self, index: usize) -> MutexGuard<'_, Vec<Kept>> {
        self.destinations[index].lock().expect("a panic ends the run")
    }

    pub(super) fn random(&self) -> MutexGuard<'_, Rng> {
        self.random.lock().expect("a panic ends the run")
    }

    /// Kills the process at the n-th call from now; `None` lets it live.
    pub(super) fn arm(&self, calls: Option<u64>) {
        self.calls_left.store(calls.unwrap_or(NEVER), Ordering::Relaxed);
    }

    /// A moment at which the process may die.
    pub(super) async fn moment(&self) {
        let left = self.calls_left.load(Ordering::Relaxed);
        if left == NEVER {
            return;
        }
        self.calls_left.store(left.saturating_sub(1), Ordering::Relaxed);
        if left == 0 {
            self.simulation.kill();
            std::future::pending::<()>().await;
        }
    }

    pub(super) fn note_found(&self, count: usize) {
        self.found.fetch_add(count as u64, Ordering::Relaxed);
    }

    pub(super) fn found_count(&self) -> u64 {
        self.found.load(Ordering::Relaxed)
    }
}
