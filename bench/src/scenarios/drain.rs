//! GetRecords until there is nothing more: from the memory tail and from cold files.

use std::path::Path;
use std::time::{Duration, Instant};

use super::fresh;
use crate::kinesis::{self, BATCH_RECORDS, Client, Noise, RECORD_BYTES, STREAM, shard_name, text};
use crate::process::Server;
use crate::wire::{Answer, Connection, request};
use crate::{Error, Run};

const SHARDS: usize = 8;
/// Bytes a shard that is drained from memory is given: what every engine keeps in its tail.
const TAIL_BYTES: usize = 1 << 20;
/// How often the memory tail is drained.
const TAIL_ROUNDS: usize = 40;

/// What draining gave.
#[derive(Default)]
struct Drained {
    records: u64,
    cpu: Duration,
    wall: Duration,
}

/// Writes, and drains twice: the newest bytes from memory, all of them from disk after a restart.
pub(crate) async fn get_records(run: &Run) -> Result<(), Error> {
    println!("\nGetRecords, {SHARDS} readers, one per shard, pages as large as AWS allows");
    let program = run.program()?;
    let dir = fresh(&run.dir)?;
    let server = Server::millstream(&program, dir.path())?;
    let mut client = Client::connect(server.address).await?;
    client.create_stream(STREAM, SHARDS).await?;
    put(&server, SHARDS * TAIL_BYTES).await?;
    let starts = starts(&mut client).await?;
    drain(&server, &starts).await?;
    let mut memory = Drained::default();
    for _ in 0..TAIL_ROUNDS {
        let one = drain(&server, &starts).await?;
        memory.records += one.records;
        memory.cpu += one.cpu;
        memory.wall += one.wall;
    }
    report("memory", &memory);

    let written = put(&server, run.fill_mb << 20).await?;
    report("(PutRecords, for comparison)", &written);
    server.terminate()?;
    forget_cache(dir.path())?;
    let server = Server::millstream(&program, dir.path())?;
    let starts = self::starts(&mut Client::connect(server.address).await?).await?;
    let disk = drain(&server, &starts).await?;
    report("disk, after a restart", &disk);
    let again = drain(&server, &starts).await?;
    report("disk, once more", &again);
    println!("  at most {:.0} MB of memory", server.memory_peak_mb()?);
    Ok(())
}

fn report(name: &str, drained: &Drained) {
    let bytes = (drained.records * RECORD_BYTES as u64) as f64;
    println!(
        "  {name}: {:.0} MB per CPU second, {:.0} MB/s, {} records",
        bytes / 1e6 / drained.cpu.as_secs_f64(),
        bytes / 1e6 / drained.wall.as_secs_f64(),
        drained.records
    );
}

/// Writes at least that many payload bytes and says what it cost.
async fn put(server: &Server, bytes: usize) -> Result<Drained, Error> {
    let mut noise = Noise::new(2);
    let bodies: Vec<_> = (0..8).map(|_| kinesis::put_records(&mut noise)).collect();
    let rounds = bytes.div_ceil(BATCH_RECORDS * RECORD_BYTES * bodies.len());
    let (started, cpu) = (Instant::now(), server.cpu()?);
    let local = tokio::task::LocalSet::new();
    let tasks: Vec<_> = bodies
        .into_iter()
        .map(|body| {
            let address = server.address;
            local.spawn_local(async move {
                let mut connection = Connection::open(address).await?;
                for _ in 0..rounds {
                    kinesis::all_stored(&connection.call(&body).await?)?;
                }
                Ok::<u64, Error>((rounds * BATCH_RECORDS) as u64)
            })
        })
        .collect();
    let mut records = 0;
    local
        .run_until(async {
            for task in tasks {
                records += task.await??;
            }
            Ok::<(), Error>(())
        })
        .await?;
    Ok(Drained { records, cpu: server.cpu()? - cpu, wall: started.elapsed() })
}

async fn starts(client: &mut Client) -> Result<Vec<String>, Error> {
    let mut out = Vec::new();
    for index in 0..SHARDS {
        out.push(client.iterator(&shard_name(index), "TRIM_HORIZON").await?);
    }
    Ok(out)
}

/// Reads every shard to its end, all at once.
async fn drain(server: &Server, starts: &[String]) -> Result<Drained, Error> {
    let (started, cpu) = (Instant::now(), server.cpu()?);
    let local = tokio::task::LocalSet::new();
    let tasks: Vec<_> = starts
        .iter()
        .map(|start| {
            let (start, address) = (start.clone(), server.address);
            local.spawn_local(async move { drain_shard(&mut Connection::open(address).await?, start).await })
        })
        .collect();
    let mut records = 0;
    local
        .run_until(async {
            for task in tasks {
                records += task.await??;
            }
            Ok::<(), Error>(())
        })
        .await?;
    Ok(Drained { records, cpu: server.cpu()? - cpu, wall: started.elapsed() })
}

async fn drain_shard(connection: &mut Connection, mut iterator: String) -> Result<u64, Error> {
    let mut records = 0;
    loop {
        let body = format!(r#"{{"ShardIterator":"{iterator}","Limit":10000}}"#);
        let answer = connection.call(&request("GetRecords", body.as_bytes())).await?;
        let (count, next) = page(&answer)?;
        records += count;
        iterator = next;
        // The records are not parsed, and so is the lag: at the end a page is empty.
        if count == 0 {
            return Ok(records);
        }
    }
}

/// Counts the records of a page without parsing them, so that the client costs little, and finds its next iterator.
fn page(answer: &Answer) -> Result<(u64, String), Error> {
    if answer.status != 200 {
        return Err(format!("GetRecords: {} {}", answer.status, String::from_utf8_lossy(&answer.body)).into());
    }
    let count = memchr::memmem::find_iter(&answer.body, b"\"PartitionKey\":").count() as u64;
    const NEXT: &[u8] = b"\"NextShardIterator\":";
    let at = memchr::memmem::find(&answer.body, NEXT).ok_or("a page of an open shard has a next iterator")?;
    let quoted = &answer.body[at + NEXT.len()..];
    let end = memchr::memchr(b'"', &quoted[1..]).ok_or("the iterator ends")? + 2;
    Ok((count, text(&serde_json::from_slice(&quoted[..end])?)?))
}

/// Asks the kernel to forget what it caches of a directory's files.
fn forget_cache(dir: &Path) -> Result<(), Error> {
    for entry in std::fs::read_dir(dir)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            forget_cache(&entry.path())?;
        } else if entry.file_type()?.is_file() {
            let file = std::fs::File::open(entry.path())?;
            file.sync_all()?;
            rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::DontNeed)?;
        }
    }
    Ok(())
}
