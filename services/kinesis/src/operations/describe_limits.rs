//! DescribeLimits.

use std::sync::Arc;

use aws::{Call, Constraints, Operation, ServiceError};
use serde::{Deserialize, Serialize};

use crate::{Kinesis, limits};

/// Answers the quotas of the account in the region, and how much of them is used.
///
/// <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DescribeLimits.html>
///
/// Differs from AWS: the shard limit is a setting, 500 by default; AWS grants 20,000 in its largest regions. There are
/// no channels to count.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct DescribeLimits {}

/// The answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DescribeLimitsOutput {
    shard_limit: u32,
    open_shard_count: usize,
    on_demand_stream_count: usize,
    on_demand_stream_count_limit: usize,
    channel_count: usize,
    channel_count_limit: usize,
}

impl Operation for DescribeLimits {
    const NAME: &'static str = "DescribeLimits";
    type Service = Kinesis;
    type Output = DescribeLimitsOutput;

    fn constraints(&self, _check: &mut Constraints) {}

    async fn run(self, kinesis: &Arc<Kinesis>, call: &Call) -> Result<DescribeLimitsOutput, ServiceError> {
        kinesis.admit(call, Self::NAME)?;
        let totals = kinesis.totals(call).await?;
        Ok(DescribeLimitsOutput {
            shard_limit: kinesis.settings.shard_limit,
            open_shard_count: totals.open_shards,
            on_demand_stream_count: totals.on_demand_streams,
            on_demand_stream_count_limit: limits::ON_DEMAND_STREAMS_MAX,
            channel_count: 0,
            channel_count_limit: limits::CHANNELS_MAX,
        })
    }
}
