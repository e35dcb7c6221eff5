//! `StartApplication`.

use std::sync::Arc;

use aws::{Call, Constraints, Operation, Required, ServiceError};
use serde::Deserialize;

use crate::KinesisAnalytics;
use crate::shapes::{Empty, InputConfiguration, checks};

/// Starts an application that is READY.
///
/// <https://docs.aws.amazon.com/kinesisanalytics/latest/dev/API_StartApplication.html>
///
/// Differs from AWS: outputs of in-application streams that the code does not make are refused here.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct StartApplication {
    application_name: Required<String>,
    input_configurations: Required<Vec<InputConfiguration>>,
}

impl Operation for StartApplication {
    const NAME: &'static str = "StartApplication";
    type Service = KinesisAnalytics;
    type Output = Empty;

    fn constraints(&self, check: &mut Constraints) {
        checks::application_name(check, &self.application_name);
        check.member("inputConfigurations", &self.input_configurations);
        let inputs = self.input_configurations.get().map(Vec::as_slice).unwrap_or_default();
        check.each("inputConfigurations", inputs, |check, input| input.constraints(check));
    }

    async fn run(self, analytics: &Arc<KinesisAnalytics>, call: &Call) -> Result<Empty, ServiceError> {
        let positions = self.input_configurations.into_inner().into_iter().map(InputConfiguration::into_position);
        analytics.start(call, &self.application_name, positions.collect()).await?;
        Ok(Empty {})
    }
}
