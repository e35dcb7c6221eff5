//! `DescribeApplicationVersion`.

use std::sync::Arc;

use aws::{Call, Constraints, Operation, Required, ServiceError};
use serde::{Deserialize, Serialize};

use crate::shapes::checks;
use crate::v2::shapes::ApplicationDetail;
use crate::{KinesisAnalytics, errors, limits, records};

/// Describes an application as it was in a version.
///
/// <https://docs.aws.amazon.com/managed-flink/latest/apiv2/API_DescribeApplicationVersion.html>
///
/// Differs from AWS: the last 1,000 versions are remembered.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct DescribeApplicationVersion {
    application_name: Required<String>,
    application_version_id: Required<i64>,
}

/// The answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DescribeApplicationVersionOutput {
    application_version_detail: ApplicationDetail,
}

impl Operation for DescribeApplicationVersion {
    const NAME: &'static str = "DescribeApplicationVersion";
    type Service = KinesisAnalytics;
    type Output = DescribeApplicationVersionOutput;

    fn constraints(&self, check: &mut Constraints) {
        checks::application_name(check, &self.application_name);
        check.member("applicationVersionId", &self.application_version_id).range(1..=limits::VERSION_MAX);
    }

    async fn run(
        self,
        analytics: &Arc<KinesisAnalytics>,
        call: &Call,
    ) -> Result<DescribeApplicationVersionOutput, ServiceError> {
        let found = analytics.find(call, &self.application_name)?;
        let number = u64::try_from(*self.application_version_id).unwrap_or(0);
        let version = records::version(&analytics.store, found.id, number)?;
        let version = version.ok_or_else(|| errors::version_not_found(&found.name, number))?;
        let application_version_detail = ApplicationDetail::of_version(&found, version, analytics.now_ms());
        Ok(DescribeApplicationVersionOutput { application_version_detail })
    }
}
