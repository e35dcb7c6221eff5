//! Shard-level metrics: which are on.

use std::collections::BTreeSet;

use aws::{Call, Lenient, ServiceError, WireEnum};
use serde::Serialize;

use crate::Kinesis;
use crate::shapes::{MetricsName, StreamStatus};
use crate::view::StreamView;

/// The metrics that are on, before and after a change.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Monitoring {
    stream_name: String,
    current_shard_level_metrics: BTreeSet<MetricsName>,
    desired_shard_level_metrics: BTreeSet<MetricsName>,
    #[serde(rename = "StreamARN")]
    stream_arn: String,
}

/// The metrics a request names; `ALL` names every one.
pub(crate) fn named(metrics: &[Lenient<MetricsName>]) -> BTreeSet<MetricsName> {
    let named: BTreeSet<MetricsName> = metrics.iter().map(Lenient::known).collect();
    if !named.contains(&MetricsName::All) {
        return named;
    }
    let every = MetricsName::NAMES.iter().filter_map(|name| MetricsName::from_name(name));
    every.filter(|metric| *metric != MetricsName::All).collect()
}

impl Kinesis {
    /// Changes which metrics are on; `desired` turns those before into those after.
    pub(crate) async fn set_monitoring(
        &self,
        view: &StreamView,
        call: &Call,
        mut desired: impl FnMut(&BTreeSet<MetricsName>) -> BTreeSet<MetricsName> + Send,
    ) -> Result<Monitoring, ServiceError> {
        let (now_ms, duration_ms) = (self.now_ms(), self.settings.transition_ms());
        let mut before = BTreeSet::new();
        let change = self.change_stream(view, call, |current, record| {
            current.require_active(now_ms, call)?;
            let desired = desired(&record.shard_level_metrics);
            before = record.shard_level_metrics.clone();
            if desired != record.shard_level_metrics {
                record.begin(StreamStatus::Updating, now_ms, duration_ms);
                record.shard_level_metrics = desired;
            }
            Ok(log::Alteration::default())
        });
        let after = change.await?;
        Ok(Monitoring {
            stream_name: after.name().to_owned(),
            current_shard_level_metrics: before,
            desired_shard_level_metrics: after.record.shard_level_metrics.clone(),
            stream_arn: after.arn(call),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_names_every_metric() {
        assert_eq!(named(&[Lenient::Known(MetricsName::All)]).len(), 7);
        let two = [Lenient::Known(MetricsName::IncomingBytes), Lenient::Known(MetricsName::OutgoingBytes)];
        assert_eq!(named(&two).len(), 2);
    }
}
