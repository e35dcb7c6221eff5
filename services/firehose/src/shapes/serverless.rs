//! Settings of OpenSearch Serverless destinations as they arrive.

use std::sync::LazyLock;

use aws::{Constraints, Lenient, Pattern, ServiceError};
use serde::Deserialize;

use super::open_search::{HINTS, HINTS_DEFAULT, RETRY_DEFAULT, VpcConfiguration, check_endpoint};
use super::parts::{BufferingHints, CloudWatchLoggingOptions, RetryOptions};
use super::processing::ProcessingConfiguration;
use super::{DocumentIdFormat, DocumentsBackupMode, Form, IndexRotationPeriod, S3Settings, member, require};
use crate::configuration::{Flavour, Logging, OpenSearchDestination};
use crate::errors;

static ANY_LINE: LazyLock<Pattern> = LazyLock::new(|| Pattern::new(".*"));

/// What `AmazonOpenSearchServerlessDestinationConfiguration` and its update have in common.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct ServerlessSettings {
    #[serde(rename = "RoleARN")]
    role_arn: Option<String>,
    collection_endpoint: Option<String>,
    index_name: Option<String>,
    buffering_hints: Option<BufferingHints>,
    retry_options: Option<RetryOptions>,
    processing_configuration: Option<ProcessingConfiguration>,
    cloud_watch_logging_options: Option<CloudWatchLoggingOptions>,
}

/// `AmazonOpenSearchServerlessDestinationConfiguration`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct ServerlessConfiguration {
    #[serde(flatten)]
    settings: ServerlessSettings,
    s3_backup_mode: Option<Lenient<DocumentsBackupMode>>,
    s3_configuration: Option<S3Settings>,
    vpc_configuration: Option<VpcConfiguration>,
}

/// `AmazonOpenSearchServerlessDestinationUpdate`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct ServerlessUpdate {
    #[serde(flatten)]
    settings: ServerlessSettings,
    s3_update: Option<S3Settings>,
}

impl ServerlessSettings {
    fn constraints(&self, check: &mut Constraints, form: Form) {
        super::role_arn(check, form, &self.role_arn);
        check_endpoint(check, "collectionEndpoint", &self.collection_endpoint);
        member(check, form, "indexName", &self.index_name).pattern(&ANY_LINE).length(1..=80);
        self.buffering_hints.iter().for_each(|hints| hints.constraints(check, &HINTS));
        self.retry_options.iter().for_each(|retry| retry.constraints(check));
        self.processing_configuration.iter().for_each(|processing| processing.constraints(check));
        self.cloud_watch_logging_options.iter().for_each(|logging| logging.constraints(check));
    }

    fn apply(self, destination: &mut OpenSearchDestination) -> Result<(), ServiceError> {
        destination.role_arn = self.role_arn.unwrap_or(std::mem::take(&mut destination.role_arn));
        destination.endpoint = self.collection_endpoint.or(destination.endpoint.take());
        if destination.endpoint.is_none() {
            return Err(errors::missing("CollectionEndpoint"));
        }
        destination.index_name = self.index_name.unwrap_or(std::mem::take(&mut destination.index_name));
        if let Some(hints) = self.buffering_hints {
            hints.apply(&mut destination.hints)?;
        }
        self.retry_options.iter().for_each(|retry| retry.apply(&mut destination.retry));
        if let Some(processing) = self.processing_configuration {
            destination.processing = Some(processing.into_processing()?);
        }
        match self.cloud_watch_logging_options {
            Some(logging) => logging.apply(&mut destination.logging),
            None => Ok(()),
        }
    }

    fn into_destination(self, s3: Option<S3Settings>) -> Result<OpenSearchDestination, ServiceError> {
        let mut destination = OpenSearchDestination {
            flavour: Flavour::Serverless,
            role_arn: self.role_arn.clone().ok_or_else(|| errors::missing("RoleARN"))?,
            domain_arn: None,
            endpoint: None,
            index_name: self.index_name.clone().ok_or_else(|| errors::missing("IndexName"))?,
            type_name: None,
            rotation: IndexRotationPeriod::NoRotation,
            hints: HINTS_DEFAULT,
            retry: RETRY_DEFAULT,
            backup_mode: DocumentsBackupMode::FailedDocumentsOnly,
            s3: s3.ok_or_else(|| errors::missing("S3Configuration"))?.into_output()?,
            processing: None,
            logging: Logging::default(),
            document_ids: DocumentIdFormat::FirehoseDefault,
        };
        self.apply(&mut destination)?;
        Ok(destination)
    }
}

impl ServerlessConfiguration {
    pub(crate) fn constraints(&self, check: &mut Constraints) {
        self.settings.constraints(check, Form::Whole);
        check.member("s3BackupMode", &self.s3_backup_mode).known();
        require(check, Form::Whole, "s3Configuration", self.s3_configuration.as_ref());
        if let Some(s3) = &self.s3_configuration {
            check.nested("s3Configuration", |check| s3.constraints(check, Form::Whole));
        }
        self.vpc_configuration.iter().for_each(|vpc| vpc.constraints(check));
    }

    /// A destination made of these settings and the defaults.
    pub(crate) fn into_destination(self) -> Result<OpenSearchDestination, ServiceError> {
        if self.vpc_configuration.is_some() {
            return Err(errors::not_supported("VpcConfiguration", "there are no virtual private clouds"));
        }
        let mut destination = self.settings.into_destination(self.s3_configuration)?;
        destination.backup_mode = self.s3_backup_mode.map_or(destination.backup_mode, |mode| mode.known());
        Ok(destination)
    }
}

impl ServerlessUpdate {
    pub(crate) fn constraints(&self, check: &mut Constraints) {
        self.settings.constraints(check, Form::Change);
        if let Some(s3) = &self.s3_update {
            check.nested("s3Update", |check| s3.constraints(check, Form::Change));
        }
    }

    /// Takes over what was given.
    pub(crate) fn apply(self, destination: &mut OpenSearchDestination) -> Result<(), ServiceError> {
        if let Some(s3) = self.s3_update {
            s3.apply(&mut destination.s3)?;
        }
        self.settings.apply(destination)
    }

    /// A destination that replaces one of another flavour.
    pub(crate) fn into_destination(self) -> Result<OpenSearchDestination, ServiceError> {
        self.settings.into_destination(self.s3_update)
    }
}
