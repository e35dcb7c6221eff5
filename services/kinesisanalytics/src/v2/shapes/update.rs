//! `ApplicationConfigurationUpdate`: what is to change of an application.

use aws::{Constraints, Lenient, ServiceError};
use serde::Deserialize;

use super::CodeContentType;
use crate::configuration::Edit;
use crate::shapes::{Api, InputUpdate, OutputUpdate, ReferenceDataSourceUpdate, Unsupported, checks};
use crate::{errors, limits};

/// What is to change of an application.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct ApplicationConfigurationUpdate {
    sql_application_configuration_update: Option<SqlApplicationConfigurationUpdate>,
    application_code_configuration_update: Option<ApplicationCodeConfigurationUpdate>,
    flink_application_configuration_update: Option<Unsupported>,
    environment_property_updates: Option<Unsupported>,
    application_snapshot_configuration_update: Option<ApplicationSnapshotConfigurationUpdate>,
    application_system_rollback_configuration_update: Option<Unsupported>,
    vpc_configuration_updates: Option<Vec<Unsupported>>,
    zeppelin_application_configuration_update: Option<Unsupported>,
    application_encryption_configuration_update: Option<Unsupported>,
}

/// Other streams and tables.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct SqlApplicationConfigurationUpdate {
    input_updates: Option<Vec<InputUpdate>>,
    output_updates: Option<Vec<OutputUpdate>>,
    reference_data_source_updates: Option<Vec<ReferenceDataSourceUpdate>>,
}

/// Other code.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct ApplicationCodeConfigurationUpdate {
    code_content_type_update: Option<Lenient<CodeContentType>>,
    code_content_update: Option<CodeContentUpdate>,
}

/// Other code in one of its forms.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct CodeContentUpdate {
    text_content_update: Option<String>,
    zip_file_content_update: Option<Unsupported>,
    #[serde(rename = "S3ContentLocationUpdate")]
    s3_content_location_update: Option<Unsupported>,
}

/// Whether there are snapshots, which there are none of SQL applications.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct ApplicationSnapshotConfigurationUpdate {
    snapshots_enabled_update: Option<bool>,
    snapshot_mode_update: Option<Unsupported>,
}

impl ApplicationConfigurationUpdate {
    pub(crate) fn constraints(&self, check: &mut Constraints) {
        let api = Api::V2;
        if let Some(sql) = &self.sql_application_configuration_update {
            check.nested("sqlApplicationConfigurationUpdate", |check| {
                let inputs = sql.input_updates.as_deref().unwrap_or_default();
                check.each("inputUpdates", inputs, |check, update| update.constraints(check, api));
                let outputs = sql.output_updates.as_deref().unwrap_or_default();
                check.each("outputUpdates", outputs, |check, update| update.constraints(check, api));
                let references = sql.reference_data_source_updates.as_deref().unwrap_or_default();
                check.each("referenceDataSourceUpdates", references, |check, update| update.constraints(check, api));
            });
        }
        if let Some(code) = &self.application_code_configuration_update {
            check.nested("applicationCodeConfigurationUpdate", |check| {
                check.member("codeContentTypeUpdate", &code.code_content_type_update).known();
                if let Some(content) = &code.code_content_update {
                    check.nested("codeContentUpdate", |check| {
                        let text = &content.text_content_update;
                        check.member("textContentUpdate", text).length(0..=limits::CODE_CHARACTERS_MAX);
                    });
                }
            });
        }
        if let Some(snapshots) = &self.application_snapshot_configuration_update {
            check.nested("applicationSnapshotConfigurationUpdate", |check| {
                checks::require(check, "snapshotsEnabledUpdate", snapshots.snapshots_enabled_update.as_ref());
            });
        }
    }

    /// Makes the changes; refuses what SQL applications do not have.
    pub(crate) fn apply(self, edit: &mut Edit<'_>) -> Result<(), ServiceError> {
        let snapshots = &self.application_snapshot_configuration_update;
        let wants_snapshots = snapshots.as_ref().is_some_and(|snapshots| {
            snapshots.snapshots_enabled_update == Some(true) || snapshots.snapshot_mode_update.is_some()
        });
        for (member, is_there) in [
            ("FlinkApplicationConfigurationUpdate", self.flink_application_configuration_update.is_some()),
            ("EnvironmentPropertyUpdates", self.environment_property_updates.is_some()),
            ("ApplicationSnapshotConfigurationUpdate", wants_snapshots),
            (
                "ApplicationSystemRollbackConfigurationUpdate",
                self.application_system_rollback_configuration_update.is_some(),
            ),
            ("VpcConfigurationUpdates", self.vpc_configuration_updates.is_some_and(|all| !all.is_empty())),
            ("ZeppelinApplicationConfigurationUpdate", self.zeppelin_application_configuration_update.is_some()),
            ("ApplicationEncryptionConfigurationUpdate", self.application_encryption_configuration_update.is_some()),
        ] {
            if is_there {
                return Err(errors::not_for_sql(member));
            }
        }
        if let Some(sql) = self.sql_application_configuration_update {
            sql.input_updates.into_iter().flatten().try_for_each(|update| edit.update_input(update))?;
            sql.output_updates.into_iter().flatten().try_for_each(|update| edit.update_output(update))?;
            let mut references = sql.reference_data_source_updates.into_iter().flatten();
            references.try_for_each(|update| edit.update_reference(update))?;
        }
        if let Some(code) = self.application_code_configuration_update {
            let content = code.code_content_update.unwrap_or_default();
            let is_zip = code.code_content_type_update == Some(Lenient::Known(CodeContentType::ZipFile));
            if is_zip || content.zip_file_content_update.is_some() || content.s3_content_location_update.is_some() {
                return Err(errors::code_is_text());
            }
            if let Some(text) = content.text_content_update {
                edit.configuration.code = text;
            }
        }
        Ok(())
    }
}
