//! `DescribeApplication`.

use std::sync::Arc;

use aws::{Call, Constraints, Operation, Required, ServiceError};
use serde::{Deserialize, Serialize};

use crate::KinesisAnalytics;
use crate::shapes::checks;
use crate::v2::shapes::ApplicationDetail;

/// Describes an application. There are no additional details of SQL applications.
///
/// <https://docs.aws.amazon.com/managed-flink/latest/apiv2/API_DescribeApplication.html>
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct DescribeApplication {
    application_name: Required<String>,
    include_additional_details: Option<bool>,
}

/// The answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DescribeApplicationOutput {
    application_detail: ApplicationDetail,
}

impl Operation for DescribeApplication {
    const NAME: &'static str = "DescribeApplication";
    type Service = KinesisAnalytics;
    type Output = DescribeApplicationOutput;

    fn constraints(&self, check: &mut Constraints) {
        checks::application_name(check, &self.application_name);
        check.member("includeAdditionalDetails", &self.include_additional_details);
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
