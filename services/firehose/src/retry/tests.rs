//! Pauses and durations, in virtual time.

use std::cell::Cell;

use host::simulated::{Ended, Simulation};

use super::*;
use crate::destination::StopSwitch;

/// Fails for ever, each attempt taking `took` of which `waited` is waiting; attempts made and seconds until it gives up.
fn failing(rules: RetryRules, duration_s: u64, took_s: u64, waited_s: u64) -> (u32, f64) {
    let ended = Simulation::new(7).boot(move |host| async move {
        let (_switch, stop) = StopSwitch::new();
        let started = host.monotonic();
        let mut made = Made::staying();
        let mut retries = Retries::new(&host, &stop, rules, Duration::from_secs(duration_s), &mut made);
        loop {
            let work = async {
                host.sleep(Duration::from_secs(took_s)).await;
                Attempt { result: (), waited: Duration::from_secs(waited_s) }
            };
            retries.attempt(work).await.unwrap();
            if retries.pause().await == Next::GiveUp {
                break (retries.attempts_made(), (host.monotonic() - started).as_secs_f64());
            }
        }
    });
    let Ended::Finished(counts) = ended else { panic!("nobody cut the power") };
    counts
}

#[test]
fn pauses_double_up_to_the_longest_and_are_jittered() {
    let max = Duration::from_secs(120);
    for (retries, seconds) in [(0, 1.0), (1, 2.0), (6, 64.0), (7, 120.0), (31, 120.0), (32, 120.0), (1000, 120.0)] {
        let shortest = pause(retries, max, 0).as_secs_f64();
        let longest = pause(retries, max, u64::MAX).as_secs_f64();
        assert!((shortest - 0.85 * seconds).abs() < 1e-6, "{retries}: {shortest}");
        assert!((longest - 1.15 * seconds).abs() < 1e-6, "{retries}: {longest}");
    }
}

#[test]
fn nothing_is_tried_again_without_a_duration() {
    assert_eq!(failing(RetryRules::ENDPOINT, 0, 0, 0).0, 1);
    assert_eq!(failing(RetryRules::DATABASE, 0, 0, 0).0, 1);
}

#[test]
fn the_last_attempt_is_made_when_the_duration_ends() {
    // 1 + 2 + 4 + 8 seconds and what is left of 20, each ±15 %.
    let (attempts, seconds) = failing(RetryRules::ENDPOINT, 20, 0, 0);
    assert_eq!(attempts, 6);
    assert!((20.0..20.1).contains(&seconds), "{seconds}");
}

#[test]
fn waiting_for_answers_counts_for_databases_only() {
    // Endpoints: pauses alone, however long answers take to come.
    let (attempts, seconds) = failing(RetryRules::ENDPOINT, 20, 180, 180);
    assert_eq!(attempts, 6);
    assert!((20.0 + 6.0 * 180.0..20.1 + 6.0 * 180.0).contains(&seconds), "{seconds}");
    // Databases: the first attempt alone takes longer than there is.
    assert_eq!(failing(RetryRules::DATABASE, 20, 180, 180).0, 1);
    // Sending counts for both, but for endpoints only after the first failure.
    assert_eq!(failing(RetryRules::ENDPOINT, 20, 30, 0).0, 2);
}

#[test]
fn a_stop_ends_attempts_and_pauses_at_once() {
    let ended = Simulation::new(7).boot(|host| async move {
        let (switch, stop) = StopSwitch::new();
        let mut made = Made::staying();
        let mut retries = Retries::new(&host, &stop, RetryRules::ENDPOINT, Duration::from_secs(7200), &mut made);
        assert_eq!(retries.attempt(async { Attempt { result: 1, waited: Duration::ZERO } }).await, Some(1));
        let started = host.monotonic();
        let later = host.clone();
        host.spawn("stop", async move {
            later.sleep(Duration::from_millis(10)).await;
            switch.stop();
        });
        assert_eq!(retries.pause().await, Next::Stop);
        assert!(host.monotonic() - started < Duration::from_millis(20));
        let was_begun = Cell::new(false);
        let work = async {
            was_begun.set(true);
            Attempt { result: 1, waited: Duration::ZERO }
        };
        assert_eq!(retries.attempt(work).await, None);
        assert!(!was_begun.get());
    });
    assert_eq!(ended, Ended::Finished(()));
}

#[test]
fn long_pauses_are_left_to_the_caller_and_count_as_waited() {
    let ended = Simulation::new(7).boot(|host| async move {
        let (_switch, stop) = StopSwitch::new();
        let (mut made, mut seen) = (Made::default(), Vec::new());
        // Each time anew, as after a pause without the batch.
        loop {
            let duration = Duration::from_secs(60);
            let mut retries = Retries::new(&host, &stop, RetryRules::ENDPOINT, duration, &mut made);
            retries.attempt(async { Attempt { result: (), waited: Duration::ZERO } }).await.unwrap();
            match retries.pause().await {
                Next::Again => seen.push(0),
                Next::Leave(pause) => seen.push(pause.as_secs_f64().round() as u64),
                Next::GiveUp => break (seen, made.attempts, host.monotonic().as_secs()),
                Next::Stop => panic!("nobody asked"),
            }
        }
    });
    let Ended::Finished((seen, attempts, waited_s)) = ended else { panic!("nobody cut the power") };
    assert_eq!(seen[..2], [0, 0], "short pauses are waited for");
    assert!(seen[2..].iter().all(|pause| *pause >= 3), "{seen:?}");
    assert!((55..=60).contains(&(seen.iter().sum::<u64>() + waited_s)), "{seen:?} and {waited_s} s");
    assert_eq!(attempts as usize, seen.len() + 1);
}
