//! `AddApplicationInputProcessingConfiguration`.

use std::marker::PhantomData;
use std::sync::Arc;

use aws::{Call, Constraints, Operation, Required, ServiceError};
use serde::Deserialize;

use crate::application::Guard;
use crate::control::CodeCheck;
use crate::shapes::{Empty, InputProcessingConfiguration, Version, checks};
use crate::{KinesisAnalytics, errors};

/// Would put a function before an input.
///
/// <https://docs.aws.amazon.com/kinesisanalytics/latest/dev/API_AddApplicationInputProcessingConfiguration.html>
/// <https://docs.aws.amazon.com/managed-flink/latest/apiv2/API_AddApplicationInputProcessingConfiguration.html>
///
/// Differs from AWS: always refused, since there are no Lambda functions.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default, bound = "")]
pub(crate) struct AddApplicationInputProcessingConfiguration<V: Version> {
    application_name: Required<String>,
    current_application_version_id: Required<i64>,
    input_id: Required<String>,
    input_processing_configuration: Required<InputProcessingConfiguration>,
    #[serde(skip)]
    version: PhantomData<V>,
}

impl<V: Version> Operation for AddApplicationInputProcessingConfiguration<V> {
    const NAME: &'static str = "AddApplicationInputProcessingConfiguration";
    type Service = KinesisAnalytics;
    type Output = Empty;

    fn constraints(&self, check: &mut Constraints) {
        checks::application_name(check, &self.application_name);
        checks::current_version(check, &self.current_application_version_id);
        checks::id(check, "inputId", &self.input_id);
        let processing = self.input_processing_configuration.get();
        checks::require(check, "inputProcessingConfiguration", processing);
        if let Some(processing) = processing {
            check.nested("inputProcessingConfiguration", |check| processing.constraints(check, V::API));
        }
    }

    async fn run(self, analytics: &Arc<KinesisAnalytics>, call: &Call) -> Result<Empty, ServiceError> {
        let (name, guard) = ((*self.application_name).clone(), Guard::Version(*self.current_application_version_id));
        let refused = analytics.edit(call, &name, guard, (V::API, CodeCheck::None), |edit| {
            edit.require_input(&self.input_id)?;
            Err(errors::no_functions("InputProcessingConfiguration"))
        });
        refused.await?;
        Ok(Empty {})
    }
}
