//! The demo's plot: server, stream, lake, SQL, consumers, producer, split, kill, restart, and the end of it.

use std::cell::{Cell, OnceCell, RefCell};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::time::sleep;

use super::answers::{Answers, Expected, Verdict};
use super::audit::{Arrival, Ledger, Place, Received};
use super::bars::Bars;
use super::flights::{self, Flight};
use super::lake::{self, Delivered};
use super::producer::{self, Lane};
use super::screen::{DRAW_EVERY, Screen, count, ms};
use super::server::{self, Server};
use super::{Arguments, Error, analytics, consumers, report};
use crate::client::{CallError, Client};

/// The stream's name.
const STREAM: &str = "flights";
/// When the busiest shard is split, in percent of the records.
const SPLIT_AT_PERCENT: usize = 30;
/// When the server is killed, in percent of the records.
const KILL_AT_PERCENT: usize = 60;
/// Nothing new for so long means that something is lost.
const STANDSTILL: Duration = Duration::from_secs(30);

/// A way to consume.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    /// GetRecords, again and again.
    Polling,
    /// SubscribeToShard.
    FanOut,
}

impl By {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Polling => "polling",
            Self::FanOut => "fan-out",
        }
    }
}

/// What producer, consumers and plot share; all run on one thread.
pub(super) struct Shared {
    pub(super) address: SocketAddr,
    pub(super) stream: String,
    /// The ARN of the registered consumer.
    pub(super) consumer: String,
    /// What all instants are counted from.
    pub(super) began: Instant,
    pub(super) ledger: RefCell<Ledger>,
    pub(super) polled: RefCell<Received>,
    pub(super) pushed: RefCell<Received>,
    /// What has become objects.
    pub(super) lake: RefCell<Delivered>,
    /// What the application has answered.
    pub(super) answers: RefCell<Answers>,
    /// What it must answer; known when both consumers have seen everything.
    expected: OnceCell<Expected>,
    /// When the last record was acknowledged.
    pub(super) produced_after: Cell<Duration>,
    flights: Vec<Flight>,
    failure: RefCell<Option<String>>,
}

impl Shared {
    /// Books a record that a consumer received.
    pub(super) fn receive(&self, by: By, flight: &Flight, at_ms: i64, key: &str, place: Place) -> Result<(), Error> {
        if !self.was_sent(flight) || flight.origin != key {
            return Err(format!("the record at {} is not what was sent", place.sequence_number).into());
        }
        let latency = self.began.elapsed().saturating_sub(self.ledger.borrow().sent_at[flight.number]);
        let book = match by {
            By::Polling => &self.polled,
            By::FanOut => &self.pushed,
        };
        book.borrow_mut().receive(Arrival { number: flight.number, at_ms }, key, place, latency);
        Ok(())
    }

    /// Whether a flight is one of the data set's.
    pub(super) fn was_sent(&self, flight: &Flight) -> bool {
        self.flights.get(flight.number) == Some(flight)
    }

    /// Ends the demo with a message.
    pub(super) fn fail(&self, message: String) {
        self.failure.borrow_mut().get_or_insert(message);
    }

    /// Everything there is to see has been seen by both consumers, is in objects, and is in the answers.
    fn is_over(&self) -> bool {
        self.has_arrived() && self.answers.borrow().are_complete(self.expected())
    }

    /// How the answers stand against what they must be.
    pub(super) fn verdict(&self) -> Verdict {
        self.answers.borrow().check(self.expected())
    }

    /// Computed once: when everything has arrived no record comes any more.
    fn expected(&self) -> &Expected {
        self.expected.get_or_init(|| {
            let arrivals = self.polled.borrow().in_order();
            Expected::of(arrivals.into_iter().map(|arrival| (&self.flights[arrival.number], arrival.at_ms)))
        })
    }

    /// Everything there is to see has been seen by both consumers, and is in objects.
    fn has_arrived(&self) -> bool {
        let (ledger, polled, pushed) = (self.ledger.borrow(), self.polled.borrow(), self.pushed.borrow());
        let all = ledger.records();
        let lake = self.lake.borrow();
        let has_all = ledger.acknowledged_count == all && polled.distinct == all && pushed.distinct == all;
        let agree = polled.duplicated() == pushed.duplicated() && lake.copies_beyond_first() >= polled.duplicated();
        has_all && lake.distinct == all && agree && polled.lost(&ledger) == 0 && pushed.lost(&ledger) == 0
    }

    /// Grows with everything that happens.
    fn pulse(&self) -> usize {
        let (ledger, polled, pushed) = (self.ledger.borrow(), self.polled.borrow(), self.pushed.borrow());
        let objects = self.lake.borrow().objects;
        let consumed = polled.distinct + polled.duplicated() + pushed.distinct + pushed.duplicated();
        ledger.acknowledged_count + consumed + objects + self.answers.borrow().rows()
    }
}

