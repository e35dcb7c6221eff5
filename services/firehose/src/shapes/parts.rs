//! Small structures that the settings of most destinations have.

use std::ops::RangeInclusive;
use std::sync::LazyLock;

use aws::{Constraints, Lenient, Pattern, ServiceError};
use serde::Deserialize;

use super::{Form, NoEncryptionConfig, member, require};
use crate::configuration::{Hints, Logging, Retry};
use crate::errors;

static KMS_KEY_ARN: LazyLock<Pattern> =
    LazyLock::new(|| Pattern::new(r"arn:.*:kms:[a-zA-Z0-9\-]+:\d{12}:(key|alias)/[a-zA-Z_0-9+=,.@\-_/]+"));
static LOG_GROUP: LazyLock<Pattern> = LazyLock::new(|| Pattern::new(r"[\.\-_/#A-Za-z0-9]*"));
static LOG_STREAM: LazyLock<Pattern> = LazyLock::new(|| Pattern::new("[^:*]*"));
static SECRET_ARN: LazyLock<Pattern> =
    LazyLock::new(|| Pattern::new(r"arn:.*:secretsmanager:[a-zA-Z0-9\-]+:\d{12}:secret:[a-zA-Z0-9\-/_+=.@!]+"));

/// `BufferingHints` of any destination.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct BufferingHints {
    #[serde(rename = "SizeInMBs")]
    size_in_mbs: Option<i32>,
    interval_in_seconds: Option<i32>,
}

/// What a destination allows and presumes.
#[derive(Debug, Clone)]
pub(crate) struct HintRules {
    pub(crate) size_mib: RangeInclusive<i64>,
    pub(crate) interval_s: RangeInclusive<i64>,
}

impl HintRules {
    pub(crate) const fn new(size_mib_max: i64, interval_s_max: i64) -> Self {
        Self { size_mib: 1..=size_mib_max, interval_s: 0..=interval_s_max }
    }
}

impl BufferingHints {
    pub(crate) fn constraints(&self, check: &mut Constraints, rules: &HintRules) {
        check.nested("bufferingHints", |check| {
            check.member("sizeInMBs", &self.size_in_mbs).range(rules.size_mib.clone());
            check.member("intervalInSeconds", &self.interval_in_seconds).range(rules.interval_s.clone());
        });
    }

    /// Takes over what was given. Size and interval come together or not at all.
    pub(crate) fn apply(&self, hints: &mut Hints) -> Result<(), ServiceError> {
        match (self.size_in_mbs, self.interval_in_seconds) {
            (Some(size), Some(interval)) => {
                *hints = Hints { size_mib: size.unsigned_abs(), interval_s: interval.unsigned_abs() };
                Ok(())
            }
            (None, None) => Ok(()),
            _ => Err(errors::half_hints()),
        }
    }
}

/// `RetryOptions` of any destination.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct RetryOptions {
    duration_in_seconds: Option<i32>,
}

impl RetryOptions {
    pub(crate) fn constraints(&self, check: &mut Constraints) {
        check.nested("retryOptions", |check| {
            check.member("durationInSeconds", &self.duration_in_seconds).range(0..=7200);
        });
    }

    pub(crate) fn apply(&self, retry: &mut Retry) {
        if let Some(duration) = self.duration_in_seconds {
            retry.duration_s = duration.unsigned_abs();
        }
    }
}

/// `CloudWatchLoggingOptions`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct CloudWatchLoggingOptions {
    enabled: Option<bool>,
    log_group_name: Option<String>,
    log_stream_name: Option<String>,
}

impl CloudWatchLoggingOptions {
    pub(crate) fn constraints(&self, check: &mut Constraints) {
        check.nested("cloudWatchLoggingOptions", |check| {
            check.member("logGroupName", &self.log_group_name).pattern(&LOG_GROUP).length(0..=512);
            check.member("logStreamName", &self.log_stream_name).pattern(&LOG_STREAM).length(0..=512);
        });
    }

    pub(crate) fn apply(self, logging: &mut Logging) -> Result<(), ServiceError> {
        logging.enabled = self.enabled.unwrap_or(logging.enabled);
        logging.log_group_name = self.log_group_name.or(logging.log_group_name.take());
        logging.log_stream_name = self.log_stream_name.or(logging.log_stream_name.take());
        let is_named = |name: &Option<String>| name.as_ref().is_some_and(|name| !name.is_empty());
        if logging.enabled && !(is_named(&logging.log_group_name) && is_named(&logging.log_stream_name)) {
            return Err(errors::logging_without_names());
        }
        Ok(())
    }
}

/// `EncryptionConfiguration`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct EncryptionConfiguration {
    no_encryption_config: Option<Lenient<NoEncryptionConfig>>,
    #[serde(rename = "KMSEncryptionConfig")]
    kms_encryption_config: Option<KmsEncryptionConfig>,
}

/// `KMSEncryptionConfig`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct KmsEncryptionConfig {
    #[serde(rename = "AWSKMSKeyARN")]
    aws_kms_key_arn: Option<String>,
}

impl EncryptionConfiguration {
    pub(crate) fn constraints(&self, check: &mut Constraints) {
        check.nested("encryptionConfiguration", |check| {
            check.member("noEncryptionConfig", &self.no_encryption_config).known();
            if let Some(kms) = &self.kms_encryption_config {
                check.nested("kMSEncryptionConfig", |check| {
                    let key = &kms.aws_kms_key_arn;
                    member(check, Form::Whole, "aWSKMSKeyARN", key).pattern(&KMS_KEY_ARN).length(1..=512);
                });
            }
        });
    }

    /// The key that objects are encrypted with, if they are.
    pub(crate) fn into_key(self) -> Option<String> {
        self.kms_encryption_config.and_then(|kms| kms.aws_kms_key_arn)
    }
}

/// `SecretsManagerConfiguration`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct SecretsConfiguration {
    #[serde(rename = "SecretARN")]
    secret_arn: Option<String>,
    #[serde(rename = "RoleARN")]
    role_arn: Option<String>,
    enabled: Option<bool>,
}

impl SecretsConfiguration {
    pub(crate) fn constraints(&self, check: &mut Constraints) {
        check.nested("secretsManagerConfiguration", |check| {
            check.member("secretARN", &self.secret_arn).pattern(&SECRET_ARN).length(1..=2048);
            super::role_arn(check, Form::Change, &self.role_arn);
            require(check, Form::Whole, "enabled", self.enabled.as_ref());
        });
    }

    /// Refuses to read secrets from where there are none.
    pub(crate) fn require_off(&self) -> Result<(), ServiceError> {
        match self.enabled {
            Some(true) => Err(errors::not_supported("SecretsManagerConfiguration", "there is no Secrets Manager")),
            _ => Ok(()),
        }
    }
}
