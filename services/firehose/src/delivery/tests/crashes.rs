//! A process that dies at every step of a delivery: nothing acknowledged is lost, and nothing is there twice.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::StreamExt;
use futures::future::BoxFuture;
use host::simulated::{Ended, Simulation};
use host::{Host, LineFiles};
use keys::Keys;
use log::{DiskLog, LogEngine};
use serde_json::{Value, json};
use store::Store;

use super::{extended, hints, with};
use crate::testing::{DataStreams, caller, unlimited};
use crate::{Firehose, NewObject, ObjectBody, ObjectSink, Parts, SinkError, face};

/// Calls of PutRecordBatch, of three records each.
const BATCHES: usize = 6;

/// Buckets that outlive the process, and may end it.
#[derive(Default)]
struct Lake {
    objects: Mutex<BTreeMap<String, Vec<u8>>>,
    puts: Mutex<u32>,
    accident: Mutex<Option<Accident>>,
}

/// When the process ends.
#[derive(Clone, Copy, Debug)]
enum Moment {
    /// In the middle of an object's bytes.
    During,
    /// The object is there, but nobody has been told.
    After,
}

struct Accident {
    /// Counts from 0.
    put: u32,
    moment: Moment,
    simulation: Simulation,
}

impl ObjectSink for Lake {
    fn put(&self, object: NewObject, mut body: ObjectBody) -> BoxFuture<'_, Result<(), SinkError>> {
        Box::pin(async move {
            let number = {
                let mut puts = self.puts.lock().expect("no panic while held");
                *puts += 1;
                *puts - 1
            };
            let strikes = |moment| {
                let accident = self.accident.lock().expect("no panic while held");
                let due = accident.as_ref().filter(|accident| accident.put == number);
                if let Some(due) =
                    due.filter(|due| std::mem::discriminant(&due.moment) == std::mem::discriminant(&moment))
                {
                    due.simulation.kill();
                }
            };
            let mut bytes = Vec::new();
            while let Some(piece) = body.next().await {
                strikes(Moment::During);
                bytes.extend_from_slice(&piece.map_err(|error| SinkError::Failed(error.to_string()))?);
            }
            self.objects.lock().expect("no panic while held").insert(object.key, bytes);
            strikes(Moment::After);
            Ok(())
        })
    }
}

/// What outlives the process.
#[derive(Default)]
struct Outside {
    lake: Arc<Lake>,
    /// Records that were acknowledged.
    acknowledged: Mutex<Vec<String>>,
    /// Batches that were tried.
    tried: Mutex<usize>,
    is_partitioned: bool,
}

async fn call(firehose: &Arc<Firehose>, operation: &str, request: Value) -> Result<Value, String> {
    aws::testing::call(&face(Arc::clone(firehose)), caller(), operation, request).await
}

/// What must succeed, unless the machine is off: then nothing follows.
async fn sound<T, E: std::fmt::Debug>(simulation: &Simulation, result: Result<T, E>) -> T {
    match result {
        Ok(value) => value,
        Err(_) if !simulation.is_running() => std::future::pending().await,
        Err(error) => panic!("what was synced is sound: {error:?}"),
    }
}

async fn open(host: &Host, simulation: &Simulation, outside: &Outside) -> Arc<Firehose> {
    let store = sound(simulation, Store::open(host, "/data".as_ref())).await;
    let machine = simulation.clone();
    let options = log::Options {
        wal_file_bytes: 64 * 1024,
        wal_total_bytes: 256 * 1024,
        block_bytes_max: 16 * 1024,
        flush_age_ms: 1_500,
        on_fatal: Arc::new(move |_cause| machine.kill()),
        ..log::Options::default()
    };
    let log = DiskLog::open(host.clone(), "/data/log".as_ref(), store.clone(), options);
    let log = sound(simulation, log).await;
    let keys = Keys::open(host, store.clone(), "/data/master.key".as_ref());
    let parts = Parts {
        host: host.clone(),
        log: Arc::new(log) as Arc<dyn LogEngine>,
        store,
        keys: Arc::new(keys),
        objects: Arc::clone(&outside.lake) as Arc<dyn ObjectSink>,
        data_streams: Arc::new(DataStreams),
        authorities: None,
        worker: None,
        logs: Arc::new(LineFiles::new(host.clone(), "/data/logs".into())),
    };
    sound(simulation, Firehose::open(parts, unlimited()).await).await
}

fn settings(is_partitioned: bool) -> Value {
    let backup = json!({"RoleARN": "arn:aws:iam::123456789012:role/f", "BucketARN": "arn:aws:s3:::lake", "Prefix": "raw/",
        "BufferingHints": hints(1, 60)});
    let settings = json!({"BufferingHints": hints(64, 60), "Prefix": "cooked/!{firehose:random-string}/",
        "ErrorOutputPrefix": "errors/!{firehose:error-output-type}/", "S3BackupMode": "Enabled",
        "S3BackupConfiguration": backup});
    if !is_partitioned {
        return extended(settings);
    }
    let query = json!([{"ParameterName": "MetadataExtractionQuery", "ParameterValue": "{k:.k}"},
        {"ParameterName": "JsonParsingEngine", "ParameterValue": "JQ-1.6"}]);
    let partitioned = json!({"Prefix": "cooked/!{partitionKeyFromQuery:k}/!{firehose:random-string}/",
        "DynamicPartitioningConfiguration": {"Enabled": true},
        "ProcessingConfiguration": {"Enabled": true, "Processors": [{"Type": "MetadataExtraction", "Parameters": query}]}});
    extended(with(settings, partitioned))
}

