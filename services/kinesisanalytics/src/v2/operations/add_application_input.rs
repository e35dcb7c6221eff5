//! `AddApplicationInput`.

use std::sync::Arc;

use aws::{Call, Constraints, Operation, Required, ServiceError};
use serde::{Deserialize, Serialize};

use crate::application::Guard;
use crate::control::CodeCheck;
use crate::shapes::{self, Api, Input, InputDescription, checks};
use crate::{KinesisAnalytics, limits};

/// Adds the streaming source to an application.
///
/// <https://docs.aws.amazon.com/managed-flink/latest/apiv2/API_AddApplicationInput.html>
///
/// Differs from AWS: Lambda processors are refused.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct AddApplicationInput {
    application_name: Required<String>,
    current_application_version_id: Required<i64>,
    input: Required<Input>,
}

/// The answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct AddApplicationInputOutput {
    #[serde(rename = "ApplicationARN")]
    application_arn: String,
    application_version_id: u64,
    input_descriptions: Vec<InputDescription>,
}

impl Operation for AddApplicationInput {
    const NAME: &'static str = "AddApplicationInput";
    const BODY_BYTES_MAX: usize = limits::BODY_BYTES_MAX;
    type Service = KinesisAnalytics;
    type Output = AddApplicationInputOutput;

    fn constraints(&self, check: &mut Constraints) {
        checks::application_name(check, &self.application_name);
        checks::current_version(check, &self.current_application_version_id);
        checks::require(check, "input", self.input.get());
        if let Some(new) = self.input.get() {
            check.nested("input", |check| new.constraints(check, Api::V2));
        }
    }

    async fn run(
        self,
        analytics: &Arc<KinesisAnalytics>,
        call: &Call,
    ) -> Result<AddApplicationInputOutput, ServiceError> {
        let (name, guard) = ((*self.application_name).clone(), Guard::Version(*self.current_application_version_id));
        let new = self.input.into_inner();
        let edited =
            analytics.edit(call, &name, guard, (Api::V2, CodeCheck::Valid), |edit| edit.add_input(new)).await?;
        Ok(AddApplicationInputOutput {
            application_arn: edited.arn(),
            application_version_id: edited.version,
            input_descriptions: shapes::inputs(&edited.configuration),
        })
    }
}
