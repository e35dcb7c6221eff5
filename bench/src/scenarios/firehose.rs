//! Firehose: PutRecordBatch until everything is in gzip objects, beside the bare cost of decoding and packing the same
//! bytes with the same library at the same level.

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use memchr::memmem;

use super::fresh;
use crate::kinesis::{BATCH_RECORDS, Noise, RECORD_BYTES};
use crate::process::{self, Server};
use crate::wire::{Answer, Connection, object_request, service_request};
use crate::{Error, Run};

/// Connections that put at once.
const CONNECTIONS: usize = 4;
/// Different requests: enough that no compressor remembers one from the last time.
const BODIES: usize = 16;
/// Where an object ends, as the buffer hints say.
const OBJECT_MIB: usize = 16;
/// How often the delivery is asked how far it is.
const POLL: Duration = Duration::from_millis(50);
/// For how long everything may take to arrive.
const ARRIVAL_MAX: Duration = Duration::from_secs(120);
/// What is measured is at most this much of the yardstick.
const GOAL: f64 = 1.4;

const STREAM: &str = "bench";

/// What one turn cost.
#[derive(Debug, Clone, Copy, Default)]
struct Cost {
    cpu: Duration,
    wall: Duration,
    memory_mb: f64,
}

/// Measures both in turns.
pub(crate) async fn firehose(run: &Run) -> Result<(), Error> {
    let requests = run.fill_mb * 1_000_000 / (BATCH_RECORDS * RECORD_BYTES);
    println!("\nFirehose, PutRecordBatch {BATCH_RECORDS} × {RECORD_BYTES} B → gzip objects of {OBJECT_MIB} MiB");
    let mut noise = Noise::new(7);
    let bodies: Vec<Bytes> = (0..BODIES).map(|_| put_record_batch(&mut noise)).collect();
    let megabytes = (requests * BATCH_RECORDS * RECORD_BYTES) as f64 / 1e6;
    let (mut ours, mut least) = (Cost::default(), Cost::default());
    for round in 1..=run.rounds {
        let turn = yardstick(&bodies, requests)?;
        show(round, "yardstick", turn, megabytes);
        least.cpu += turn.cpu;
        let dir = fresh(&run.dir)?;
        let turn = millstream(&run.program()?, dir.path(), &bodies, requests).await?;
        show(round, "millstream", turn, megabytes);
        ours.cpu += turn.cpu;
        ours.memory_mb = ours.memory_mb.max(turn.memory_mb);
    }
    let ratio = ours.cpu.as_secs_f64() / least.cpu.as_secs_f64();
    println!("  CPU ratio {ratio:.2} (goal ≤ {GOAL:.2}), {:.0} MB at most", ours.memory_mb);
    Ok(())
}

fn show(round: usize, name: &str, cost: Cost, megabytes: f64) {
    println!(
        "  round {round} {name:<10} {:>6.1} MB per CPU second, {:>6.1} MB/s",
        megabytes / cost.cpu.as_secs_f64(),
        megabytes / cost.wall.as_secs_f64()
    );
}

/// A record as applications write them: JSON that shrinks to about a third.
fn record(noise: &mut Noise) -> Vec<u8> {
    let mut out = Vec::with_capacity(RECORD_BYTES);
    let mut chance = [0; 8];
    while out.len() < RECORD_BYTES {
        noise.fill(&mut chance);
        let value = u64::from_le_bytes(chance);
        let (customer, amount, city) =
            (value % 5_000, value >> 40, ["Berlin", "Lima", "Oslo", "Quito"][(value >> 8) as usize % 4]);
        // Writing to memory does not fail.
        let _ = write!(
            out,
            "{{\"customer\":\"c-{customer:06}\",\"city\":\"{city}\",\"amount\":{amount},\"trace\":\"{value:016x}\"}},"
        );
    }
    out.truncate(RECORD_BYTES - 1);
    out.push(b'\n');
    out
}

