//! `ListApplications`.

use std::sync::Arc;

use aws::{Call, Constraints, Operation, ServiceError};
use serde::{Deserialize, Serialize};

use crate::KinesisAnalytics;
use crate::application::Application;
use crate::shapes::{ApplicationStatus, checks};

/// Lists applications by name.
///
/// <https://docs.aws.amazon.com/kinesisanalytics/latest/dev/API_ListApplications.html>
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct ListApplications {
    limit: Option<i32>,
    exclusive_start_application_name: Option<String>,
}

/// The answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListApplicationsOutput {
    application_summaries: Vec<ApplicationSummary>,
    has_more_applications: bool,
}

/// An application, in lists.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ApplicationSummary {
    application_name: String,
    #[serde(rename = "ApplicationARN")]
    application_arn: String,
    application_status: ApplicationStatus,
}

impl ApplicationSummary {
    pub(crate) fn of(application: &Application, now_ms: u64) -> Self {
        Self {
            application_name: application.name.clone(),
            application_arn: application.arn(),
            application_status: application.status(now_ms),
        }
    }
}

impl Operation for ListApplications {
    const NAME: &'static str = "ListApplications";
    type Service = KinesisAnalytics;
    type Output = ListApplicationsOutput;

    fn constraints(&self, check: &mut Constraints) {
        checks::page_limit(check, &self.limit);
        checks::named_application(check, "exclusiveStartApplicationName", &self.exclusive_start_application_name);
    }

    async fn run(self, analytics: &Arc<KinesisAnalytics>, call: &Call) -> Result<ListApplicationsOutput, ServiceError> {
        let (limit, now_ms) = (checks::page_of(self.limit), analytics.now_ms());
        let mut found = analytics.list(call, self.exclusive_start_application_name.as_deref(), limit + 1)?;
        let has_more_applications = found.len() > limit;
        found.truncate(limit);
        let application_summaries = found.iter().map(|one| ApplicationSummary::of(one, now_ms)).collect();
        Ok(ListApplicationsOutput { application_summaries, has_more_applications })
    }
}
