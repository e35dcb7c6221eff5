//! Stream applications under simulation. `SIM_SEED` and `SIM_SEEDS` choose seeds as for the log.

use std::panic::{self, AssertUnwindSafe};

use sim::applications::{Flaw, Summary, run};

use crate::{on_all_cores, said, seeds};

fn replay(seed: u64) -> Result<Summary, String> {
    let is_alone = std::env::var("SIM_SEED").is_ok();
    let tell = |what: String| {
        if is_alone {
            eprintln!("{what}");
        }
    };
    panic::catch_unwind(AssertUnwindSafe(|| run(seed, Flaw::None, &tell))).map_err(said)
}

#[test]
fn applications_write_each_row_once_wherever_they_crash() {
    let seeds = seeds();
    let count = seeds.len();
    let runs = on_all_cores(seeds, replay);
    let total = runs.iter().fold(Summary::default(), |mut total, one| {
        total.boots += one.boots;
        total.power_cuts += one.power_cuts;
        total.kills += one.kills;
        total.rows += one.rows;
        total.found += one.found;
        total.checkpoints += one.checkpoints;
        total
    });
    println!("{count} seeds: {total:?}");
    if count >= 100 {
        // A simulation in which nothing happens finds nothing.
        assert!(total.power_cuts > 20 && total.kills > 50, "{total:?}");
        assert!(total.rows > 8_000 && total.found > 500 && total.checkpoints > 500, "{total:?}");
    }
}

#[test]
fn the_same_seed_gives_the_same_run_of_an_application() {
    for seed in 0..3 {
        assert_eq!(replay(seed), replay(seed), "seed {seed}");
    }
}

#[test]
fn the_auditor_of_applications_catches_what_is_broken() {
    for flaw in [Flaw::LyingDisk, Flaw::ForgetfulDestinations] {
        let caught = (0..20).filter(|&seed| panic::catch_unwind(|| run(seed, flaw, &|_| ())).is_err()).count();
        assert!(caught >= 10, "only {caught} of 20 runs with {flaw:?} were caught");
    }
}