fn put_record_batch(noise: &mut Noise) -> Bytes {
    let records: Vec<String> = (0..BATCH_RECORDS)
        .map(|_| format!(r#"{{"Data":"{}"}}"#, base64_simd::STANDARD.encode_to_string(record(noise))))
        .collect();
    let body = format!(r#"{{"DeliveryStreamName":"{STREAM}","Records":[{}]}}"#, records.join(","));
    service_request("firehose", "Firehose_20150804.PutRecordBatch", body.as_bytes())
}

/// Decodes and packs what the requests hold, and nothing else.
fn yardstick(bodies: &[Bytes], requests: usize) -> Result<Cost, Error> {
    let (started, cpu_before) = (Instant::now(), process::own_cpu()?);
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    let (mut plain_bytes, mut packed_bytes) = (0, 0);
    let mut plain = vec![0; RECORD_BYTES + 3];
    let begin = memmem::Finder::new("\"Data\":\"");
    for body in bodies.iter().cycle().take(requests) {
        let mut rest = &body[..];
        while let Some(at) = begin.find(rest) {
            rest = &rest[at + 8..];
            let end = memchr::memchr(b'"', rest).ok_or("a text without an end")?;
            let out = base64_simd::Out::from_slice(&mut plain);
            let decoded = base64_simd::STANDARD.decode(&rest[..end], out).map_err(|error| error.to_string())?;
            gzip.write_all(decoded)?;
            plain_bytes += decoded.len();
            rest = &rest[end..];
            if plain_bytes >= OBJECT_MIB << 20 {
                plain_bytes = 0;
                let full = std::mem::replace(&mut gzip, GzEncoder::new(Vec::new(), Compression::default()));
                packed_bytes += full.finish()?.len();
            }
        }
    }
    packed_bytes += gzip.finish()?.len();
    if packed_bytes == 0 {
        return Err("nothing was packed".into());
    }
    Ok(Cost { cpu: process::own_cpu()? - cpu_before, wall: started.elapsed(), memory_mb: 0.0 })
}

/// Puts everything and waits until it is in objects.
async fn millstream(program: &Path, dir: &Path, bodies: &[Bytes], requests: usize) -> Result<Cost, Error> {
    let server = Server::millstream(program, dir)?;
    let mut connection = Connection::open(server.address).await?;
    is_ok(&connection.call(&object_request("PUT", "/lake", b"")).await?)?;
    let create = format!(
        r#"{{"DeliveryStreamName":"{STREAM}","ExtendedS3DestinationConfiguration":{{"RoleARN":
        "arn:aws:iam::000000000000:role/bench","BucketARN":"arn:aws:s3:::lake","CompressionFormat":"GZIP",
        "BufferingHints":{{"SizeInMBs":{OBJECT_MIB},"IntervalInSeconds":0}}}}}}"#
    );
    is_ok(
        &connection
            .call(&service_request("firehose", "Firehose_20150804.CreateDeliveryStream", create.as_bytes()))
            .await?,
    )?;
    tokio::time::sleep(Duration::from_millis(500)).await;
    let (started, cpu_before) = (Instant::now(), server.cpu()?);
    let sent = Arc::new(AtomicUsize::new(0));
    let local = tokio::task::LocalSet::new();
    let mut tasks = Vec::new();
    for _ in 0..CONNECTIONS {
        let (address, bodies, sent) = (server.address, bodies.to_vec(), Arc::clone(&sent));
        tasks.push(local.spawn_local(async move {
            let mut connection = Connection::open(address).await?;
            loop {
                let number = sent.fetch_add(1, Ordering::Relaxed);
                if number >= requests {
                    return Ok::<(), Error>(());
                }
                is_stored(&connection.call(&bodies[number % bodies.len()]).await?)?;
            }
        }));
    }
    local
        .run_until(async {
            for task in tasks {
                task.await??;
            }
            Ok::<(), Error>(())
        })
        .await?;
    let expected = requests * BATCH_RECORDS;
    while delivered(&mut connection).await? < expected {
        if started.elapsed() > ARRIVAL_MAX {
            return Err("the records do not arrive".into());
        }
        tokio::time::sleep(POLL).await;
    }
    Ok(Cost { cpu: server.cpu()? - cpu_before, wall: started.elapsed(), memory_mb: server.memory_peak_mb()? })
}

/// Records in objects so far, as the server counts them.
async fn delivered(connection: &mut Connection) -> Result<usize, Error> {
    let answer = connection.call(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n").await?;
    let text = String::from_utf8_lossy(&answer.body);
    let line = text.lines().find(|line| line.starts_with("aws_firehose_delivery_to_s3_records_total"));
    Ok(line.and_then(|line| line.rsplit(' ').next()?.parse().ok()).unwrap_or(0))
}

fn is_ok(answer: &Answer) -> Result<(), Error> {
    match answer.status {
        200 => Ok(()),
        status => Err(format!("status {status}: {}", String::from_utf8_lossy(&answer.body)).into()),
    }
}

fn is_stored(answer: &Answer) -> Result<(), Error> {
    is_ok(answer)?;
    match memmem::find(&answer.body, b"\"FailedPutCount\":0") {
        Some(_) => Ok(()),
        None => Err("a record was not taken".into()),
    }
}
