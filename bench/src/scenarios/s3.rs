//! Objects beside the yardstick: PUT and GET of 1 KiB and 1 MiB, and a large object in parts.

use std::path::Path;
use std::time::{Duration, Instant};

use bytes::Bytes;
use memchr::memmem;

use super::{fresh, micros_per};
use crate::kinesis::Noise;
use crate::load::{Cost, Turn, load};
use crate::process::Server;
use crate::wire::{Answer, Connection, object_request};
use crate::{Error, Run};

/// Connections at once.
const CONNECTIONS: usize = 16;
/// Objects that each connection writes or reads, round and round.
const KEYS: usize = 4;
/// A part of a large object, and how many there are: 1 GiB, cut and sent as the Python SDK does.
const PART_BYTES: usize = 8 << 20;
const PARTS: usize = 128;
const PART_CONNECTIONS: usize = 10;
/// What is measured is at most this much of the yardstick.
const GOAL: f64 = 1.5;

/// Either server, ready for objects.
async fn start(run: &Run, is_ours: bool, dir: &Path) -> Result<Server, Error> {
    if !is_ours {
        return Server::yardstick_objects(&dir.join("objects"));
    }
    let server = Server::millstream(&run.program()?, dir)?;
    let created = Connection::open(server.address).await?.call(&object_request("PUT", "/bench", b"")).await?;
    is_ok(&created)?;
    Ok(server)
}

fn is_ok(answer: &Answer) -> Result<(), Error> {
    match answer.status {
        200 => Ok(()),
        status => Err(format!("status {status}: {}", String::from_utf8_lossy(&answer.body)).into()),
    }
}

fn turn(run: &Run) -> Turn {
    Turn { warm_up: Duration::from_secs_f64(run.warm_up), measured: Duration::from_secs_f64(run.seconds) }
}

fn noise(seed: u64, len: usize) -> Vec<u8> {
    let mut noise = Noise::new(seed);
    let mut bytes = vec![0; len];
    noise.fill(&mut bytes);
    bytes
}

/// Requests of one kind for every connection.
fn requests(method: &str, len: usize) -> Vec<Vec<Bytes>> {
    let body = if method == "PUT" { noise(1, len) } else { Vec::new() };
    let path = |connection: usize, key: usize| format!("/bench/{connection}/key-{key}");
    let request = |connection, key| object_request(method, &path(connection, key), &body);
    (0..CONNECTIONS).map(|connection| (0..KEYS).map(|key| request(connection, key)).collect()).collect()
}

fn figures(cost: &Cost, len: usize) -> String {
    let per_second = cost.answers as f64 / cost.wall.as_secs_f64();
    format!(
        "{:>8.0} µs CPU per request {per_second:>8.0} requests/s {:>7.1} MB/s",
        micros_per(cost.cpu, cost.answers),
        per_second * len as f64 / 1e6
    )
}

fn print_summary(ours: &Cost, least: &Cost, len: usize) {
    println!("  yardstick           {}", figures(least, len));
    println!("  millstream          {}", figures(ours, len));
    println!(
        "  CPU ratio {:.2} (goal ≤ {GOAL:.2}), throughput ratio {:.0} %",
        micros_per(ours.cpu, ours.answers) / micros_per(least.cpu, least.answers),
        100.0 * (ours.answers as f64 / ours.wall.as_secs_f64()) / (least.answers as f64 / least.wall.as_secs_f64())
    );
}

/// Objects are written over and over.
pub(crate) async fn put(run: &Run) -> Result<(), Error> {
    compare(run, "PUT").await
}

/// Objects are read that were written just before.
pub(crate) async fn get(run: &Run) -> Result<(), Error> {
    compare(run, "GET").await
}

