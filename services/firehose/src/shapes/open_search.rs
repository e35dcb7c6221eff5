//! Settings of OpenSearch and Elasticsearch destinations as they arrive: the same members under two names.

use std::sync::LazyLock;

use aws::{Constraints, Lenient, Pattern, Render, ServiceError};
use serde::Deserialize;

use super::parts::{BufferingHints, CloudWatchLoggingOptions, HintRules, RetryOptions};
use super::processing::ProcessingConfiguration;
use super::{
    DocumentIdFormat, DocumentsBackupMode, Form, IndexRotationPeriod, S3Settings, is_loopback_url, member, require,
    require_match,
};
use crate::configuration::{Flavour, Hints, Logging, OpenSearchDestination, Retry};
use crate::errors;

static ANY_LINE: LazyLock<Pattern> = LazyLock::new(|| Pattern::new(".*"));
static DOMAIN_ARN: LazyLock<Pattern> =
    LazyLock::new(|| Pattern::new(r"arn:.*:es:[a-zA-Z0-9\-]+:\d{12}:domain/[a-z][-0-9a-z]{2,27}"));
static ID: LazyLock<Pattern> = LazyLock::new(|| Pattern::new(r"^\S+$"));

pub(super) const HINTS: HintRules = HintRules::new(100, 900);
pub(super) const HINTS_DEFAULT: Hints = Hints { size_mib: 5, interval_s: 300 };
pub(super) const RETRY_DEFAULT: Retry = Retry { duration_s: 300 };

/// `DocumentIdOptions`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct DocumentIdOptions {
    default_document_id_format: Option<Lenient<DocumentIdFormat>>,
}

/// `VpcConfiguration`, which is refused.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct VpcConfiguration {
    subnet_ids: Option<Vec<Id>>,
    #[serde(rename = "RoleARN")]
    role_arn: Option<String>,
    security_group_ids: Option<Vec<Id>>,
}

/// The id of a subnet or a security group.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(transparent)]
struct Id(String);

impl Render for Id {
    fn render(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl VpcConfiguration {
    pub(super) fn constraints(&self, check: &mut Constraints) {
        check.nested("vpcConfiguration", |check| {
            member(check, Form::Whole, "subnetIds", &self.subnet_ids).length(1..=16);
            super::role_arn(check, Form::Whole, &self.role_arn);
            member(check, Form::Whole, "securityGroupIds", &self.security_group_ids).length(1..=5);
            for (name, ids) in [("subnetIds", &self.subnet_ids), ("securityGroupIds", &self.security_group_ids)] {
                let is_wrong = |id: &Id| id.0.len() > 1024 || !ID.matches(&id.0);
                if ids.iter().flatten().any(is_wrong) {
                    check.fail(
                        name,
                        "'***'",
                        r"Member must satisfy constraint: [Member must satisfy regular expression pattern: ^\S+$]",
                    );
                }
            }
        });
    }
}

/// `ElasticsearchDestinationUpdate`, `AmazonopensearchserviceDestinationUpdate` and what the configurations have in
/// common with them.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct OpenSearchSettings {
    #[serde(rename = "RoleARN")]
    role_arn: Option<String>,
    #[serde(rename = "DomainARN")]
    domain_arn: Option<String>,
    cluster_endpoint: Option<String>,
    index_name: Option<String>,
    type_name: Option<String>,
    index_rotation_period: Option<Lenient<IndexRotationPeriod>>,
    buffering_hints: Option<BufferingHints>,
    retry_options: Option<RetryOptions>,
    processing_configuration: Option<ProcessingConfiguration>,
    cloud_watch_logging_options: Option<CloudWatchLoggingOptions>,
    document_id_options: Option<DocumentIdOptions>,
}

/// `ElasticsearchDestinationConfiguration` and `AmazonopensearchserviceDestinationConfiguration`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct OpenSearchConfiguration {
    #[serde(flatten)]
    settings: OpenSearchSettings,
    s3_backup_mode: Option<Lenient<DocumentsBackupMode>>,
    s3_configuration: Option<S3Settings>,
    vpc_configuration: Option<VpcConfiguration>,
}

/// `ElasticsearchDestinationUpdate` and `AmazonopensearchserviceDestinationUpdate`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct OpenSearchUpdate {
    #[serde(flatten)]
    settings: OpenSearchSettings,
    s3_update: Option<S3Settings>,
}

