//! What is counted of deliveries, by CloudWatch's names.

use std::fmt::Write as _;
use std::sync::Arc;

use super::objects::Delivery;
use crate::configuration::Destination;
use crate::destination::Attempts;
use crate::metrics::{Counter, Kind as Family, Latency, family, line, write_latency};
use crate::progress::{Kind, Sealed};

/// Counters of one delivery stream.
#[derive(Debug, Default)]
pub(crate) struct DeliveryCounters {
    s3: Way,
    backup: Way,
    endpoint: Way,
    processed_bytes: Counter,
    processed_records: Counter,
    source_bytes: Counter,
    source_records: Counter,
    partition_count: Counter,
    partition_count_exceeded: Counter,
    /// The busiest partition of the last delivery.
    partition_throughput: Counter,
    /// What the expression of partition keys takes for some records together.
    pub(crate) jq_latency: Latency,
    /// Records that were gone before they could be delivered.
    pub(crate) lost_records: Counter,
    failed_records: Counter,
    behind_ms: Counter,
    /// Stays 0: data streams are read in this process, where their readers' limits do not count.
    throttled: Counter,
    /// What destinations that take batches count themselves.
    pub(crate) attempts: Arc<Attempts>,
}

/// One way out.
#[derive(Debug, Default)]
pub(crate) struct Way {
    bytes: Counter,
    records: Counter,
    attempts: Counter,
    successes: Counter,
    objects: Counter,
    freshness_s: Counter,
}

impl DeliveryCounters {
    /// A delivery has been carried out.
    pub(crate) fn delivered(&self, kind: Kind, sealed: &Sealed, delivery: &Delivery, now_ms: u64) {
        let age_ms = now_ms.saturating_sub(sealed.oldest_ms);
        let objects = if kind == Kind::Backup { &self.backup } else { &self.s3 };
        if !delivery.objects.is_empty() {
            let count = delivery.objects.len() as u64;
            objects.objects.add(count);
            objects.attempts.add(count);
            objects.successes.add(count);
            objects.bytes.add(delivery.objects.iter().map(|object| object.stored_bytes).sum());
            objects.records.add(delivery.objects.iter().map(|object| object.records).sum());
            objects.freshness_s.set(age_ms / 1_000);
        }
        if kind == Kind::Primary {
            let taken = delivery.taken;
            self.endpoint.attempts.add(taken.requests);
            self.endpoint.successes.add(taken.requests - taken.failed_requests);
            self.endpoint.records.add(taken.records);
            self.endpoint.bytes.add(taken.bytes);
            self.endpoint.freshness_s.set(age_ms / 1_000);
            self.source_bytes.add(delivery.read.bytes);
            self.source_records.add(delivery.read.records);
            self.processed_bytes.add(delivery.read.bytes);
            self.processed_records.add(delivery.read.records.saturating_sub(delivery.failed));
            self.failed_records.add(delivery.failed);
            self.partition_count.set(delivery.partitions);
            self.partition_throughput.set(delivery.busiest_partition_bytes / (age_ms / 1_000).max(1));
            self.partition_count_exceeded.add(u64::from(delivery.overflowed > 0));
        }
        self.lost_records.add(delivery.read.lost);
    }

    /// How far the reader of the source is behind, when a delivery is sealed.
    pub(crate) fn behind(&self, ms: u64) {
        self.behind_ms.set(ms);
    }

    /// An attempt has failed.
    pub(crate) fn failed(&self, kind: Kind, destination: &Destination) {
        match (kind, destination) {
            (Kind::Backup, _) => self.backup.attempts.add(1),
            (Kind::Primary, Destination::S3(_)) => self.s3.attempts.add(1),
            (Kind::Primary, _) => self.endpoint.attempts.add(1),
        }
    }
}

/// A metric's name or its end, its kind, and where the number stands.
type Row<C> = (&'static str, Family, fn(&C) -> &Counter);

/// What is written of a way.
const WAY_ROWS: &[Row<Way>] = &[
    ("bytes", Family::Total, |way| &way.bytes),
    ("records", Family::Total, |way| &way.records),
    ("attempts", Family::Total, |way| &way.attempts),
    ("success", Family::Total, |way| &way.successes),
    ("data_freshness", Family::Level, |way| &way.freshness_s),
];

const ROWS: &[Row<DeliveryCounters>] = &[
    ("delivery_to_s3_object_count", Family::Total, |c| &c.s3.objects),
    ("backup_to_s3_object_count", Family::Total, |c| &c.backup.objects),
    ("succeed_processing_bytes", Family::Total, |c| &c.processed_bytes),
    ("succeed_processing_records", Family::Total, |c| &c.processed_records),
    ("failed_records", Family::Total, |c| &c.failed_records),
    ("lost_records", Family::Total, |c| &c.lost_records),
];

const HTTP_ROWS: &[Row<DeliveryCounters>] = &[
    ("delivery_to_http_endpoint_processed_bytes", Family::Total, |c| &c.attempts.processed_bytes),
    ("delivery_to_http_endpoint_processed_records", Family::Total, |c| &c.attempts.processed_records),
];

const SOURCE_ROWS: &[Row<DeliveryCounters>] = &[
    ("data_read_from_kinesis_stream_bytes", Family::Total, |c| &c.source_bytes),
    ("data_read_from_kinesis_stream_records", Family::Total, |c| &c.source_records),
    ("kinesis_millis_behind_latest", Family::Level, |c| &c.behind_ms),
    ("throttled_describe_stream", Family::Total, |c| &c.throttled),
    ("throttled_get_records", Family::Total, |c| &c.throttled),
    ("throttled_get_shard_iterator", Family::Total, |c| &c.throttled),
];

const PARTITION_ROWS: &[Row<DeliveryCounters>] = &[
    ("partition_count", Family::Level, |c| &c.partition_count),
    ("partition_count_exceeded", Family::Total, |c| &c.partition_count_exceeded),
    ("per_partition_throughput", Family::Level, |c| &c.partition_throughput),
];

/// A delivery stream on the metrics page.
pub(crate) struct Subject<'a> {
    pub(crate) labels: &'a str,
    pub(crate) counters: &'a DeliveryCounters,
    pub(crate) destination: &'a Destination,
    pub(crate) is_data_stream: bool,
}