/// Creates the delivery stream if need be, puts what was not tried yet, and waits until all is delivered.
async fn work(host: Host, simulation: Simulation, outside: Arc<Outside>) {
    let firehose = open(&host, &simulation, &outside).await;
    let mut request = settings(outside.is_partitioned);
    request["DeliveryStreamName"] = json!("orders");
    // It may have been created by an earlier boot.
    let _exists = call(&firehose, "CreateDeliveryStream", request).await;
    host.sleep(Duration::from_secs(1)).await;
    loop {
        let batch = {
            let mut tried = outside.tried.lock().expect("no panic while held");
            *tried += 1;
            *tried - 1
        };
        if batch >= BATCHES {
            break;
        }
        let texts: Vec<String> = (0..3).map(|record| format!("<{batch}-{record}>")).collect();
        let data = |text: &String| {
            let record = json!({"k": format!("k{}", text.len() % 7 + batch % 3), "record": text}).to_string();
            json!({"Data": base64_simd::STANDARD.encode_to_string(record.as_bytes())})
        };
        let records: Vec<Value> = texts.iter().map(data).collect();
        let put = json!({"DeliveryStreamName": "orders", "Records": records});
        if call(&firehose, "PutRecordBatch", put).await.is_ok_and(|put| put["FailedPutCount"] == 0) {
            outside.acknowledged.lock().expect("no panic while held").extend(texts);
        }
        host.sleep(Duration::from_secs(25)).await;
    }
    host.sleep(Duration::from_secs(200)).await;
}

/// Boots until the program comes to its end.
fn live(simulation: &Simulation, outside: &Arc<Outside>) {
    for _ in 0..10 {
        let (machine, outside) = (simulation.clone(), Arc::clone(outside));
        match simulation.boot(|host| work(host, machine, outside)) {
            Ended::Finished(()) => return,
            Ended::Killed | Ended::PowerCut => {}
        }
    }
    panic!("the machine dies again and again");
}

/// Every acknowledged record is in one object below the prefix, and none is in two.
fn audit(outside: &Outside, prefix: &str, what: &str) {
    let objects = outside.lake.objects.lock().expect("no panic while held").clone();
    let mut counts: HashMap<String, u32> = HashMap::new();
    for (_, bytes) in objects.iter().filter(|(key, _)| key.starts_with(prefix)) {
        let text = String::from_utf8_lossy(bytes);
        for record in text.split('<').skip(1).filter_map(|rest| rest.split_once('>')) {
            *counts.entry(format!("<{}>", record.0)).or_default() += 1;
        }
    }
    let twice: Vec<_> = counts.iter().filter(|(_, count)| **count > 1).collect();
    assert!(twice.is_empty(), "{what}: {prefix} has records twice: {twice:?} in {:?}", objects.keys());
    for record in outside.acknowledged.lock().expect("no panic while held").iter() {
        assert!(counts.contains_key(record), "{what}: {prefix} lacks {record}");
    }
}

fn check(outside: &Outside, what: &str) {
    audit(outside, "cooked/", what);
    audit(outside, "raw/", what);
}

#[test]
fn the_power_fails_at_any_operation_of_the_disk() {
    let simulation = Simulation::new(5);
    let undisturbed = Arc::new(Outside::default());
    live(&simulation, &undisturbed);
    check(&undisturbed, "undisturbed");
    assert_eq!(undisturbed.acknowledged.lock().expect("no panic while held").len(), BATCHES * 3);
    let operations = simulation.disk_operations();
    for operation in (1..=operations).step_by(3) {
        let (simulation, outside) = (Simulation::new(operation), Arc::new(Outside::default()));
        simulation.cut_power_after(operation);
        live(&simulation, &outside);
        check(&outside, &format!("power cut at operation {operation}"));
    }
}

#[test]
fn the_process_ends_during_and_after_every_put() {
    for (moment, is_partitioned) in [(Moment::During, false), (Moment::After, false), (Moment::After, true)] {
        for put in 0..8 {
            let outside = Arc::new(Outside { is_partitioned, ..Outside::default() });
            let simulation = Simulation::new(u64::from(put));
            let accident = Accident { put, moment, simulation: simulation.clone() };
            *outside.lake.accident.lock().expect("no panic while held") = Some(accident);
            live(&simulation, &outside);
            check(&outside, &format!("{moment:?} put {put}, partitioned: {is_partitioned}"));
        }
    }
}
