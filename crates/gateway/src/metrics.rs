//! What is counted about requests and connections, and how Prometheus reads it.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

/// Something that adds lines to `/metrics`, in Prometheus' text format.
pub trait MetricsSource: Send + Sync + 'static {
    /// Appends the lines.
    fn write(&self, out: &mut String);
}

/// The statuses that are told apart.
const STATUSES: [u16; 18] = [200, 204, 206, 304, 307, 400, 403, 404, 405, 408, 409, 412, 413, 416, 431, 500, 501, 503];
/// Where any other status is counted.
const OTHER_STATUS: usize = STATUSES.len();

/// Upper bounds of the latency buckets, in microseconds.
const BUCKETS_US: [u64; 13] =
    [250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 5_000_000];

/// Counts of one operation.
#[derive(Debug, Default)]
pub(crate) struct OperationCounts {
    statuses: [AtomicU64; STATUSES.len() + 1],
    buckets: [AtomicU64; BUCKETS_US.len() + 1],
    total_us: AtomicU64,
}

impl OperationCounts {
    pub(crate) fn count(&self, status: u16, took: Duration) {
        let slot = STATUSES.iter().position(|&known| known == status).unwrap_or(OTHER_STATUS);
        self.statuses[slot].fetch_add(1, Ordering::Relaxed);
        let took_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let bucket = BUCKETS_US.iter().position(|&bound| took_us <= bound).unwrap_or(BUCKETS_US.len());
        self.buckets[bucket].fetch_add(1, Ordering::Relaxed);
        self.total_us.fetch_add(took_us, Ordering::Relaxed);
    }

    fn write_counts(&self, labels: &str, out: &mut String) {
        for (status, count) in STATUSES.iter().chain([&0]).zip(&self.statuses) {
            let count = count.load(Ordering::Relaxed);
            if count > 0 {
                line(out, "millstream_requests_total", &format!("{labels},status=\"{status}\""), count);
            }
        }
    }

    fn write_latency(&self, labels: &str, out: &mut String) {
        let counts: Vec<u64> = self.buckets.iter().map(|bucket| bucket.load(Ordering::Relaxed)).collect();
        if counts.iter().all(|&count| count == 0) {
            return;
        }
        let mut below = 0;
        for (bound_us, count) in BUCKETS_US.iter().zip(&counts) {
            below += count;
            let bound = *bound_us as f64 / 1e6;
            line(out, "millstream_request_seconds_bucket", &format!("{labels},le=\"{bound}\""), below);
        }
        let all: u64 = counts.iter().sum();
        line(out, "millstream_request_seconds_bucket", &format!("{labels},le=\"+Inf\""), all);
        let seconds = self.total_us.load(Ordering::Relaxed) as f64 / 1e6;
        line(out, "millstream_request_seconds_sum", labels, seconds);
        line(out, "millstream_request_seconds_count", labels, all);
    }
}

/// Counts that belong to no operation.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    /// Requests that never reached an operation.
    pub(crate) front_door: OperationCounts,
    pub(crate) connections: AtomicU64,
    pub(crate) connections_refused: AtomicU64,
    pub(crate) connections_open: AtomicI64,
    pub(crate) requests_in_flight: AtomicI64,
    pub(crate) event_streams_open: AtomicI64,
}

impl Counts {
    pub(crate) fn write(&self, out: &mut String) {
        let total = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let level = |gauge: &AtomicI64| gauge.load(Ordering::Relaxed);
        family(out, "millstream_connections_total", "counter", "Connections accepted since the start.");
        line(out, "millstream_connections_total", "", total(&self.connections));
        family(out, "millstream_connections_refused_total", "counter", "Connections refused at the limit.");
        line(out, "millstream_connections_refused_total", "", total(&self.connections_refused));
        family(out, "millstream_connections", "gauge", "Connections that are open.");
        line(out, "millstream_connections", "", level(&self.connections_open));
        family(out, "millstream_requests_in_flight", "gauge", "Requests that are being worked on.");
        line(out, "millstream_requests_in_flight", "", level(&self.requests_in_flight));
        family(out, "millstream_event_streams", "gauge", "Event streams that are open.");
        line(out, "millstream_event_streams", "", level(&self.event_streams_open));
    }
}

/// Writes the counts of all operations: `(service, operation, counts)`.
pub(crate) fn write_operations<'a>(
    rows: impl Iterator<Item = (&'a str, &'a str, &'a OperationCounts)> + Clone,
    out: &mut String,
) {
    let labels = |service: &str, operation: &str| format!("service=\"{service}\",operation=\"{operation}\"");
    family(out, "millstream_requests_total", "counter", "Requests answered, by operation and HTTP status.");
    for (service, operation, counts) in rows.clone() {
        counts.write_counts(&labels(service, operation), out);
    }
    family(out, "millstream_request_seconds", "histogram", "Time from a request's headers to its answer.");
    for (service, operation, counts) in rows {
        counts.write_latency(&labels(service, operation), out);
    }
}

/// Writes what the process uses.
pub(crate) fn write_process(usage: &host::process::Usage, out: &mut String) {
    family(out, "process_resident_memory_bytes", "gauge", "Resident memory size in bytes.");
    line(out, "process_resident_memory_bytes", "", usage.resident_bytes);
    family(out, "process_cpu_seconds_total", "counter", "User and system CPU time spent in seconds.");
    line(out, "process_cpu_seconds_total", "", usage.cpu.as_secs_f64());
}

fn family(out: &mut String, name: &str, kind: &str, help: &str) {
    let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}"); // Writing to a String cannot fail.
}

fn line(out: &mut String, name: &str, labels: &str, value: impl std::fmt::Display) {
    // Writing to a String cannot fail.
    let _ = match labels {
        "" => writeln!(out, "{name} {value}"),
        labels => writeln!(out, "{name}{{{labels}}} {value}"),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latencies_add_up_in_growing_buckets() {
        let counts = OperationCounts::default();
        counts.count(200, Duration::from_micros(300));
        counts.count(400, Duration::from_millis(3));
        counts.count(999, Duration::from_secs(60));
        let mut out = String::new();
        write_operations([("kinesis", "PutRecord", &counts)].into_iter(), &mut out);
        let labels = "service=\"kinesis\",operation=\"PutRecord\"";
        for (metric, more, value) in [
            ("millstream_requests_total", ",status=\"200\"", "1"),
            ("millstream_requests_total", ",status=\"0\"", "1"),
            ("millstream_request_seconds_bucket", ",le=\"0.00025\"", "0"),
            ("millstream_request_seconds_bucket", ",le=\"0.0005\"", "1"),
            ("millstream_request_seconds_bucket", ",le=\"0.005\"", "2"),
            ("millstream_request_seconds_bucket", ",le=\"+Inf\"", "3"),
            ("millstream_request_seconds_count", "", "3"),
        ] {
            let expected = format!("{metric}{{{labels}{more}}} {value}\n");
            assert!(out.contains(&expected), "{expected} in\n{out}");
        }
    }
}
