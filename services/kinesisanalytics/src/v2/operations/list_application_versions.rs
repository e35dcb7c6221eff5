//! `ListApplicationVersions`.

use std::sync::Arc;

use aws::{Call, Constraints, Operation, Required, ServiceError};
use serde::{Deserialize, Serialize};

use crate::shapes::{ApplicationStatus, checks};
use crate::{KinesisAnalytics, errors, records};

/// Lists the versions of an application, the newest last.
///
/// <https://docs.aws.amazon.com/managed-flink/latest/apiv2/API_ListApplicationVersions.html>
///
/// Differs from AWS: the last 1,000 versions are remembered.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct ListApplicationVersions {
    application_name: Required<String>,
    limit: Option<i32>,
    next_token: Option<String>,
}

/// The answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListApplicationVersionsOutput {
    application_version_summaries: Vec<ApplicationVersionSummary>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct ApplicationVersionSummary {
    application_version_id: u64,
    application_status: ApplicationStatus,
}

impl Operation for ListApplicationVersions {
    const NAME: &'static str = "ListApplicationVersions";
    type Service = KinesisAnalytics;
    type Output = ListApplicationVersionsOutput;

    fn constraints(&self, check: &mut Constraints) {
        checks::application_name(check, &self.application_name);
        checks::page_limit(check, &self.limit);
        check.member("nextToken", &self.next_token).length(1..=512);
    }

    async fn run(
        self,
        analytics: &Arc<KinesisAnalytics>,
        call: &Call,
    ) -> Result<ListApplicationVersionsOutput, ServiceError> {
        let found = analytics.find(call, &self.application_name)?;
        let after = match &self.next_token {
            Some(token) => token.parse().map_err(|_| errors::bad_token())?,
            None => 0,
        };
        let limit = checks::page_of(self.limit);
        let mut numbers = records::versions(&analytics.store, found.id, after, limit + 1)?;
        let has_more = numbers.len() > limit;
        numbers.truncate(limit);
        let next_token = numbers.last().filter(|_| has_more).map(u64::to_string);
        let application_status = found.status(analytics.now_ms());
        let summary = |application_version_id| ApplicationVersionSummary { application_version_id, application_status };
        let application_version_summaries = numbers.into_iter().map(summary).collect();
        Ok(ListApplicationVersionsOutput { application_version_summaries, next_token })
    }
}
