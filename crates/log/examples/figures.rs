//! Prints what the disk engine costs on this machine: starting, recovering, appending, reading.
//!
//! `cargo run --release -p millstream-log --example figures [DIRECTORY]`

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::future;
use host::files::{File, Files};
use host::{Host, OsRandom, SystemClock, TokioTasks};
use log::{
    Append, Condition, DiskLog, HashRange, LogEngine, NewRecord, NewStream, Options, ReadLimits, ShardId, Stream,
};
use store::Store;

const MIB: f64 = 1024.0 * 1024.0;

/// The real file system, on which no segment can be begun: everything stays in the write-ahead log.
struct WithoutSegments(Arc<dyn Files>);

impl Files for WithoutSegments {
    fn open(&self, path: &Path) -> io::Result<Arc<dyn File>> {
        self.0.open(path)
    }

    fn create_new(&self, path: &Path) -> io::Result<Arc<dyn File>> {
        if path.extension().is_some_and(|extension| extension == "seg") {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.0.create_new(path)
    }

    fn create_dir_all(&self, path: &Path) -> io::Result<()> {
        self.0.create_dir_all(path)
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        self.0.sync_dir(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.0.rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.0.remove(path)
    }

    fn remove_dir_all(&self, path: &Path) -> io::Result<()> {
        self.0.remove_dir_all(path)
    }

    fn list(&self, path: &Path) -> io::Result<Vec<PathBuf>> {
        self.0.list(path)
    }

    fn exists(&self, path: &Path) -> bool {
        self.0.exists(path)
    }

    fn lock(&self, path: &Path) -> io::Result<Box<dyn Send + Sync>> {
        self.0.lock(path)
    }
}

fn open(host: &Host, dir: &Path) -> DiskLog {
    let store = Store::open(host, &dir.join("store")).expect("the store opens");
    DiskLog::open(host.clone(), &dir.join("log"), store, Options::default()).expect("the log opens")
}

async fn stream(log: &DiskLog, name: &str, shards: u128) -> Arc<Stream> {
    let step = u128::MAX / shards;
    let range = |index: u128| HashRange {
        start: index * step,
        end: if index + 1 == shards { u128::MAX } else { (index + 1) * step - 1 },
    };
    let new = NewStream {
        name: name.to_owned(),
        ranges: (0..shards).map(range).collect(),
        retention_ms: 86_400_000,
        annotation: Bytes::new(),
    };
    log.create_stream(new).await.expect("the stream is new")
}

fn records(count: usize, bytes: usize) -> Vec<NewRecord> {
    let value = Bytes::from(vec![b'v'; bytes]);
    (0..count)
        .map(|number| NewRecord { key: Bytes::from(format!("key-{number:05}")), value: value.clone(), headers: vec![] })
        .collect()
}

/// Appends from so many writers; answers the records that were accepted, until the first refusal of each.
async fn append(log: &Arc<DiskLog>, stream: &Arc<Stream>, writers: usize, calls: usize, batch: &[NewRecord]) -> u64 {
    let writer = |writer: usize| {
        let (log, stream, batch) = (Arc::clone(log), Arc::clone(stream), batch.to_vec());
        tokio::spawn(async move {
            let mut accepted = 0;
            for call in 0..calls {
                let shard = stream.shards[(writer + call) % stream.shards.len()].id;
                let append = Append { shard, records: batch.clone(), condition: Condition::None };
                match log.append(vec![append]).await {
                    Ok(results) if results[0].is_ok() => accepted += batch.len() as u64,
                    _ => break,
                }
            }
            accepted
        })
    };
    let accepted = future::join_all((0..writers).map(writer)).await;
    accepted.into_iter().map(|accepted| accepted.expect("writers do not panic")).sum()
}

async fn drain(log: &DiskLog, shard: ShardId) -> (u64, u64) {
    let limits = ReadLimits { records_max: 10_000, bytes_max: 10 << 20 };
    let (mut next, mut bytes, mut count) = (0, 0, 0);
    loop {
        let batches = log.read(shard, next, limits, None).await.expect("the shard can be read");
        if batches.is_empty() {
            return (count, bytes);
        }
        count += batches.iter().count() as u64;
        bytes += batches.bytes as u64;
        next = batches.next;
    }
}

fn report(host: &Host, what: &str, started: Duration, cpu: Duration, records: u64, bytes: u64) {
    let seconds = (host.monotonic() - started).as_secs_f64();
    let cpu = host::process::usage().cpu.saturating_sub(cpu).as_secs_f64();
    println!(
        "{what}: {records} records, {:.0} MiB in {seconds:.2} s = {:.0} MiB/s, {:.0} records/s, {:.2} CPU µs per record",
        bytes as f64 / MIB,
        bytes as f64 / MIB / seconds,
        records as f64 / seconds,
        cpu * 1e6 / records.max(1) as f64,
    );
}

async fn appending(dir: &Path) {
    let host = Host::real();
    let started = host.monotonic();
    let log = Arc::new(open(&host, dir));
    println!("opening an empty directory: {:?}", (host.monotonic() - started));
    let stream = stream(&log, "appending", 8).await;
    append(&log, &stream, 1, 1, &records(1, 10)).await;
    println!("first append after {:?}", (host.monotonic() - started));
    for (what, writers, calls, count, bytes) in [
        ("32 writers, 64 KiB records", 32, 500, 1, 65_536),
        ("16 writers, 500 x 1 KiB records", 16, 120, 500, 1024),
        ("16 writers, single 1 KiB records", 16, 2000, 1, 1024),
    ] {
        let (started, cpu) = (host.monotonic(), host::process::usage().cpu);
        let accepted = append(&log, &stream, writers, calls, &records(count, bytes)).await;
        report(&host, what, started, cpu, accepted, accepted * bytes as u64);
    }
    println!("resident after appending: {:.0} MiB", host::process::usage().resident_bytes as f64 / MIB);
    for what in ["drain (segments and memory)", "drain again"] {
        let (started, cpu) = (host.monotonic(), host::process::usage().cpu);
        let (mut count, mut bytes) = (0, 0);
        for shard in &stream.shards {
            let drained = drain(&log, shard.id).await;
            count += drained.0;
            bytes += drained.1;
        }
        report(&host, what, started, cpu, count, bytes);
    }
    let started = host.monotonic();
    log.close().await.expect("closes");
    println!("closing: {:?}", (host.monotonic() - started));
    drop(log);
    let started = host.monotonic();
    drop(open(&host, &dir.join("other")));
    println!("opening another empty directory: {:?}", (host.monotonic() - started));
}

async fn recovering(dir: &Path) {
    let files: Arc<dyn Files> = Arc::new(WithoutSegments(host::files::real()));
    let host = Host::new(Arc::new(SystemClock::new()), Arc::new(OsRandom), files, Arc::new(TokioTasks));
    let accepted = {
        let log = Arc::new(open(&host, dir));
        let stream = stream(&log, "recovering", 8).await;
        append(&log, &stream, 32, 10_000, &records(1, 65_536)).await
    };
    let resident = host::process::usage().resident_bytes;
    let copy = dir.join("store");
    wait_unlocked(&host, &dir.join("log")).await;
    let started = host.monotonic();
    let log = open(&host, dir);
    println!(
        "recovering {:.0} MiB of write-ahead log: {:?}, {:.0} MiB resident ({:.0} before), store in {}",
        accepted as f64 * 65_536.0 / MIB,
        (host.monotonic() - started),
        host::process::usage().resident_bytes as f64 / MIB,
        resident as f64 / MIB,
        copy.display(),
    );
    let described = log.describe_stream("recovering").await.expect("it is there");
    let mut found = 0;
    for shard in &described.shards {
        found += log.bounds(shard.id).await.expect("known").end;
    }
    assert_eq!(found, accepted, "all that was accepted is there");
}

/// The threads of a dropped log end soon, and with them its lock.
async fn wait_unlocked(host: &Host, dir: &Path) {
    while log::lock_directory(host, dir).is_err() {
        host.sleep(Duration::from_millis(10)).await;
    }
}

async fn many_shards(dir: &Path) {
    let host = Host::real();
    {
        let log = Arc::new(open(&host, dir));
        for number in 0..20 {
            let stream = stream(&log, &format!("many-{number}"), 500).await;
            append(&log, &stream, 1, 500, &records(1, 100)).await;
        }
        log.close().await.expect("closes");
    }
    wait_unlocked(&host, &dir.join("log")).await;
    let before = host::process::usage().resident_bytes;
    let started = host.monotonic();
    let log = open(&host, dir);
    let after = host::process::usage().resident_bytes;
    println!(
        "opening 10,000 shards that have segments: {:?}, {:.0} MiB resident ({:.0} before)",
        (host.monotonic() - started),
        after as f64 / MIB,
        before as f64 / MIB,
    );
    drop(log);
}

fn main() {
    let dir = std::env::args().nth(1).map_or_else(|| PathBuf::from("target/figures"), PathBuf::from);
    let part = std::env::args().nth(2).unwrap_or_else(|| "all".to_owned());
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    for (name, number) in [("many", 0), ("append", 1), ("recover", 2)] {
        if part != "all" && part != name {
            continue;
        }
        let dir = dir.join(name);
        // From an earlier run, if there is one.
        let _ = std::fs::remove_dir_all(&dir);
        match number {
            0 => runtime.block_on(many_shards(&dir)),
            1 => runtime.block_on(appending(&dir)),
            _ => runtime.block_on(recovering(&dir)),
        }
        std::fs::remove_dir_all(&dir).expect("the directory can be removed");
    }
}
