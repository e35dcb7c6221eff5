//! Settings of buckets as they arrive: of S3 destinations, and of the buckets beside other destinations.

use std::sync::LazyLock;

use aws::{Constraints, Lenient, Pattern, ServiceError};
use serde::Deserialize;

use super::parts::{BufferingHints, CloudWatchLoggingOptions, EncryptionConfiguration, HintRules, RetryOptions};
use super::processing::ProcessingConfiguration;
use super::{CompressionFormat, Form, S3BackupMode, member, require_match};
use crate::configuration::{Backup, DynamicPartitioning, Hints, Logging, Retry, S3Destination, S3Output};
use crate::errors;

/// The model's pattern, as it is printed; as a regular expression with Unicode's `\w` it would be huge.
const BUCKET_ARN: &str = r"arn:.*:s3:::[\w\.\-]{1,255}";
static ANY_LINE: LazyLock<Pattern> = LazyLock::new(|| Pattern::new(".*"));
static FILE_EXTENSION: LazyLock<Pattern> = LazyLock::new(|| Pattern::new(r"^$|\.[0-9a-z!\-_.*'()]+"));
static TIME_ZONE: LazyLock<Pattern> = LazyLock::new(|| Pattern::new("^$|[a-zA-Z/_]+"));

const HINTS: HintRules = HintRules::new(128, 900);
const HINTS_DEFAULT: Hints = Hints { size_mib: 5, interval_s: 300 };
/// How long keys of dynamic partitioning are tried again, in seconds.
const PARTITIONING_RETRY_S: u32 = 300;

/// What [`BUCKET_ARN`] says.
fn is_bucket_arn(text: &str) -> bool {
    let is_of_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
    let parts = text.strip_prefix("arn:").and_then(|rest| rest.split_once(":s3:::"));
    parts.is_some_and(|(_, name)| (1..=255).contains(&name.len()) && name.bytes().all(is_of_name))
}

/// `S3DestinationConfiguration` and `S3DestinationUpdate`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct S3Settings {
    #[serde(rename = "RoleARN")]
    role_arn: Option<String>,
    #[serde(rename = "BucketARN")]
    bucket_arn: Option<String>,
    prefix: Option<String>,
    error_output_prefix: Option<String>,
    buffering_hints: Option<BufferingHints>,
    compression_format: Option<Lenient<CompressionFormat>>,
    encryption_configuration: Option<EncryptionConfiguration>,
    cloud_watch_logging_options: Option<CloudWatchLoggingOptions>,
}

impl S3Settings {
    pub(crate) fn constraints(&self, check: &mut Constraints, form: Form) {
        super::role_arn(check, form, &self.role_arn);
        member(check, form, "bucketARN", &self.bucket_arn).length(1..=2048);
        let arn = self.bucket_arn.as_deref();
        require_match(check, "bucketARN", arn, arn.is_some_and(is_bucket_arn), BUCKET_ARN);
        check.member("prefix", &self.prefix).pattern(&ANY_LINE).length(0..=1024);
        check.member("errorOutputPrefix", &self.error_output_prefix).pattern(&ANY_LINE).length(0..=1024);
        self.buffering_hints.iter().for_each(|hints| hints.constraints(check, &HINTS));
        check.member("compressionFormat", &self.compression_format).known();
        self.encryption_configuration.iter().for_each(|encryption| encryption.constraints(check));
        self.cloud_watch_logging_options.iter().for_each(|logging| logging.constraints(check));
    }

    /// A bucket made of these settings and the defaults.
    pub(crate) fn into_output(self) -> Result<S3Output, ServiceError> {
        let mut output = S3Output {
            role_arn: self.role_arn.clone().ok_or_else(|| errors::missing("RoleARN"))?,
            bucket_arn: self.bucket_arn.clone().ok_or_else(|| errors::missing("BucketARN"))?,
            prefix: None,
            error_prefix: None,
            hints: HINTS_DEFAULT,
            compression: CompressionFormat::Uncompressed,
            kms_key_arn: None,
            logging: Logging::default(),
        };
        self.apply(&mut output)?;
        Ok(output)
    }

