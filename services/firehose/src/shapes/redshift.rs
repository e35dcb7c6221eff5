//! Settings of Redshift destinations as they arrive.

use std::sync::LazyLock;

use aws::{Constraints, Lenient, Pattern, ServiceError};
use regex::Regex;
use serde::Deserialize;

use super::parts::{CloudWatchLoggingOptions, RetryOptions, SecretsConfiguration};
use super::processing::ProcessingConfiguration;
use super::s3::apply_backup;
use super::{CompressionFormat, Form, S3BackupMode, S3Settings, is_loopback_host, member, require, require_match};
use crate::configuration::{Backup, CopyCommand, Logging, RedshiftDestination, Retry, S3Output};
use crate::errors;

static ANY_LINE: LazyLock<Pattern> = LazyLock::new(|| Pattern::new(".*"));

const RETRY_DEFAULT: Retry = Retry { duration_s: 3_600 };

/// The model's pattern, as it is printed.
const JDBC_URL: &str = r"jdbc:(redshift|postgresql)://((?!-)[A-Za-z0-9-]{1,63}(?<!-)\.)+(redshift(-serverless)?)\.([a-zA-Z0-9\.\-]+):\d{1,5}/[a-zA-Z0-9_$-]+";
/// Scheme, host, port and database of a JDBC URL.
static JDBC_PARTS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^jdbc:(?:redshift|postgresql)://([A-Za-z0-9.-]+|\[[0-9a-fA-F:]+\]):\d{1,5}/[a-zA-Z0-9_$-]+$")
        .expect("a constant of ours")
});
static REDSHIFT_HOST: LazyLock<Regex> = LazyLock::new(|| {
    // Labels without dashes at their ends, which the model says by looking around.
    Regex::new(r"^(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+redshift(?:-serverless)?\.[a-zA-Z0-9.-]+$")
        .expect("a constant of ours")
});

/// `CopyCommand`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct CopyCommandIn {
    data_table_name: Option<String>,
    data_table_columns: Option<String>,
    copy_options: Option<String>,
}

/// What `RedshiftDestinationConfiguration` and `RedshiftDestinationUpdate` have in common.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct RedshiftSettings {
    #[serde(rename = "RoleARN")]
    role_arn: Option<String>,
    #[serde(rename = "ClusterJDBCURL")]
    cluster_jdbc_url: Option<String>,
    copy_command: Option<CopyCommandIn>,
    username: Option<String>,
    password: Option<String>,
    retry_options: Option<RetryOptions>,
    processing_configuration: Option<ProcessingConfiguration>,
    s3_backup_mode: Option<Lenient<S3BackupMode>>,
    cloud_watch_logging_options: Option<CloudWatchLoggingOptions>,
    secrets_manager_configuration: Option<SecretsConfiguration>,
}

/// `RedshiftDestinationConfiguration`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct RedshiftConfiguration {
    #[serde(flatten)]
    settings: RedshiftSettings,
    s3_configuration: Option<S3Settings>,
    s3_backup_configuration: Option<S3Settings>,
}

/// `RedshiftDestinationUpdate`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct RedshiftUpdate {
    #[serde(flatten)]
    settings: RedshiftSettings,
    s3_update: Option<S3Settings>,
    s3_backup_update: Option<S3Settings>,
}

/// AWS's own hosts, and beyond the model those of this machine.
fn is_jdbc_url(url: &str) -> bool {
    let host = JDBC_PARTS.captures(url).and_then(|found| found.get(1)).map(|host| host.as_str());
    host.is_some_and(|host| is_loopback_host(host) || REDSHIFT_HOST.is_match(host))
}

impl RedshiftSettings {
    fn constraints(&self, check: &mut Constraints, form: Form) {
        super::role_arn(check, form, &self.role_arn);
        let url = &self.cluster_jdbc_url;
        member(check, form, "clusterJDBCURL", url).length(1..=512);
        let text = url.as_deref();
        require_match(check, "clusterJDBCURL", text, text.is_some_and(is_jdbc_url), JDBC_URL);
        require(check, form, "copyCommand", self.copy_command.as_ref());
        if let Some(copy) = &self.copy_command {
            check.nested("copyCommand", |check| {
                member(check, Form::Whole, "dataTableName", &copy.data_table_name).pattern(&ANY_LINE).length(1..=512);
                check.member("dataTableColumns", &copy.data_table_columns).pattern(&ANY_LINE).length(0..=10_240);
                check.member("copyOptions", &copy.copy_options).pattern(&ANY_LINE).length(0..=10_240);
            });
        }
        check.member("username", &self.username).pattern(&ANY_LINE).length(1..=512);
        // Without the text, which would otherwise stand in logs.
        let length = self.password.as_ref().map_or(6, |password| password.chars().count());
        if length < 6 {
            check.fail("password", "'***'", "Member must have length greater than or equal to 6");
        } else if length > 512 {
            check.fail("password", "'***'", "Member must have length less than or equal to 512");
        }
        self.retry_options.iter().for_each(|retry| retry.constraints(check));
        self.processing_configuration.iter().for_each(|processing| processing.constraints(check));
        check.member("s3BackupMode", &self.s3_backup_mode).known();
        self.cloud_watch_logging_options.iter().for_each(|logging| logging.constraints(check));
        self.secrets_manager_configuration.iter().for_each(|secrets| secrets.constraints(check));
    }

