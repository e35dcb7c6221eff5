//! From the start of a PutRecord to the record at a consumer: pushed by enhanced fan-out, and polled.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use serde_json::{Value, json};

use super::fresh;
use crate::kinesis::{self, Client, Noise, STREAM, shard_name, text};
use crate::load::{Turn, load, percentile};
use crate::process::Server;
use crate::wire::{Connection, payloads, request};
use crate::{Error, Run};

/// Between two measured puts.
const PUT_EVERY: Duration = Duration::from_millis(5);
/// Between two polls.
const POLL_EVERY: Duration = Duration::from_millis(10);
/// Connections of the load beside it, in the second part.
const LOAD_CONNECTIONS: usize = 4;

/// What was seen, shared by the tasks of one thread.
#[derive(Default)]
struct Seen {
    put: Vec<Duration>,
    pushed: Vec<Duration>,
    polled: Vec<Duration>,
    is_over: bool,
}

/// Measures on an idle server, then beside PutRecords at full speed.
pub(crate) async fn latency(run: &Run) -> Result<(), Error> {
    println!("\nLatency from the start of a PutRecord, one every {} ms", PUT_EVERY.as_millis());
    let dir = fresh(&run.dir)?;
    let server = Server::millstream(&run.program()?, dir.path())?;
    let mut client = Client::connect(server.address).await?;
    client.create_stream(STREAM, 2).await?;
    measure(run, &server, "otherwise idle", 0).await?;
    measure(run, &server, &format!("beside {LOAD_CONNECTIONS} connections of PutRecords"), LOAD_CONNECTIONS).await
}

async fn measure(run: &Run, server: &Server, title: &str, load_connections: usize) -> Result<(), Error> {
    let mut client = Client::connect(server.address).await?;
    // Measured records go to a stream of their own, so that the consumers see nothing else.
    let stream = format!("latency-{load_connections}");
    client.create_stream(&stream, 1).await?;
    let consumer = register(&mut client, &stream).await?;
    let (seen, epoch) = (Rc::new(RefCell::new(Seen::default())), Instant::now());
    let duration = Duration::from_secs_f64(run.seconds * 2.0);
    let local = tokio::task::LocalSet::new();
    let address = server.address;
    local
        .run_until(async {
            let push = tokio::task::spawn_local(push(address, consumer, epoch, Rc::clone(&seen)));
            let poll = tokio::task::spawn_local(poll(address, stream.clone(), epoch, Rc::clone(&seen)));
            let put = tokio::task::spawn_local(put(address, stream, epoch, duration, Rc::clone(&seen)));
            if load_connections > 0 {
                let mut noise = Noise::new(3);
                let bodies = (0..load_connections).map(|_| vec![kinesis::put_records(&mut noise)]).collect();
                let turn = Turn { warm_up: Duration::ZERO, measured: duration };
                load(server, bodies, turn, kinesis::all_stored).await?;
            }
            put.await??;
            poll.await??;
            push.abort();
            Ok::<(), Error>(())
        })
        .await?;
    let mut seen = seen.borrow_mut();
    println!("  {title}:");
    for (name, values) in
        [("answered", seen.put.clone()), ("pushed", seen.pushed.clone()), ("polled", seen.polled.clone())]
    {
        report(name, values);
    }
    seen.put.clear();
    Ok(())
}

fn report(name: &str, mut values: Vec<Duration>) {
    values.sort_unstable();
    let ms = |percent| percentile(&values, percent).as_secs_f64() * 1e3;
    println!(
        "    {name:<9} p50 {:>7.2} ms  p99 {:>7.2} ms  p99.9 {:>7.2} ms  most {:>7.2} ms  ({} records)",
        ms(50.0),
        ms(99.0),
        ms(99.9),
        ms(100.0),
        values.len()
    );
}

pub(super) async fn register(client: &mut Client, stream: &str) -> Result<String, Error> {
    let summary = client.call("DescribeStreamSummary", &json!({"StreamName": stream})).await?;
    let stream_arn = text(&summary["StreamDescriptionSummary"]["StreamARN"])?;
    let body = json!({"StreamARN": stream_arn, "ConsumerName": "bench"});
    let consumer = text(&client.call("RegisterStreamConsumer", &body).await?["Consumer"]["ConsumerARN"])?;
    loop {
        let described = client.call("DescribeStreamConsumer", &json!({"ConsumerARN": consumer})).await?;
        if described["ConsumerDescription"]["ConsumerStatus"] == "ACTIVE" {
            return Ok(consumer);
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// The age of a record whose data is its time of birth, in nanoseconds since `epoch`.
fn age(record: &Value, epoch: Instant) -> Result<Duration, Error> {
    let data = base64_simd::STANDARD.decode_to_vec(text(&record["Data"])?)?;
    let born = Duration::from_nanos(std::str::from_utf8(&data)?.parse()?);
    Ok(epoch.elapsed().saturating_sub(born))
}

async fn put(
    address: SocketAddr,
    stream: String,
    epoch: Instant,
    duration: Duration,
    seen: Rc<RefCell<Seen>>,
) -> Result<(), Error> {
    let mut connection = Connection::open(address).await?;
    // The consumers need a moment to stand at the end of the shard.
    tokio::time::sleep(Duration::from_millis(500)).await;
    let mut ticks = tokio::time::interval(PUT_EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    while epoch.elapsed() < duration {
        ticks.tick().await;
        let born = epoch.elapsed();
        let data = base64_simd::STANDARD.encode_to_string(born.as_nanos().to_string());
        let body = format!(r#"{{"Data":"{data}","PartitionKey":"k","StreamName":"{stream}"}}"#);
        kinesis::all_stored(&connection.call(&request("PutRecord", body.as_bytes())).await?)?;
        seen.borrow_mut().put.push(epoch.elapsed().saturating_sub(born));
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    seen.borrow_mut().is_over = true;
    Ok(())
}

async fn push(address: SocketAddr, consumer: String, epoch: Instant, seen: Rc<RefCell<Seen>>) -> Result<(), Error> {
    let body = json!({"ConsumerARN": consumer, "ShardId": shard_name(0), "StartingPosition": {"Type": "LATEST"}});
    let subscribe: Bytes = request("SubscribeToShard", body.to_string().as_bytes());
    let mut connection = Connection::open(address).await?;
    connection.subscribe(&subscribe).await?;
    let mut pending = Vec::new();
    while let Some(chunk) = connection.chunk().await? {
        pending.extend_from_slice(&chunk);
        for payload in payloads(&mut pending) {
            let event: Value = serde_json::from_slice(&payload)?;
            for record in event["Records"].as_array().into_iter().flatten() {
                seen.borrow_mut().pushed.push(age(record, epoch)?);
            }
        }
    }
    Ok(())
}

async fn poll(address: SocketAddr, stream: String, epoch: Instant, seen: Rc<RefCell<Seen>>) -> Result<(), Error> {
    let mut client = Client::connect(address).await?;
    let body = json!({"StreamName": stream, "ShardId": shard_name(0), "ShardIteratorType": "LATEST"});
    let mut iterator = text(&client.call("GetShardIterator", &body).await?["ShardIterator"])?;
    let mut ticks = tokio::time::interval(POLL_EVERY);
    while !seen.borrow().is_over {
        ticks.tick().await;
        let page = client.call("GetRecords", &json!({"ShardIterator": iterator})).await?;
        for record in page["Records"].as_array().into_iter().flatten() {
            seen.borrow_mut().polled.push(age(record, epoch)?);
        }
        iterator = text(&page["NextShardIterator"])?;
    }
    Ok(())
}
