//! The simulated machine keeps its own promises.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::*;

/// Several tasks that sleep, draw and write; the digest of what happened.
fn busy_run(seed: u64) -> (u64, u64) {
    let simulation = Simulation::new(seed);
    let ended = simulation.boot(|host| async move {
        host.files().create_dir_all(Path::new("/d")).unwrap();
        let done = Arc::new(AtomicU64::new(0));
        for task in 0..5_u64 {
            let (inner, done) = (host.clone(), Arc::clone(&done));
            host.spawn("writer", async move {
                let file = inner.files().create_new(Path::new(&format!("/d/{task}"))).unwrap();
                for step in 0..20 {
                    inner.sleep(Duration::from_millis(inner.random_u64() % 10)).await;
                    file.write_all_at(&inner.random_u64().to_le_bytes(), step * 8).unwrap();
                }
                done.fetch_add(1, Ordering::Relaxed);
            });
        }
        while done.load(Ordering::Relaxed) < 5 {
            host.sleep(Duration::from_millis(1)).await;
        }
        host.now_ms()
    });
    let Ended::Finished(now_ms) = ended else { panic!("nobody cut the power") };
    (simulation.trace(), now_ms)
}

#[test]
fn the_same_seed_gives_the_same_run_and_another_one_another() {
    assert_eq!(busy_run(1), busy_run(1));
    assert_ne!(busy_run(1).0, busy_run(2).0);
}

#[test]
fn a_long_sleep_takes_no_time() {
    let ended = Simulation::new(1).boot(|host| async move {
        let before = host.monotonic();
        host.sleep(Duration::from_secs(365 * 24 * 3600)).await;
        host.monotonic() - before
    });
    let Ended::Finished(slept) = ended else { panic!("nobody cut the power") };
    assert!(slept >= Duration::from_secs(365 * 24 * 3600));
}

/// Writes two sectors, one of them synced, in a durable directory; then the power fails.
fn two_sectors_after_a_power_failure(seed: u64) -> Option<[u8; 1024]> {
    let simulation = Simulation::new(seed);
    let path = Path::new("/d/file");
    let ended = simulation.boot(|host| {
        let simulation = simulation.clone();
        async move {
            host.files().create_dir_all(Path::new("/d")).unwrap();
            host.files().sync_dir(Path::new("/")).unwrap();
            let file = host.files().create_new(path).unwrap();
            file.write_all_at(&[1; 1024], 0).unwrap();
            file.sync_data().unwrap();
            if simulation.seed().is_multiple_of(2) {
                host.files().sync_dir(Path::new("/d")).unwrap();
            }
            file.write_all_at(&[2; 1024], 0).unwrap();
            simulation.cut_power();
            assert!(file.sync_data().is_err(), "the machine is off");
        }
    });
    assert_eq!(ended, Ended::PowerCut);
    let ended = simulation.boot(|host| async move {
        let file = host.files().open(path).ok()?;
        let mut bytes = [0; 1024];
        file.read_exact_at(&mut bytes, 0).unwrap();
        Some(bytes)
    });
    let Ended::Finished(found) = ended else { panic!("nobody cut the power") };
    found
}

#[test]
fn unsynced_bytes_and_names_are_lost_kept_or_torn() {
    let outcomes = (0..400).map(|seed| (seed, two_sectors_after_a_power_failure(seed))).collect::<Vec<_>>();
    let with_synced_name = outcomes.iter().filter(|(seed, _)| seed % 2 == 0);
    assert!(with_synced_name.clone().all(|(_, found)| found.is_some()), "a synced name is never lost");
    let without = || outcomes.iter().filter(|(seed, _)| seed % 2 == 1);
    assert!(without().any(|(_, found)| found.is_none()), "a name that is not synced may be lost");
    assert!(without().any(|(_, found)| found.is_some()), "a name that is not synced may stay");
    for expected in [[1, 1], [2, 2], [2, 1], [1, 2]] {
        let matches = |found: &[u8; 1024]| [found[0], found[1023]] == expected && found[0] == found[511];
        assert!(outcomes.iter().any(|(_, found)| found.as_ref().is_some_and(matches)), "{expected:?} never happened");
    }
}

