//! `UpdateApplication`.

use std::sync::Arc;

use aws::{Call, Constraints, Operation, Required, ServiceError};
use serde::Deserialize;

use crate::application::Guard;
use crate::configuration::Edit;
use crate::control::CodeCheck;
use crate::shapes::{
    Api, CloudWatchLoggingOptionUpdate, Empty, InputUpdate, OutputUpdate, ReferenceDataSourceUpdate, checks,
};
use crate::{KinesisAnalytics, limits};

/// Makes a new version of an application. A running one takes it up, and reads its reference table anew.
///
/// <https://docs.aws.amazon.com/kinesisanalytics/latest/dev/API_UpdateApplication.html>
///
/// Differs from AWS: Lambda functions are refused as processors and destinations.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct UpdateApplication {
    application_name: Required<String>,
    current_application_version_id: Required<i64>,
    application_update: Required<ApplicationUpdate>,
}

/// What is to change.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct ApplicationUpdate {
    input_updates: Option<Vec<InputUpdate>>,
    application_code_update: Option<String>,
    output_updates: Option<Vec<OutputUpdate>>,
    reference_data_source_updates: Option<Vec<ReferenceDataSourceUpdate>>,
    cloud_watch_logging_option_updates: Option<Vec<CloudWatchLoggingOptionUpdate>>,
}

impl ApplicationUpdate {
    fn constraints(&self, check: &mut Constraints) {
        let api = Api::V1;
        let inputs = self.input_updates.as_deref().unwrap_or_default();
        check.each("inputUpdates", inputs, |check, update| update.constraints(check, api));
        let code = &self.application_code_update;
        check.member("applicationCodeUpdate", code).length(0..=limits::CODE_CHARACTERS_MAX);
        let outputs = self.output_updates.as_deref().unwrap_or_default();
        check.each("outputUpdates", outputs, |check, update| update.constraints(check, api));
        let references = self.reference_data_source_updates.as_deref().unwrap_or_default();
        check.each("referenceDataSourceUpdates", references, |check, update| update.constraints(check, api));
        let options = self.cloud_watch_logging_option_updates.as_deref().unwrap_or_default();
        check.each("cloudWatchLoggingOptionUpdates", options, |check, update| update.constraints(check, api));
    }

    fn apply(self, edit: &mut Edit<'_>) -> Result<(), ServiceError> {
        self.input_updates.into_iter().flatten().try_for_each(|update| edit.update_input(update))?;
        self.output_updates.into_iter().flatten().try_for_each(|update| edit.update_output(update))?;
        self.reference_data_source_updates
            .into_iter()
            .flatten()
            .try_for_each(|update| edit.update_reference(update))?;
        let mut options = self.cloud_watch_logging_option_updates.into_iter().flatten();
        options.try_for_each(|update| edit.update_logging_option(update))?;
        if let Some(code) = self.application_code_update {
            edit.configuration.code = code;
        }
        Ok(())
    }
}

impl Operation for UpdateApplication {
    const NAME: &'static str = "UpdateApplication";
    const BODY_BYTES_MAX: usize = limits::BODY_BYTES_MAX;
    type Service = KinesisAnalytics;
    type Output = Empty;

    fn constraints(&self, check: &mut Constraints) {
        checks::application_name(check, &self.application_name);
        checks::current_version(check, &self.current_application_version_id);
        checks::require(check, "applicationUpdate", self.application_update.get());
        if let Some(update) = self.application_update.get() {
            check.nested("applicationUpdate", |check| update.constraints(check));
        }
    }

    async fn run(self, analytics: &Arc<KinesisAnalytics>, call: &Call) -> Result<Empty, ServiceError> {
        let (name, guard) = ((*self.application_name).clone(), Guard::Version(*self.current_application_version_id));
        let update = self.application_update.into_inner();
        analytics.edit(call, &name, guard, (Api::V1, CodeCheck::Valid), |edit| update.apply(edit)).await?;
        Ok(Empty {})
    }
}
