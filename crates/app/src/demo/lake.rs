//! The way into the lake: a delivery stream reads the data stream and writes objects; what arrives is read back.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::io::Read as _;
use std::rc::Rc;
use std::time::Duration;

use flate2::read::GzDecoder;
use hyper::Method;
use serde_json::{Value, json};
use tokio::time::sleep;

use super::Error;
use super::flights::Flight;
use super::story::Shared;
use crate::client::{CallError, Client, FIREHOSE};

/// The bucket.
pub(super) const BUCKET: &str = "flight-lake";
/// The delivery stream, and what the keys of its objects begin with.
pub(super) const DELIVERY_STREAM: &str = "to-the-lake";
const PREFIX: &str = "flights/";
/// When an object is written: AWS's least size, or this many seconds.
const SIZE_MIB: u32 = 1;
const INTERVAL_S: u32 = 2;
/// Between two looks into the bucket.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// The book of what the objects hold.
#[derive(Debug, Default)]
pub(super) struct Delivered {
    /// How many objects there are.
    pub(super) objects: usize,
    /// Their bytes as they are stored.
    pub(super) stored_bytes: usize,
    /// How often each flight is in them.
    copies: Vec<u32>,
    /// How many different flights are in them.
    pub(super) distinct: usize,
    keys: BTreeSet<String>,
}

impl Delivered {
    pub(super) fn new(records: usize) -> Self {
        Self { copies: vec![0; records], ..Self::default() }
    }

    /// Copies beyond the first of each flight.
    pub(super) fn copies_beyond_first(&self) -> usize {
        self.copies.iter().map(|copies| copies.saturating_sub(1) as usize).sum()
    }

    fn add(&mut self, flight: &Flight) {
        self.copies[flight.number] += 1;
        self.distinct += usize::from(self.copies[flight.number] == 1);
    }
}

/// Creates the bucket and the delivery stream that fills it.
pub(super) async fn open(client: &mut Client, stream_arn: &str) -> Result<(), Error> {
    client.s3(Method::PUT, &format!("/{BUCKET}")).await?;
    let account = stream_arn.split(':').nth(4).unwrap_or_default();
    let role = format!("arn:aws:iam::{account}:role/demo");
    let line_feeds = json!({
        "Enabled": true,
        "Processors": [{
            "Type": "AppendDelimiterToRecord",
            "Parameters": [{"ParameterName": "Delimiter", "ParameterValue": "\\n"}],
        }],
    });
    let body = json!({
        "DeliveryStreamName": DELIVERY_STREAM,
        "DeliveryStreamType": "KinesisStreamAsSource",
        "KinesisStreamSourceConfiguration": {"KinesisStreamARN": stream_arn, "RoleARN": role},
        "ExtendedS3DestinationConfiguration": {
            "RoleARN": role,
            "BucketARN": format!("arn:aws:s3:::{BUCKET}"),
            "Prefix": PREFIX,
            "CompressionFormat": "GZIP",
            "BufferingHints": {"SizeInMBs": SIZE_MIB, "IntervalInSeconds": INTERVAL_S},
            "ProcessingConfiguration": line_feeds,
        },
    });
    client.call_of::<Value>(FIREHOSE, "CreateDeliveryStream", &body).await?;
    loop {
        let body = json!({"DeliveryStreamName": DELIVERY_STREAM});
        let answer: Value = client.call_of(FIREHOSE, "DescribeDeliveryStream", &body).await?;
        if answer["DeliveryStreamDescription"]["DeliveryStreamStatus"] == "ACTIVE" {
            return Ok(());
        }
        sleep(LOOK_EVERY).await;
    }
}

/// Reads every object as it appears, in the background.
pub(super) fn follow(shared: Rc<Shared>) {
    tokio::task::spawn_local(async move {
        let mut client = Client::new(shared.address);
        loop {
            match look(&shared, &mut client).await {
                Ok(()) => {}
                Err(Trouble::Call(error)) if error.is_passing() => {}
                Err(Trouble::Call(error)) => shared.fail(format!("the lake: {error}")),
                Err(Trouble::Damage(message)) => shared.fail(format!("the lake: {message}")),
            }
            sleep(LOOK_EVERY).await;
        }
    });
}

/// Why a look brought nothing.
enum Trouble {
    Call(CallError),
    Damage(String),
}

impl From<CallError> for Trouble {
    fn from(error: CallError) -> Self {
        Self::Call(error)
    }
}

/// Lists what is delivered from its beginning, since keys are not in the order of their making, and reads what is new.
async fn look(shared: &Shared, client: &mut Client) -> Result<(), Trouble> {
    for key in list(client).await? {
        if shared.lake.borrow().keys.contains(&key) {
            continue;
        }
        let bytes = client.s3(Method::GET, &format!("/{BUCKET}/{key}")).await?;
        let mut text = String::new();
        let unpacked = GzDecoder::new(&bytes[..]).read_to_string(&mut text);
        unpacked.map_err(|error| Trouble::Damage(format!("{key} cannot be unpacked: {error}")))?;
        book(&shared.lake, shared, key, bytes.len(), &text).map_err(Trouble::Damage)?;
    }
    Ok(())
}

fn book(lake: &RefCell<Delivered>, shared: &Shared, key: String, bytes: usize, text: &str) -> Result<(), String> {
    let mut lake = lake.borrow_mut();
    for line in text.lines() {
        let flight: Flight = serde_json::from_str(line).map_err(|error| format!("a line of {key}: {error}"))?;
        if !shared.was_sent(&flight) {
            return Err(format!("a line of {key} is not what was sent: {line}"));
        }
        lake.add(&flight);
    }
    lake.objects += 1;
    lake.stored_bytes += bytes;
    lake.keys.insert(key);
    Ok(())
}

async fn list(client: &mut Client) -> Result<Vec<String>, CallError> {
    let (mut keys, mut after) = (Vec::new(), String::new());
    loop {
        let page =
            client.s3(Method::GET, &format!("/{BUCKET}?list-type=2&prefix={PREFIX}&start-after={after}")).await?;
        let page = String::from_utf8_lossy(&page);
        keys.extend(texts(&page, "Key").map(str::to_owned));
        match keys.last() {
            // Keys consist of characters that stand for themselves in XML and in queries.
            Some(last) if texts(&page, "IsTruncated").next() == Some("true") => after.clone_from(last),
            _ => return Ok(keys),
        }
    }
}

/// What stands in the elements of a name.
fn texts<'a>(xml: &'a str, name: &str) -> impl Iterator<Item = &'a str> {
    let (begin, end) = (format!("<{name}>"), format!("</{name}>"));
    let pieces: Vec<&str> =
        xml.split(begin.as_str()).skip(1).filter_map(|piece| piece.split(end.as_str()).next()).collect();
    pieces.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_found_by_name() {
        let xml = "<R><IsTruncated>true</IsTruncated><C><Key>a/b</Key></C><C><Key>c</Key></C></R>";
        assert_eq!(texts(xml, "Key").collect::<Vec<_>>(), ["a/b", "c"]);
        assert_eq!(texts(xml, "IsTruncated").next(), Some("true"));
        assert_eq!(texts(xml, "Size").next(), None);
    }
}
