//! Days in the life of a log, with crashes, power failures, full disks and failing syncs, under a seed.

use std::cell::RefCell;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::future;
use host::Host;
use host::files::Buffers;
use host::simulated::{Ended, Simulation};
use store::Store;

use super::audit::{Audit, value_bytes};
use crate::*;

/// A few; `testing/sim` runs many more.
const SEEDS: u64 = 8;
const BOOTS: usize = 8;
const WRITERS: usize = 4;
const TURNS: usize = 25;
const HOUR_MS: u64 = 60 * 60 * 1000;

fn options(simulation: &Simulation) -> Options {
    let machine = simulation.clone();
    Options {
        wal_file_bytes: 128 * 1024,
        wal_total_bytes: 512 * 1024,
        block_bytes_max: 32 * 1024,
        queue_bytes_max: 256 * 1024,
        tail_bytes_max: 64 * 1024,
        segment_bytes_max: 48 * 1024,
        segment_age_max_ms: 10 * 60 * 1000,
        flush_age_ms: 20_000,
        upkeep_interval_ms: 1000,
        open_files_max: 3,
        transaction_bytes_max: 300,
        on_fatal: Arc::new(move |_cause| machine.cut_power()),
    }
}

#[test]
fn acknowledged_records_survive_every_accident() {
    let only = std::env::var("LOG_SEED").ok().and_then(|seed| seed.parse().ok());
    let mut appended = 0;
    for seed in only.map_or(0..SEEDS, |seed: u64| seed..seed + 1) {
        let ran = std::panic::catch_unwind(|| run(seed));
        match ran {
            Ok(records) => appended += records,
            Err(_) => panic!("seed {seed} fails; again with LOG_SEED={seed}"),
        }
    }
    assert!(appended > 1000, "only {appended} records were acknowledged, the accidents left no time");
}

#[test]
fn the_same_seed_gives_the_same_run() {
    let trace = |seed| {
        let simulation = Simulation::new(seed);
        life(&simulation);
        simulation.trace()
    };
    assert_eq!(trace(7), trace(7));
    assert_ne!(trace(7), trace(8));
}

/// A disk that loses what it said it had written must be noticed, else the simulation proves nothing.
#[test]
fn a_lying_disk_is_found_out() {
    let found = (0..10).any(|seed| {
        std::panic::catch_unwind(|| {
            let simulation = Simulation::new(seed);
            simulation.lie_about_syncs(true);
            life(&simulation);
        })
        .is_err()
    });
    assert!(found);
}

fn run(seed: u64) -> u64 {
    life(&Simulation::new(seed))
}

/// Boots again and again; answers the acknowledged records.
fn life(simulation: &Simulation) -> u64 {
    let mut random = simulation.fork_random();
    let audit = RefCell::new(Audit::default());
    let appended = RefCell::new(0);
    for boot in 0..BOOTS {
        let accident = if boot + 1 == BOOTS { 0 } else { random.u8(..8) };
        match accident {
            1..=3 => simulation.cut_power_after(random.u64(1..1500)),
            4 => simulation.fail_sync_after(random.u64(1..150)),
            5 => simulation.fail_write_after(random.u64(1..300)),
            6 => simulation.limit_disk(Some(simulation.disk_used() + random.u64(1..600_000))),
            _ => {}
        }
        let seed = random.u64(..);
        let ended = simulation.boot(|host| day(simulation.clone(), host, seed, &audit, &appended));
        let lost_power = matches!(ended, Ended::PowerCut);
        simulation_reset(simulation);
        if !lost_power && random.bool() {
            simulation.lose_power();
        }
    }
    appended.into_inner()
}

fn simulation_reset(simulation: &Simulation) {
    simulation.clear_faults();
    simulation.limit_disk(None);
}

async fn day(simulation: Simulation, host: Host, seed: u64, audit: &RefCell<Audit>, appended: &RefCell<u64>) {
    let mut random = fastrand::Rng::with_seed(seed);
    // What a full disk refuses is no finding; anything else that is refused is.
    let Ok(store) = Store::open(&host, Path::new("/data/store")) else { return };
    let log = match DiskLog::open(host.clone(), Path::new("/data/log"), store, options(&simulation)) {
        Ok(log) => log,
        Err(error @ (OpenError::Damaged { .. } | OpenError::InUse { .. } | OpenError::Description { .. })) => {
            panic!("{error}")
        }
        Err(_) => return,
    };
    check(&log, audit, host.now_ms()).await;
    let worker = |number: usize, mut random: fastrand::Rng| {
        let (log, host) = (&log, &host);
        async move {
            for _ in 0..TURNS {
                host.sleep(Duration::from_millis(random.u64(0..3) * random.u64(0..400))).await;
                match (number, random.u8(..10)) {
                    (0, _) => change(log, audit, &mut random).await,
                    (_, 0..=1) => read(log, audit, &mut random).await,
                    _ => append(log, audit, appended, &mut random).await,
                }
            }
        }
    };
    let workers: Vec<_> = (0..=WRITERS).map(|number| worker(number, random.fork())).collect();
    future::join_all(workers).await;
    if random.bool() {
        // A full disk may refuse; nothing is lost by that.
        let _ = log.close().await;
    }
}

#[expect(clippy::await_holding_refcell_ref, reason = "nobody else works yet")]
async fn check(log: &DiskLog, audit: &RefCell<Audit>, now_ms: u64) {
    audit.borrow_mut().check(log, now_ms).await;
}

fn any_shard(audit: &RefCell<Audit>, random: &mut fastrand::Rng) -> Option<ShardId> {
    let audit = audit.borrow();
    let streams: Vec<_> = audit.living().collect();
    let stream = streams.get(random.usize(..streams.len().max(1)))?;
    random.choice(&stream.latest.shards).map(|shard| shard.id)
}

