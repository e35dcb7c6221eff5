//! `UpdateApplication`.

use std::sync::Arc;

use aws::{Call, Constraints, Lenient, Operation, Required, ServiceError};
use serde::{Deserialize, Serialize};

use crate::application::Guard;
use crate::control::CodeCheck;
use crate::shapes::{Api, CloudWatchLoggingOptionUpdate, Unsupported, checks};
use crate::v2::shapes::{ApplicationConfigurationUpdate, ApplicationDetail, RuntimeEnvironment};
use crate::{KinesisAnalytics, errors, limits};

/// Makes a new version of an application. A running one takes it up, and reads its reference table anew.
///
/// <https://docs.aws.amazon.com/managed-flink/latest/apiv2/API_UpdateApplication.html>
///
/// Differs from AWS: only SQL-1_0; Lambda functions are refused; the answer has no OperationId.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct UpdateApplication {
    application_name: Required<String>,
    current_application_version_id: Option<i64>,
    application_configuration_update: Option<ApplicationConfigurationUpdate>,
    service_execution_role_update: Option<String>,
    run_configuration_update: Option<Unsupported>,
    cloud_watch_logging_option_updates: Option<Vec<CloudWatchLoggingOptionUpdate>>,
    conditional_token: Option<String>,
    runtime_environment_update: Option<Lenient<RuntimeEnvironment>>,
}

/// The answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct UpdateApplicationOutput {
    application_detail: ApplicationDetail,
}

impl Operation for UpdateApplication {
    const NAME: &'static str = "UpdateApplication";
    const BODY_BYTES_MAX: usize = limits::BODY_BYTES_MAX;
    type Service = KinesisAnalytics;
    type Output = UpdateApplicationOutput;

    fn constraints(&self, check: &mut Constraints) {
        checks::application_name(check, &self.application_name);
        checks::version(check, &self.current_application_version_id);
        if let Some(update) = &self.application_configuration_update {
            check.nested("applicationConfigurationUpdate", |check| update.constraints(check));
        }
        checks::arn(check, "serviceExecutionRoleUpdate", &self.service_execution_role_update);
        let options = self.cloud_watch_logging_option_updates.as_deref().unwrap_or_default();
        check.each("cloudWatchLoggingOptionUpdates", options, |check, update| update.constraints(check, Api::V2));
        checks::conditional_token(check, &self.conditional_token);
        check.member("runtimeEnvironmentUpdate", &self.runtime_environment_update).known();
    }

    async fn run(
        self,
        analytics: &Arc<KinesisAnalytics>,
        call: &Call,
    ) -> Result<UpdateApplicationOutput, ServiceError> {
        if let Some(runtime) = self.runtime_environment_update.filter(|one| one.known() != RuntimeEnvironment::Sql10) {
            return Err(errors::other_runtime(runtime.text()));
        }
        if self.run_configuration_update.is_some() {
            return Err(errors::not_for_sql("RunConfigurationUpdate"));
        }
        let name = (*self.application_name).clone();
        let guard = Guard::of(self.current_application_version_id, self.conditional_token)?;
        let (update, role) = (self.application_configuration_update, self.service_execution_role_update);
        let mut options = self.cloud_watch_logging_option_updates.into_iter().flatten();
        let edited = analytics.edit(call, &name, guard, (Api::V2, CodeCheck::Valid), |edit| {
            update.into_iter().try_for_each(|update| update.apply(edit))?;
            *edit.role = role.or(edit.role.take());
            options.try_for_each(|update| edit.update_logging_option(update))
        });
        let edited = edited.await?;
        Ok(UpdateApplicationOutput { application_detail: ApplicationDetail::of(&edited, analytics.now_ms()) })
    }
}
