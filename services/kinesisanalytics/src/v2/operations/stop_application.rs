//! `StopApplication`.

use std::sync::Arc;

use aws::{Call, Constraints, Operation, Required, ServiceError};
use serde::Deserialize;

use crate::shapes::{Empty, checks};
use crate::{KinesisAnalytics, errors};

/// Stops a running application.
///
/// <https://docs.aws.amazon.com/managed-flink/latest/apiv2/API_StopApplication.html>
///
/// Differs from AWS: the answer has no OperationId.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct StopApplication {
    application_name: Required<String>,
    force: Option<bool>,
}

impl Operation for StopApplication {
    const NAME: &'static str = "StopApplication";
    type Service = KinesisAnalytics;
    type Output = Empty;

    fn constraints(&self, check: &mut Constraints) {
        checks::application_name(check, &self.application_name);
        check.member("force", &self.force);
    }

    async fn run(self, analytics: &Arc<KinesisAnalytics>, call: &Call) -> Result<Empty, ServiceError> {
        if self.force == Some(true) {
            analytics.find(call, &self.application_name)?;
            return Err(errors::no_force());
        }
        analytics.stop(call, &self.application_name).await?;
        Ok(Empty {})
    }
}
