//! `AddApplicationCloudWatchLoggingOption`.

use std::sync::Arc;

use aws::{Call, Constraints, Operation, Required, ServiceError};
use serde::{Deserialize, Serialize};

use crate::KinesisAnalytics;
use crate::application::Guard;
use crate::control::CodeCheck;
use crate::shapes::{self, Api, CloudWatchLoggingOption, CloudWatchLoggingOptionDescription, checks};

/// Adds a log stream to an application.
///
/// <https://docs.aws.amazon.com/managed-flink/latest/apiv2/API_AddApplicationCloudWatchLoggingOption.html>
///
/// Differs from AWS: the log stream is a file of the server, and must be of the application's account and region. The answer has no OperationId.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct AddApplicationCloudWatchLoggingOption {
    application_name: Required<String>,
    current_application_version_id: Option<i64>,
    cloud_watch_logging_option: Required<CloudWatchLoggingOption>,
    conditional_token: Option<String>,
}

/// The answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct AddApplicationCloudWatchLoggingOptionOutput {
    #[serde(rename = "ApplicationARN")]
    application_arn: String,
    application_version_id: u64,
    cloud_watch_logging_option_descriptions: Vec<CloudWatchLoggingOptionDescription>,
}

impl Operation for AddApplicationCloudWatchLoggingOption {
    const NAME: &'static str = "AddApplicationCloudWatchLoggingOption";
    type Service = KinesisAnalytics;
    type Output = AddApplicationCloudWatchLoggingOptionOutput;

    fn constraints(&self, check: &mut Constraints) {
        checks::application_name(check, &self.application_name);
        checks::version(check, &self.current_application_version_id);
        checks::require(check, "cloudWatchLoggingOption", self.cloud_watch_logging_option.get());
        if let Some(new) = self.cloud_watch_logging_option.get() {
            check.nested("cloudWatchLoggingOption", |check| new.constraints(check, Api::V2));
        }
        checks::conditional_token(check, &self.conditional_token);
    }

    async fn run(
        self,
        analytics: &Arc<KinesisAnalytics>,
        call: &Call,
    ) -> Result<AddApplicationCloudWatchLoggingOptionOutput, ServiceError> {
        let (name, guard) =
            ((*self.application_name).clone(), Guard::of(self.current_application_version_id, self.conditional_token)?);
        let new = self.cloud_watch_logging_option.into_inner();
        let edited =
            analytics.edit(call, &name, guard, (Api::V2, CodeCheck::None), |edit| edit.add_logging_option(new)).await?;
        Ok(AddApplicationCloudWatchLoggingOptionOutput {
            application_arn: edited.arn(),
            application_version_id: edited.version,
            cloud_watch_logging_option_descriptions: shapes::logging_options(&edited.configuration),
        })
    }
}
