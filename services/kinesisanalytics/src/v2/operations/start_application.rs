//! `StartApplication`.

use std::sync::Arc;

use aws::{Call, Constraints, Operation, Required, ServiceError};
use serde::Deserialize;

use crate::KinesisAnalytics;
use crate::shapes::{Empty, checks};
use crate::v2::shapes::RunConfiguration;

/// Starts an application that is READY.
///
/// <https://docs.aws.amazon.com/managed-flink/latest/apiv2/API_StartApplication.html>
///
/// Differs from AWS: outputs of in-application streams that the code does not make are refused here; the answer has no OperationId.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct StartApplication {
    application_name: Required<String>,
    run_configuration: Option<RunConfiguration>,
}

impl Operation for StartApplication {
    const NAME: &'static str = "StartApplication";
    type Service = KinesisAnalytics;
    type Output = Empty;

    fn constraints(&self, check: &mut Constraints) {
        checks::application_name(check, &self.application_name);
        if let Some(run) = &self.run_configuration {
            check.nested("runConfiguration", |check| run.constraints(check));
        }
    }

    async fn run(self, analytics: &Arc<KinesisAnalytics>, call: &Call) -> Result<Empty, ServiceError> {
        let positions = self.run_configuration.unwrap_or_default().into_positions()?;
        analytics.start(call, &self.application_name, positions).await?;
        Ok(Empty {})
    }
}
