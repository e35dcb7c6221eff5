//! Blobs on a disk that fails: an acknowledged object is there and whole, and nothing else is left in the end.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use host::Host;
use host::simulated::{Ended, Simulation};

use super::{files, pattern, read, write};
use crate::blobs::{TABLE, TRASH_TABLE};
use crate::{BlobId, Blobs, Changes, Error, Store};

const DIR: &str = "/data";
const OBJECTS: &str = "objects";
const WRITERS: usize = 4;
/// Lengths around what is written in one stroke or read in one piece.
const LENGTHS: [usize; 6] = [1, 5_000, 5_001, 256 << 10, 300_000, (1 << 20) + 3];

/// An object: the blob, and what its bytes are to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Object {
    id: BlobId,
    seed: u64,
    len: u64,
}

impl Object {
    fn to_row(self) -> Vec<u8> {
        format!("{} {} {}", self.id, self.seed, self.len).into_bytes()
    }

    fn from_row(row: &[u8]) -> Self {
        let text = String::from_utf8(row.to_vec()).unwrap();
        let mut words = text.split(' ');
        let mut word = || words.next().unwrap();
        Self { id: word().parse().unwrap(), seed: word().parse().unwrap(), len: word().parse().unwrap() }
    }
}

/// What a key may hold: what was acknowledged last, and what was tried since.
#[derive(Debug, Default)]
struct Known(BTreeMap<String, Vec<Option<Object>>>);

impl Known {
    fn may_hold(&mut self, key: &str) -> &mut Vec<Option<Object>> {
        self.0.entry(key.to_owned()).or_insert_with(|| vec![None])
    }
}

fn fails(error: &Error) {
    assert!(matches!(error, Error::Io(_) | Error::Closed | Error::Full), "{error:?}");
}

fn opened(host: &Host) -> Result<(Store, Blobs), Error> {
    let store = Store::open(host, Path::new(DIR))?;
    let blobs = Blobs::open(host, Path::new(DIR), &store)?;
    Ok((store, blobs))
}

fn object(store: &Store, key: &str) -> Result<Option<Object>, Error> {
    Ok(store.get(OBJECTS, key.as_bytes())?.map(|row| Object::from_row(&row)))
}

/// Every object is one that may be there, and whole. Decides what was in doubt.
async fn audit(store: &Store, blobs: &Blobs, known: &Mutex<Known>) -> Result<(), Error> {
    let keys: Vec<String> = known.lock().unwrap().0.keys().cloned().collect();
    for key in keys {
        let found = object(store, &key)?;
        {
            let mut known = known.lock().unwrap();
            let may_hold = known.may_hold(&key);
            assert!(may_hold.contains(&found), "{key} holds {found:?} of {may_hold:?}");
            *may_hold = vec![found];
        }
        let Some(Object { id, seed, len }) = found else { continue };
        let bytes = read(blobs, id, 0..u64::MAX).await?.unwrap_or_else(|| panic!("{key}: its blob {id} is gone"));
        assert!(bytes == pattern(seed, len as usize), "{key}: other bytes than were written");
    }
    Ok(())
}

