//! Deterministic simulation of stream applications: a program over a source that keeps its records and destinations that
//! keep their rows, on a machine that crashes wherever it hurts.
//!
//! The source and the destinations live outside the machine, as another machine would. When all is over, the run without
//! crashes is computed from the input rows as they were stamped, and every destination must hold exactly its rows.

mod audit;
mod destination;
mod programs;
mod records;
mod world;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;
use flow::runtime::{Application, Ground, Running, Start, StartingPosition, State, start};
use host::Host;
use host::simulated::{Ended, Simulation};
use store::{Blobs, Store};

use world::World;

/// Where the application's store is.
const DIR: &str = "/data";
/// Boots with accidents, at most.
const BOOTS_MAX: u64 = 5;
/// Time within which an application must be where it was, virtual time.
const RECOVERY_MS_MAX: u64 = 5_000;

/// How a run went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Summary {
    /// Boots of the machine.
    pub boots: u64,
    /// Boots that ended with a power failure.
    pub power_cuts: u64,
    /// Boots that ended with the process killed.
    pub kills: u64,
    /// Rows that were compared with those of a run without crashes.
    pub rows: u64,
    /// Rows that a recovery found in a destination and did not write again.
    pub found: u64,
    /// Checkpoints written.
    pub checkpoints: u64,
    /// A digest of everything that happened on the disk.
    pub trace: u64,
}

/// What is wrong beyond accidents; for tests of the auditor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Flaw {
    /// Nothing.
    #[default]
    None,
    /// The disk says that it has synced and has not.
    LyingDisk,
    /// Destinations do not find what they hold.
    ForgetfulDestinations,
}

/// What goes wrong in a boot.
#[derive(Debug, Clone, Copy)]
enum Accident {
    /// Nothing: it works until everything is read, and stops.
    None,
    /// The process ends at some moment.
    End { after_ms: u64 },
    /// The process ends at the n-th call of the source or a destination, before it or after it.
    KillAtCall(u64),
    /// The power fails at the n-th operation on the disk: in the midst of a journal's commit or a checkpoint.
    CutAtDisk(u64),
}

/// Runs a seed and tells how each boot goes. Panics when a destination does not hold what it should.
pub fn run(seed: u64, flaw: Flaw, tell: &dyn Fn(String)) -> Summary {
    let simulation = Simulation::new(seed);
    let mut random = simulation.fork_random();
    let program = &programs::ALL[usize::try_from(seed).expect("seeds are small") % programs::ALL.len()];
    let world = Arc::new(World::new(simulation.clone(), program, flaw, &mut random));
    let mut summary = Summary::default();
    let accident_count = random.u64(1..=BOOTS_MAX);
    for number in 0..=accident_count {
        let accident = if number == accident_count { Accident::None } else { draw(&mut random) };
        tell(format!("boot {number}: {} with {accident:?}", program.name));
        simulation.clear_faults();
        simulation.lie_about_syncs(flaw == Flaw::LyingDisk);
        world.arm(None);
        match accident {
            Accident::KillAtCall(call) => world.arm(Some(call)),
            Accident::CutAtDisk(count) => simulation.cut_power_after(count),
            Accident::None | Accident::End { .. } => {}
        }
        match simulation.boot(|host| boot(host, Arc::clone(&world), accident)) {
            Ended::Finished(checkpoints) => summary.checkpoints += checkpoints,
            Ended::Killed => summary.kills += 1,
            Ended::PowerCut => summary.power_cuts += 1,
        }
        summary.boots += 1;
        if random.bool() {
            // What was not synced before the process died goes, too.
            simulation.lose_power();
        }
    }
    summary.rows = audit::check(&world);
    summary.found = world.found_count();
    summary.trace = simulation.trace();
    summary
}

fn draw(random: &mut Rng) -> Accident {
    match random.u8(..4) {
        0 => Accident::End { after_ms: random.u64(1..15_000) },
        1 | 2 => Accident::KillAtCall(random.u64(1..120)),
        _ => Accident::CutAtDisk(random.u64(1..600)),
    }
}

/// One boot; gives the number of checkpoints it wrote.
async fn boot(host: Host, world: Arc<World>, accident: Accident) -> u64 {
    let Ok(store) = Store::open(&host, Path::new(DIR)) else { return 0 };
    let Ok(blobs) = Blobs::open(&host, Path::new(DIR), &store) else { return 0 };
    let started_ms = host.now_ms();
    let running = start(Ground { host: host.clone(), store, blobs }, application(&host, &world));
    let mut status = running.status();
    let is_there = |state: &State| !matches!(state, State::Starting);
    let up = status.wait_for(|status| is_there(&status.state)).await.map(|status| status.state.clone());
    if let Ok(State::Failed(error)) = up {
        assert!(
            !world.simulation.is_running(),
            "seed {}: the application does not start: {error}",
            world.simulation.seed()
        );
        return 0;
    }
    let took_ms = host.now_ms() - started_ms;
    assert!(took_ms < RECOVERY_MS_MAX, "seed {}: recovery took {took_ms} ms", world.simulation.seed());
    match accident {
        Accident::End { after_ms } => host.sleep(Duration::from_millis(after_ms)).await,
        // Those whose accident does not come end as the last boot does.
        Accident::None | Accident::KillAtCall(_) | Accident::CutAtDisk(_) => {
            return finish(&host, &world, running).await;
        }
    }
    status.borrow().checkpoint_count
}

/// Works until everything is read and every window closed, then stops.
async fn finish(host: &Host, world: &World, running: Running) -> u64 {
    let left_ms = world.end_ms().saturating_sub(host.now_ms());
    host.sleep(Duration::from_millis(left_ms)).await;
    let status = running.status();
    let checkpoint_count = status.borrow().checkpoint_count;
    let ended = running.stop(Duration::from_secs(60)).await;
    if world.simulation.is_running() {
        ended.unwrap_or_else(|error| panic!("seed {}: {error}", world.simulation.seed()));
    }
    checkpoint_count
}

fn application(host: &Host, world: &Arc<World>) -> Application {
    let outputs = world.program.taps().into_iter().enumerate().map(|(index, _)| {
        let sink = destination::Writer::new(host.clone(), Arc::clone(world), index);
        (format!("output-{index}"), Box::new(sink) as Box<dyn flow::runtime::Sink>)
    });
    Application {
        id: "application".to_owned(),
        graph: world.program.graph(),
        source: Box::new(records::Reader::new(host.clone(), Arc::clone(world))),
        outputs: outputs.collect(),
        start: Start::Recover(StartingPosition::TrimHorizon),
    }
}
