//! `UpdateApplicationMaintenanceConfiguration`.

use std::sync::Arc;

use aws::{Call, Constraints, Operation, Required, ServiceError};
use serde::{Deserialize, Serialize};

use crate::shapes::{ApplicationStatus, checks};
use crate::v2::shapes::MaintenanceDescription;
use crate::{KinesisAnalytics, errors};

/// Says when AWS would maintain an application.
///
/// <https://docs.aws.amazon.com/managed-flink/latest/apiv2/API_UpdateApplicationMaintenanceConfiguration.html>
///
/// Differs from AWS: the time is kept and described; nothing is maintained.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct UpdateApplicationMaintenanceConfiguration {
    application_name: Required<String>,
    application_maintenance_configuration_update: Required<ApplicationMaintenanceConfigurationUpdate>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct ApplicationMaintenanceConfigurationUpdate {
    application_maintenance_window_start_time_update: Option<String>,
}

/// The answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct UpdateApplicationMaintenanceConfigurationOutput {
    #[serde(rename = "ApplicationARN")]
    application_arn: String,
    application_maintenance_configuration_description: MaintenanceDescription,
}

impl Operation for UpdateApplicationMaintenanceConfiguration {
    const NAME: &'static str = "UpdateApplicationMaintenanceConfiguration";
    type Service = KinesisAnalytics;
    type Output = UpdateApplicationMaintenanceConfigurationOutput;

    fn constraints(&self, check: &mut Constraints) {
        checks::application_name(check, &self.application_name);
        let update = self.application_maintenance_configuration_update.get();
        checks::require(check, "applicationMaintenanceConfigurationUpdate", update);
        if let Some(update) = update {
            check.nested("applicationMaintenanceConfigurationUpdate", |check| {
                let start = &update.application_maintenance_window_start_time_update;
                checks::window_start(check, "applicationMaintenanceWindowStartTimeUpdate", start);
            });
        }
    }

    async fn run(
        self,
        analytics: &Arc<KinesisAnalytics>,
        call: &Call,
    ) -> Result<UpdateApplicationMaintenanceConfigurationOutput, ServiceError> {
        let update = self.application_maintenance_configuration_update.into_inner();
        let changed = analytics.change(call, &self.application_name, |application, now_ms| {
            let status = application.status(now_ms);
            if !matches!(status, ApplicationStatus::Ready | ApplicationStatus::Running) {
                return Err(errors::in_use(&application.name, status, "READY or RUNNING"));
            }
            application.maintenance_start = update.application_maintenance_window_start_time_update;
            Ok(())
        });
        let changed = changed.await?;
        Ok(UpdateApplicationMaintenanceConfigurationOutput {
            application_arn: changed.arn(),
            application_maintenance_configuration_description: MaintenanceDescription::of(&changed),
        })
    }
}
