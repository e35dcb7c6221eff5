//! Settings of HTTP endpoint destinations as they arrive.

use std::sync::LazyLock;

use aws::{Constraints, Lenient, Pattern, Render, ServiceError};
use serde::Deserialize;

use super::parts::{BufferingHints, CloudWatchLoggingOptions, HintRules, RetryOptions, SecretsConfiguration};
use super::processing::ProcessingConfiguration;
use super::{
    ContentEncoding, DataBackupMode, Form, NOT_BLANK, S3Settings, is_loopback_url, is_not_blank, member, require,
    require_match,
};
use crate::configuration::{Hints, HttpEndpointDestination, Logging, Retry};
use crate::errors;

static ANY_LINE: LazyLock<Pattern> = LazyLock::new(|| Pattern::new(".*"));

const HINTS: HintRules = HintRules::new(64, 900);
const HINTS_DEFAULT: Hints = Hints { size_mib: 5, interval_s: 300 };
const RETRY_DEFAULT: Retry = Retry { duration_s: 300 };

/// `HttpEndpointConfiguration`: the address.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct EndpointConfiguration {
    url: Option<String>,
    name: Option<String>,
    access_key: Option<String>,
}

/// `HttpEndpointRequestConfiguration`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct RequestConfiguration {
    content_encoding: Option<Lenient<ContentEncoding>>,
    common_attributes: Option<Vec<Attribute>>,
}

/// `HttpEndpointCommonAttribute`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Attribute {
    attribute_name: Option<String>,
    attribute_value: Option<String>,
}

impl Render for Attribute {
    fn render(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // AWS keeps values to itself.
        write!(f, "HttpEndpointCommonAttribute(attributeName=***, attributeValue=***)")
    }
}

/// What `HttpEndpointDestinationConfiguration` and `HttpEndpointDestinationUpdate` have in common.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct HttpEndpointSettings {
    endpoint_configuration: Option<EndpointConfiguration>,
    buffering_hints: Option<BufferingHints>,
    cloud_watch_logging_options: Option<CloudWatchLoggingOptions>,
    request_configuration: Option<RequestConfiguration>,
    processing_configuration: Option<ProcessingConfiguration>,
    #[serde(rename = "RoleARN")]
    role_arn: Option<String>,
    retry_options: Option<RetryOptions>,
    s3_backup_mode: Option<Lenient<DataBackupMode>>,
    secrets_manager_configuration: Option<SecretsConfiguration>,
}

/// `HttpEndpointDestinationConfiguration`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct HttpEndpointConfiguration {
    #[serde(flatten)]
    settings: HttpEndpointSettings,
    s3_configuration: Option<S3Settings>,
}

/// `HttpEndpointDestinationUpdate`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct HttpEndpointUpdate {
    #[serde(flatten)]
    settings: HttpEndpointSettings,
    s3_update: Option<S3Settings>,
}

impl EndpointConfiguration {
    fn constraints(&self, check: &mut Constraints) {
        member(check, Form::Whole, "url", &self.url).length(1..=1000);
        let url = self.url.as_deref();
        // Beyond the model: plain HTTP on this machine.
        let is_allowed = |url: &str| url.starts_with("https://") || is_loopback_url(url, "http://");
        require_match(check, "url", url, url.is_some_and(is_allowed), "https://.*");
        check.member("name", &self.name).length(1..=256);
        let name = self.name.as_deref();
        require_match(check, "name", name, name.is_some_and(is_not_blank), NOT_BLANK);
        if self.access_key.as_ref().is_some_and(|key| key.chars().count() > 4096) {
            check.fail("accessKey", "'***'", "Member must have length less than or equal to 4096");
        }
    }
}

impl RequestConfiguration {
    fn constraints(&self, check: &mut Constraints) {
        check.member("contentEncoding", &self.content_encoding).known();
        check.member("commonAttributes", &self.common_attributes).length(0..=50);
        let attributes = self.common_attributes.as_deref().unwrap_or_default();
        check.each("commonAttributes", attributes, |check, attribute| {
            let name = &attribute.attribute_name;
            member(check, Form::Whole, "attributeName", name).length(1..=256);
            let text = name.as_deref();
            require_match(check, "attributeName", text, text.is_some_and(is_not_blank), NOT_BLANK);
            let value = &attribute.attribute_value;
            member(check, Form::Whole, "attributeValue", value).pattern(&ANY_LINE).length(0..=1024);
        });
    }
}

