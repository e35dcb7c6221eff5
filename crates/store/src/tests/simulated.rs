//! The store on a disk that fails: power cuts, torn writes, failing syncs, no room.

use std::ops::Bound;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use host::Host;
use host::simulated::{Ended, Simulation};

use crate::{Changes, Error, Store};

const DIR: &str = "/data/store";

const WRITERS: usize = 4;

/// What the writers know: transactions are numbered from 1, each of a writer's own count.
#[derive(Debug, Default)]
struct Known {
    acknowledged: [u64; WRITERS],
    tried: [u64; WRITERS],
}

/// One transaction touches two tables and adds a row.
fn transaction(writer: usize, number: u64) -> Changes {
    let key = [writer as u8];
    let row = [&key[..], &number.to_be_bytes()].concat();
    let count = number.to_be_bytes();
    Changes::new().put("a", key, count).put("b", key, count).put("rows", row, vec![writer as u8; 300])
}

/// Every acknowledged transaction is there, none half; gives each writer's count.
fn audit(store: &Store, known: &Known) -> Result<[u64; WRITERS], Error> {
    let mut counts = [0; WRITERS];
    for (writer, count) in counts.iter_mut().enumerate() {
        let key = [writer as u8];
        let found = store.get("a", &key)?.map_or(0, |value| number(&value));
        let other = store.get("b", &key)?.map_or(0, |value| number(&value));
        assert_eq!(found, other, "half a transaction of writer {writer}");
        assert!(found >= known.acknowledged[writer], "writer {writer}: {found} of {known:?}");
        assert!(found <= known.tried[writer], "writer {writer}: {found} of {known:?}");
        let end = [writer as u8 + 1];
        let rows = store.scan("rows", Bound::Included(&key), Bound::Excluded(&end), usize::MAX)?;
        let numbers = rows.iter().map(|(key, _)| number(&key[1..]));
        assert!(numbers.eq(1..=found), "rows of writer {writer} are missing");
        *count = found;
    }
    Ok(counts)
}

fn number(bytes: &[u8]) -> u64 {
    u64::from_be_bytes(bytes.try_into().unwrap())
}

/// Writers that commit until they are told to stop or fail for good.
async fn write_all(host: Host, known: Arc<Mutex<Known>>, commits_max: u64) {
    let store = match Store::open(&host, Path::new(DIR)) {
        Ok(store) => store,
        Err(error) => {
            assert!(!matches!(error, Error::Corrupt(_)), "{error:?}");
            return;
        }
    };
    let counts = match audit(&store, &known.lock().unwrap()) {
        Ok(counts) => counts,
        Err(error) => {
            assert!(!matches!(error, Error::Corrupt(_)), "{error:?}");
            return;
        }
    };
    let running = Arc::new(AtomicU64::new(WRITERS as u64));
    for (writer, count) in counts.into_iter().enumerate() {
        // What was in doubt before is decided now.
        known.lock().unwrap().acknowledged[writer] = count;
        let (store, known, running) = (store.clone(), Arc::clone(&known), Arc::clone(&running));
        host.spawn("writer", async move {
            let mut number = count;
            for _ in 0..commits_max {
                known.lock().unwrap().tried[writer] = number + 1;
                match store.commit(transaction(writer, number + 1)).await {
                    Ok(()) => {
                        number += 1;
                        known.lock().unwrap().acknowledged[writer] = number;
                    }
                    Err(Error::Full) => known.lock().unwrap().tried[writer] = number,
                    Err(Error::Io(_) | Error::Closed) => break,
                    Err(error) => panic!("{error:?}"),
                }
            }
            running.fetch_sub(1, Ordering::Relaxed);
        });
    }
    while running.load(Ordering::Relaxed) > 0 {
        host.sleep(std::time::Duration::from_millis(1)).await;
    }
}

