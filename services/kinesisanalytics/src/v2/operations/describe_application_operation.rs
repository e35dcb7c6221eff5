//! `DescribeApplicationOperation`.

use std::sync::Arc;

use aws::{Call, Constraints, Operation, Required, ServiceError};
use serde::Deserialize;

use crate::shapes::{Empty, checks};
use crate::{KinesisAnalytics, errors};

/// Refuses to describe an operation.
///
/// <https://docs.aws.amazon.com/managed-flink/latest/apiv2/API_DescribeApplicationOperation.html>
///
/// Differs from AWS: always refused: SQL applications have none of it.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct DescribeApplicationOperation {
    application_name: Required<String>,
    operation_id: Required<String>,
}

impl Operation for DescribeApplicationOperation {
    const NAME: &'static str = "DescribeApplicationOperation";
    type Service = KinesisAnalytics;
    type Output = Empty;

    fn constraints(&self, check: &mut Constraints) {
        checks::application_name(check, &self.application_name);
        check.member("operationId", &self.operation_id).length(1..=64);
    }

    async fn run(self, analytics: &Arc<KinesisAnalytics>, call: &Call) -> Result<Empty, ServiceError> {
        analytics.find(call, &self.application_name)?;
        Err(errors::operation_not_for_sql(Self::NAME))
    }
}
