//! `DeleteApplicationCloudWatchLoggingOption`.

use std::sync::Arc;

use aws::{Call, Constraints, Operation, Required, ServiceError};
use serde::{Deserialize, Serialize};

use crate::KinesisAnalytics;
use crate::application::Guard;
use crate::control::CodeCheck;
use crate::shapes::{self, Api, CloudWatchLoggingOptionDescription, checks};

/// Takes a log stream from an application.
///
/// <https://docs.aws.amazon.com/managed-flink/latest/apiv2/API_DeleteApplicationCloudWatchLoggingOption.html>
///
/// Differs from AWS: the answer has no OperationId.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct DeleteApplicationCloudWatchLoggingOption {
    application_name: Required<String>,
    current_application_version_id: Option<i64>,
    cloud_watch_logging_option_id: Required<String>,
    conditional_token: Option<String>,
}

/// The answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeleteApplicationCloudWatchLoggingOptionOutput {
    #[serde(rename = "ApplicationARN")]
    application_arn: String,
    application_version_id: u64,
    cloud_watch_logging_option_descriptions: Vec<CloudWatchLoggingOptionDescription>,
}

impl Operation for DeleteApplicationCloudWatchLoggingOption {
    const NAME: &'static str = "DeleteApplicationCloudWatchLoggingOption";
    type Service = KinesisAnalytics;
    type Output = DeleteApplicationCloudWatchLoggingOptionOutput;

    fn constraints(&self, check: &mut Constraints) {
        checks::application_name(check, &self.application_name);
        checks::version(check, &self.current_application_version_id);
        checks::id(check, "cloudWatchLoggingOptionId", &self.cloud_watch_logging_option_id);
        checks::conditional_token(check, &self.conditional_token);
    }

    async fn run(
        self,
        analytics: &Arc<KinesisAnalytics>,
        call: &Call,
    ) -> Result<DeleteApplicationCloudWatchLoggingOptionOutput, ServiceError> {
        let (name, guard) =
            ((*self.application_name).clone(), Guard::of(self.current_application_version_id, self.conditional_token)?);
        let id = self.cloud_watch_logging_option_id.into_inner();
        let edited = analytics
            .edit(call, &name, guard, (Api::V2, CodeCheck::None), |edit| edit.delete_logging_option(&id))
            .await?;
        Ok(DeleteApplicationCloudWatchLoggingOptionOutput {
            application_arn: edited.arn(),
            application_version_id: edited.version,
            cloud_watch_logging_option_descriptions: shapes::logging_options(&edited.configuration),
        })
    }
}
