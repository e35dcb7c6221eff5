//! `DeleteApplication`.

use std::sync::Arc;

use aws::{Call, Constraints, Operation, Required, ServiceError, Timestamp};
use serde::Deserialize;

use crate::KinesisAnalytics;
use crate::shapes::{Api, Empty, checks};

/// Deletes an application. It must be READY or RUNNING.
///
/// <https://docs.aws.amazon.com/kinesisanalytics/latest/dev/API_DeleteApplication.html>
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct DeleteApplication {
    application_name: Required<String>,
    create_timestamp: Required<Timestamp>,
}

impl Operation for DeleteApplication {
    const NAME: &'static str = "DeleteApplication";
    type Service = KinesisAnalytics;
    type Output = Empty;

    fn constraints(&self, check: &mut Constraints) {
        checks::application_name(check, &self.application_name);
        check.member("createTimestamp", &self.create_timestamp);
    }

    async fn run(self, analytics: &Arc<KinesisAnalytics>, call: &Call) -> Result<Empty, ServiceError> {
        analytics.delete(call, &self.application_name, *self.create_timestamp, Api::V1).await?;
        Ok(Empty {})
    }
}