/// The counts are what the objects say, and once all is quiet there is no file that no object refers to.
async fn nothing_is_left(host: &Host, store: &Store) -> Result<(), Error> {
    let all = |table: &str| store.scan(table, Bound::Unbounded, Bound::Unbounded, usize::MAX);
    let mut counts: BTreeMap<BlobId, u64> = BTreeMap::new();
    for (_, row) in all(OBJECTS)? {
        *counts.entry(Object::from_row(&row).id).or_default() += 1;
    }
    let rows: BTreeMap<BlobId, u64> = all(TABLE)?
        .iter()
        .map(|(key, row)| (BlobId::from_key(key).unwrap(), u64::from_be_bytes(row[..8].try_into().unwrap())))
        .collect();
    assert_eq!(rows, counts, "references are miscounted");
    let expected: Vec<String> = counts.keys().map(ToString::to_string).collect();
    let mut names = Vec::new();
    for _ in 0..1_000 {
        names = files(host, Path::new(DIR))
            .iter()
            .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
            .collect();
        if names == expected && all(TRASH_TABLE)?.is_empty() {
            return Ok(());
        }
        host.sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(names, expected, "files that nobody refers to, or none where somebody does");
    assert!(all(TRASH_TABLE)?.is_empty(), "the trash is not carried out");
    Ok(())
}

/// One change of one key: written anew, copied from a neighbour, or deleted.
async fn change(
    host: &Host,
    store: &Store,
    blobs: &Blobs,
    known: &Mutex<Known>,
    key: &str,
    from: &str,
) -> Result<(), Error> {
    let before = object(store, key)?;
    let expected = store.get(OBJECTS, key.as_bytes())?;
    let draw = host.random_u64();
    let released = |changes: Changes| before.iter().fold(changes, |changes, object| changes.release(object.id));
    let (changes, after) = match draw % 8 {
        0 => (Changes::new().delete(OBJECTS, key), None),
        1 | 2 => match object(store, from)? {
            Some(object) => (Changes::new().put(OBJECTS, key, object.to_row()).share(object.id), Some(object)),
            None => return Ok(()),
        },
        _ => {
            let len = LENGTHS[(draw >> 8) as usize % LENGTHS.len()];
            let blob = write(blobs, &pattern(draw, len), 300_000).await?;
            let object = Object { id: blob.id(), seed: draw, len: len as u64 };
            (Changes::new().put(OBJECTS, key, object.to_row()).claim(&blob), Some(object))
        }
    };
    known.lock().unwrap().may_hold(key).push(after);
    match store.commit(released(changes).expect(OBJECTS, key, expected)).await {
        Ok(()) => *known.lock().unwrap().may_hold(key) = vec![after],
        Err(Error::Conflict | Error::Full) => drop(known.lock().unwrap().may_hold(key).pop()),
        Err(error) => return Err(error),
    }
    Ok(())
}

async fn work(host: Host, known: Arc<Mutex<Known>>, changes: u64) {
    let opened = match opened(&host) {
        Ok((store, blobs)) => audit(&store, &blobs, &known).await.map(|()| (store, blobs)),
        Err(error) => Err(error),
    };
    let (store, blobs) = match opened {
        Ok(opened) => opened,
        Err(error) => return fails(&error),
    };
    let running = Arc::new(AtomicU64::new(WRITERS as u64));
    for writer in 0..WRITERS {
        let (machine, store, blobs, known) = (host.clone(), store.clone(), blobs.clone(), Arc::clone(&known));
        let running = Arc::clone(&running);
        host.spawn("writer", async move {
            let (key, from) = (format!("{writer}"), format!("{}", (writer + 1) % WRITERS));
            for _ in 0..changes {
                if let Err(error) = change(&machine, &store, &blobs, &known, &key, &from).await {
                    fails(&error);
                    if matches!(error, Error::Closed | Error::Io(_)) {
                        break; // What this key holds is for the next audit to find out.
                    }
                }
            }
            running.fetch_sub(1, Ordering::Relaxed);
        });
    }
    while running.load(Ordering::Relaxed) > 0 {
        host.sleep(Duration::from_millis(1)).await;
    }
}

/// Without faults: everything is there, and nothing else.
async fn settle(host: Host, known: Arc<Mutex<Known>>) {
    let (store, blobs) = opened(&host).unwrap();
    audit(&store, &blobs, &known).await.unwrap();
    nothing_is_left(&host, &store).await.unwrap();
}

#[test]
fn after_any_crash_every_acknowledged_object_is_whole_and_nothing_else_is_left() {
    let mut crashes = 0;
    for seed in 0..15 {
        let simulation = Simulation::new(seed);
        let mut random = simulation.fork_random();
        let known = Arc::new(Mutex::new(Known::default()));
        for _ in 0..5 {
            match random.u8(..5) {
                0 => {}
                1 => simulation.fail_sync_after(random.u64(1..40)),
                2 => simulation.fail_write_after(random.u64(1..120)),
                _ => simulation.cut_power_after(random.u64(1..500)),
            }
            let ended = simulation.boot(|host| work(host, Arc::clone(&known), 6));
            crashes += u64::from(ended == Ended::PowerCut);
            if ended != Ended::PowerCut && random.bool() {
                simulation.lose_power();
            }
            simulation.clear_faults();
        }
        let ended = simulation.boot(|host| settle(host, Arc::clone(&known)));
        assert_eq!(ended, Ended::Finished(()), "seed {seed}");
    }
    assert!(crashes > 10, "only {crashes} crashes: the test tests nothing");
}

#[test]
fn power_fails_at_every_single_operation_of_an_upload() {
    for after in 1..50 {
        let simulation = Simulation::new(7);
        let known = Arc::new(Mutex::new(Known::default()));
        simulation.boot(|host| work(host, Arc::clone(&known), 1));
        simulation.cut_power_after(after);
        simulation.boot(|host| work(host, Arc::clone(&known), 2));
        simulation.clear_faults();
        assert_eq!(simulation.boot(|host| settle(host, Arc::clone(&known))), Ended::Finished(()), "operation {after}");
    }
}

#[test]
fn a_full_disk_is_told_and_leaves_nothing_behind() {
    let simulation = Simulation::new(3);
    simulation.boot(|host| {
        let simulation = simulation.clone();
        async move {
            let (store, blobs) = opened(&host).unwrap();
            let kept = write(&blobs, &pattern(1, 100_000), 10_000).await.unwrap();
            store.commit(Changes::new().claim(&kept)).await.unwrap();
            simulation.limit_disk(Some(simulation.disk_used() + (1 << 20)));
            for _ in 0..3 {
                assert!(matches!(write(&blobs, &pattern(2, 5 << 20), 100_000).await, Err(Error::Full)));
                host.sleep(Duration::from_secs(1)).await;
                assert_eq!(files(&host, Path::new(DIR)).len(), 1, "the room is given back");
            }
            assert!(read(&blobs, kept.id(), 0..u64::MAX).await.unwrap().unwrap() == pattern(1, 100_000));
            simulation.limit_disk(None);
            write(&blobs, &pattern(2, 5 << 20), 100_000).await.unwrap();
        }
    });
}

#[test]
fn opening_takes_no_longer_with_many_blobs() {
    let operations = |count: u64| {
        let simulation = Simulation::new(4);
        simulation.boot(async |host| {
            let (store, blobs) = opened(&host).unwrap();
            for seed in 0..count {
                let blob = write(&blobs, &pattern(seed, 10), 10).await.unwrap();
                store.commit(Changes::new().claim(&blob)).await.unwrap();
            }
        });
        let mut taken = 0;
        simulation.boot(|host| {
            let (simulation, taken) = (simulation.clone(), &mut taken);
            async move {
                let store = Store::open(&host, Path::new(DIR)).unwrap();
                let before = simulation.disk_operations();
                let _blobs = Blobs::open(&host, Path::new(DIR), &store).unwrap();
                *taken = simulation.disk_operations() - before;
            }
        });
        taken
    };
    assert_eq!(operations(1), operations(300));
}

#[test]
fn a_disk_that_lies_about_syncs_is_caught_by_this_audit() {
    let lost = std::panic::catch_unwind(|| {
        for seed in 0..20 {
            let simulation = Simulation::new(seed);
            let known = Arc::new(Mutex::new(Known::default()));
            simulation.boot(|host| work(host, Arc::clone(&known), 3));
            simulation.lie_about_syncs(true);
            simulation.boot(|host| work(host, Arc::clone(&known), 4));
            simulation.lose_power();
            simulation.lie_about_syncs(false);
            simulation.boot(|host| settle(host, Arc::clone(&known)));
        }
    });
    assert!(lost.is_err());
}
