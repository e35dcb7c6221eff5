//! `AddApplicationOutput`.

use std::sync::Arc;

use aws::{Call, Constraints, Operation, Required, ServiceError};
use serde::Deserialize;

use crate::KinesisAnalytics;
use crate::application::Guard;
use crate::control::CodeCheck;
use crate::shapes::{Api, Empty, Output, checks};

/// Adds a destination to an application.
///
/// <https://docs.aws.amazon.com/kinesisanalytics/latest/dev/API_AddApplicationOutput.html>
///
/// Differs from AWS: Lambda functions are refused as destinations.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct AddApplicationOutput {
    application_name: Required<String>,
    current_application_version_id: Required<i64>,
    output: Required<Output>,
}

impl Operation for AddApplicationOutput {
    const NAME: &'static str = "AddApplicationOutput";
    type Service = KinesisAnalytics;
    type Output = Empty;

    fn constraints(&self, check: &mut Constraints) {
        checks::application_name(check, &self.application_name);
        checks::current_version(check, &self.current_application_version_id);
        checks::require(check, "output", self.output.get());
        if let Some(new) = self.output.get() {
            check.nested("output", |check| new.constraints(check, Api::V1));
        }
    }

    async fn run(self, analytics: &Arc<KinesisAnalytics>, call: &Call) -> Result<Empty, ServiceError> {
        let (name, guard) = ((*self.application_name).clone(), Guard::Version(*self.current_application_version_id));
        let new = self.output.into_inner();
        analytics.edit(call, &name, guard, (Api::V1, CodeCheck::None), |edit| edit.add_output(new)).await?;
        Ok(Empty {})
    }
}