#[test]
fn after_any_crash_every_acknowledged_transaction_is_there_and_none_half() {
    for seed in 0..60 {
        let simulation = Simulation::new(seed);
        let mut random = simulation.fork_random();
        let known = Arc::new(Mutex::new(Known::default()));
        let mut crashes = 0;
        for _ in 0..8 {
            match random.u8(..4) {
                0 => {}
                1 => simulation.fail_sync_after(random.u64(1..20)),
                2 => simulation.fail_write_after(random.u64(1..60)),
                _ => simulation.cut_power_after(random.u64(1..200)),
            }
            let ended = simulation.boot(|host| write_all(host, Arc::clone(&known), 12));
            crashes += u64::from(ended == Ended::PowerCut);
            if ended != Ended::PowerCut && random.bool() {
                simulation.lose_power();
            }
            simulation.clear_faults();
        }
        simulation.boot(|host| write_all(host, Arc::clone(&known), 1));
        let total: u64 = known.lock().unwrap().acknowledged.iter().sum();
        assert!(total > 0, "seed {seed} with {crashes} crashes committed nothing");
    }
}

#[test]
fn a_full_disk_is_told_changes_nothing_and_ends_when_there_is_room() {
    for seed in 0..10 {
        let simulation = Simulation::new(seed);
        let known = Arc::new(Mutex::new(Known::default()));
        simulation.boot(|host| write_all(host, Arc::clone(&known), 5));
        let room = simulation.fork_random().u64(0..40) * 4096;
        simulation.boot(|host| {
            let (simulation, known) = (simulation.clone(), Arc::clone(&known));
            async move {
                let store = Store::open(&host, Path::new(DIR)).unwrap();
                let before = audit(&store, &known.lock().unwrap()).unwrap();
                simulation.limit_disk(Some(simulation.disk_used() + room));
                let big = Changes::new().put("big", "key", vec![7; 2 * 1024 * 1024]);
                for _ in 0..3 {
                    assert!(matches!(store.commit(big.clone()).await, Err(Error::Full)));
                    assert_eq!(store.get("big", b"key").unwrap(), None);
                    assert_eq!(audit(&store, &known.lock().unwrap()).unwrap(), before);
                }
                simulation.limit_disk(None);
                store.commit(big).await.unwrap();
                assert_eq!(store.get("big", b"key").unwrap().map(|value| value.len()), Some(2 * 1024 * 1024));
            }
        });
        simulation.lose_power();
        simulation.boot(|host| write_all(host, Arc::clone(&known), 5));
    }
}

#[test]
fn a_sync_that_finds_the_disk_full_leaves_the_outcome_open() {
    for seed in 0..40 {
        let simulation = Simulation::new(seed);
        let machine = simulation.clone();
        simulation.boot(async |host| {
            let store = Store::open(&host, Path::new(DIR)).unwrap();
            // Syncs fail in both ways, depending on how much was done before.
            for number in 1..=seed % 5 {
                store.commit(transaction(0, number)).await.unwrap();
            }
            machine.fail_sync_after(1);
            let failed = store.commit(transaction(0, seed % 5 + 1)).await;
            assert!(matches!(failed, Err(Error::Io(_) | Error::Closed)), "seed {seed}: {failed:?}");
        });
    }
}

#[test]
fn a_disk_that_lies_about_syncs_is_caught_by_this_audit() {
    let lost = std::panic::catch_unwind(|| {
        for seed in 0..20 {
            let simulation = Simulation::new(seed);
            let known = Arc::new(Mutex::new(Known::default()));
            simulation.boot(|host| write_all(host, Arc::clone(&known), 5));
            simulation.lie_about_syncs(true);
            simulation.boot(|host| write_all(host, Arc::clone(&known), 20));
            simulation.lose_power();
            simulation.lie_about_syncs(false);
            simulation.boot(|host| write_all(host, Arc::clone(&known), 1));
        }
    });
    assert!(lost.is_err());
}
