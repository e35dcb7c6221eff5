//! `DeleteApplicationOutput`.

use std::sync::Arc;

use aws::{Call, Constraints, Operation, Required, ServiceError};
use serde::Deserialize;

use crate::KinesisAnalytics;
use crate::application::Guard;
use crate::control::CodeCheck;
use crate::shapes::{Api, Empty, checks};

/// Takes a destination from an application.
///
/// <https://docs.aws.amazon.com/kinesisanalytics/latest/dev/API_DeleteApplicationOutput.html>
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct DeleteApplicationOutput {
    application_name: Required<String>,
    current_application_version_id: Required<i64>,
    output_id: Required<String>,
}

impl Operation for DeleteApplicationOutput {
    const NAME: &'static str = "DeleteApplicationOutput";
    type Service = KinesisAnalytics;
    type Output = Empty;

    fn constraints(&self, check: &mut Constraints) {
        checks::application_name(check, &self.application_name);
        checks::current_version(check, &self.current_application_version_id);
        checks::id(check, "outputId", &self.output_id);
    }

    async fn run(self, analytics: &Arc<KinesisAnalytics>, call: &Call) -> Result<Empty, ServiceError> {
        let (name, guard) = ((*self.application_name).clone(), Guard::Version(*self.current_application_version_id));
        let id = self.output_id.into_inner();
        analytics.edit(call, &name, guard, (Api::V1, CodeCheck::None), |edit| edit.delete_output(&id)).await?;
        Ok(Empty {})
    }
}
