//! `StopApplication`.

use std::sync::Arc;

use aws::{Call, Constraints, Operation, Required, ServiceError};
use serde::Deserialize;

use crate::KinesisAnalytics;
use crate::shapes::{Empty, checks};

/// Stops a running application.
///
/// <https://docs.aws.amazon.com/kinesisanalytics/latest/dev/API_StopApplication.html>
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct StopApplication {
    application_name: Required<String>,
}

impl Operation for StopApplication {
    const NAME: &'static str = "StopApplication";
    type Service = KinesisAnalytics;
    type Output = Empty;

    fn constraints(&self, check: &mut Constraints) {
        checks::application_name(check, &self.application_name);
    }

    async fn run(self, analytics: &Arc<KinesisAnalytics>, call: &Call) -> Result<Empty, ServiceError> {
        analytics.stop(call, &self.application_name).await?;
        Ok(Empty {})
    }
}
