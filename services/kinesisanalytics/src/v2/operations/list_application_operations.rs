//! `ListApplicationOperations`.

use std::sync::Arc;

use aws::{Call, Constraints, Lenient, Operation, Required, ServiceError};
use serde::Deserialize;

use crate::shapes::{Empty, checks};
use crate::v2::shapes::OperationStatus;
use crate::{KinesisAnalytics, errors};

/// Refuses to list operations.
///
/// <https://docs.aws.amazon.com/managed-flink/latest/apiv2/API_ListApplicationOperations.html>
///
/// Differs from AWS: always refused: SQL applications have none of it.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct ListApplicationOperations {
    application_name: Required<String>,
    limit: Option<i32>,
    next_token: Option<String>,
    operation: Option<String>,
    operation_status: Option<Lenient<OperationStatus>>,
}

impl Operation for ListApplicationOperations {
    const NAME: &'static str = "ListApplicationOperations";
    type Service = KinesisAnalytics;
    type Output = Empty;

    fn constraints(&self, check: &mut Constraints) {
        checks::application_name(check, &self.application_name);
        checks::page_limit(check, &self.limit);
        check.member("nextToken", &self.next_token).length(1..=512);
        check.member("operation", &self.operation).length(1..=64);
        check.member("operationStatus", &self.operation_status).known();
    }

    async fn run(self, analytics: &Arc<KinesisAnalytics>, call: &Call) -> Result<Empty, ServiceError> {
        analytics.find(call, &self.application_name)?;
        Err(errors::operation_not_for_sql(Self::NAME))
    }
}
