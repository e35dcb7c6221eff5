//! `DescribeApplicationSnapshot`.

use std::sync::Arc;

use aws::{Call, Constraints, Operation, Required, ServiceError};
use serde::Deserialize;

use crate::shapes::{Empty, checks};
use crate::{KinesisAnalytics, errors};

/// Refuses to describe a snapshot.
///
/// <https://docs.aws.amazon.com/managed-flink/latest/apiv2/API_DescribeApplicationSnapshot.html>
///
/// Differs from AWS: always refused: SQL applications have none of it.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct DescribeApplicationSnapshot {
    application_name: Required<String>,
    snapshot_name: Required<String>,
}

impl Operation for DescribeApplicationSnapshot {
    const NAME: &'static str = "DescribeApplicationSnapshot";
    type Service = KinesisAnalytics;
    type Output = Empty;

    fn constraints(&self, check: &mut Constraints) {
        checks::application_name(check, &self.application_name);
        checks::snapshot_name(check, &self.snapshot_name);
    }

    async fn run(self, analytics: &Arc<KinesisAnalytics>, call: &Call) -> Result<Empty, ServiceError> {
        analytics.find(call, &self.application_name)?;
        Err(errors::operation_not_for_sql(Self::NAME))
    }
}
