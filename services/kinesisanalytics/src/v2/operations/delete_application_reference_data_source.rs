//! `DeleteApplicationReferenceDataSource`.

use std::sync::Arc;

use aws::{Call, Constraints, Operation, Required, ServiceError};
use serde::{Deserialize, Serialize};

use crate::KinesisAnalytics;
use crate::application::Guard;
use crate::control::CodeCheck;
use crate::shapes::{Api, checks};

/// Takes a reference table from an application.
///
/// <https://docs.aws.amazon.com/managed-flink/latest/apiv2/API_DeleteApplicationReferenceDataSource.html>
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct DeleteApplicationReferenceDataSource {
    application_name: Required<String>,
    current_application_version_id: Required<i64>,
    reference_id: Required<String>,
}

/// The answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeleteApplicationReferenceDataSourceOutput {
    #[serde(rename = "ApplicationARN")]
    application_arn: String,
    application_version_id: u64,
}

impl Operation for DeleteApplicationReferenceDataSource {
    const NAME: &'static str = "DeleteApplicationReferenceDataSource";
    type Service = KinesisAnalytics;
    type Output = DeleteApplicationReferenceDataSourceOutput;

    fn constraints(&self, check: &mut Constraints) {
        checks::application_name(check, &self.application_name);
        checks::current_version(check, &self.current_application_version_id);
        checks::id(check, "referenceId", &self.reference_id);
    }

    async fn run(
        self,
        analytics: &Arc<KinesisAnalytics>,
        call: &Call,
    ) -> Result<DeleteApplicationReferenceDataSourceOutput, ServiceError> {
        let (name, guard) = ((*self.application_name).clone(), Guard::Version(*self.current_application_version_id));
        let id = self.reference_id.into_inner();
        let edited =
            analytics.edit(call, &name, guard, (Api::V2, CodeCheck::Tables), |edit| edit.delete_reference(&id)).await?;
        Ok(DeleteApplicationReferenceDataSourceOutput {
            application_arn: edited.arn(),
            application_version_id: edited.version,
        })
    }
}
