//! CloudWatch's metrics of `AWS/Kinesis`, counted here and written in Prometheus' text format.
//!
//! Names are CloudWatch's in snake case behind `aws_kinesis_`; dimensions are labels, with account and region in
//! front. Shard-level metrics are written only where enhanced monitoring is on, as `aws_kinesis_shard_…`.
//! <https://docs.aws.amazon.com/streams/latest/dev/monitoring-with-cloudwatch.html>

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::Kinesis;
use crate::shapes::MetricsName;
use crate::stream;
use crate::view::StreamView;

/// A number that is added to.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn add(&self, amount: u64) {
        self.0.fetch_add(amount, Ordering::Relaxed);
    }

    /// Sets a level, for the few that are levels.
    pub(crate) fn set(&self, level: u64) {
        self.0.store(level, Ordering::Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// How often something was done, and how long it took altogether.
#[derive(Debug, Default)]
pub(crate) struct Latency {
    count: Counter,
    sum_us: Counter,
}

impl Latency {
    pub(crate) fn add(&self, took: Duration) {
        self.count.add(1);
        self.sum_us.add(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
    }
}

/// The counters of one stream.
#[derive(Debug, Default)]
pub(crate) struct StreamCounters {
    pub(crate) incoming_bytes: Counter,
    pub(crate) incoming_records: Counter,
    pub(crate) put_record_bytes: Counter,
    pub(crate) put_record_success: Counter,
    pub(crate) put_record_latency: Latency,
    pub(crate) put_records_bytes: Counter,
    pub(crate) put_records_success: Counter,
    pub(crate) put_records_latency: Latency,
    pub(crate) put_records_total: Counter,
    pub(crate) put_records_successful: Counter,
    pub(crate) put_records_failed: Counter,
    pub(crate) put_records_throttled: Counter,
    pub(crate) get_records_bytes: Counter,
    pub(crate) get_records_records: Counter,
    pub(crate) get_records_success: Counter,
    pub(crate) get_records_latency: Latency,
    pub(crate) get_records_iterator_age_ms: Counter,
    pub(crate) write_exceeded: Counter,
    pub(crate) read_exceeded: Counter,
}

/// The counters of one shard.
#[derive(Debug, Default)]
pub(crate) struct ShardCounters {
    pub(crate) incoming_bytes: Counter,
    pub(crate) incoming_records: Counter,
    pub(crate) outgoing_bytes: Counter,
    pub(crate) outgoing_records: Counter,
    pub(crate) iterator_age_ms: Counter,
    pub(crate) write_exceeded: Counter,
    pub(crate) read_exceeded: Counter,
}

/// The counters of one fan-out consumer.
#[derive(Debug, Default)]
pub(crate) struct ConsumerCounters {
    pub(crate) subscribe_success: Counter,
    pub(crate) subscribe_rate_exceeded: Counter,
    pub(crate) event_bytes: Counter,
    pub(crate) event_records: Counter,
    pub(crate) event_success: Counter,
    pub(crate) event_millis_behind: Counter,
}

/// The kinds of Prometheus' text format.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Total,
    Level,
}

/// A name, its kind, and where the number stands.
type Row<C> = (&'static str, Kind, fn(&C) -> &Counter);

const STREAM_ROWS: &[Row<StreamCounters>] = &[
    ("incoming_bytes", Kind::Total, |c| &c.incoming_bytes),
    ("incoming_records", Kind::Total, |c| &c.incoming_records),
    ("put_record_bytes", Kind::Total, |c| &c.put_record_bytes),
    ("put_record_success", Kind::Total, |c| &c.put_record_success),
    ("put_records_bytes", Kind::Total, |c| &c.put_records_bytes),
    ("put_records_success", Kind::Total, |c| &c.put_records_success),
    ("put_records_total_records", Kind::Total, |c| &c.put_records_total),
    ("put_records_successful_records", Kind::Total, |c| &c.put_records_successful),
    ("put_records_failed_records", Kind::Total, |c| &c.put_records_failed),
    ("put_records_throttled_records", Kind::Total, |c| &c.put_records_throttled),
    ("get_records_bytes", Kind::Total, |c| &c.get_records_bytes),
    ("get_records_records", Kind::Total, |c| &c.get_records_records),
    ("get_records_success", Kind::Total, |c| &c.get_records_success),
    ("get_records_iterator_age_milliseconds", Kind::Level, |c| &c.get_records_iterator_age_ms),
    ("write_provisioned_throughput_exceeded", Kind::Total, |c| &c.write_exceeded),
    ("read_provisioned_throughput_exceeded", Kind::Total, |c| &c.read_exceeded),
];

/// A name and where the latency stands.
type LatencyRow = (&'static str, fn(&StreamCounters) -> &Latency);

const LATENCY_ROWS: &[LatencyRow] = &[
    ("put_record_latency_seconds", |c| &c.put_record_latency),
    ("put_records_latency_seconds", |c| &c.put_records_latency),
    ("get_records_latency_seconds", |c| &c.get_records_latency),
];

const CONSUMER_ROWS: &[Row<ConsumerCounters>] = &[
    ("subscribe_to_shard_success", Kind::Total, |c| &c.subscribe_success),
    ("subscribe_to_shard_rate_exceeded", Kind::Total, |c| &c.subscribe_rate_exceeded),
    ("subscribe_to_shard_event_bytes", Kind::Total, |c| &c.event_bytes),
    ("subscribe_to_shard_event_records", Kind::Total, |c| &c.event_records),
    ("subscribe_to_shard_event_success", Kind::Total, |c| &c.event_success),
    ("subscribe_to_shard_event_millis_behind_latest", Kind::Level, |c| &c.event_millis_behind),
];

/// Which shard-level metrics exist; the name in AWS's list decides whether one is written.
const SHARD_ROWS: &[(MetricsName, Row<ShardCounters>)] = &[
    (MetricsName::IncomingBytes, ("shard_incoming_bytes", Kind::Total, |c| &c.incoming_bytes)),
    (MetricsName::IncomingRecords, ("shard_incoming_records", Kind::Total, |c| &c.incoming_records)),
    (MetricsName::OutgoingBytes, ("shard_outgoing_bytes", Kind::Total, |c| &c.outgoing_bytes)),
    (MetricsName::OutgoingRecords, ("shard_outgoing_records", Kind::Total, |c| &c.outgoing_records)),
    (MetricsName::IteratorAgeMilliseconds, ("shard_iterator_age_milliseconds", Kind::Level, |c| &c.iterator_age_ms)),
    (
        MetricsName::WriteProvisionedThroughputExceeded,
        ("shard_write_provisioned_throughput_exceeded", Kind::Total, |c| &c.write_exceeded),
    ),
    (
        MetricsName::ReadProvisionedThroughputExceeded,
        ("shard_read_provisioned_throughput_exceeded", Kind::Total, |c| &c.read_exceeded),
    ),
];

impl Kinesis {
    /// Appends all metrics in Prometheus' text format.
    pub fn write_metrics(&self, out: &mut String) {
        let now_ms = self.now_ms();
        let mut views: Vec<_> = self.views.read().expect("no panic while held").values().cloned().collect();
        views.retain(|view| view.status(now_ms) != crate::shapes::StreamStatus::Deleting);
        views.sort_by(|a, b| a.stream.name.cmp(&b.stream.name));
        let streams: Vec<_> = views.iter().map(|view| (labels(view), &view.live.counters)).collect();
        write_rows(STREAM_ROWS, &streams, out);
        write_latencies(&streams, out);
        let mut consumers = Vec::new();
        for view in &views {
            let of_stream = labels(view);
            let used = view.live.used_consumers();
            consumers.extend(used.into_iter().map(|(name, c)| (format!("{of_stream},consumer_name=\"{name}\""), c)));
        }
        write_rows(CONSUMER_ROWS, &consumers, out);
        write_shards(&views, out);
    }
}

/// Nothing in names and regions needs escaping: they are letters, digits and `_.-`.
fn labels(view: &StreamView) -> String {
    let ((account, region), name) = (stream::owner_of(&view.stream.name), view.name());
    format!("account=\"{account}\",region=\"{region}\",stream_name=\"{name}\"")
}

fn write_rows<C>(rows: &[Row<C>], subjects: &[(String, impl std::ops::Deref<Target = C>)], out: &mut String) {
    if subjects.is_empty() {
        return;
    }
    for (name, kind, counter) in rows {
        let suffix = family(name, *kind, out);
        for (labels, counters) in subjects {
            line(out, name, suffix, labels, counter(counters).get());
        }
    }
}

fn write_latencies(streams: &[(String, &StreamCounters)], out: &mut String) {
    for (name, latency) in LATENCY_ROWS.iter().filter(|_| !streams.is_empty()) {
        let _ = writeln!(out, "# TYPE aws_kinesis_{name} summary"); // Writing to a String cannot fail.
        for (labels, counters) in streams {
            let latency = latency(counters);
            line(out, name, "_sum", labels, latency.sum_us.get() as f64 / 1e6);
            line(out, name, "_count", labels, latency.count.get());
        }
    }
}

fn write_shards(views: &[std::sync::Arc<StreamView>], out: &mut String) {
    for (metric, (name, kind, counter)) in SHARD_ROWS {
        let is_on = |view: &&std::sync::Arc<StreamView>| {
            let on = &view.record.shard_level_metrics;
            on.contains(metric) || on.contains(&MetricsName::All)
        };
        let mut watched = views.iter().filter(is_on).peekable();
        if watched.peek().is_none() {
            continue;
        }
        let suffix = family(name, *kind, out);
        for view in watched {
            let of_stream = labels(view);
            for (index, shard) in view.live.used_shards() {
                let labels = format!("{of_stream},shard_id=\"{}\"", crate::shard::name(index));
                line(out, name, suffix, &labels, counter(&shard.counters).get());
            }
        }
    }
}

/// Writes a family's head; answers what its lines have behind their name.
fn family(name: &str, kind: Kind, out: &mut String) -> &'static str {
    let (suffix, kind) = match kind {
        Kind::Total => ("_total", "counter"),
        Kind::Level => ("", "gauge"),
    };
    let _ = writeln!(out, "# TYPE aws_kinesis_{name}{suffix} {kind}"); // Writing to a String cannot fail.
    suffix
}

fn line(out: &mut String, name: &str, suffix: &str, labels: &str, value: impl std::fmt::Display) {
    let _ = writeln!(out, "aws_kinesis_{name}{suffix}{{{labels}}} {value}"); // Writing to a String cannot fail.
}
