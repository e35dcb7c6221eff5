//! Starting again: after a close, after a crash, with torn and with damaged files.

use std::fs;
use std::path::{Path, PathBuf};

use host::simulated::{Ended, Simulation};
use tempfile::TempDir;

use super::small;
use crate::wal::block;
use crate::*;

const PLENTY: ReadLimits = ReadLimits { records_max: 100_000, bytes_max: 100_000_000 };
const DAY_MS: u64 = 24 * 60 * 60 * 1000;

fn open_with(host: &host::Host, dir: &Path, options: Options) -> Result<DiskLog, OpenError> {
    let store = store::Store::open(host, &dir.join("store")).unwrap();
    DiskLog::open(host.clone(), &dir.join("log"), store, options)
}

fn open(dir: &Path) -> Result<DiskLog, OpenError> {
    open_with(&host::Host::real(), dir, small())
}

async fn create(log: &DiskLog, name: &str) -> ShardId {
    let ranges = vec![HashRange { start: 0, end: u128::MAX }];
    let new = NewStream { name: name.to_owned(), ranges, retention_ms: DAY_MS, annotation: bytes::Bytes::new() };
    log.create_stream(new).await.unwrap().shards[0].id
}

fn of_bytes(shard: ShardId, value: u8, count: usize) -> Append {
    let record = NewRecord { value: bytes::Bytes::from(vec![value; count]), ..NewRecord::default() };
    Append { shard, records: vec![record], condition: Condition::None }
}

async fn append(log: &DiskLog, shard: ShardId, value: u8, count: usize) -> Result<Appended, Error> {
    log.append(vec![of_bytes(shard, value, count)]).await?.remove(0)
}

/// The first bytes of all values.
async fn values(log: &DiskLog, shard: ShardId) -> Vec<u8> {
    let horizon = log.locate(shard, Position::Horizon).await.unwrap();
    let batches = log.read(shard, horizon, PLENTY, None).await.unwrap();
    batches.iter().map(|record| record.value[0]).collect()
}

/// What a crash of the process leaves: the files as they are now.
fn crash_image(dir: &Path) -> TempDir {
    fn copy(from: &Path, to: &Path) {
        fs::create_dir_all(to).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            let target = to.join(entry.file_name());
            if entry.file_type().unwrap().is_dir() {
                copy(&entry.path(), &target);
            } else if let Err(error) = fs::copy(entry.path(), target) {
                // Files under preparation may have got their final name meanwhile.
                assert_eq!(error.kind(), std::io::ErrorKind::NotFound);
            }
        }
    }
    let image = tempfile::tempdir().unwrap();
    copy(dir, image.path());
    image
}

/// Positions of the blocks of the only write-ahead file that has any.
fn blocks(dir: &Path) -> (PathBuf, Vec<usize>) {
    for entry in fs::read_dir(dir.join("log/wal")).unwrap() {
        let path = entry.unwrap().path();
        let Some(generation) = crate::wal::generation_of(&path) else { continue };
        let content = fs::read(&path).unwrap();
        let mut positions = Vec::new();
        let mut at = 0;
        while let Some(head) = block::head(&content[at..], generation) {
            positions.push(at);
            at += head.block_bytes;
        }
        if !positions.is_empty() {
            return (path, positions);
        }
    }
    panic!("no block was written");
}