/// CloudWatch's name of a destination that takes batches.
fn endpoint_name(destination: &Destination) -> Option<&'static str> {
    use crate::configuration::Flavour;
    match destination {
        Destination::S3(_) => None,
        Destination::HttpEndpoint(_) => Some("delivery_to_http_endpoint"),
        Destination::Splunk(_) => Some("delivery_to_splunk"),
        Destination::OpenSearch(search) if search.flavour == Flavour::Serverless => {
            Some("delivery_to_amazon_open_search_serverless")
        }
        Destination::OpenSearch(_) => Some("delivery_to_amazon_open_search_service"),
        Destination::Redshift(_) => Some("delivery_to_redshift"),
    }
}

/// Appends the counters of deliveries in Prometheus' text format.
pub(crate) fn write(subjects: &[Subject<'_>], out: &mut String) {
    let all: Vec<&Subject<'_>> = subjects.iter().collect();
    if all.is_empty() {
        return;
    }
    write_way("delivery_to_s3", &all, |c| &c.s3, out);
    write_way("backup_to_s3", &all, |c| &c.backup, out);
    write_rows(ROWS, &all, out);
    for name in ["http_endpoint", "splunk", "amazon_open_search_service", "amazon_open_search_serverless", "redshift"] {
        let name = format!("delivery_to_{name}");
        let of_kind: Vec<_> =
            all.iter().copied().filter(|subject| endpoint_name(subject.destination) == Some(&name)).collect();
        write_way(&name, &of_kind, |c| &c.endpoint, out);
    }
    let http: Vec<_> =
        all.iter().copied().filter(|subject| matches!(subject.destination, Destination::HttpEndpoint(_))).collect();
    write_rows(HTTP_ROWS, &http, out);
    let mut splunk = all.iter().filter(|subject| matches!(subject.destination, Destination::Splunk(_))).peekable();
    if splunk.peek().is_some() {
        let latencies = splunk.map(|subject| (subject.labels, &subject.counters.attempts.ack_latency));
        write_latency("delivery_to_splunk_data_ack_latency_seconds", latencies, out);
    }
    let data_streams: Vec<_> = all.iter().copied().filter(|subject| subject.is_data_stream).collect();
    write_rows(SOURCE_ROWS, &data_streams, out);
    let is_partitioned = |destination: &Destination| matches!(destination, Destination::S3(s3) if s3.is_partitioned());
    let partitioned: Vec<_> = all.iter().copied().filter(|subject| is_partitioned(subject.destination)).collect();
    write_rows(PARTITION_ROWS, &partitioned, out);
    if !partitioned.is_empty() {
        let latencies = partitioned.iter().map(|subject| (subject.labels, &subject.counters.jq_latency));
        write_latency("jq_processing_duration_seconds", latencies, out);
    }
}

fn write_way(name: &str, subjects: &[&Subject<'_>], way: fn(&DeliveryCounters) -> &Way, out: &mut String) {
    for (end, kind, counter) in WAY_ROWS {
        let mut metric = String::new();
        let _ = write!(metric, "{name}_{end}"); // Writing to a String cannot fail.
        write_family(&metric, *kind, subjects, |counters| counter(way(counters)), out);
    }
}

fn write_rows(rows: &[Row<DeliveryCounters>], subjects: &[&Subject<'_>], out: &mut String) {
    for (name, kind, counter) in rows {
        write_family(name, *kind, subjects, counter, out);
    }
}

fn write_family<'c>(
    name: &str,
    kind: Family,
    subjects: &[&'c Subject<'_>],
    counter: impl Fn(&'c DeliveryCounters) -> &'c Counter,
    out: &mut String,
) {
    if subjects.is_empty() {
        return;
    }
    family(name, kind, out);
    let suffix = if matches!(kind, Family::Total) { "_total" } else { "" };
    for subject in subjects {
        line(&format!("{name}{suffix}"), subject.labels, counter(subject.counters).get(), out);
    }
}