/// An address of a cluster: HTTPS, and beyond the model plain HTTP on this machine.
pub(super) fn check_endpoint(check: &mut Constraints, name: &str, value: &Option<String>) {
    check.member(name, value).length(1..=512);
    let text = value.as_deref();
    let is_allowed = |url: &str| url.starts_with("https:") || is_loopback_url(url, "http://");
    require_match(check, name, text, text.is_some_and(is_allowed), "https:.*");
}

impl OpenSearchSettings {
    fn constraints(&self, check: &mut Constraints, form: Form) {
        super::role_arn(check, form, &self.role_arn);
        check.member("domainARN", &self.domain_arn).pattern(&DOMAIN_ARN).length(1..=512);
        check_endpoint(check, "clusterEndpoint", &self.cluster_endpoint);
        member(check, form, "indexName", &self.index_name).pattern(&ANY_LINE).length(1..=80);
        check.member("typeName", &self.type_name).pattern(&ANY_LINE).length(0..=100);
        check.member("indexRotationPeriod", &self.index_rotation_period).known();
        self.buffering_hints.iter().for_each(|hints| hints.constraints(check, &HINTS));
        self.retry_options.iter().for_each(|retry| retry.constraints(check));
        self.processing_configuration.iter().for_each(|processing| processing.constraints(check));
        self.cloud_watch_logging_options.iter().for_each(|logging| logging.constraints(check));
        if let Some(options) = &self.document_id_options {
            check.nested("documentIdOptions", |check| {
                member(check, Form::Whole, "defaultDocumentIdFormat", &options.default_document_id_format).known();
            });
        }
    }

    fn apply(self, destination: &mut OpenSearchDestination) -> Result<(), ServiceError> {
        destination.role_arn = self.role_arn.unwrap_or(std::mem::take(&mut destination.role_arn));
        match (self.domain_arn, self.cluster_endpoint) {
            (Some(_), Some(_)) => return Err(errors::domain_and_endpoint()),
            (Some(_), None) => {
                let missing = "there are no domains here; name the cluster by ClusterEndpoint";
                return Err(errors::not_supported("DomainARN", missing));
            }
            (None, endpoint) => destination.endpoint = endpoint.or(destination.endpoint.take()),
        }
        if destination.endpoint.is_none() {
            return Err(errors::missing("ClusterEndpoint"));
        }
        destination.index_name = self.index_name.unwrap_or(std::mem::take(&mut destination.index_name));
        destination.type_name = self.type_name.or(destination.type_name.take());
        destination.rotation = self.index_rotation_period.map_or(destination.rotation, |period| period.known());
        if let Some(hints) = self.buffering_hints {
            hints.apply(&mut destination.hints)?;
        }
        self.retry_options.iter().for_each(|retry| retry.apply(&mut destination.retry));
        if let Some(processing) = self.processing_configuration {
            destination.processing = Some(processing.into_processing()?);
        }
        if let Some(logging) = self.cloud_watch_logging_options {
            logging.apply(&mut destination.logging)?;
        }
        let ids = self.document_id_options.and_then(|options| options.default_document_id_format);
        destination.document_ids = ids.map_or(destination.document_ids, |format| format.known());
        Ok(())
    }

    fn into_destination(self, flavour: Flavour, s3: Option<S3Settings>) -> Result<OpenSearchDestination, ServiceError> {
        let mut destination = OpenSearchDestination {
            flavour,
            role_arn: self.role_arn.clone().ok_or_else(|| errors::missing("RoleARN"))?,
            domain_arn: None,
            endpoint: None,
            index_name: self.index_name.clone().ok_or_else(|| errors::missing("IndexName"))?,
            type_name: None,
            rotation: IndexRotationPeriod::OneDay,
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

impl OpenSearchConfiguration {
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
    pub(crate) fn into_destination(self, flavour: Flavour) -> Result<OpenSearchDestination, ServiceError> {
        if self.vpc_configuration.is_some() {
            return Err(errors::not_supported("VpcConfiguration", "there are no virtual private clouds"));
        }
        let mut destination = self.settings.into_destination(flavour, self.s3_configuration)?;
        destination.backup_mode = self.s3_backup_mode.map_or(destination.backup_mode, |mode| mode.known());
        Ok(destination)
    }
}

impl OpenSearchUpdate {
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
    pub(crate) fn into_destination(self, flavour: Flavour) -> Result<OpenSearchDestination, ServiceError> {
        self.settings.into_destination(flavour, self.s3_update)
    }
}
