//! `AddApplicationCloudWatchLoggingOption`.

use std::sync::Arc;

use aws::{Call, Constraints, Operation, Required, ServiceError};
use serde::Deserialize;

use crate::KinesisAnalytics;
use crate::application::Guard;
use crate::control::CodeCheck;
use crate::shapes::{Api, CloudWatchLoggingOption, Empty, checks};

/// Adds a log stream to an application.
///
/// <https://docs.aws.amazon.com/kinesisanalytics/latest/dev/API_AddApplicationCloudWatchLoggingOption.html>
///
/// Differs from AWS: the log stream is a file of the server, and must be of the application's account and region.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct AddApplicationCloudWatchLoggingOption {
    application_name: Required<String>,
    current_application_version_id: Required<i64>,
    cloud_watch_logging_option: Required<CloudWatchLoggingOption>,
}

impl Operation for AddApplicationCloudWatchLoggingOption {
    const NAME: &'static str = "AddApplicationCloudWatchLoggingOption";
    type Service = KinesisAnalytics;
    type Output = Empty;

    fn constraints(&self, check: &mut Constraints) {
        checks::application_name(check, &self.application_name);
        checks::current_version(check, &self.current_application_version_id);
        checks::require(check, "cloudWatchLoggingOption", self.cloud_watch_logging_option.get());
        if let Some(new) = self.cloud_watch_logging_option.get() {
            check.nested("cloudWatchLoggingOption", |check| new.constraints(check, Api::V1));
        }
    }

    async fn run(self, analytics: &Arc<KinesisAnalytics>, call: &Call) -> Result<Empty, ServiceError> {
        let (name, guard) = ((*self.application_name).clone(), Guard::Version(*self.current_application_version_id));
        let new = self.cloud_watch_logging_option.into_inner();
        analytics.edit(call, &name, guard, (Api::V1, CodeCheck::None), |edit| edit.add_logging_option(new)).await?;
        Ok(Empty {})
    }
}