    /// Takes over what was given.
    pub(crate) fn apply(self, output: &mut S3Output) -> Result<(), ServiceError> {
        output.role_arn = self.role_arn.unwrap_or(std::mem::take(&mut output.role_arn));
        output.bucket_arn = self.bucket_arn.unwrap_or(std::mem::take(&mut output.bucket_arn));
        output.prefix = self.prefix.or(output.prefix.take());
        output.error_prefix = self.error_output_prefix.or(output.error_prefix.take());
        if let Some(hints) = self.buffering_hints {
            hints.apply(&mut output.hints)?;
        }
        output.compression = self.compression_format.map_or(output.compression, |format| format.known());
        if let Some(encryption) = self.encryption_configuration {
            output.kms_key_arn = encryption.into_key();
        }
        match self.cloud_watch_logging_options {
            Some(logging) => logging.apply(&mut output.logging),
            None => Ok(()),
        }
    }
}

/// Changes the settings of a bucket beside a destination, or makes them.
pub(crate) fn apply_backup(
    backup: &mut Backup,
    mode: Option<Lenient<S3BackupMode>>,
    settings: Option<S3Settings>,
) -> Result<(), ServiceError> {
    match mode.map(|mode| mode.known()) {
        Some(S3BackupMode::Enabled) => backup.is_on = true,
        Some(S3BackupMode::Disabled) if backup.is_on => return Err(errors::backup_cannot_end()),
        _ => {}
    }
    match (&mut backup.output, settings) {
        (Some(output), Some(settings)) => settings.apply(output)?,
        (None, Some(settings)) => backup.output = Some(settings.into_output()?),
        (_, None) => {}
    }
    if backup.is_on && backup.output.is_none() { Err(errors::backup_without_bucket()) } else { Ok(()) }
}

/// `DynamicPartitioningConfiguration`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct DynamicPartitioningConfiguration {
    retry_options: Option<RetryOptions>,
    enabled: Option<bool>,
}

/// `DataFormatConversionConfiguration`: refused unless it is switched off.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct DataFormatConversionConfiguration {
    enabled: Option<bool>,
}

/// What `ExtendedS3DestinationConfiguration` and `ExtendedS3DestinationUpdate` have in common.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct ExtendedS3Settings {
    #[serde(flatten)]
    output: S3Settings,
    processing_configuration: Option<ProcessingConfiguration>,
    s3_backup_mode: Option<Lenient<S3BackupMode>>,
    data_format_conversion_configuration: Option<DataFormatConversionConfiguration>,
    dynamic_partitioning_configuration: Option<DynamicPartitioningConfiguration>,
    file_extension: Option<String>,
    custom_time_zone: Option<String>,
}

/// `ExtendedS3DestinationConfiguration`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct ExtendedS3Configuration {
    #[serde(flatten)]
    settings: ExtendedS3Settings,
    s3_backup_configuration: Option<S3Settings>,
}

/// `ExtendedS3DestinationUpdate`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct ExtendedS3Update {
    #[serde(flatten)]
    settings: ExtendedS3Settings,
    s3_backup_update: Option<S3Settings>,
}

impl ExtendedS3Settings {
    fn constraints(&self, check: &mut Constraints, form: Form, backup: (&str, Option<&S3Settings>)) {
        self.output.constraints(check, form);
        self.processing_configuration.iter().for_each(|processing| processing.constraints(check));
        check.member("s3BackupMode", &self.s3_backup_mode).known();
        if let (name, Some(backup)) = backup {
            check.nested(name, |check| backup.constraints(check, form));
        }
        let partitioning = self.dynamic_partitioning_configuration.as_ref();
        if let Some(retry) = partitioning.and_then(|partitioning| partitioning.retry_options.as_ref()) {
            check.nested("dynamicPartitioningConfiguration", |check| retry.constraints(check));
        }
        check.member("fileExtension", &self.file_extension).pattern(&FILE_EXTENSION).length(0..=128);
        check.member("customTimeZone", &self.custom_time_zone).pattern(&TIME_ZONE).length(0..=50);
    }