async fn compare(run: &Run, method: &str) -> Result<(), Error> {
    for len in [1 << 10, 1 << 20] {
        println!("\n{method} of {len} B, {CONNECTIONS} connections");
        let (mut ours, mut least) = (Cost::default(), Cost::default());
        for round in 1..=run.rounds {
            for (name, sum) in [("yardstick", &mut least), ("millstream", &mut ours)] {
                let dir = fresh(&run.dir)?;
                let server = start(run, name == "millstream", dir.path()).await?;
                if method == "GET" {
                    let mut connection = Connection::open(server.address).await?;
                    for request in requests("PUT", len).iter().flatten() {
                        is_ok(&connection.call(request).await?)?;
                    }
                }
                let cost = load(&server, requests(method, len), turn(run), is_ok).await?;
                println!("  round {round} {name:<10} {}", figures(&cost, len));
                *sum += cost;
            }
        }
        print_summary(&ours, &least, len);
    }
    Ok(())
}

/// One object of 1 GiB in parts, several at a time.
pub(crate) async fn multipart(run: &Run) -> Result<(), Error> {
    let len = PART_BYTES * PARTS;
    println!("\nAn object of {len} B in {PARTS} parts, {PART_CONNECTIONS} connections");
    let (mut ours, mut least) = (Cost::default(), Cost::default());
    for round in 1..=run.rounds {
        for (name, sum) in [("yardstick", &mut least), ("millstream", &mut ours)] {
            let dir = fresh(&run.dir)?;
            let is_ours = name == "millstream";
            let server = start(run, is_ours, dir.path()).await?;
            let (cpu_before, started) = (server.cpu()?, Instant::now());
            upload(&server, is_ours).await?;
            let cost = Cost { answers: 1, cpu: server.cpu()? - cpu_before, wall: started.elapsed() };
            println!("  round {round} {name:<10} {}, {:.0} MB at most", figures(&cost, len), server.memory_peak_mb()?);
            *sum += cost;
        }
    }
    print_summary(&ours, &least, len);
    Ok(())
}

async fn upload(server: &Server, is_ours: bool) -> Result<(), Error> {
    let mut connection = Connection::open(server.address).await?;
    let upload_id = match is_ours {
        true => {
            let answer = connection.call(&object_request("POST", "/bench/large?uploads", b"")).await?;
            is_ok(&answer)?;
            between(&answer.body, "<UploadId>", "</UploadId>")?
        }
        false => "none".to_owned(),
    };
    let local = tokio::task::LocalSet::new();
    let tasks: Vec<_> = (0..PART_CONNECTIONS)
        .map(|first| local.spawn_local(send_parts(server.address, upload_id.clone(), first, is_ours)))
        .collect();
    let mut parts = Vec::new();
    local
        .run_until(async {
            for task in tasks {
                parts.extend(task.await??);
            }
            Ok::<_, Error>(())
        })
        .await?;
    if !is_ours {
        return Ok(()); // Its parts are what it has.
    }
    parts.sort();
    let listed: String = parts
        .iter()
        .map(|(number, etag)| format!("<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>"))
        .collect();
    let body = format!("<CompleteMultipartUpload>{listed}</CompleteMultipartUpload>");
    let path = format!("/bench/large?uploadId={upload_id}");
    is_ok(&connection.call(&object_request("POST", &path, body.as_bytes())).await?)
}

/// Sends every tenth part; gives their numbers and ETags.
async fn send_parts(
    address: std::net::SocketAddr,
    upload_id: String,
    first: usize,
    is_ours: bool,
) -> Result<Vec<(usize, String)>, Error> {
    let mut connection = Connection::open(address).await?;
    let body = noise(first as u64, PART_BYTES);
    let mut sent = Vec::new();
    for number in (first + 1..=PARTS).step_by(PART_CONNECTIONS) {
        let path = match is_ours {
            true => format!("/bench/large?partNumber={number}&uploadId={upload_id}"),
            false => format!("/bench/large-{number}"),
        };
        let answer = connection.call(&object_request("PUT", &path, &body)).await?;
        is_ok(&answer)?;
        sent.push((number, answer.etag.unwrap_or_default()));
    }
    Ok(sent)
}

fn between(text: &[u8], before: &str, after: &str) -> Result<String, Error> {
    let start = memmem::find(text, before.as_bytes()).ok_or("the answer lacks an element")? + before.len();
    let len = memmem::find(&text[start..], after.as_bytes()).ok_or("the answer lacks an element's end")?;
    Ok(String::from_utf8(text[start..start + len].to_vec())?)
}
