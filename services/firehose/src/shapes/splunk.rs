//! Settings of Splunk destinations as they arrive.

use std::sync::LazyLock;

use aws::{Constraints, Lenient, Pattern, ServiceError};
use serde::Deserialize;

use super::parts::{BufferingHints, CloudWatchLoggingOptions, HintRules, RetryOptions, SecretsConfiguration};
use super::processing::ProcessingConfiguration;
use super::{EventsBackupMode, Form, HecEndpointType, S3Settings, is_loopback_url, member, require};
use crate::configuration::{Hints, Logging, Retry, SplunkDestination};
use crate::errors;

static ANY_LINE: LazyLock<Pattern> = LazyLock::new(|| Pattern::new(".*"));

const HINTS: HintRules = HintRules::new(5, 60);
const HINTS_DEFAULT: Hints = Hints { size_mib: 5, interval_s: 60 };
const RETRY_DEFAULT: Retry = Retry { duration_s: 3_600 };
const ACKNOWLEDGMENT_TIMEOUT_S: u32 = 180;

/// What `SplunkDestinationConfiguration` and `SplunkDestinationUpdate` have in common.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct SplunkSettings {
    #[serde(rename = "HECEndpoint")]
    hec_endpoint: Option<String>,
    #[serde(rename = "HECEndpointType")]
    hec_endpoint_type: Option<Lenient<HecEndpointType>>,
    #[serde(rename = "HECToken")]
    hec_token: Option<String>,
    #[serde(rename = "HECAcknowledgmentTimeoutInSeconds")]
    hec_acknowledgment_timeout_in_seconds: Option<i32>,
    retry_options: Option<RetryOptions>,
    s3_backup_mode: Option<Lenient<EventsBackupMode>>,
    processing_configuration: Option<ProcessingConfiguration>,
    cloud_watch_logging_options: Option<CloudWatchLoggingOptions>,
    buffering_hints: Option<BufferingHints>,
    secrets_manager_configuration: Option<SecretsConfiguration>,
}

/// `SplunkDestinationConfiguration`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct SplunkConfiguration {
    #[serde(flatten)]
    settings: SplunkSettings,
    s3_configuration: Option<S3Settings>,
}

/// `SplunkDestinationUpdate`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct SplunkUpdate {
    #[serde(flatten)]
    settings: SplunkSettings,
    s3_update: Option<S3Settings>,
}

impl SplunkSettings {
    fn constraints(&self, check: &mut Constraints, form: Form) {
        member(check, form, "hECEndpoint", &self.hec_endpoint).pattern(&ANY_LINE).length(0..=2048);
        member(check, form, "hECEndpointType", &self.hec_endpoint_type).known();
        check.member("hECToken", &self.hec_token).pattern(&ANY_LINE).length(0..=2048);
        let timeout = &self.hec_acknowledgment_timeout_in_seconds;
        check.member("hECAcknowledgmentTimeoutInSeconds", timeout).range(180..=600);
        self.retry_options.iter().for_each(|retry| retry.constraints(check));
        check.member("s3BackupMode", &self.s3_backup_mode).known();
        self.processing_configuration.iter().for_each(|processing| processing.constraints(check));
        self.cloud_watch_logging_options.iter().for_each(|logging| logging.constraints(check));
        self.buffering_hints.iter().for_each(|hints| hints.constraints(check, &HINTS));
        self.secrets_manager_configuration.iter().for_each(|secrets| secrets.constraints(check));
    }

    fn apply(self, destination: &mut SplunkDestination) -> Result<(), ServiceError> {
        if let Some(secrets) = self.secrets_manager_configuration {
            secrets.require_off()?;
        }
        destination.endpoint = self.hec_endpoint.unwrap_or(std::mem::take(&mut destination.endpoint));
        // Not in the model: records would have nowhere to go.
        if !destination.endpoint.starts_with("https://") && !is_loopback_url(&destination.endpoint, "http://") {
            return Err(errors::not_https("HECEndpoint", &destination.endpoint));
        }
        destination.endpoint_type = self.hec_endpoint_type.map_or(destination.endpoint_type, |kind| kind.known());
        destination.token = self.hec_token.or(destination.token.take());
        if destination.token.is_none() {
            return Err(errors::missing("HECToken"));
        }
        if let Some(timeout) = self.hec_acknowledgment_timeout_in_seconds {
            destination.acknowledgment_timeout_s = timeout.unsigned_abs();
        }
        self.retry_options.iter().for_each(|retry| retry.apply(&mut destination.retry));
        match self.s3_backup_mode.map(|mode| mode.known()) {
            Some(EventsBackupMode::FailedEventsOnly) if destination.backs_up_all() => {
                return Err(errors::backup_cannot_end());
            }
            mode => destination.backup_mode = mode.unwrap_or(destination.backup_mode),
        }
        if let Some(processing) = self.processing_configuration {
            destination.processing = Some(processing.into_processing()?);
        }
        if let Some(logging) = self.cloud_watch_logging_options {
            logging.apply(&mut destination.logging)?;
        }
        match self.buffering_hints {
            Some(hints) => hints.apply(&mut destination.hints),
            None => Ok(()),
        }
    }

    fn into_destination(self, s3: Option<S3Settings>) -> Result<SplunkDestination, ServiceError> {
        let endpoint_type = self.hec_endpoint_type.as_ref().map(Lenient::known);
        let mut destination = SplunkDestination {
            endpoint: self.hec_endpoint.clone().ok_or_else(|| errors::missing("HECEndpoint"))?,
            endpoint_type: endpoint_type.ok_or_else(|| errors::missing("HECEndpointType"))?,
            token: None,
            acknowledgment_timeout_s: ACKNOWLEDGMENT_TIMEOUT_S,
            retry: RETRY_DEFAULT,
            backup_mode: EventsBackupMode::FailedEventsOnly,
            s3: s3.ok_or_else(|| errors::missing("S3Configuration"))?.into_output()?,
            processing: None,
            logging: Logging::default(),
            hints: HINTS_DEFAULT,
        };
        self.apply(&mut destination)?;
        Ok(destination)
    }
}

impl SplunkConfiguration {
    pub(crate) fn constraints(&self, check: &mut Constraints) {
        self.settings.constraints(check, Form::Whole);
        require(check, Form::Whole, "s3Configuration", self.s3_configuration.as_ref());
        if let Some(s3) = &self.s3_configuration {
            check.nested("s3Configuration", |check| s3.constraints(check, Form::Whole));
        }
    }

    /// A destination made of these settings and the defaults.
    pub(crate) fn into_destination(self) -> Result<SplunkDestination, ServiceError> {
        self.settings.into_destination(self.s3_configuration)
    }
}

impl SplunkUpdate {
    pub(crate) fn constraints(&self, check: &mut Constraints) {
        self.settings.constraints(check, Form::Change);
        if let Some(s3) = &self.s3_update {
            check.nested("s3Update", |check| s3.constraints(check, Form::Change));
        }
    }

    /// Takes over what was given.
    pub(crate) fn apply(self, destination: &mut SplunkDestination) -> Result<(), ServiceError> {
        if let Some(s3) = self.s3_update {
            s3.apply(&mut destination.s3)?;
        }
        self.settings.apply(destination)
    }

    /// A destination that replaces one of another type.
    pub(crate) fn into_destination(self) -> Result<SplunkDestination, ServiceError> {
        self.settings.into_destination(self.s3_update)
    }
}
