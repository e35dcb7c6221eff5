//! `CreateApplication`.

use std::sync::Arc;

use aws::{Call, Constraints, Lenient, Operation, Required, ServiceError};
use serde::{Deserialize, Serialize};

use crate::configuration::{Configuration, Edit};
use crate::control::NewApplication;
use crate::shapes::{Api, CloudWatchLoggingOption, Tag, checks, tag};
use crate::v2::shapes::{ApplicationConfiguration, ApplicationDetail, ApplicationMode, RuntimeEnvironment};
use crate::{KinesisAnalytics, errors, limits};

/// Creates an application with the runtime environment SQL-1_0.
///
/// <https://docs.aws.amazon.com/managed-flink/latest/apiv2/API_CreateApplication.html>
///
/// Differs from AWS: only SQL-1_0; Flink and Studio runtimes, and Lambda functions, are refused. Log streams are files of the server.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct CreateApplication {
    application_name: Required<String>,
    application_description: Option<String>,
    runtime_environment: Required<Lenient<RuntimeEnvironment>>,
    service_execution_role: Required<String>,
    application_configuration: Option<ApplicationConfiguration>,
    cloud_watch_logging_options: Option<Vec<CloudWatchLoggingOption>>,
    tags: Option<Vec<Tag>>,
    application_mode: Option<Lenient<ApplicationMode>>,
}

/// The answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CreateApplicationOutput {
    application_detail: ApplicationDetail,
}

impl Operation for CreateApplication {
    const NAME: &'static str = "CreateApplication";
    const BODY_BYTES_MAX: usize = limits::BODY_BYTES_MAX;
    type Service = KinesisAnalytics;
    type Output = CreateApplicationOutput;

    fn constraints(&self, check: &mut Constraints) {
        checks::application_name(check, &self.application_name);
        check.member("applicationDescription", &self.application_description).length(0..=1024);
        check.member("runtimeEnvironment", &self.runtime_environment).known();
        checks::execution_role(check, &self.service_execution_role);
        if let Some(configuration) = &self.application_configuration {
            check.nested("applicationConfiguration", |check| configuration.constraints(check));
        }
        let options = self.cloud_watch_logging_options.as_deref().unwrap_or_default();
        check.each("cloudWatchLoggingOptions", options, |check, option| option.constraints(check, Api::V2));
        tag::check_optional(check, &self.tags);
        check.member("applicationMode", &self.application_mode).known();
    }

    async fn run(
        self,
        analytics: &Arc<KinesisAnalytics>,
        call: &Call,
    ) -> Result<CreateApplicationOutput, ServiceError> {
        if self.runtime_environment.known() != RuntimeEnvironment::Sql10 {
            return Err(errors::other_runtime(self.runtime_environment.text()));
        }
        if self.application_mode == Some(Lenient::Known(ApplicationMode::Interactive)) {
            return Err(errors::interactive());
        }
        let mut configuration = Configuration::default();
        let mut role = Some(self.service_execution_role.into_inner());
        let mut edit = Edit::first(&mut configuration, &mut role, call, Api::V2);
        self.application_configuration.into_iter().try_for_each(|said| said.apply(&mut edit))?;
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
        Ok(CreateApplicationOutput { application_detail: ApplicationDetail::of(&created, analytics.now_ms()) })
    }
}
