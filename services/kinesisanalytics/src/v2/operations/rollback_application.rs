//! `RollbackApplication`.

use std::sync::Arc;

use aws::{Call, Constraints, Operation, Required, ServiceError};
use serde::Deserialize;

use crate::shapes::{Empty, checks};
use crate::{KinesisAnalytics, errors};

/// Refuses to go back to a version.
///
/// <https://docs.aws.amazon.com/managed-flink/latest/apiv2/API_RollbackApplication.html>
///
/// Differs from AWS: always refused: SQL applications have none of it.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct RollbackApplication {
    application_name: Required<String>,
    current_application_version_id: Required<i64>,
}

impl Operation for RollbackApplication {
    const NAME: &'static str = "RollbackApplication";
    type Service = KinesisAnalytics;
    type Output = Empty;

    fn constraints(&self, check: &mut Constraints) {
        checks::application_name(check, &self.application_name);
        checks::current_version(check, &self.current_application_version_id);
    }

    async fn run(self, analytics: &Arc<KinesisAnalytics>, call: &Call) -> Result<Empty, ServiceError> {
        analytics.find(call, &self.application_name)?;
        Err(errors::operation_not_for_sql(Self::NAME))
    }
}