fn flip(path: &Path, position: usize) {
    let mut content = fs::read(path).unwrap();
    content[position] ^= 0x40;
    fs::write(path, content).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_log_is_in_segments_and_opens_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path()).unwrap();
    let shard = create(&log, "s").await;
    for value in 0..100 {
        append(&log, shard, value, 5000).await.unwrap();
    }
    log.close().await.unwrap();
    let image = crash_image(dir.path());
    let again = open(image.path()).unwrap();
    let segments = again.segments(shard).await.unwrap();
    assert!(segments.len() > 2, "{segments:?}");
    assert!(segments.windows(2).all(|pair| pair[0].end_offset == pair[1].base_offset && pair[0].is_sealed));
    assert_eq!(segments.last().unwrap().end_offset, 100);
    assert_eq!(values(&again, shard).await, (0..100).collect::<Vec<u8>>());
    assert_eq!(again.locate(shard, Position::AtTime(0)).await.unwrap(), 0);
    assert_eq!(append(&again, shard, 100, 1).await.unwrap().first_offset, 100);
    assert_eq!(values(&again, shard).await.len(), 101);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_log_has_what_was_acknowledged() {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path()).unwrap();
    let (first, second) = (create(&log, "a").await, create(&log, "b").await);
    for value in 0..150 {
        append(&log, first, value, 3000).await.unwrap();
        append(&log, second, value, 10).await.unwrap();
    }
    let image = crash_image(dir.path());
    let again = open(image.path()).unwrap();
    for shard in [first, second] {
        assert_eq!(values(&again, shard).await, (0..150).collect::<Vec<u8>>());
        assert_eq!(append(&again, shard, 150, 1).await.unwrap().first_offset, 150);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_torn_tail_is_cut_and_stays_cut() {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path()).unwrap();
    let shard = create(&log, "s").await;
    for value in 0..5 {
        append(&log, shard, value, 2000).await.unwrap();
    }
    let image = crash_image(dir.path());
    let (path, positions) = blocks(image.path());
    assert_eq!(positions.len(), 5);
    flip(&path, positions[4] + 1500);
    let again = open(image.path()).unwrap();
    assert_eq!(values(&again, shard).await, [0, 1, 2, 3]);
    assert_eq!(append(&again, shard, 9, 100).await.unwrap().first_offset, 4);
    // The next crash finds the new block in a later file; the torn one before it is no evidence of damage.
    let image = crash_image(image.path());
    let again = open(image.path()).unwrap();
    assert_eq!(values(&again, shard).await, [0, 1, 2, 3, 9]);
}

