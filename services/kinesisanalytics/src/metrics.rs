//! CloudWatch's metrics of `AWS/KinesisAnalytics`, counted here and written in Prometheus' text format.
//!
//! Names are CloudWatch's in snake case behind `aws_kinesisanalytics_`; the dimensions are labels, with account and region
//! in front. <https://docs.aws.amazon.com/kinesisanalytics/latest/dev/monitoring-metrics.html>

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::KinesisAnalytics;
use crate::application::Application;

/// What an application that runs is charged for at AWS; here it is one thread, whatever it does.
const KPUS: u64 = 1;

/// A number that is added to.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn add(&self, amount: u64) {
        self.0.fetch_add(amount, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// What is counted of one input or one output since the application was started.
#[derive(Debug, Default)]
pub(crate) struct FlowCounters {
    pub(crate) bytes: Counter,
    pub(crate) records: Counter,
    /// Attempts that worked.
    pub(crate) successes: Counter,
    /// Attempts that did not.
    pub(crate) failures: Counter,
    /// Records that the destination takes at no time, or that expired before they were read.
    pub(crate) dropped: Counter,
}

impl FlowCounters {
    /// Counts one attempt.
    pub(crate) fn attempted(&self, has_worked: bool) {
        if has_worked { self.successes.add(1) } else { self.failures.add(1) }
    }
}

/// A running application, as metrics see it.
pub(crate) struct Figures {
    pub(crate) labels: String,
    pub(crate) behind_ms: u64,
    pub(crate) failed_rows: u64,
    pub(crate) memory_bytes: u64,
    pub(crate) checkpoints: u64,
    /// `Input` or `Output`, the id, the counters.
    pub(crate) flows: Vec<(&'static str, String, std::sync::Arc<FlowCounters>)>,
}

/// The labels of an application. Nothing in names and regions needs escaping: they are letters, digits and `_.-`.
pub(crate) fn labels(application: &Application) -> String {
    let Application { account, region, name, .. } = application;
    format!("account=\"{account}\",region=\"{region}\",application=\"{name}\"")
}

impl KinesisAnalytics {
    /// Appends all metrics in Prometheus' text format.
    pub fn write_metrics(&self, out: &mut String) {
        let failed = self.runs.failed();
        if !failed.is_empty() {
            family("failed", "gauge", out);
            failed.iter().for_each(|labels| line("failed", labels, 1, out));
        }
        let figures = self.figures();
        if figures.is_empty() {
            return;
        }
        type Level = (&'static str, fn(&Figures) -> u64);
        const LEVELS: &[Level] = &[
            ("kpus", |_| KPUS),
            ("millis_behind_latest", |figures| figures.behind_ms),
            ("memory_bytes", |figures| figures.memory_bytes),
        ];
        for (name, level) in LEVELS {
            family(name, "gauge", out);
            figures.iter().for_each(|one| line(name, &one.labels, level(one), out));
        }
        const TOTALS: &[Level] = &[
            ("error_rows_total", |figures| figures.failed_rows),
            ("checkpoints_total", |figures| figures.checkpoints),
        ];
        for (name, total) in TOTALS {
            family(name, "counter", out);
            figures.iter().for_each(|one| line(name, &one.labels, total(one), out));
        }
        type Total = (&'static str, fn(&FlowCounters) -> &Counter);
        const FLOWS: &[Total] = &[
            ("bytes_total", |counters| &counters.bytes),
            ("records_total", |counters| &counters.records),
            ("success_total", |counters| &counters.successes),
            ("failure_total", |counters| &counters.failures),
            ("dropped_records_total", |counters| &counters.dropped),
        ];
        for (name, counter) in FLOWS {
            family(name, "counter", out);
            for one in &figures {
                for (flow, id, counters) in &one.flows {
                    let labels = format!("{},flow=\"{flow}\",id=\"{id}\"", one.labels);
                    line(name, &labels, counter(counters).get(), out);
                }
            }
        }
    }
}

fn family(name: &str, kind: &str, out: &mut String) {
    let _ = writeln!(out, "# TYPE aws_kinesisanalytics_{name} {kind}"); // Writing to a String cannot fail.
}

fn line(name: &str, labels: &str, value: u64, out: &mut String) {
    let _ = writeln!(out, "aws_kinesisanalytics_{name}{{{labels}}} {value}"); // Writing to a String cannot fail.
}
