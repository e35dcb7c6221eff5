//! PutRecords and PutRecord beside the yardstick: CPU per record, throughput, memory.

use std::path::Path;
use std::time::Duration;

use bytes::Bytes;

use super::{fresh, micros_per};
use crate::kinesis::{self, BATCH_RECORDS, Client, Noise, RECORD_BYTES, STREAM};
use crate::load::{Cost, Turn, load};
use crate::process::Server;
use crate::wire::Connection;
use crate::{Error, Run};

/// Open shards of the stream.
const SHARDS: usize = 8;
/// Different bodies on each connection.
const BODIES: usize = 2;

/// About what AWS's answer says of each record.
const ANSWER_BYTES_PER_RECORD: usize = 117;

/// One way to put.
struct Shape {
    title: String,
    connections: usize,
    records_per_request: u64,
    prepare: fn(&mut Noise) -> Bytes,
}

/// PutRecords with AWS's most records.
pub(crate) async fn put_records(run: &Run) -> Result<(), Error> {
    compare(
        run,
        &Shape {
            title: format!("PutRecords, {BATCH_RECORDS} × {RECORD_BYTES} B, 16 connections, {SHARDS} shards"),
            connections: 16,
            records_per_request: BATCH_RECORDS as u64,
            prepare: kinesis::put_records,
        },
    )
    .await
}

/// PutRecord with few and with many connections.
pub(crate) async fn put_record(run: &Run) -> Result<(), Error> {
    for connections in [16, 64] {
        compare(
            run,
            &Shape {
                title: format!("PutRecord, {RECORD_BYTES} B, {connections} connections, {SHARDS} shards"),
                connections,
                records_per_request: 1,
                prepare: kinesis::put_record,
            },
        )
        .await?;
    }
    Ok(())
}

/// The sums of one server's turns.
#[derive(Default)]
struct Sum {
    cost: Cost,
    memory_peak_mb: f64,
}

async fn compare(run: &Run, shape: &Shape) -> Result<(), Error> {
    println!("\n{}", shape.title);
    let mut noise = Noise::new(1);
    let bodies: Vec<Vec<Bytes>> =
        (0..shape.connections).map(|_| (0..BODIES).map(|_| (shape.prepare)(&mut noise)).collect()).collect();
    let turn = Turn { warm_up: Duration::from_secs_f64(run.warm_up), measured: Duration::from_secs_f64(run.seconds) };
    if run.yardstick_alone {
        let dir = fresh(&run.dir)?;
        let answer_bytes = ANSWER_BYTES_PER_RECORD * usize::try_from(shape.records_per_request)?;
        let server = Server::yardstick(&dir.path().join("yardstick"), answer_bytes)?;
        let cost = load(&server, bodies, turn, kinesis::all_stored_or_blank).await?;
        println!("  yardstick alone {}", figures(&cost, shape));
        return Ok(());
    }
    let program = run.program()?;
    let answer_bytes = answer_bytes(&program, run, &bodies[0][0]).await?;
    let (mut ours, mut least) = (Sum::default(), Sum::default());
    for round in 1..=run.rounds {
        for (name, sum) in [("yardstick", &mut least), ("millstream", &mut ours)] {
            let dir = fresh(&run.dir)?;
            let server = match name {
                "yardstick" => Server::yardstick(&dir.path().join("yardstick"), answer_bytes)?,
                _ => with_stream(&program, dir.path()).await?,
            };
            let cost = load(&server, bodies.clone(), turn, kinesis::all_stored_or_blank).await?;
            println!("  round {round} {name:<10} {}", figures(&cost, shape));
            sum.cost += cost;
            sum.memory_peak_mb = sum.memory_peak_mb.max(server.memory_peak_mb()?);
        }
    }
    print_summary(shape, &ours, &least);
    Ok(())
}

async fn with_stream(program: &Path, data_dir: &Path) -> Result<Server, Error> {
    let server = Server::millstream(program, data_dir)?;
    Client::connect(server.address).await?.create_stream(STREAM, SHARDS).await?;
    Ok(server)
}

/// How long the real server's answer to a request is.
async fn answer_bytes(program: &Path, run: &Run, request: &[u8]) -> Result<usize, Error> {
    let dir = fresh(&run.dir)?;
    let server = with_stream(program, dir.path()).await?;
    let answer = Connection::open(server.address).await?.call(request).await?;
    kinesis::all_stored(&answer)?;
    Ok(answer.body.len())
}

fn per_record(cost: &Cost, shape: &Shape) -> f64 {
    micros_per(cost.cpu, cost.answers * shape.records_per_request)
}

fn records_per_second(cost: &Cost, shape: &Shape) -> f64 {
    (cost.answers * shape.records_per_request) as f64 / cost.wall.as_secs_f64()
}

fn figures(cost: &Cost, shape: &Shape) -> String {
    format!(
        "{:>8.3} µs CPU per record {:>10.0} records/s {:>7.1} MB/s",
        per_record(cost, shape),
        records_per_second(cost, shape),
        records_per_second(cost, shape) * RECORD_BYTES as f64 / 1e6
    )
}

fn print_summary(shape: &Shape, ours: &Sum, least: &Sum) {
    println!("  yardstick           {}, {:.0} MB at most", figures(&least.cost, shape), least.memory_peak_mb);
    println!("  millstream          {}, {:.0} MB at most", figures(&ours.cost, shape), ours.memory_peak_mb);
    println!(
        "  CPU ratio {:.2} (goal ≤ 1.50), throughput ratio {:.0} % (goal ≥ 70 %)",
        per_record(&ours.cost, shape) / per_record(&least.cost, shape),
        100.0 * records_per_second(&ours.cost, shape) / records_per_second(&least.cost, shape)
    );
}