#[tokio::test(flavor = "multi_thread")]
async fn damage_before_a_later_block_is_refused_with_its_place() {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path()).unwrap();
    let shard = create(&log, "s").await;
    for value in 0..5 {
        append(&log, shard, value, 2000).await.unwrap();
    }
    let (_, positions) = blocks(dir.path());
    for within in [20, 1500] {
        let image = crash_image(dir.path());
        let (path, _) = blocks(image.path());
        flip(&path, positions[2] + within);
        match open(image.path()) {
            Err(OpenError::Damaged { file, position, .. }) => {
                assert_eq!((file, position), (path, positions[2] as u64));
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sealed_shard_without_its_records_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path()).unwrap();
    let shard = create(&log, "s").await;
    append(&log, shard, 1, 10).await.unwrap();
    let half = u128::MAX / 2;
    let children = vec![HashRange { start: 0, end: half }, HashRange { start: half + 1, end: u128::MAX }];
    let step = Reshard { parents: vec![0], children };
    log.reshard(shard.stream, 1, vec![step], None).await.unwrap();
    let image = crash_image(dir.path());
    let (path, positions) = blocks(image.path());
    flip(&path, positions[0] + 100);
    assert!(matches!(open(image.path()), Err(OpenError::Damaged { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_in_use_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let _log = open(dir.path()).unwrap();
    let refused = lock_directory(&host::Host::real(), &dir.path().join("log")).unwrap_err();
    assert!(matches!(&refused, OpenError::InUse { dir: used } if *used == dir.path().join("log")));
    assert!(refused.to_string().contains("another process"));
}

#[tokio::test(flavor = "multi_thread")]
async fn damaged_records_in_a_segment_are_named_and_the_others_read() {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path()).unwrap();
    let shard = create(&log, "s").await;
    for value in 0..10 {
        append(&log, shard, value, 1000).await.unwrap();
    }
    log.close().await.unwrap();
    let image = crash_image(dir.path());
    let segment = image.path().join("log/segments/0000000000000000/00000000/00000000000000000000.seg");
    let bytes = usize::try_from(fs::metadata(&segment).unwrap().len()).unwrap();
    flip(&segment, bytes / 10 * 4 + 500);
    let again = open(image.path()).unwrap();
    let before = again.read(shard, 0, PLENTY, None).await.unwrap();
    assert_eq!((before.len(), before.next), (4, 4));
    assert!(matches!(again.read(shard, 4, PLENTY, None).await, Err(Error::Corrupt { from: 4, to: 5 })));
    assert_eq!(again.read(shard, 5, PLENTY, None).await.unwrap().len(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_footer_costs_a_look_at_the_batches() {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path()).unwrap();
    let shard = create(&log, "s").await;
    for value in 0..60 {
        append(&log, shard, value, 5000).await.unwrap();
    }
    log.close().await.unwrap();
    let image = crash_image(dir.path());
    let segment = image.path().join("log/segments/0000000000000000/00000000/00000000000000000000.seg");
    let bytes = usize::try_from(fs::metadata(&segment).unwrap().len()).unwrap();
    flip(&segment, bytes - 10);
    let again = open(image.path()).unwrap();
    assert!(again.segments(shard).await.unwrap()[0].is_sealed);
    assert_eq!(values(&again, shard).await, (0..60).collect::<Vec<u8>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn deleted_streams_and_interrupted_attempts_leave_no_files() {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path()).unwrap();
    let (gone, kept) = (create(&log, "gone").await, create(&log, "kept").await);
    append(&log, gone, 1, 10).await.unwrap();
    append(&log, kept, 1, 10).await.unwrap();
    log.close().await.unwrap();
    let image = crash_image(dir.path());
    let segments = image.path().join("log/segments");
    let orphan = segments.join("0000000000000001/00000000/00000000000000000077.seg");
    fs::write(&orphan, b"half a segment").unwrap();
    fs::create_dir_all(segments.join("00000000000000aa/00000000")).unwrap();
    let again = open(image.path()).unwrap();
    again.delete_stream(gone.stream, 1).await.unwrap();
    again.upkeep().await;
    let names = |dir: &Path| -> Vec<String> {
        let names = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.collect()
    };
    assert_eq!(names(&segments), ["0000000000000001"]);
    assert_eq!(names(orphan.parent().unwrap()), ["00000000000000000000.seg"]);
    assert_eq!(values(&again, kept).await, [1]);
}

/// A program of a simulated machine, which must come to its end.
fn on_a_machine<F: Future<Output = ()>>(machine: &Simulation, program: impl FnOnce(host::Host) -> F) {
    assert_eq!(machine.boot(program), Ended::Finished(()));
}

#[test]
fn retention_removes_segments_and_their_files() {
    let machine = Simulation::new(1);
    on_a_machine(&machine, async |host| {
        let log = open_with(&host, Path::new("/data"), small()).unwrap();
        let shard = create(&log, "s").await;
        for value in 0..100 {
            append(&log, shard, value, 5000).await.unwrap();
        }
        host.sleep(std::time::Duration::from_secs(120)).await;
        let count = log.segments(shard).await.unwrap().len();
        assert!(count > 2);
        assert!(log.shard_stats(shard).await.unwrap().stored_bytes > 500_000);
        host.sleep(std::time::Duration::from_millis(DAY_MS)).await;
        append(&log, shard, 100, 10).await.unwrap();
        host.sleep(std::time::Duration::from_secs(120)).await;
        assert_eq!(values(&log, shard).await, [100]);
        let dir = Path::new("/data/log/segments/0000000000000000/00000000");
        assert_eq!(host.files().list(dir).unwrap().len(), 1);
        assert!(log.shard_stats(shard).await.unwrap().stored_bytes < 1000);
    });
    on_a_machine(&machine, async |host| {
        let log = open_with(&host, Path::new("/data"), small()).unwrap();
        let shard = log.describe_stream("s").await.unwrap().shards[0].id;
        assert_eq!(values(&log, shard).await, [100]);
        assert_eq!(append(&log, shard, 101, 10).await.unwrap().first_offset, 101);
    });
}

#[test]
fn a_full_disk_refuses_and_works_again_when_there_is_room() {
    let machine = Simulation::new(2);
    let disk = machine.clone();
    on_a_machine(&machine, async |host| {
        let log = open_with(&host, Path::new("/data"), small()).unwrap();
        let shard = create(&log, "s").await;
        append(&log, shard, 0, 10).await.unwrap();
        disk.limit_disk(Some(disk.disk_used() + 4096));
        let mut accepted = 1;
        let refused = loop {
            match append(&log, shard, 1, 20_000).await {
                Ok(_) => accepted += 1,
                Err(error) => break error,
            }
            assert!(accepted < 1000, "a full disk accepts everything");
        };
        assert!(matches!(refused, Error::Unavailable { .. } | Error::Throttled { .. }), "{refused}");
        assert_eq!(values(&log, shard).await.len(), accepted);
        disk.limit_disk(None);
        host.sleep(std::time::Duration::from_secs(2)).await;
        append(&log, shard, 2, 20_000).await.unwrap();
        assert_eq!(values(&log, shard).await.len(), accepted + 1);
        log.close().await.unwrap();
    });
}

#[test]
fn a_failing_sync_is_fatal_and_acknowledges_nothing() {
    let machine = Simulation::new(3);
    let ended = machine.boot(async |host| {
        let dying = machine.clone();
        let on_fatal: OnFatal = std::sync::Arc::new(move |_cause| dying.cut_power());
        let log = open_with(&host, Path::new("/data"), Options { on_fatal, ..small() }).unwrap();
        let shard = create(&log, "s").await;
        append(&log, shard, 0, 10).await.unwrap();
        host.sleep(std::time::Duration::from_secs(1)).await;
        machine.fail_sync_after(1);
        let _ = append(&log, shard, 1, 10).await;
        unreachable!("the process has ended");
    });
    assert_eq!(ended, Ended::PowerCut::<()>);
    machine.clear_faults();
    on_a_machine(&machine, async |host| {
        let log = open_with(&host, Path::new("/data"), small()).unwrap();
        let shard = log.describe_stream("s").await.unwrap().shards[0].id;
        let after = values(&log, shard).await;
        assert!(after == [0] || after == [0, 1], "{after:?}");
    });
}

#[test]
fn too_much_at_once_is_throttled() {
    let machine = Simulation::new(4);
    on_a_machine(&machine, async |host| {
        let log = open_with(&host, Path::new("/data"), Options { queue_bytes_max: 100_000, ..small() }).unwrap();
        let shard = create(&log, "s").await;
        let results = futures::future::join_all((0..10).map(|_| append(&log, shard, 1, 30_000))).await;
        let accepted = results.iter().filter(|result| result.is_ok()).count();
        assert_eq!(accepted, 3);
        assert!(results.iter().skip(3).all(|result| matches!(result, Err(Error::Throttled { .. }))));
        let whole = append(&log, shard, 1, 300_000).await;
        assert!(matches!(whole, Err(Error::Invalid(_))), "{whole:?}");
    });
}

#[test]
fn idle_shards_hold_no_files() {
    let machine = Simulation::new(5);
    on_a_machine(&machine, async |host| {
        let log = open_with(&host, Path::new("/data"), Options { open_files_max: 2, ..small() }).unwrap();
        for number in 0..20 {
            let shard = create(&log, &number.to_string()).await;
            append(&log, shard, number, 100).await.unwrap();
        }
        host.sleep(std::time::Duration::from_secs(120)).await;
        for number in 0..20 {
            let shard = log.describe_stream(&number.to_string()).await.unwrap().shards[0].id;
            assert_eq!(log.segments(shard).await.unwrap().len(), 1);
            assert_eq!(values(&log, shard).await, [number]);
        }
        assert_eq!(log.shared.segments.open_count(), 2);
    });
}

/// The committing thread waits for a file, the keeper for the right to say that one is free, and that was once held
/// by who waited for the committing thread.
#[test]
fn resharding_goes_on_while_files_are_short() {
    let machine = Simulation::new(6);
    on_a_machine(&machine, async |host| {
        let short = Options { wal_file_bytes: 64 * 1024, wal_total_bytes: 128 * 1024, ..small() };
        let log = open_with(&host, Path::new("/data"), short).unwrap();
        let (busy, split) = (create(&log, "busy").await, create(&log, "split").await);
        let writer = async {
            for value in 0..100 {
                append(&log, busy, value, 20_000).await.unwrap();
            }
        };
        let changer = async {
            let range = HashRange { start: 0, end: u128::MAX };
            for index in 0..30_u32 {
                let step = Reshard { parents: vec![index], children: vec![range] };
                log.reshard(split.stream, u64::from(index) + 1, vec![step], None).await.unwrap();
            }
        };
        futures::future::join(writer, changer).await;
        assert_eq!(values(&log, busy).await.len(), 100);
        assert_eq!(log.describe_stream("split").await.unwrap().shards.len(), 31);
    });
}

#[test]
fn what_a_failed_sync_of_recovery_left_in_doubt_is_written_once_more() {
    for seed in 0..30 {
        let machine = Simulation::new(seed);
        // Killed between a write and its sync: whole in the page cache, perhaps not on the disk.
        let ended = machine.boot(async |host| {
            let dying = machine.clone();
            let on_fatal: OnFatal = std::sync::Arc::new(move |_cause| dying.kill());
            let log = open_with(&host, Path::new("/data"), Options { on_fatal, ..small() }).unwrap();
            let shard = create(&log, "s").await;
            append(&log, shard, 0, 10).await.unwrap();
            host.sleep(std::time::Duration::from_secs(1)).await;
            machine.lie_about_syncs(true);
            append(&log, shard, 1, 10).await.unwrap();
        });
        assert_eq!(ended, Ended::Finished(()));
        machine.lie_about_syncs(false);
        on_a_machine(&machine, async |host| {
            let store = store::Store::open(&host, Path::new("/data/store")).unwrap();
            machine.fail_sync_after(1);
            let refused = DiskLog::open(host.clone(), Path::new("/data/log"), store, small());
            assert!(matches!(refused, Err(OpenError::Io { .. })), "{refused:?}");
        });
        machine.clear_faults();
        let shown = machine.boot(async |host| {
            let log = open_with(&host, Path::new("/data"), small()).unwrap();
            let shard = log.describe_stream("s").await.unwrap().shards[0].id;
            values(&log, shard).await
        });
        machine.lose_power();
        on_a_machine(&machine, async |host| {
            let log = open_with(&host, Path::new("/data"), small()).unwrap();
            let shard = log.describe_stream("s").await.unwrap().shards[0].id;
            assert_eq!(Ended::Finished(values(&log, shard).await), shown, "seed {seed}");
        });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn blocks_that_a_client_forged_in_its_records_count_for_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path()).unwrap();
    let shard = create(&log, "s").await;
    // One head for each of the next generations, where blocks may begin, that claims to be far ahead.
    let mut value = vec![0; 2 * block::ALIGNMENT];
    for generation in 0..20 {
        let mut head = vec![0; block::payload_start(0)];
        block::finish(&mut head, 0, block::Place { generation, lsn: 1000, durable_lsn: 999 }, &[], 0);
        value.extend(head);
    }
    let length = value.len();
    // The value begins somewhere in the first unit of the block: find where, then move the heads to the next one's edge.
    append(&log, shard, 1, length).await.unwrap();
    let (path, _) = blocks(dir.path());
    let found = fs::read(&path).unwrap().windows(16).position(|bytes| bytes == [1; 16]).unwrap();
    value.drain(..found % block::ALIGNMENT);
    value.resize(length, 0);
    let record = NewRecord { value: bytes::Bytes::from(value), ..NewRecord::default() };
    log.append(vec![Append { shard, records: vec![record], condition: Condition::None }]).await.unwrap();
    let image = crash_image(dir.path());
    let (path, positions) = blocks(image.path());
    flip(&path, positions[1] + 20);
    let again = open(image.path()).unwrap();
    assert_eq!(values(&again, shard).await, [1]);
}