async fn append(log: &DiskLog, audit: &RefCell<Audit>, appended: &RefCell<u64>, random: &mut fastrand::Rng) {
    let mut appends = Vec::new();
    let mut sent = Vec::new();
    for _ in 0..random.usize(1..4) {
        let Some(shard) = any_shard(audit, random) else { return };
        let mut audit = audit.borrow_mut();
        let values: Vec<String> = (0..random.usize(1..4)).map(|_| audit.new_value()).collect();
        audit.sent(shard, &values);
        let record = |value: &String| NewRecord {
            key: Bytes::from(value.clone()),
            value: Bytes::from(vec![b'x'; value_bytes(value)]),
            headers: Vec::new(),
        };
        appends.push(Append { shard, records: values.iter().map(record).collect(), condition: Condition::None });
        sent.push((shard, values));
    }
    let results = if random.bool() {
        let packed = log.append_packed(Packed::of(&Buffers::default(), &appends)).await;
        packed.map(|results| results.into_iter().map(|result| result.map_err(|refused| refused.error)).collect())
    } else {
        log.append(appends).await
    };
    let mut audit = audit.borrow_mut();
    match results {
        Ok(results) => {
            for ((shard, values), result) in sent.iter().zip(results) {
                match result {
                    Ok(at) => {
                        audit.acknowledged(*shard, values, at);
                        *appended.borrow_mut() += values.len() as u64;
                    }
                    Err(Error::ResultUnknown) => {}
                    Err(_) => audit.refused(*shard, values),
                }
            }
        }
        Err(Error::ResultUnknown) => {}
        Err(_) => sent.iter().for_each(|(shard, values)| audit.refused(*shard, values)),
    }
}

async fn read(log: &DiskLog, audit: &RefCell<Audit>, random: &mut fastrand::Rng) {
    let Some(shard) = any_shard(audit, random) else { return };
    let from = random.u64(..=audit.borrow_mut().shard_audit(shard).end());
    let limits = ReadLimits { records_max: random.usize(1..40), bytes_max: random.usize(1..60_000) };
    let wait = random.bool().then(|| Duration::from_millis(random.u64(..2000)));
    match log.read(shard, from, limits, wait).await {
        Ok(batches) => audit.borrow_mut().read(shard, &batches),
        Err(Error::Trimmed { .. } | Error::NotFound | Error::Io(_)) => {}
        Err(error) => panic!("{shard:?} cannot be read from {from}: {error}"),
    }
}

async fn change(log: &DiskLog, audit: &RefCell<Audit>, random: &mut fastrand::Rng) {
    let stream = {
        let audit = audit.borrow();
        let living: Vec<_> = audit.living().map(|stream| Arc::clone(&stream.latest)).collect();
        random.choice(living)
    };
    let changed = match (stream, random.u8(..12)) {
        (None, _) | (Some(_), 0) => create(log, audit, random).await,
        (Some(stream), 1..=4) => split_or_merge(log, &stream, random).await,
        (Some(stream), 5..=6) => {
            let retention_ms = Some(HOUR_MS * random.u64(1..5));
            log.alter_stream(stream.id, stream.version, Alteration { retention_ms, annotation: None }).await
        }
        (Some(stream), 7) if random.bool() => {
            audit.borrow_mut().streams.get_mut(&stream.id).expect("known").deletion_asked = true;
            if log.delete_stream(stream.id, stream.version).await.is_ok() {
                audit.borrow_mut().streams.get_mut(&stream.id).expect("known").is_deleted = true;
            }
            return;
        }
        (Some(stream), 8..=9) => {
            let Some(shard) = random.choice(&stream.shards).map(|shard| shard.id) else { return };
            let before = {
                let mut audit = audit.borrow_mut();
                let known = audit.shard_audit(shard);
                let before = random.u64(..=known.end());
                known.trim_asked = known.trim_asked.max(before);
                before
            };
            // What becomes of it does not matter: the records may be hidden from now on.
            let _ = log.trim(shard, before).await;
            return;
        }
        (Some(stream), _) => log.describe_stream(&stream.name).await,
    };
    match changed {
        Ok(stream) => audit.borrow_mut().observe(&stream),
        Err(Error::Invalid(what)) => panic!("{what}"),
        Err(_) => {}
    }
}

async fn create(log: &DiskLog, audit: &RefCell<Audit>, random: &mut fastrand::Rng) -> Result<Arc<Stream>, Error> {
    let name = format!("stream-{}", audit.borrow().asked.len());
    audit.borrow_mut().asked.insert(name.clone());
    let half = u128::MAX / 2;
    let ranges = vec![HashRange { start: 0, end: half }, HashRange { start: half + 1, end: u128::MAX }];
    let retention_ms = HOUR_MS * random.u64(1..5);
    log.create_stream(NewStream { name, ranges, retention_ms, annotation: Bytes::new() }).await
}

async fn split_or_merge(log: &DiskLog, stream: &Stream, random: &mut fastrand::Rng) -> Result<Arc<Stream>, Error> {
    let mut open: Vec<&Shard> = stream.open_shards().collect();
    open.sort_by_key(|shard| shard.range.start);
    let at = random.usize(..open.len());
    let step = match open.get(at + 1) {
        Some(next) if random.bool() => Reshard {
            parents: vec![open[at].id.index, next.id.index],
            children: vec![HashRange { start: open[at].range.start, end: next.range.end }],
        },
        _ => {
            let HashRange { start, end } = open[at].range;
            let middle = start + (end - start) / 2;
            let children = vec![HashRange { start, end: middle }, HashRange { start: middle + 1, end }];
            Reshard { parents: vec![open[at].id.index], children }
        }
    };
    log.reshard(stream.id, stream.version, vec![step], None).await
}