/// Tells the whole story; `true` when everything arrived, once and in order.
pub(super) async fn tell(arguments: &Arguments) -> Result<bool, Error> {
    let screen = Screen::new();
    screen.say(&screen.bold("A Kinesis stream on this machine, killed in the middle"));
    screen.say("");
    let flights = flights::load(usize::try_from(arguments.records)?)?;
    screen.stage(
        "data",
        &format!("{} flights of January 2001, US DOT; the airport is the partition key", count(flights.len())),
    );
    let home = tempfile::Builder::new().prefix("millstream-demo-").tempdir()?;
    let data_dir = arguments.data_dir.clone().unwrap_or_else(|| home.path().join("data"));
    let place = server::Place { data_dir, log_file: home.path().join("server.log") };
    let server = Server::start(place.clone())?;
    screen.stage(
        "server",
        &format!("http://{} after {}, data in {}", server.address, ms(server.ready_after), place.data_dir.display()),
    );

    let (shared, lanes) = open(&screen, &server, flights, arguments.shards).await?;
    for lane in &lanes {
        consumers::follow(Rc::clone(&shared), By::Polling, lane.shard.clone());
        consumers::follow(Rc::clone(&shared), By::FanOut, lane.shard.clone());
    }
    lake::follow(Rc::clone(&shared));
    analytics::follow(&shared);
    screen.stage("consumers", "one polls GetRecords, one is pushed to by SubscribeToShard, on every shard");
    let server = play(&screen, &shared, server, lanes).await?;

    report::print(&screen, &shared);
    let is_clean = report::is_clean(&shared);
    if arguments.keep {
        keep(&screen, server, &place, home);
    } else {
        server.stop()?;
    }
    Ok(is_clean)
}

/// Creates the stream and registers the consumer.
async fn open(
    screen: &Screen,
    server: &Server,
    flights: Vec<Flight>,
    shards: u32,
) -> Result<(Rc<Shared>, Vec<Lane>), Error> {
    let mut client = Client::new(server.address);
    let create: Result<Value, CallError> =
        client.call("CreateStream", &json!({"StreamName": STREAM, "ShardCount": shards})).await;
    match create {
        Err(CallError::Refused { code, .. }) if code == "ResourceInUseException" => {
            return Err(format!("the data directory already has a stream {STREAM}, give another --data-dir").into());
        }
        other => other?,
    };
    let stream_arn = wait_until_active(&mut client, STREAM).await?;
    let lanes = list_lanes(&mut client).await?;
    screen.stage(
        "stream",
        &format!("{STREAM}, {shards} {}, AWS's limits on each", if shards == 1 { "shard" } else { "shards" }),
    );
    let consumer = register(&mut client, &stream_arn).await?;
    lake::open(&mut client, &stream_arn).await?;
    let (delivery, bucket) = (lake::DELIVERY_STREAM, lake::BUCKET);
    screen.stage("lake", &format!("Firehose {delivery} reads the stream and writes objects to s3://{bucket}"));
    analytics::open(&mut client, &stream_arn).await?;
    screen.stage(
        "sql",
        &format!("application {} counts, averages, scores and joins the flights", analytics::APPLICATION),
    );
    let records = flights.len();
    let shared = Shared {
        address: server.address,
        stream: STREAM.to_owned(),
        consumer,
        began: Instant::now(),
        ledger: RefCell::new(Ledger::new(records)),
        polled: RefCell::new(Received::new(records)),
        pushed: RefCell::new(Received::new(records)),
        lake: RefCell::new(Delivered::new(records)),
        answers: RefCell::new(Answers::default()),
        expected: OnceCell::new(),
        produced_after: Cell::new(Duration::ZERO),
        flights,
        failure: RefCell::new(None),
    };
    Ok((Rc::new(shared), lanes))
}

/// Waits until a stream can be used, and answers its ARN.
pub(super) async fn wait_until_active(client: &mut Client, stream: &str) -> Result<String, Error> {
    loop {
        let answer: Value = client.call("DescribeStreamSummary", &json!({"StreamName": stream})).await?;
        let summary = &answer["StreamDescriptionSummary"];
        if summary["StreamStatus"] == "ACTIVE" {
            return Ok(summary["StreamARN"].as_str().ok_or("the stream has no ARN")?.to_owned());
        }
        sleep(DRAW_EVERY).await;
    }
}

