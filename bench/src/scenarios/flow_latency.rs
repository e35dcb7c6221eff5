//! From the end of a window to its rows at a consumer, through the whole server: records are put into a data stream, an
//! application counts them, and its rows are pushed out of another data stream by enhanced fan-out.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use super::{fresh, latency};
use crate::analytics::{self, put_events};
use crate::kinesis::{self, Noise, shard_name, text};
use crate::load::percentile;
use crate::process::Server;
use crate::wire::{Connection, payloads, request};
use crate::{Error, Run};

/// Events of one request, and the pause behind it: 20,000 events a second.
const PUT_EVENTS: usize = 100;
const PUT_EVERY: Duration = Duration::from_millis(5);
/// What is to be reached.
const GOAL_MS: u64 = 50;

/// Windows of 0.1 s with 100 groups each; a row says when its window was over.
const SQL: &str = r#"CREATE OR REPLACE STREAM "WINDOWS" (part INTEGER, total INTEGER);
    CREATE OR REPLACE PUMP "COUNTS" AS INSERT INTO "WINDOWS" SELECT STREAM MOD(quantity, 100), COUNT(*) FROM "S_001"
    GROUP BY MOD(quantity, 100), STEP("S_001".ROWTIME BY INTERVAL '0.1' SECOND);
    CREATE OR REPLACE STREAM "OUT" (part INTEGER, total INTEGER, ended_ms BIGINT);
    CREATE OR REPLACE PUMP "ENDS" AS INSERT INTO "OUT"
    SELECT STREAM part, total, UNIX_TIMESTAMP("WINDOWS".ROWTIME) FROM "WINDOWS";"#;

/// Measures.
pub(crate) async fn latency(run: &Run) -> Result<(), Error> {
    println!(
        "\nFrom the end of a window of 0.1 s, 20,000 events/s, to its rows at a consumer (goal: p99 < {GOAL_MS} ms)"
    );
    let dir = fresh(&run.dir)?;
    let server = Server::millstream(&run.program()?, dir.path())?;
    let _application = analytics::Client::start(server.address, 1, SQL).await?;
    let consumer = latency::register(&mut kinesis::Client::connect(server.address).await?, analytics::OUTPUT).await?;
    let delays = Rc::new(RefCell::new(Vec::new()));
    let local = tokio::task::LocalSet::new();
    let duration = Duration::from_secs_f64(run.seconds * 5.0);
    local
        .run_until(async {
            let consume = tokio::task::spawn_local(consume(server.address, consumer, Rc::clone(&delays)));
            tokio::time::timeout(duration, put(server.address)).await.unwrap_or(Ok(()))?;
            consume.abort();
            match consume.await {
                Ok(consumed) => consumed,
                Err(_aborted) => Ok(()),
            }
        })
        .await?;
    let mut delays = delays.borrow().clone();
    delays.sort_unstable();
    let at = |percent: f64| percentile(&delays, percent).as_millis();
    println!(
        "    p50 {} ms, p90 {} ms, p99 {} ms, at most {} ms; {} rows",
        at(50.0),
        at(90.0),
        at(99.0),
        at(100.0),
        delays.len()
    );
    server.terminate()?;
    Ok(())
}

/// Puts events until nobody wants them any more.
async fn put(address: std::net::SocketAddr) -> Result<(), Error> {
    let (mut connection, mut noise, mut first) = (Connection::open(address).await?, Noise::new(5), 0);
    let mut ticks = tokio::time::interval(PUT_EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        for body in put_events(&mut noise, first, PUT_EVENTS) {
            ticks.tick().await;
            kinesis::all_stored(&connection.call(&body).await?)?;
            first += PUT_EVENTS as u64;
        }
    }
}

async fn consume(
    address: std::net::SocketAddr,
    consumer: String,
    delays: Rc<RefCell<Vec<Duration>>>,
) -> Result<(), Error> {
    let body = json!({"ConsumerARN": consumer, "ShardId": shard_name(0), "StartingPosition": {"Type": "LATEST"}});
    let mut connection = Connection::open(address).await?;
    connection.subscribe(&request("SubscribeToShard", body.to_string().as_bytes())).await?;
    let mut pending = Vec::new();
    while let Some(chunk) = connection.chunk().await? {
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
        pending.extend_from_slice(&chunk);
        for payload in payloads(&mut pending) {
            let event: Value = serde_json::from_slice(&payload)?;
            for record in event["Records"].as_array().into_iter().flatten() {
                let row: Value = serde_json::from_slice(&base64_simd::STANDARD.decode_to_vec(text(&record["Data"])?)?)?;
                let ended = row["ENDED_MS"].as_u64().ok_or("a row says when its window was over")?;
                delays.borrow_mut().push(now.saturating_sub(Duration::from_millis(ended)));
            }
        }
    }
    Ok(())
}
