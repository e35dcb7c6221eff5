//! `CreateApplication`.

use std::sync::Arc;

use aws::{Call, Constraints, Operation, Required, ServiceError};
use serde::{Deserialize, Serialize};

use super::list_applications::ApplicationSummary;
use crate::configuration::{Configuration, Edit};
use crate::control::NewApplication;
use crate::shapes::{Api, CloudWatchLoggingOption, Input, Output, Tag, checks, tag};
use crate::{KinesisAnalytics, limits};

/// Creates an application.
///
/// <https://docs.aws.amazon.com/kinesisanalytics/latest/dev/API_CreateApplication.html>
///
/// Differs from AWS: Lambda functions are refused as processors and destinations; log streams are files of the server.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct CreateApplication {
    application_name: Required<String>,
    application_description: Option<String>,
    inputs: Option<Vec<Input>>,
    outputs: Option<Vec<Output>>,
    cloud_watch_logging_options: Option<Vec<CloudWatchLoggingOption>>,
    application_code: Option<String>,
    tags: Option<Vec<Tag>>,
}

/// The answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CreateApplicationOutput {
    application_summary: ApplicationSummary,
}

impl Operation for CreateApplication {
    const NAME: &'static str = "CreateApplication";
    const BODY_BYTES_MAX: usize = limits::BODY_BYTES_MAX;
    type Service = KinesisAnalytics;
    type Output = CreateApplicationOutput;

    fn constraints(&self, check: &mut Constraints) {
        checks::application_name(check, &self.application_name);
        check.member("applicationDescription", &self.application_description).length(0..=1024);
        let inputs = self.inputs.as_deref().unwrap_or_default();
        check.each("inputs", inputs, |check, input| input.constraints(check, Api::V1));
        let outputs = self.outputs.as_deref().unwrap_or_default();
        check.each("outputs", outputs, |check, output| output.constraints(check, Api::V1));
        let options = self.cloud_watch_logging_options.as_deref().unwrap_or_default();
        check.each("cloudWatchLoggingOptions", options, |check, option| option.constraints(check, Api::V1));
        check.member("applicationCode", &self.application_code).length(0..=limits::CODE_CHARACTERS_MAX);
        tag::check_optional(check, &self.tags);
    }

    async fn run(
        self,
        analytics: &Arc<KinesisAnalytics>,
        call: &Call,
    ) -> Result<CreateApplicationOutput, ServiceError> {
        let mut configuration =
            Configuration { code: self.application_code.unwrap_or_default(), ..Configuration::default() };
        let mut role = None;
        let mut edit = Edit::first(&mut configuration, &mut role, call, Api::V1);
        self.inputs.into_iter().flatten().try_for_each(|input| edit.add_input(input))?;
        self.outputs.into_iter().flatten().try_for_each(|output| edit.add_output(output))?;
        self.cloud_watch_logging_options
            .into_iter()
            .flatten()
            .try_for_each(|option| edit.add_logging_option(option))?;
        let new = NewApplication {
            name: self.application_name.into_inner(),
            description: self.application_description,
            role,
            configuration,
            tags: self.tags.unwrap_or_default(),
        };
        let created = analytics.create(call, new).await?;
        Ok(CreateApplicationOutput { application_summary: ApplicationSummary::of(&created, analytics.now_ms()) })
    }
}