async fn list_lanes(client: &mut Client) -> Result<Vec<Lane>, Error> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Shards {
        shards: Vec<Shard>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Shard {
        shard_id: String,
        hash_key_range: Range,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Range {
        starting_hash_key: String,
        ending_hash_key: String,
    }
    let listed: Shards = client.call("ListShards", &json!({"StreamName": STREAM})).await?;
    let lane = |shard: Shard| {
        Ok(Lane {
            shard: shard.shard_id,
            first_hash_key: shard.hash_key_range.starting_hash_key.parse()?,
            last_hash_key: shard.hash_key_range.ending_hash_key.parse()?,
        })
    };
    listed.shards.into_iter().map(lane).collect()
}

async fn register(client: &mut Client, stream_arn: &str) -> Result<String, Error> {
    let body = json!({"StreamARN": stream_arn, "ConsumerName": "demo"});
    let answer: Value = client.call("RegisterStreamConsumer", &body).await?;
    let consumer = answer["Consumer"]["ConsumerARN"].as_str().ok_or("the consumer has no ARN")?.to_owned();
    loop {
        let answer: Value = client.call("DescribeStreamConsumer", &json!({"ConsumerARN": consumer})).await?;
        if answer["ConsumerDescription"]["ConsumerStatus"] == "ACTIVE" {
            return Ok(consumer);
        }
        sleep(DRAW_EVERY).await;
    }
}

/// Produces while the consumers run, and interferes: a split, a kill.
async fn play(screen: &Screen, shared: &Rc<Shared>, server: Server, lanes: Vec<Lane>) -> Result<Server, Error> {
    let producing =
        tokio::task::spawn_local(producer::produce(Rc::clone(shared), shared.flights.clone(), lanes.clone()));
    let bars = Bars::new(screen, &shared.flights);
    let mut splits = Some(lanes);
    let mut server = server;
    let (mut is_killed, mut is_checked) = (false, false);
    let (mut pulse, mut pulse_at) = (0, Instant::now());
    let mut producing = Some(producing);
    while !shared.is_over() {
        sleep(DRAW_EVERY).await;
        bars.draw(shared);
        if let Some(message) = shared.failure.take() {
            return Err(message.into());
        }
        let percent = shared.ledger.borrow().acknowledged_count * 100 / shared.flights.len();
        if percent >= SPLIT_AT_PERCENT
            && let Some(lanes) = splits.take()
        {
            split(screen, shared, &lanes).await?;
        }
        if percent >= KILL_AT_PERCENT && !is_killed {
            server = kill(screen, server).await?;
            is_killed = true;
        }
        if producing.as_ref().is_some_and(|task| task.is_finished())
            && let Some(task) = producing.take()
        {
            task.await??;
            shared.produced_after.set(shared.began.elapsed());
        }
        if shared.pulse() != pulse {
            (pulse, pulse_at) = (shared.pulse(), Instant::now());
        } else if pulse_at.elapsed() > STANDSTILL {
            screen.stage("end", &format!("nothing new for {} s", STANDSTILL.as_secs()));
            break;
        }
        if !is_checked && shared.has_arrived() {
            screen.stage("check", "all is there; now plain Rust answers what the SQL was asked");
            is_checked = true;
        }
    }
    if let Some(task) = producing {
        shared.produced_after.set(shared.began.elapsed());
        task.abort();
    }
    bars.draw(shared);
    screen.clear();
    Ok(server)
}

/// Splits the shard that has taken the most records, in the middle of its hash keys.
async fn split(screen: &Screen, shared: &Shared, lanes: &[Lane]) -> Result<(), Error> {
    let busiest = shared.ledger.borrow().busiest_shard();
    let Some((shard, records)) = busiest else { return Ok(()) };
    let lane = lanes.iter().find(|lane| lane.shard == shard).ok_or("a record is in a shard that is not listed")?;
    let middle = lane.first_hash_key + (lane.last_hash_key - lane.first_hash_key) / 2 + 1;
    let body = json!({
        "StreamName": shared.stream,
        "ShardToSplit": shard,
        "NewStartingHashKey": middle.to_string(),
    });
    Client::new(shared.address).call::<Value>("SplitShard", &body).await?;
    screen.stage("split", &format!("{shard}, the busiest with {} records, is two now", count(records)));
    Ok(())
}

async fn kill(screen: &Screen, server: Server) -> Result<Server, Error> {
    screen.stage("kill -9", &format!("process {}, with requests in flight", server.pid()));
    // Waiting for the new server must not keep the clients from meeting a dead one.
    let server = tokio::task::spawn_blocking(move || server.kill_and_restart()).await??;
    screen.stage("restart", &format!("process {}, ready after {}", server.pid(), ms(server.ready_after)));
    Ok(server)
}

/// Leaves everything as it is and says how to look at it.
fn keep(screen: &Screen, server: Server, place: &server::Place, home: TempDir) {
    let (address, pid, bucket) = (server.address, server.pid(), lake::BUCKET);
    let application = analytics::APPLICATION;
    println!(
        "\n{}\n\n  export AWS_ENDPOINT_URL=http://{address} AWS_DEFAULT_REGION=us-east-1\n  \
         export AWS_ACCESS_KEY_ID=demo AWS_SECRET_ACCESS_KEY=demo\n  \
         aws kinesis describe-stream-summary --stream-name {STREAM}\n  \
         aws kinesis list-shards --stream-name {STREAM} --output table\n  \
         ITERATOR=$(aws kinesis get-shard-iterator --stream-name {STREAM} --shard-id shardId-000000000000 \\\n    \
         --shard-iterator-type TRIM_HORIZON --query ShardIterator --output text)\n  \
         aws kinesis get-records --limit 3 --shard-iterator $ITERATOR\n  \
         aws kinesisanalyticsv2 describe-application --application-name {application}\n  \
         aws s3 ls --recursive s3://{bucket}/\n  \
         curl -s http://{address}/metrics | head\n  \
         kill {pid}   # when you have seen enough; the data is in {}",
        screen.bold("The server goes on. Look around:"),
        place.data_dir.display(),
    );
    // Without this the temporary directory would go with us.
    let _ = home.keep();
    server.leave_running();
}
