//! `ApplicationDetail`: an application with everything in it.

use aws::Timestamp;
use serde::Serialize;

use super::{CodeContentType, RuntimeEnvironment};
use crate::application::{Application, Version};
use crate::configuration::Configuration;
use crate::shapes::{
    self, ApplicationStatus, CloudWatchLoggingOptionDescription, InputDescription, OutputDescription,
    ReferenceDataSourceDescription,
};

/// When maintenance begins unless something else was said: AWS's default in us-east-1.
const MAINTENANCE_START: &str = "03:00";
/// How long maintenance may take, in hours.
const MAINTENANCE_HOURS: u32 = 8;

/// An application with everything in it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ApplicationDetail {
    #[serde(rename = "ApplicationARN")]
    application_arn: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    application_description: Option<String>,
    application_name: String,
    runtime_environment: RuntimeEnvironment,
    #[serde(skip_serializing_if = "Option::is_none")]
    service_execution_role: Option<String>,
    application_status: ApplicationStatus,
    application_version_id: u64,
    create_timestamp: Timestamp,
    last_update_timestamp: Timestamp,
    application_configuration_description: ApplicationConfigurationDescription,
    cloud_watch_logging_option_descriptions: Vec<CloudWatchLoggingOptionDescription>,
    application_maintenance_configuration_description: MaintenanceDescription,
    #[serde(skip_serializing_if = "Option::is_none")]
    application_version_updated_from: Option<u64>,
    application_version_create_timestamp: Timestamp,
    conditional_token: String,
}

/// What it is made of.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct ApplicationConfigurationDescription {
    sql_application_configuration_description: SqlApplicationConfigurationDescription,
    application_code_configuration_description: ApplicationCodeConfigurationDescription,
}

/// Streams and tables.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct SqlApplicationConfigurationDescription {
    input_descriptions: Vec<InputDescription>,
    output_descriptions: Vec<OutputDescription>,
    reference_data_source_descriptions: Vec<ReferenceDataSourceDescription>,
}

/// Code.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct ApplicationCodeConfigurationDescription {
    code_content_type: CodeContentType,
    code_content_description: CodeContentDescription,
}

/// Code as text.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct CodeContentDescription {
    text_content: String,
}

/// When AWS would maintain it. Nothing is maintained here.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct MaintenanceDescription {
    application_maintenance_window_start_time: String,
    application_maintenance_window_end_time: String,
}

impl MaintenanceDescription {
    /// The window of an application.
    pub(crate) fn of(application: &Application) -> Self {
        let start = application.maintenance_start.as_deref().unwrap_or(MAINTENANCE_START);
        let (hours, minutes) = start.split_once(':').unwrap_or((start, "00"));
        let end = (hours.parse::<u32>().unwrap_or(0) + MAINTENANCE_HOURS) % 24;
        Self {
            application_maintenance_window_start_time: start.to_owned(),
            application_maintenance_window_end_time: format!("{end:02}:{minutes}"),
        }
    }
}

impl ApplicationDetail {
    /// The application as it is.
    pub(crate) fn of(application: &Application, now_ms: u64) -> Self {
        Self::of_version(application, application.as_version(), now_ms)
    }

    /// The application as it was in a version.
    pub(crate) fn of_version(application: &Application, version: Version, now_ms: u64) -> Self {
        let Version { number, created_ms, updated_from, role, configuration } = version;
        Self {
            application_arn: application.arn(),
            application_description: application.description.clone(),
            application_name: application.name.clone(),
            runtime_environment: RuntimeEnvironment::Sql10,
            service_execution_role: role,
            application_status: application.status(now_ms),
            application_version_id: number,
            create_timestamp: Timestamp::from_ms(application.created_ms),
            last_update_timestamp: Timestamp::from_ms(application.updated_ms),
            cloud_watch_logging_option_descriptions: shapes::logging_options(&configuration),
            application_configuration_description: configuration.into(),
            application_maintenance_configuration_description: MaintenanceDescription::of(application),
            application_version_updated_from: updated_from,
            application_version_create_timestamp: Timestamp::from_ms(created_ms),
            conditional_token: application.token(),
        }
    }
}

impl From<Configuration> for ApplicationConfigurationDescription {
    fn from(configuration: Configuration) -> Self {
        Self {
            sql_application_configuration_description: SqlApplicationConfigurationDescription {
                input_descriptions: shapes::inputs(&configuration),
                output_descriptions: shapes::outputs(&configuration),
                reference_data_source_descriptions: shapes::references(&configuration),
            },
            application_code_configuration_description: ApplicationCodeConfigurationDescription {
                code_content_type: CodeContentType::PlainText,
                code_content_description: CodeContentDescription { text_content: configuration.code },
            },
        }
    }
}
