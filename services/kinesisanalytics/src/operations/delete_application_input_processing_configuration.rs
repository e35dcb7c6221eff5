//! `DeleteApplicationInputProcessingConfiguration`.

use std::sync::Arc;

use aws::{Call, Constraints, Operation, Required, ServiceError};
use serde::Deserialize;

use crate::KinesisAnalytics;
use crate::application::Guard;
use crate::control::CodeCheck;
use crate::shapes::{Api, Empty, checks};

/// Takes the function before an input away, which there is none of: the application gets a version all the same.
///
/// <https://docs.aws.amazon.com/kinesisanalytics/latest/dev/API_DeleteApplicationInputProcessingConfiguration.html>
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct DeleteApplicationInputProcessingConfiguration {
    application_name: Required<String>,
    current_application_version_id: Required<i64>,
    input_id: Required<String>,
}

impl Operation for DeleteApplicationInputProcessingConfiguration {
    const NAME: &'static str = "DeleteApplicationInputProcessingConfiguration";
    type Service = KinesisAnalytics;
    type Output = Empty;

    fn constraints(&self, check: &mut Constraints) {
        checks::application_name(check, &self.application_name);
        checks::current_version(check, &self.current_application_version_id);
        checks::id(check, "inputId", &self.input_id);
    }

    async fn run(self, analytics: &Arc<KinesisAnalytics>, call: &Call) -> Result<Empty, ServiceError> {
        let (name, guard) = ((*self.application_name).clone(), Guard::Version(*self.current_application_version_id));
        let edited =
            analytics.edit(call, &name, guard, (Api::V1, CodeCheck::None), |edit| edit.require_input(&self.input_id));
        edited.await?;
        Ok(Empty {})
    }
}
