//! The log under simulation. `SIM_SEED=n cargo test -p sim` replays one seed, `SIM_SEEDS=a..b` runs a range.

mod applications;

use std::any::Any;
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use sim::{Flaw, Summary};

/// Seeds of every test run.
const SEEDS: std::ops::Range<u64> = 0..100;

const HELD: &str = "a run that panics is caught before it is counted";

fn replay(seed: u64) -> Result<Summary, String> {
    let is_alone = std::env::var("SIM_SEED").is_ok();
    let tell = |what: String| {
        if is_alone {
            eprintln!("{what}");
        }
    };
    let run = panic::catch_unwind(AssertUnwindSafe(|| sim::run(seed, Flaw::None, &tell)));
    run.map_err(said)
}

/// What a panic said.
fn said(panic: Box<dyn Any + Send>) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default()
}

/// Runs seeds of the log; tells what all did together.
fn run_all(seeds: Vec<u64>) -> Summary {
    let mut total = Summary::default();
    on_all_cores(seeds, replay).into_iter().for_each(|one| add(&mut total, one));
    total
}

/// Runs seeds on all processors; tells which failed.
fn on_all_cores<T: Send>(seeds: Vec<u64>, replay: fn(u64) -> Result<T, String>) -> Vec<T> {
    let (done, failures) = (Mutex::new(Vec::new()), Mutex::new(Vec::new()));
    let next = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some(&seed) = seeds.get(next.fetch_add(1, Ordering::Relaxed) as usize) {
                    match replay(seed) {
                        Ok(summary) => done.lock().expect(HELD).push(summary),
                        Err(what) => failures.lock().expect(HELD).push((seed, what)),
                    }
                }
            });
        }
    });
    let mut failures = failures.into_inner().expect(HELD);
    failures.sort();
    for (seed, what) in &failures {
        eprintln!("{what}\n    replay with: SIM_SEED={seed} cargo test -p sim");
    }
    assert!(failures.is_empty(), "{} of {} seeds failed", failures.len(), seeds.len());
    done.into_inner().expect(HELD)
}

fn add(total: &mut Summary, one: Summary) {
    total.boots += one.boots;
    total.power_cuts += one.power_cuts;
    total.kills += one.kills;
    total.acknowledged += one.acknowledged;
    total.read += one.read;
    total.changes += one.changes;
    total.trace ^= one.trace;
}

/// The seeds asked for in the environment, else the usual ones.
fn seeds() -> Vec<u64> {
    let number = |text: &str| text.trim().parse::<u64>().expect("seeds are numbers");
    if let Ok(seed) = std::env::var("SIM_SEED") {
        return vec![number(&seed)];
    }
    if let Ok(range) = std::env::var("SIM_SEEDS") {
        let (first, end) = range.split_once("..").expect("SIM_SEEDS is a range, as 100..200");
        return (number(first)..number(end)).collect();
    }
    SEEDS.collect()
}

#[test]
fn the_log_keeps_its_promises_whatever_happens_to_the_machine() {
    let seeds = seeds();
    let count = seeds.len();
    let total = run_all(seeds);
    println!("{count} seeds: {total:?}");
    if count >= 100 {
        // A simulation in which nothing happens finds nothing.
        assert!(total.power_cuts > 50 && total.kills > 50, "{total:?}");
        assert!(total.acknowledged > 5_000 && total.read > 10_000 && total.changes > 500, "{total:?}");
    }
}

/// Each line of a file in `seeds/` is a seed that once failed, and why.
#[test]
fn what_was_once_broken_stays_repaired() {
    let mut seeds = Vec::new();
    for file in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds")).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        let numbers = text.lines().filter_map(|line| line.split('#').next()?.trim().parse::<u64>().ok());
        seeds.extend(numbers);
    }
    run_all(seeds);
}

#[test]
fn the_same_seed_gives_the_same_run() {
    for seed in 1..4 {
        assert_eq!(replay(seed), replay(seed), "seed {seed}");
    }
}

#[test]
fn the_auditor_catches_a_disk_that_lies_about_syncs() {
    let caught =
        (0..10).filter(|&seed| panic::catch_unwind(|| sim::run(seed, Flaw::LyingDisk, &|_| ())).is_err()).count();
    assert!(caught >= 8, "only {caught} of 10 runs on a lying disk were caught");
}