    fn apply(self, destination: &mut RedshiftDestination, backup: Option<S3Settings>) -> Result<(), ServiceError> {
        if let Some(secrets) = self.secrets_manager_configuration {
            secrets.require_off()?;
        }
        destination.role_arn = self.role_arn.unwrap_or(std::mem::take(&mut destination.role_arn));
        let url = &mut destination.cluster_jdbc_url;
        *url = self.cluster_jdbc_url.unwrap_or(std::mem::take(url));
        if let Some(copy) = self.copy_command {
            destination.copy = CopyCommand {
                data_table_name: copy.data_table_name.unwrap_or_default(),
                data_table_columns: copy.data_table_columns,
                copy_options: copy.copy_options,
            };
        }
        destination.username = self.username.or(destination.username.take());
        destination.password = self.password.or(destination.password.take());
        if destination.username.is_none() || destination.password.is_none() {
            return Err(errors::missing("Username and Password"));
        }
        self.retry_options.iter().for_each(|retry| retry.apply(&mut destination.retry));
        if let Some(processing) = self.processing_configuration {
            destination.processing = Some(processing.into_processing()?);
        }
        apply_backup(&mut destination.backup, self.s3_backup_mode, backup)?;
        if let Some(logging) = self.cloud_watch_logging_options {
            logging.apply(&mut destination.logging)?;
        }
        require_loadable(&destination.s3)
    }

    fn into_destination(
        self,
        s3: Option<S3Settings>,
        backup: Option<S3Settings>,
    ) -> Result<RedshiftDestination, ServiceError> {
        let copy = self.copy_command.as_ref().and_then(|copy| copy.data_table_name.clone());
        let mut destination = RedshiftDestination {
            role_arn: self.role_arn.clone().ok_or_else(|| errors::missing("RoleARN"))?,
            cluster_jdbc_url: self.cluster_jdbc_url.clone().ok_or_else(|| errors::missing("ClusterJDBCURL"))?,
            copy: CopyCommand {
                data_table_name: copy.ok_or_else(|| errors::missing("CopyCommand"))?,
                data_table_columns: None,
                copy_options: None,
            },
            username: None,
            password: None,
            retry: RETRY_DEFAULT,
            s3: s3.ok_or_else(|| errors::missing("S3Configuration"))?.into_output()?,
            processing: None,
            backup: Backup::default(),
            logging: Logging::default(),
        };
        self.apply(&mut destination, backup)?;
        Ok(destination)
    }
}

/// Refuses objects that COPY cannot read or name.
fn require_loadable(output: &S3Output) -> Result<(), ServiceError> {
    if matches!(
        output.compression,
        CompressionFormat::Snappy | CompressionFormat::Zip | CompressionFormat::HadoopSnappy
    ) {
        return Err(errors::redshift_compression(output.compression));
    }
    let has_expression = output.prefix.as_ref().is_some_and(|prefix| prefix.contains("!{"));
    if has_expression || output.error_prefix.as_ref().is_some_and(|prefix| !prefix.is_empty()) {
        return Err(errors::redshift_prefix());
    }
    Ok(())
}

impl RedshiftConfiguration {
    pub(crate) fn constraints(&self, check: &mut Constraints) {
        self.settings.constraints(check, Form::Whole);
        require(check, Form::Whole, "s3Configuration", self.s3_configuration.as_ref());
        for (name, s3) in
            [("s3Configuration", &self.s3_configuration), ("s3BackupConfiguration", &self.s3_backup_configuration)]
        {
            s3.iter().for_each(|s3| check.nested(name, |check| s3.constraints(check, Form::Whole)));
        }
    }

    /// A destination made of these settings and the defaults.
    pub(crate) fn into_destination(self) -> Result<RedshiftDestination, ServiceError> {
        self.settings.into_destination(self.s3_configuration, self.s3_backup_configuration)
    }
}

impl RedshiftUpdate {
    pub(crate) fn constraints(&self, check: &mut Constraints) {
        self.settings.constraints(check, Form::Change);
        for (name, s3) in [("s3Update", &self.s3_update), ("s3BackupUpdate", &self.s3_backup_update)] {
            s3.iter().for_each(|s3| check.nested(name, |check| s3.constraints(check, Form::Change)));
        }
    }

    /// Takes over what was given.
    pub(crate) fn apply(self, destination: &mut RedshiftDestination) -> Result<(), ServiceError> {
        if let Some(s3) = self.s3_update {
            s3.apply(&mut destination.s3)?;
        }
        self.settings.apply(destination, self.s3_backup_update)
    }

    /// A destination that replaces one of another type.
    pub(crate) fn into_destination(self) -> Result<RedshiftDestination, ServiceError> {
        self.settings.into_destination(self.s3_update, self.s3_backup_update)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jdbc_urls_are_of_aws_or_of_this_machine() {
        for (url, expected) in [
            ("jdbc:redshift://c.abc.us-east-1.redshift.amazonaws.com:5439/dev", true),
            ("jdbc:postgresql://w.123456789012.us-east-1.redshift-serverless.amazonaws.com:5439/dev", true),
            ("jdbc:redshift://localhost:5439/dev", true),
            ("jdbc:redshift://127.0.0.1:1/d", true),
            ("jdbc:redshift://[::1]:5439/dev", true),
            ("jdbc:redshift://-c.redshift.amazonaws.com:5439/dev", false),
            ("jdbc:redshift://c-.redshift.amazonaws.com:5439/dev", false),
            ("jdbc:redshift://example.com:5439/dev", false),
            ("jdbc:mysql://localhost:5439/dev", false),
            ("jdbc:redshift://localhost:5439", false),
        ] {
            assert_eq!(is_jdbc_url(url), expected, "{url}");
        }
    }
}
