//! `ApplicationConfiguration`: what a new application is made of.

use aws::{Constraints, Lenient, ServiceError};
use serde::Deserialize;

use super::CodeContentType;
use crate::configuration::Edit;
use crate::shapes::{Api, Input, Output, ReferenceDataSource, Unsupported, checks};
use crate::{errors, limits};

/// What a new application is made of.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct ApplicationConfiguration {
    sql_application_configuration: Option<SqlApplicationConfiguration>,
    application_code_configuration: Option<ApplicationCodeConfiguration>,
    flink_application_configuration: Option<Unsupported>,
    environment_properties: Option<Unsupported>,
    application_snapshot_configuration: Option<ApplicationSnapshotConfiguration>,
    application_system_rollback_configuration: Option<Unsupported>,
    vpc_configurations: Option<Vec<Unsupported>>,
    zeppelin_application_configuration: Option<Unsupported>,
    application_encryption_configuration: Option<Unsupported>,
}

/// Streams and tables.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct SqlApplicationConfiguration {
    inputs: Option<Vec<Input>>,
    outputs: Option<Vec<Output>>,
    reference_data_sources: Option<Vec<ReferenceDataSource>>,
}

/// Code.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct ApplicationCodeConfiguration {
    code_content: Option<CodeContent>,
    code_content_type: Option<Lenient<CodeContentType>>,
}

/// Code in one of its forms.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct CodeContent {
    text_content: Option<String>,
    zip_file_content: Option<Unsupported>,
    #[serde(rename = "S3ContentLocation")]
    s3_content_location: Option<Unsupported>,
}

/// Whether there are snapshots, which there are none of SQL applications.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct ApplicationSnapshotConfiguration {
    snapshots_enabled: Option<bool>,
    snapshot_mode: Option<Unsupported>,
}

impl ApplicationConfiguration {
    pub(crate) fn constraints(&self, check: &mut Constraints) {
        let api = Api::V2;
        if let Some(sql) = &self.sql_application_configuration {
            check.nested("sqlApplicationConfiguration", |check| {
                let inputs = sql.inputs.as_deref().unwrap_or_default();
                check.each("inputs", inputs, |check, input| input.constraints(check, api));
                let outputs = sql.outputs.as_deref().unwrap_or_default();
                check.each("outputs", outputs, |check, output| output.constraints(check, api));
                let references = sql.reference_data_sources.as_deref().unwrap_or_default();
                check.each("referenceDataSources", references, |check, reference| reference.constraints(check, api));
            });
        }
        if let Some(code) = &self.application_code_configuration {
            check.nested("applicationCodeConfiguration", |check| {
                if let Some(content) = &code.code_content {
                    check.nested("codeContent", |check| {
                        let text = &content.text_content;
                        check.member("textContent", text).length(0..=limits::CODE_CHARACTERS_MAX);
                    });
                }
                checks::required(check, "codeContentType", &code.code_content_type).known();
            });
        }
        if let Some(snapshots) = &self.application_snapshot_configuration {
            check.nested("applicationSnapshotConfiguration", |check| {
                checks::require(check, "snapshotsEnabled", snapshots.snapshots_enabled.as_ref());
            });
        }
    }

    /// Puts everything into a configuration; refuses what SQL applications do not have.
    pub(crate) fn apply(self, edit: &mut Edit<'_>) -> Result<(), ServiceError> {
        let Self { application_snapshot_configuration: snapshots, .. } = &self;
        let wants_snapshots = snapshots
            .as_ref()
            .is_some_and(|snapshots| snapshots.snapshots_enabled == Some(true) || snapshots.snapshot_mode.is_some());
        for (member, is_there) in [
            ("FlinkApplicationConfiguration", self.flink_application_configuration.is_some()),
            ("EnvironmentProperties", self.environment_properties.is_some()),
            ("ApplicationSnapshotConfiguration", wants_snapshots),
            ("ApplicationSystemRollbackConfiguration", self.application_system_rollback_configuration.is_some()),
            ("VpcConfigurations", self.vpc_configurations.is_some_and(|all| !all.is_empty())),
            ("ZeppelinApplicationConfiguration", self.zeppelin_application_configuration.is_some()),
            ("ApplicationEncryptionConfiguration", self.application_encryption_configuration.is_some()),
        ] {
            if is_there {
                return Err(errors::not_for_sql(member));
            }
        }
        if let Some(sql) = self.sql_application_configuration {
            sql.inputs.into_iter().flatten().try_for_each(|input| edit.add_input(input))?;
            sql.outputs.into_iter().flatten().try_for_each(|output| edit.add_output(output))?;
            let mut references = sql.reference_data_sources.into_iter().flatten();
            references.try_for_each(|reference| edit.add_reference(reference))?;
        }
        if let Some(code) = self.application_code_configuration {
            let content = code.code_content.unwrap_or_default();
            let is_text = code.code_content_type == Some(Lenient::Known(CodeContentType::PlainText));
            if !is_text || content.zip_file_content.is_some() || content.s3_content_location.is_some() {
                return Err(errors::code_is_text());
            }
            edit.configuration.code = content.text_content.unwrap_or_default();
        }
        Ok(())
    }
}
