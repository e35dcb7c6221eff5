//! `ListApplications`.

use std::sync::Arc;

use aws::{Call, Constraints, Operation, ServiceError};
use serde::{Deserialize, Serialize};

use crate::KinesisAnalytics;
use crate::shapes::{ApplicationStatus, checks};
use crate::v2::shapes::RuntimeEnvironment;

/// Lists applications by name.
///
/// <https://docs.aws.amazon.com/managed-flink/latest/apiv2/API_ListApplications.html>
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct ListApplications {
    limit: Option<i32>,
    next_token: Option<String>,
}

/// The answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListApplicationsOutput {
    application_summaries: Vec<ApplicationSummary>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct ApplicationSummary {
    application_name: String,
    #[serde(rename = "ApplicationARN")]
    application_arn: String,
    application_status: ApplicationStatus,
    application_version_id: u64,
    runtime_environment: RuntimeEnvironment,
}

impl Operation for ListApplications {
    const NAME: &'static str = "ListApplications";
    type Service = KinesisAnalytics;
    type Output = ListApplicationsOutput;

    fn constraints(&self, check: &mut Constraints) {
        checks::page_limit(check, &self.limit);
        checks::named_application(check, "nextToken", &self.next_token);
    }

    async fn run(self, analytics: &Arc<KinesisAnalytics>, call: &Call) -> Result<ListApplicationsOutput, ServiceError> {
        let (limit, now_ms) = (checks::page_of(self.limit), analytics.now_ms());
        let mut found = analytics.list(call, self.next_token.as_deref(), limit + 1)?;
        let has_more = found.len() > limit;
        found.truncate(limit);
        let next_token = found.last().filter(|_| has_more).map(|last| last.name.clone());
        let application_summaries = found.into_iter().map(|one| ApplicationSummary {
            application_arn: one.arn(),
            application_status: one.status(now_ms),
            application_version_id: one.version,
            runtime_environment: RuntimeEnvironment::Sql10,
            application_name: one.name,
        });
        Ok(ListApplicationsOutput { application_summaries: application_summaries.collect(), next_token })
    }
}
