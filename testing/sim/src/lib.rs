//! Deterministic simulation of the durable log: a seeded workload on a machine that crashes, and an auditor.
//!
//! A run is a number of boots of one simulated machine. In each boot several tasks write, read, split, merge, trim,
//! alter and delete, while faults drawn from the seed happen: the power fails, the process dies, syncs fail, the disk
//! is full, the wall clock jumps. The auditor ([`history`]) knows what was acknowledged and what was read, and stops
//! the run with a panic when the log breaks one of its promises. The same seed gives the same run.
//!
//! [`applications`] does the same with programs over streams.

pub mod applications;
mod audit;
mod boot;
pub mod history;
mod plan;
mod workload;

use std::sync::{Arc, Mutex};

use host::simulated::Simulation;

pub use boot::small_log;
pub use history::History;

/// How a run went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Summary {
    /// Boots of the machine.
    pub boots: u64,
    /// Boots that ended with a power failure.
    pub power_cuts: u64,
    /// Boots that ended with the process killed, by the workload or by itself.
    pub kills: u64,
    /// Records that were acknowledged.
    pub acknowledged: u64,
    /// Records that were read, counted each time.
    pub read: u64,
    /// Changes of streams (creations, resharding, alterations, trims, deletions) that were acknowledged.
    pub changes: u64,
    /// A digest of everything that happened on the disk.
    pub trace: u64,
}

/// What is wrong with the machine beyond its accidents; for tests of the auditor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Flaw {
    /// Nothing.
    #[default]
    None,
    /// The disk says that it has synced and has not.
    LyingDisk,
}

/// Runs a seed and tells how each boot goes. Panics when a promise is broken.
pub fn run(seed: u64, flaw: Flaw, tell: &dyn Fn(String)) -> Summary {
    let simulation = Simulation::new(seed);
    let history = Arc::new(Mutex::new(History::new(simulation.clone())));
    let mut random = simulation.fork_random();
    let mut summary = Summary::default();
    let boots = random.u64(3..=6);
    for number in 0..boots {
        let plan = plan::Plan::draw(&mut random, number + 1 == boots);
        tell(format!("boot {number} of {boots}: {plan:?}"));
        let ended = boot::run(&simulation, &history, &plan, flaw, &mut summary);
        tell(format!("boot {number} ended: {ended:?}"));
    }
    let history = history.lock().expect("a panic has ended the run");
    Summary {
        boots,
        acknowledged: history.acknowledged_count(),
        read: history.read_count(),
        changes: history.change_count(),
        trace: simulation.trace(),
        ..summary
    }
}
