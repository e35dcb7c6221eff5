//! `AddApplicationReferenceDataSource`.

use std::sync::Arc;

use aws::{Call, Constraints, Operation, Required, ServiceError};
use serde::{Deserialize, Serialize};

use crate::application::Guard;
use crate::control::CodeCheck;
use crate::shapes::{self, Api, ReferenceDataSource, ReferenceDataSourceDescription, checks};
use crate::{KinesisAnalytics, limits};

/// Adds a reference table to an application.
///
/// <https://docs.aws.amazon.com/managed-flink/latest/apiv2/API_AddApplicationReferenceDataSource.html>
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct AddApplicationReferenceDataSource {
    application_name: Required<String>,
    current_application_version_id: Required<i64>,
    reference_data_source: Required<ReferenceDataSource>,
}

/// The answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct AddApplicationReferenceDataSourceOutput {
    #[serde(rename = "ApplicationARN")]
    application_arn: String,
    application_version_id: u64,
    reference_data_source_descriptions: Vec<ReferenceDataSourceDescription>,
}

impl Operation for AddApplicationReferenceDataSource {
    const NAME: &'static str = "AddApplicationReferenceDataSource";
    const BODY_BYTES_MAX: usize = limits::BODY_BYTES_MAX;
    type Service = KinesisAnalytics;
    type Output = AddApplicationReferenceDataSourceOutput;

    fn constraints(&self, check: &mut Constraints) {
        checks::application_name(check, &self.application_name);
        checks::current_version(check, &self.current_application_version_id);
        checks::require(check, "referenceDataSource", self.reference_data_source.get());
        if let Some(new) = self.reference_data_source.get() {
            check.nested("referenceDataSource", |check| new.constraints(check, Api::V2));
        }
    }

    async fn run(
        self,
        analytics: &Arc<KinesisAnalytics>,
        call: &Call,
    ) -> Result<AddApplicationReferenceDataSourceOutput, ServiceError> {
        let (name, guard) = ((*self.application_name).clone(), Guard::Version(*self.current_application_version_id));
        let new = self.reference_data_source.into_inner();
        let edited =
            analytics.edit(call, &name, guard, (Api::V2, CodeCheck::Tables), |edit| edit.add_reference(new)).await?;
        Ok(AddApplicationReferenceDataSourceOutput {
            application_arn: edited.arn(),
            application_version_id: edited.version,
            reference_data_source_descriptions: shapes::references(&edited.configuration),
        })
    }
}
