//! `AddApplicationInput`.

use std::sync::Arc;

use aws::{Call, Constraints, Operation, Required, ServiceError};
use serde::Deserialize;

use crate::application::Guard;
use crate::control::CodeCheck;
use crate::shapes::{Api, Empty, Input, checks};
use crate::{KinesisAnalytics, limits};

/// Adds the streaming source to an application.
///
/// <https://docs.aws.amazon.com/kinesisanalytics/latest/dev/API_AddApplicationInput.html>
///
/// Differs from AWS: Lambda processors are refused.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct AddApplicationInput {
    application_name: Required<String>,
    current_application_version_id: Required<i64>,
    input: Required<Input>,
}

impl Operation for AddApplicationInput {
    const NAME: &'static str = "AddApplicationInput";
    const BODY_BYTES_MAX: usize = limits::BODY_BYTES_MAX;
    type Service = KinesisAnalytics;
    type Output = Empty;

    fn constraints(&self, check: &mut Constraints) {
        checks::application_name(check, &self.application_name);
        checks::current_version(check, &self.current_application_version_id);
        checks::require(check, "input", self.input.get());
        if let Some(new) = self.input.get() {
            check.nested("input", |check| new.constraints(check, Api::V1));
        }
    }

    async fn run(self, analytics: &Arc<KinesisAnalytics>, call: &Call) -> Result<Empty, ServiceError> {
        let (name, guard) = ((*self.application_name).clone(), Guard::Version(*self.current_application_version_id));
        let new = self.input.into_inner();
        analytics.edit(call, &name, guard, (Api::V1, CodeCheck::Valid), |edit| edit.add_input(new)).await?;
        Ok(Empty {})
    }
}
