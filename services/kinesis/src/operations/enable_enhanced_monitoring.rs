//! EnableEnhancedMonitoring.

use std::sync::Arc;

use aws::{Call, Constraints, Lenient, Operation, Required, ServiceError};
use serde::Deserialize;

use crate::monitoring::Monitoring;
use crate::shapes::MetricsName;
use crate::{Kinesis, monitoring, shapes};

/// Turns shard-level metrics on.
///
/// <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_EnableEnhancedMonitoring.html>
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct EnableEnhancedMonitoring {
    stream_name: Option<String>,
    shard_level_metrics: Required<Vec<Lenient<MetricsName>>>,
    #[serde(rename = "StreamARN")]
    stream_arn: Option<String>,
    stream_id: Option<String>,
}

impl Operation for EnableEnhancedMonitoring {
    const NAME: &'static str = "EnableEnhancedMonitoring";
    type Service = Kinesis;
    type Output = Monitoring;

    fn constraints(&self, check: &mut Constraints) {
        shapes::stream_name(check, &self.stream_name);
        check.member("shardLevelMetrics", &self.shard_level_metrics).length(1..=7).all_known();
        shapes::stream_arn(check, &self.stream_arn);
        shapes::stream_id(check, &self.stream_id);
    }

    async fn run(self, kinesis: &Arc<Kinesis>, call: &Call) -> Result<Monitoring, ServiceError> {
        kinesis.admit(call, Self::NAME)?;
        let view = kinesis.find_stream(call, &self.stream_name, &self.stream_arn).await?;
        let named = monitoring::named(&self.shard_level_metrics);
        kinesis.set_monitoring(&view, call, |current| current | &named).await
    }
}
