//! Reference tables and objects of S3 in requests.

use aws::Constraints;
use serde::Deserialize;

use super::{Api, SourceSchema, checks};

/// A table whose rows are in an object of S3.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct ReferenceDataSource {
    pub(crate) table_name: Option<String>,
    #[serde(rename = "S3ReferenceDataSource")]
    pub(crate) s3_reference_data_source: Option<S3ReferenceDataSource>,
    pub(crate) reference_schema: Option<SourceSchema>,
}

/// The object.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct S3ReferenceDataSource {
    #[serde(rename = "BucketARN")]
    pub(crate) bucket_arn: Option<String>,
    #[serde(rename = "FileKey")]
    pub(crate) file_key: Option<String>,
    #[serde(rename = "ReferenceRoleARN")]
    pub(crate) role_arn: Option<String>,
}

/// What is to change of a reference table.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct ReferenceDataSourceUpdate {
    pub(crate) reference_id: Option<String>,
    pub(crate) table_name_update: Option<String>,
    #[serde(rename = "S3ReferenceDataSourceUpdate")]
    pub(crate) s3_reference_data_source_update: Option<S3ReferenceDataSourceUpdate>,
    pub(crate) reference_schema_update: Option<SourceSchema>,
}

/// Another object.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct S3ReferenceDataSourceUpdate {
    #[serde(rename = "BucketARNUpdate")]
    pub(crate) bucket_arn: Option<String>,
    #[serde(rename = "FileKeyUpdate")]
    pub(crate) file_key: Option<String>,
    #[serde(rename = "ReferenceRoleARNUpdate")]
    pub(crate) role_arn: Option<String>,
}

/// An object whose schema is to be found out.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct S3Configuration {
    #[serde(rename = "RoleARN")]
    pub(crate) role_arn: Option<String>,
    #[serde(rename = "BucketARN")]
    pub(crate) bucket_arn: Option<String>,
    #[serde(rename = "FileKey")]
    pub(crate) file_key: Option<String>,
}

impl ReferenceDataSource {
    pub(crate) fn constraints(&self, check: &mut Constraints, api: Api) {
        checks::required(check, "tableName", &self.table_name).length(1..=32);
        if let Some(object) = &self.s3_reference_data_source {
            check.nested("s3ReferenceDataSource", |check| {
                if api == Api::V1 {
                    checks::require(check, "bucketARN", object.bucket_arn.as_ref());
                    checks::require(check, "fileKey", object.file_key.as_ref());
                }
                checks::arn(check, "bucketARN", &object.bucket_arn);
                check.member("fileKey", &object.file_key).length(1..=1024);
                checks::required_role(check, "referenceRoleARN", &object.role_arn, api);
            });
        }
        checks::require(check, "referenceSchema", self.reference_schema.as_ref());
        if let Some(schema) = &self.reference_schema {
            check.nested("referenceSchema", |check| schema.constraints(check, api));
        }
    }
}

impl ReferenceDataSourceUpdate {
    pub(crate) fn constraints(&self, check: &mut Constraints, api: Api) {
        checks::inner_id(check, "referenceId", &self.reference_id);
        check.member("tableNameUpdate", &self.table_name_update).length(1..=32);
        if let Some(object) = &self.s3_reference_data_source_update {
            check.nested("s3ReferenceDataSourceUpdate", |check| {
                checks::arn(check, "bucketARNUpdate", &object.bucket_arn);
                check.member("fileKeyUpdate", &object.file_key).length(1..=1024);
                checks::role(check, "referenceRoleARNUpdate", &object.role_arn, api);
            });
        }
        if let Some(schema) = &self.reference_schema_update {
            check.nested("referenceSchemaUpdate", |check| schema.constraints(check, api));
        }
    }
}

impl S3Configuration {
    pub(crate) fn constraints(&self, check: &mut Constraints, api: Api) {
        checks::required_role(check, "roleARN", &self.role_arn, api);
        checks::require(check, "bucketARN", self.bucket_arn.as_ref());
        checks::arn(check, "bucketARN", &self.bucket_arn);
        checks::required(check, "fileKey", &self.file_key).length(1..=1024);
    }
}