impl HttpEndpointSettings {
    fn constraints(&self, check: &mut Constraints, form: Form) {
        require(check, form, "endpointConfiguration", self.endpoint_configuration.as_ref());
        if let Some(endpoint) = &self.endpoint_configuration {
            check.nested("endpointConfiguration", |check| endpoint.constraints(check));
        }
        self.buffering_hints.iter().for_each(|hints| hints.constraints(check, &HINTS));
        self.cloud_watch_logging_options.iter().for_each(|logging| logging.constraints(check));
        if let Some(request) = &self.request_configuration {
            check.nested("requestConfiguration", |check| request.constraints(check));
        }
        self.processing_configuration.iter().for_each(|processing| processing.constraints(check));
        super::role_arn(check, Form::Change, &self.role_arn);
        self.retry_options.iter().for_each(|retry| retry.constraints(check));
        check.member("s3BackupMode", &self.s3_backup_mode).known();
        self.secrets_manager_configuration.iter().for_each(|secrets| secrets.constraints(check));
    }

    fn apply(self, destination: &mut HttpEndpointDestination) -> Result<(), ServiceError> {
        if let Some(secrets) = self.secrets_manager_configuration {
            secrets.require_off()?;
        }
        if let Some(endpoint) = self.endpoint_configuration {
            destination.url = endpoint.url.unwrap_or(std::mem::take(&mut destination.url));
            destination.name = endpoint.name.or(destination.name.take());
            destination.access_key = endpoint.access_key.or(destination.access_key.take());
        }
        if let Some(hints) = self.buffering_hints {
            hints.apply(&mut destination.hints)?;
        }
        if let Some(logging) = self.cloud_watch_logging_options {
            logging.apply(&mut destination.logging)?;
        }
        if let Some(request) = self.request_configuration {
            let encoding = request.content_encoding.map(|encoding| encoding.known());
            destination.content_encoding = encoding.unwrap_or(destination.content_encoding);
            if let Some(attributes) = request.common_attributes {
                let pair =
                    |one: Attribute| (one.attribute_name.unwrap_or_default(), one.attribute_value.unwrap_or_default());
                destination.common_attributes = attributes.into_iter().map(pair).collect();
            }
        }
        if let Some(processing) = self.processing_configuration {
            destination.processing = Some(processing.into_processing()?);
        }
        destination.role_arn = self.role_arn.or(destination.role_arn.take());
        self.retry_options.iter().for_each(|retry| retry.apply(&mut destination.retry));
        destination.backup_mode = self.s3_backup_mode.map_or(destination.backup_mode, |mode| mode.known());
        Ok(())
    }

    fn into_destination(self, s3: Option<S3Settings>) -> Result<HttpEndpointDestination, ServiceError> {
        let url = self.endpoint_configuration.as_ref().and_then(|endpoint| endpoint.url.clone());
        let mut destination = HttpEndpointDestination {
            url: url.ok_or_else(|| errors::missing("EndpointConfiguration"))?,
            name: None,
            access_key: None,
            hints: HINTS_DEFAULT,
            logging: Logging::default(),
            content_encoding: ContentEncoding::None,
            common_attributes: Vec::new(),
            processing: None,
            role_arn: None,
            retry: RETRY_DEFAULT,
            backup_mode: DataBackupMode::FailedDataOnly,
            s3: s3.ok_or_else(|| errors::missing("S3Configuration"))?.into_output()?,
        };
        self.apply(&mut destination)?;
        Ok(destination)
    }
}

impl HttpEndpointConfiguration {
    pub(crate) fn constraints(&self, check: &mut Constraints) {
        self.settings.constraints(check, Form::Whole);
        require(check, Form::Whole, "s3Configuration", self.s3_configuration.as_ref());
        if let Some(s3) = &self.s3_configuration {
            check.nested("s3Configuration", |check| s3.constraints(check, Form::Whole));
        }
    }

    /// A destination made of these settings and the defaults.
    pub(crate) fn into_destination(self) -> Result<HttpEndpointDestination, ServiceError> {
        self.settings.into_destination(self.s3_configuration)
    }
}

impl HttpEndpointUpdate {
    pub(crate) fn constraints(&self, check: &mut Constraints) {
        self.settings.constraints(check, Form::Change);
        if let Some(s3) = &self.s3_update {
            check.nested("s3Update", |check| s3.constraints(check, Form::Change));
        }
    }

    /// Takes over what was given.
    pub(crate) fn apply(self, destination: &mut HttpEndpointDestination) -> Result<(), ServiceError> {
        if let Some(s3) = self.s3_update {
            s3.apply(&mut destination.s3)?;
        }
        self.settings.apply(destination)
    }

    /// A destination that replaces one of another type.
    pub(crate) fn into_destination(self) -> Result<HttpEndpointDestination, ServiceError> {
        self.settings.into_destination(self.s3_update)
    }
}
