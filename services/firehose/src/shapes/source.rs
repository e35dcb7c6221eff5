//! Where records shall come from, as it arrives.

use std::sync::LazyLock;

use aws::{Constraints, Pattern};
use serde::Deserialize;

use super::{Form, member};

static STREAM_ARN: LazyLock<Pattern> =
    LazyLock::new(|| Pattern::new(r"arn:.*:kinesis:[a-zA-Z0-9\-]+:\d{12}:stream/[a-zA-Z0-9_.-]+"));

/// `DirectPutSourceConfiguration`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct DirectPutSource {
    #[serde(rename = "ThroughputHintInMBs")]
    throughput_hint_in_mbs: Option<i32>,
}

impl DirectPutSource {
    pub(crate) fn constraints(&self, check: &mut Constraints) {
        check.nested("directPutSourceConfiguration", |check| {
            member(check, Form::Whole, "throughputHintInMBs", &self.throughput_hint_in_mbs).range(1..=100);
        });
    }

    /// The hint, in MiB/s.
    pub(crate) fn hint_mib(&self) -> Option<u32> {
        self.throughput_hint_in_mbs.map(i32::unsigned_abs)
    }
}

/// `KinesisStreamSourceConfiguration`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct KinesisSource {
    #[serde(rename = "KinesisStreamARN")]
    kinesis_stream_arn: Option<String>,
    #[serde(rename = "RoleARN")]
    role_arn: Option<String>,
}

impl KinesisSource {
    pub(crate) fn constraints(&self, check: &mut Constraints) {
        check.nested("kinesisStreamSourceConfiguration", |check| {
            let arn = &self.kinesis_stream_arn;
            member(check, Form::Whole, "kinesisStreamARN", arn).pattern(&STREAM_ARN).length(1..=512);
            super::role_arn(check, Form::Whole, &self.role_arn);
        });
    }

    /// The ARNs of the stream and of the role, which the constraints have seen.
    pub(crate) fn into_arns(self) -> (String, String) {
        (self.kinesis_stream_arn.unwrap_or_default(), self.role_arn.unwrap_or_default())
    }
}
