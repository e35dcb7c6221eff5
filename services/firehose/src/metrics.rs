//! CloudWatch's metrics of `AWS/Firehose`, counted here and written in Prometheus' text format.
//!
//! Names are CloudWatch's in snake case behind `aws_firehose_`; the dimension is a label, with account and region in
//! front. <https://docs.aws.amazon.com/firehose/latest/dev/monitoring-with-cloudwatch-metrics.html>

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::delivery::counters::{self, Subject};
use crate::shapes::DeliveryStreamStatus;
use crate::stream::Source;
use crate::view::StreamView;
use crate::{Firehose, limiter};

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

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// How often something was done, and how long it took altogether.
#[derive(Debug, Default)]
pub(crate) struct Latency {
    pub(crate) count: Counter,
    pub(crate) sum_us: Counter,
}

impl Latency {
    pub(crate) fn add(&self, took: Duration) {
        self.count.add(1);
        self.sum_us.add(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
    }
}

/// What is counted of the way in of one delivery stream.
#[derive(Debug, Default)]
pub(crate) struct IngestCounters {
    pub(crate) incoming_bytes: Counter,
    pub(crate) incoming_records: Counter,
    pub(crate) incoming_put_requests: Counter,
    pub(crate) throttled_records: Counter,
    pub(crate) put_record_bytes: Counter,
    pub(crate) put_record_latency: Latency,
    pub(crate) put_record_batch_bytes: Counter,
    pub(crate) put_record_batch_records: Counter,
    pub(crate) put_record_batch_latency: Latency,
    pub(crate) describe_latency: Latency,
    pub(crate) update_latency: Latency,
}

/// The kinds of Prometheus' text format.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    Total,
    Level,
}

type Row = (&'static str, fn(&IngestCounters) -> &Counter);

/// The requests of an operation stand as the count of its latency, too.
const ROWS: &[Row] = &[
    ("incoming_bytes", |c| &c.incoming_bytes),
    ("incoming_records", |c| &c.incoming_records),
    ("incoming_put_requests", |c| &c.incoming_put_requests),
    ("throttled_records", |c| &c.throttled_records),
    ("put_record_bytes", |c| &c.put_record_bytes),
    ("put_record_requests", |c| &c.put_record_latency.count),
    ("put_record_batch_bytes", |c| &c.put_record_batch_bytes),
    ("put_record_batch_records", |c| &c.put_record_batch_records),
    ("put_record_batch_requests", |c| &c.put_record_batch_latency.count),
    ("describe_delivery_stream_requests", |c| &c.describe_latency.count),
    ("update_delivery_stream_requests", |c| &c.update_latency.count),
];

type LatencyRow = (&'static str, fn(&IngestCounters) -> &Latency);

const LATENCY_ROWS: &[LatencyRow] = &[
    ("put_record_latency_seconds", |c| &c.put_record_latency),
    ("put_record_batch_latency_seconds", |c| &c.put_record_batch_latency),
    ("describe_delivery_stream_latency_seconds", |c| &c.describe_latency),
    ("update_delivery_stream_latency_seconds", |c| &c.update_latency),
];

impl Firehose {
    /// Appends all metrics in Prometheus' text format.
    pub fn write_metrics(&self, out: &mut String) {
        let views = self.counted_views();
        let streams: Vec<_> = views.iter().map(|view| (labels(view), view)).collect();
        if !streams.is_empty() {
            for (name, counter) in ROWS {
                family(name, Kind::Total, out);
                for (labels, view) in &streams {
                    line(&format!("{name}_total"), labels, counter(&view.live.ingest).get(), out);
                }
            }
            for (name, latency) in LATENCY_ROWS {
                write_latency(name, streams.iter().map(|(labels, view)| (&**labels, latency(&view.live.ingest))), out);
            }
            write_limits(&streams, out);
            write_deliveries(&streams, out);
        }
        if self.list_latency.count.get() > 0 {
            family("list_delivery_streams_requests", Kind::Total, out);
            line("list_delivery_streams_requests_total", "", self.list_latency.count.get(), out);
            write_latency("list_delivery_streams_latency_seconds", std::iter::once(("", &self.list_latency)), out);
        }
    }

    /// The delivery streams that were used since the start, by name.
    pub(crate) fn counted_views(&self) -> Vec<Arc<StreamView>> {
        let now_ms = self.now_ms();
        let mut views: Vec<_> = self.views.read().expect("no panic while held").values().cloned().collect();
        views.retain(|view| view.record.status(now_ms) != DeliveryStreamStatus::Deleting);
        views.sort_by(|a, b| a.stream.name.cmp(&b.stream.name));
        views
    }
}

/// What was delivered.
fn write_deliveries(streams: &[(String, &Arc<StreamView>)], out: &mut String) {
    let mut subjects = Vec::with_capacity(streams.len());
    for (labels, view) in streams {
        let is_data_stream = matches!(view.record.source, Source::Kinesis { .. });
        let (counters, destination) = (&view.live.delivery, &view.record.destination);
        subjects.push(Subject { labels, counters, destination, is_data_stream });
    }
    counters::write(&subjects, out);
}

/// The quotas, where there are any: AWS has them of direct puts only.
fn write_limits(streams: &[(String, &Arc<StreamView>)], out: &mut String) {
    type Limit = (&'static str, fn(&crate::limits::Throughput) -> u64);
    const LIMITS: &[Limit] = &[
        ("bytes_per_second_limit", |limit| limit.bytes),
        ("records_per_second_limit", |limit| limit.records),
        ("put_requests_per_second_limit", |limit| limit.requests),
    ];
    for (name, limit) in LIMITS {
        family(name, Kind::Level, out);
        for (labels, view) in streams {
            if let Source::DirectPut { hint_mib } = view.record.source {
                line(name, labels, limit(&limiter::throughput(&view.record.region, hint_mib)), out);
            }
        }
    }
}

/// Nothing in names and regions needs escaping: they are letters, digits and `_.-`.
pub(crate) fn labels(view: &StreamView) -> String {
    let record = &view.record;
    let (account, region, name) = (&record.account, &record.region, &record.name);
    format!("account=\"{account}\",region=\"{region}\",delivery_stream_name=\"{name}\"")
}

/// Writes a latency as the sum and the count of a summary.
pub(crate) fn write_latency<'a>(name: &str, subjects: impl Iterator<Item = (&'a str, &'a Latency)>, out: &mut String) {
    let _ = writeln!(out, "# TYPE aws_firehose_{name} summary"); // Writing to a String cannot fail.
    for (labels, latency) in subjects {
        line(&format!("{name}_sum"), labels, latency.sum_us.get() as f64 / 1e6, out);
        line(&format!("{name}_count"), labels, latency.count.get(), out);
    }
}

/// Writes a family's head.
pub(crate) fn family(name: &str, kind: Kind, out: &mut String) {
    let (suffix, kind) = match kind {
        Kind::Total => ("_total", "counter"),
        Kind::Level => ("", "gauge"),
    };
    let _ = writeln!(out, "# TYPE aws_firehose_{name}{suffix} {kind}"); // Writing to a String cannot fail.
}

/// Writes one number.
pub(crate) fn line(name: &str, labels: &str, value: impl std::fmt::Display, out: &mut String) {
    let labels = if labels.is_empty() { String::new() } else { format!("{{{labels}}}") };
    let _ = writeln!(out, "aws_firehose_{name}{labels} {value}"); // Writing to a String cannot fail.
}
