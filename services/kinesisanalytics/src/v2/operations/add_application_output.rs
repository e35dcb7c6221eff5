//! `AddApplicationOutput`.

use std::sync::Arc;

use aws::{Call, Constraints, Operation, Required, ServiceError};
use serde::{Deserialize, Serialize};

use crate::KinesisAnalytics;
use crate::application::Guard;
use crate::control::CodeCheck;
use crate::shapes::{self, Api, Output, OutputDescription, checks};

/// Adds a destination to an application.
///
/// <https://docs.aws.amazon.com/managed-flink/latest/apiv2/API_AddApplicationOutput.html>
///
/// Differs from AWS: Lambda functions are refused as destinations.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct AddApplicationOutput {
    application_name: Required<String>,
    current_application_version_id: Required<i64>,
    output: Required<Output>,
}

/// The answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct AddApplicationOutputOutput {
    #[serde(rename = "ApplicationARN")]
    application_arn: String,
    application_version_id: u64,
    output_descriptions: Vec<OutputDescription>,
}

impl Operation for AddApplicationOutput {
    const NAME: &'static str = "AddApplicationOutput";
    type Service = KinesisAnalytics;
    type Output = AddApplicationOutputOutput;

    fn constraints(&self, check: &mut Constraints) {
        checks::application_name(check, &self.application_name);
        checks::current_version(check, &self.current_application_version_id);
        checks::require(check, "output", self.output.get());
        if let Some(new) = self.output.get() {
            check.nested("output", |check| new.constraints(check, Api::V2));
        }
    }

    async fn run(
        self,
        analytics: &Arc<KinesisAnalytics>,
        call: &Call,
    ) -> Result<AddApplicationOutputOutput, ServiceError> {
        let (name, guard) = ((*self.application_name).clone(), Guard::Version(*self.current_application_version_id));
        let new = self.output.into_inner();
        let edited =
            analytics.edit(call, &name, guard, (Api::V2, CodeCheck::None), |edit| edit.add_output(new)).await?;
        Ok(AddApplicationOutputOutput {
            application_arn: edited.arn(),
            application_version_id: edited.version,
            output_descriptions: shapes::outputs(&edited.configuration),
        })
    }
}