#[test]
fn a_killed_process_leaves_what_it_wrote_but_no_lock() {
    let simulation = Simulation::new(1);
    let boot = || {
        simulation.boot(|host| async move {
            let files = Arc::clone(host.files());
            let lock = files.lock(Path::new("/lock")).unwrap();
            assert!(files.lock(Path::new("/lock")).is_err());
            std::mem::forget(lock);
            let file = files.open(Path::new("/a")).or_else(|_| files.create_new(Path::new("/a"))).unwrap();
            let len = file.len().unwrap();
            file.write_all_at(b"x", len).unwrap();
            len
        })
    };
    assert_eq!(boot(), Ended::Finished(0));
    assert_eq!(boot(), Ended::Finished(1));
}

#[test]
fn a_full_disk_refuses_and_works_again_when_there_is_room() {
    let simulation = Simulation::new(1);
    simulation.limit_disk(Some(8192));
    simulation.boot(|host| async move {
        let files = host.files();
        let first = files.create_new(Path::new("/a")).unwrap();
        first.write_all_at(&[1; 8192], 0).unwrap();
        let second = files.create_new(Path::new("/b")).unwrap();
        let refused = second.write_all_at(&[1; 1], 0).err().map(|error| error.kind());
        assert_eq!(refused, Some(std::io::ErrorKind::StorageFull));
        first.write_all_at(&[2; 8192], 0).expect("overwriting takes no space");
        files.remove(Path::new("/a")).unwrap();
        second.write_all_at(&[1; 1], 0).expect_err("an open file keeps its space");
        drop(first);
        second.write_all_at(&[1; 1], 0).unwrap();
    });
}

#[test]
fn what_a_failed_sync_dropped_no_later_sync_brings_back() {
    let lost = (0..50).filter(|&seed| {
        let simulation = Simulation::new(seed);
        simulation.fail_sync_after(2);
        simulation.boot(|host| async move {
            let file = host.files().create_new(Path::new("/a")).unwrap();
            host.files().sync_dir(Path::new("/")).unwrap();
            file.sync_all().unwrap();
            file.write_all_at(b"x", 0).unwrap();
            file.sync_all().expect_err("this is the second one");
            file.sync_all().unwrap();
        });
        simulation.lose_power();
        simulation.boot(|host| async move { host.files().open(Path::new("/a")).unwrap().len().unwrap() })
            == Ended::Finished(0)
    });
    assert!((1..50).contains(&lost.count()));
}

#[test]
#[should_panic(expected = "the program waits for ever")]
fn a_deadlock_is_told() {
    Simulation::new(1).boot(|_host| std::future::pending::<()>());
}

#[test]
fn simulated_machines_talk_close_reset_and_refuse() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    let simulation = Simulation::new(1);
    let network = simulation.network().clone();
    let ended = simulation.boot(|host| async move {
        let mut listener = network.listen("echo.test", 7);
        host.spawn("echo", async move {
            let mut closing = listener.accept().await;
            let word = closing.read_u16().await.unwrap();
            closing.write_u16(word + 1).await.unwrap();
            drop(closing);
            let mut resetting = listener.accept().await;
            resetting.write_u8(1).await.unwrap();
            resetting.reset();
        });
        let mut closed = host.network().connect("echo.test", 7).await.unwrap();
        closed.write_u16(41).await.unwrap();
        assert_eq!(closed.read_u16().await.unwrap(), 42);
        assert_eq!(closed.read(&mut [0]).await.unwrap(), 0);
        let mut reset = host.network().connect("echo.test", 7).await.unwrap();
        assert_eq!(reset.read_u8().await.unwrap(), 1);
        assert_eq!(reset.read_u8().await.unwrap_err().kind(), io::ErrorKind::ConnectionReset);
        let refused = host.network().connect("echo.test", 8).await.map(|_| ());
        assert_eq!(refused.unwrap_err().kind(), io::ErrorKind::ConnectionRefused);
        // The only task that listened is gone.
        let gone = host.network().connect("echo.test", 7).await.map(|_| ());
        assert_eq!(gone.unwrap_err().kind(), io::ErrorKind::ConnectionRefused);
    });
    assert_eq!(ended, Ended::Finished(()));
}
