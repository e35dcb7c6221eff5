//! `DescribeApplication`.

use std::sync::Arc;

use aws::{Call, Constraints, Operation, Required, ServiceError, Timestamp};
use serde::{Deserialize, Serialize};

use crate::KinesisAnalytics;
use crate::application::Application;
use crate::shapes::{
    self, ApplicationStatus, CloudWatchLoggingOptionDescription, InputDescription, OutputDescription,
    ReferenceDataSourceDescription, checks,
};

/// Describes an application.
///
/// <https://docs.aws.amazon.com/kinesisanalytics/latest/dev/API_DescribeApplication.html>
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct DescribeApplication {
    application_name: Required<String>,
}

/// The answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DescribeApplicationOutput {
    application_detail: ApplicationDetail,
}

/// An application with everything in it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct ApplicationDetail {
    application_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    application_description: Option<String>,
    #[serde(rename = "ApplicationARN")]
    application_arn: String,
    application_status: ApplicationStatus,
    create_timestamp: Timestamp,
    last_update_timestamp: Timestamp,
    input_descriptions: Vec<InputDescription>,
    output_descriptions: Vec<OutputDescription>,
    reference_data_source_descriptions: Vec<ReferenceDataSourceDescription>,
    cloud_watch_logging_option_descriptions: Vec<CloudWatchLoggingOptionDescription>,
    application_code: String,
    application_version_id: u64,
}

impl ApplicationDetail {
    fn of(application: &Application, now_ms: u64) -> Self {
        let configuration = &application.configuration.with_role(application.role.as_ref());
        Self {
            application_name: application.name.clone(),
            application_description: application.description.clone(),
            application_arn: application.arn(),
            application_status: application.status(now_ms),
            create_timestamp: Timestamp::from_ms(application.created_ms),
            last_update_timestamp: Timestamp::from_ms(application.updated_ms),
            input_descriptions: shapes::inputs(configuration),
            output_descriptions: shapes::outputs(configuration),
            reference_data_source_descriptions: shapes::references(configuration),
            cloud_watch_logging_option_descriptions: shapes::logging_options(configuration),
            application_code: configuration.code.clone(),
            application_version_id: application.version,
        }
    }
}

impl Operation for DescribeApplication {
    const NAME: &'static str = "DescribeApplication";
    type Service = KinesisAnalytics;
    type Output = DescribeApplicationOutput;

    fn constraints(&self, check: &mut Constraints) {
        checks::application_name(check, &self.application_name);
    }

    async fn run(
        self,
        analytics: &Arc<KinesisAnalytics>,
        call: &Call,
    ) -> Result<DescribeApplicationOutput, ServiceError> {
        let found = analytics.find(call, &self.application_name)?;
        Ok(DescribeApplicationOutput { application_detail: ApplicationDetail::of(&found, analytics.now_ms()) })
    }
}
