//! `AddApplicationReferenceDataSource`.

use std::sync::Arc;

use aws::{Call, Constraints, Operation, Required, ServiceError};
use serde::Deserialize;

use crate::application::Guard;
use crate::control::CodeCheck;
use crate::shapes::{Api, Empty, ReferenceDataSource, checks};
use crate::{KinesisAnalytics, limits};

/// Adds a reference table to an application.
///
/// <https://docs.aws.amazon.com/kinesisanalytics/latest/dev/API_AddApplicationReferenceDataSource.html>
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct AddApplicationReferenceDataSource {
    application_name: Required<String>,
    current_application_version_id: Required<i64>,
    reference_data_source: Required<ReferenceDataSource>,
}

impl Operation for AddApplicationReferenceDataSource {
    const NAME: &'static str = "AddApplicationReferenceDataSource";
    const BODY_BYTES_MAX: usize = limits::BODY_BYTES_MAX;
    type Service = KinesisAnalytics;
    type Output = Empty;

    fn constraints(&self, check: &mut Constraints) {
        checks::application_name(check, &self.application_name);
        checks::current_version(check, &self.current_application_version_id);
        checks::require(check, "referenceDataSource", self.reference_data_source.get());
        if let Some(new) = self.reference_data_source.get() {
            check.nested("referenceDataSource", |check| new.constraints(check, Api::V1));
        }
    }

    async fn run(self, analytics: &Arc<KinesisAnalytics>, call: &Call) -> Result<Empty, ServiceError> {
        let (name, guard) = ((*self.application_name).clone(), Guard::Version(*self.current_application_version_id));
        let new = self.reference_data_source.into_inner();
        analytics.edit(call, &name, guard, (Api::V1, CodeCheck::Tables), |edit| edit.add_reference(new)).await?;
        Ok(Empty {})
    }
}