    fn apply(self, destination: &mut S3Destination, backup: Option<S3Settings>) -> Result<(), ServiceError> {
        self.output.apply(&mut destination.output)?;
        if let Some(processing) = self.processing_configuration {
            destination.processing = Some(processing.into_processing()?);
        }
        apply_backup(&mut destination.backup, self.s3_backup_mode, backup)?;
        if let Some(conversion) = self.data_format_conversion_configuration {
            if conversion.enabled != Some(false) {
                let missing = "conversion to Parquet and ORC needs the Glue catalog, which is not there";
                return Err(errors::not_supported("DataFormatConversionConfiguration", missing));
            }
            destination.names_conversion = true;
        }
        if let Some(partitioning) = self.dynamic_partitioning_configuration {
            let known = destination.partitioning;
            let retry = Retry { duration_s: PARTITIONING_RETRY_S };
            let known = known.unwrap_or(DynamicPartitioning { enabled: false, retry });
            let mut new = DynamicPartitioning { enabled: partitioning.enabled.unwrap_or(known.enabled), ..known };
            partitioning.retry_options.iter().for_each(|retry| retry.apply(&mut new.retry));
            destination.partitioning = Some(new);
        }
        destination.file_extension = self.file_extension.or(destination.file_extension.take());
        destination.time_zone = self.custom_time_zone.or(destination.time_zone.take());
        Ok(())
    }

    fn into_destination(mut self, backup: Option<S3Settings>) -> Result<S3Destination, ServiceError> {
        let hints_given = self.output.buffering_hints.is_some();
        let partitioned = self.dynamic_partitioning_configuration.as_ref();
        let is_partitioned = partitioned.and_then(|partitioning| partitioning.enabled) == Some(true);
        let mut destination = plain(std::mem::take(&mut self.output))?;
        if is_partitioned && !hints_given {
            // AWS demands 64 MiB at the least where keys depend on records.
            destination.output.hints.size_mib = 64;
        }
        self.apply(&mut destination, backup)?;
        Ok(destination)
    }
}

impl ExtendedS3Configuration {
    pub(crate) fn constraints(&self, check: &mut Constraints) {
        let backup = ("s3BackupConfiguration", self.s3_backup_configuration.as_ref());
        self.settings.constraints(check, Form::Whole, backup);
    }

    /// A destination made of these settings and the defaults.
    pub(crate) fn into_destination(self) -> Result<S3Destination, ServiceError> {
        self.settings.into_destination(self.s3_backup_configuration)
    }
}

impl ExtendedS3Update {
    pub(crate) fn constraints(&self, check: &mut Constraints) {
        self.settings.constraints(check, Form::Change, ("s3BackupUpdate", self.s3_backup_update.as_ref()));
    }

    /// Takes over what was given.
    pub(crate) fn apply(self, destination: &mut S3Destination) -> Result<(), ServiceError> {
        self.settings.apply(destination, self.s3_backup_update)
    }

    /// A destination that replaces one of another type.
    pub(crate) fn into_destination(self) -> Result<S3Destination, ServiceError> {
        self.settings.into_destination(self.s3_backup_update)
    }
}

/// An S3 destination without any of the extended settings.
pub(crate) fn plain(settings: S3Settings) -> Result<S3Destination, ServiceError> {
    Ok(S3Destination {
        output: settings.into_output()?,
        processing: None,
        backup: Backup::default(),
        partitioning: None,
        file_extension: None,
        time_zone: None,
        names_conversion: false,
    })
}
