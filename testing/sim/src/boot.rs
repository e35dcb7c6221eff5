//! One boot of the machine: open, audit, work, end.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use host::Host;
use host::simulated::{Ended, Simulation};
use log::{DiskLog, LogEngine, OpenError, Options};
use store::Store;

use crate::history::History;
use crate::plan::{End, Plan};
use crate::{Flaw, Summary, audit, workload};

const STORE_DIR: &str = "/data/store";
const LOG_DIR: &str = "/data/log";

/// Time until there is room again on a full disk, in milliseconds.
const FULL_MS: u64 = 1500;

/// What all tasks of a boot share.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) host: Host,
    pub(crate) simulation: Simulation,
    pub(crate) history: Arc<Mutex<History>>,
    pub(crate) log: Arc<DiskLog>,
    /// The tasks shall come to an end.
    pub(crate) is_over: Arc<AtomicBool>,
    /// Tasks that work.
    pub(crate) busy: Arc<AtomicU64>,
}

impl World {
    /// What is known, the time included.
    pub(crate) fn history(&self) -> std::sync::MutexGuard<'_, History> {
        let mut history = self.history.lock().expect("a panic has ended the run");
        history.note_time(self.host.now_ms());
        history
    }

    pub(crate) fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }
}

/// Sizes at which everything happens often: files are full, segments sealed, tails evicted within seconds.
pub fn small_log(simulation: &Simulation) -> Options {
    let machine = simulation.clone();
    Options {
        wal_file_bytes: 64 * 1024,
        wal_total_bytes: 256 * 1024,
        block_bytes_max: 24 * 1024,
        queue_bytes_max: 64 * 1024,
        tail_bytes_max: 32 * 1024,
        segment_bytes_max: 48 * 1024,
        segment_age_max_ms: 4000,
        flush_age_ms: 1500,
        upkeep_interval_ms: 700,
        open_files_max: 4,
        transaction_bytes_max: 200,
        on_fatal: Arc::new(move |_cause| machine.kill()),
    }
}

/// Boots, works, and lets happen what the plan says.
pub(crate) fn run(
    simulation: &Simulation,
    history: &Arc<Mutex<History>>,
    plan: &Plan,
    flaw: Flaw,
    summary: &mut Summary,
) -> Ended<()> {
    simulation.clear_faults();
    simulation.lie_about_syncs(flaw == Flaw::LyingDisk);
    if let Some(count) = plan.cut_power_after {
        simulation.cut_power_after(count);
    }
    if let Some(count) = plan.fail_sync_after {
        simulation.fail_sync_after(count);
    }
    if let Some(count) = plan.fail_write_after {
        simulation.fail_write_after(count);
    }
    let ended = simulation.boot(|host| work(host, simulation.clone(), Arc::clone(history), plan.clone()));
    match ended {
        Ended::Finished(()) if plan.end == End::Close => {}
        Ended::Finished(()) | Ended::Killed => summary.kills += 1,
        Ended::PowerCut => summary.power_cuts += 1,
    }
    if ended != Ended::PowerCut && plan.lose_power_after {
        simulation.lose_power();
    }
    history.lock().expect("a panic has ended the run").end_boot();
    ended
}

async fn work(host: Host, simulation: Simulation, history: Arc<Mutex<History>>, plan: Plan) {
    let Some(log) = open(&host, &simulation, &history).await else { return };
    let world = World { host, simulation, history, log, is_over: Arc::default(), busy: Arc::default() };
    if audit::check_everything(&world, audit::Moment::AfterStart).await.is_err() {
        return;
    }
    if let Some(room) = plan.room_bytes {
        fill_disk_for_a_while(&world, room);
    }
    workload::start(&world, &plan);
    world.host.sleep(Duration::from_millis(plan.lasts_ms)).await;
    if plan.end == End::Kill {
        return;
    }
    world.is_over.store(true, Ordering::Relaxed);
    while world.busy.load(Ordering::Relaxed) > 0 {
        world.host.sleep(Duration::from_millis(5)).await;
    }
    world.simulation.limit_disk(None);
    if !plan.disk_fails() {
        workload::must_work_again(&world).await;
    }
    if audit::check_everything(&world, audit::Moment::WhileRunning).await.is_err() {
        return;
    }
    match world.log.close().await {
        Ok(()) => {}
        Err(error) if !plan.disk_fails() => {
            world.history().broken(&format!("the log cannot be closed: {error}"));
        }
        Err(_) => {}
    }
}

/// Opens store and log; `None` when an accident of this boot keeps them from opening.
async fn open(host: &Host, simulation: &Simulation, history: &Arc<Mutex<History>>) -> Option<Arc<DiskLog>> {
    let broken = |what: &dyn std::fmt::Display| {
        history.lock().expect("a panic has ended the run").broken(&format!("cannot be opened: {what}"));
    };
    let store = match Store::open(host, Path::new(STORE_DIR)) {
        Ok(store) => store,
        Err(error) => {
            if matches!(error, store::Error::Corrupt(_)) {
                broken(&error);
            }
            return None;
        }
    };
    match DiskLog::open(host.clone(), Path::new(LOG_DIR), store, small_log(simulation)) {
        Ok(log) => Some(Arc::new(log)),
        // Only what the machine refuses may keep the log from opening.
        Err(OpenError::Io { .. } | OpenError::Store(store::Error::Io(_) | store::Error::Closed)) => None,
        Err(error) => {
            broken(&error);
            None
        }
    }
}

fn fill_disk_for_a_while(world: &World, room: u64) {
    let (host, simulation) = (world.host.clone(), world.simulation.clone());
    simulation.limit_disk(Some(simulation.disk_used() + room));
    world.host.spawn("room", async move {
        host.sleep(Duration::from_millis(FULL_MS)).await;
        simulation.limit_disk(None);
    });
}
