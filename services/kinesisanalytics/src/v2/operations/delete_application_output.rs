//! `DeleteApplicationOutput`.

use std::sync::Arc;

use aws::{Call, Constraints, Operation, Required, ServiceError};
use serde::{Deserialize, Serialize};

use crate::KinesisAnalytics;
use crate::application::Guard;
use crate::control::CodeCheck;
use crate::shapes::{Api, checks};

/// Takes a destination from an application.
///
/// <https://docs.aws.amazon.com/managed-flink/latest/apiv2/API_DeleteApplicationOutput.html>
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct DeleteApplicationOutput {
    application_name: Required<String>,
    current_application_version_id: Required<i64>,
    output_id: Required<String>,
}

/// The answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeleteApplicationOutputOutput {
    #[serde(rename = "ApplicationARN")]
    application_arn: String,
    application_version_id: u64,
}

impl Operation for DeleteApplicationOutput {
    const NAME: &'static str = "DeleteApplicationOutput";
    type Service = KinesisAnalytics;
    type Output = DeleteApplicationOutputOutput;

    fn constraints(&self, check: &mut Constraints) {
        checks::application_name(check, &self.application_name);
        checks::current_version(check, &self.current_application_version_id);
        checks::id(check, "outputId", &self.output_id);
    }

    async fn run(
        self,
        analytics: &Arc<KinesisAnalytics>,
        call: &Call,
    ) -> Result<DeleteApplicationOutputOutput, ServiceError> {
        let (name, guard) = ((*self.application_name).clone(), Guard::Version(*self.current_application_version_id));
        let id = self.output_id.into_inner();
        let edited =
            analytics.edit(call, &name, guard, (Api::V2, CodeCheck::None), |edit| edit.delete_output(&id)).await?;
        Ok(DeleteApplicationOutputOutput { application_arn: edited.arn(), application_version_id: edited.version })
    }
}
