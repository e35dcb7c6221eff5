//! Log streams in requests.

use aws::{Constraints, Render};
use serde::Deserialize;

use super::{Api, checks};

/// A log stream.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct CloudWatchLoggingOption {
    #[serde(rename = "LogStreamARN")]
    pub(crate) log_stream_arn: Option<String>,
    #[serde(rename = "RoleARN")]
    pub(crate) role_arn: Option<String>,
}

/// Another log stream.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct CloudWatchLoggingOptionUpdate {
    #[serde(rename = "CloudWatchLoggingOptionId")]
    pub(crate) id: Option<String>,
    #[serde(rename = "LogStreamARNUpdate")]
    pub(crate) log_stream_arn: Option<String>,
    #[serde(rename = "RoleARNUpdate")]
    pub(crate) role_arn: Option<String>,
}

impl Render for CloudWatchLoggingOption {
    fn render(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "CloudWatchLoggingOption(logStreamARN={})", self.log_stream_arn.as_deref().unwrap_or("null"))
    }
}

impl CloudWatchLoggingOption {
    pub(crate) fn constraints(&self, check: &mut Constraints, api: Api) {
        checks::require(check, "logStreamARN", self.log_stream_arn.as_ref());
        checks::arn(check, "logStreamARN", &self.log_stream_arn);
        checks::required_role(check, "roleARN", &self.role_arn, api);
    }
}

impl CloudWatchLoggingOptionUpdate {
    pub(crate) fn constraints(&self, check: &mut Constraints, api: Api) {
        checks::inner_id(check, "cloudWatchLoggingOptionId", &self.id);
        checks::arn(check, "logStreamARNUpdate", &self.log_stream_arn);
        checks::role(check, "roleARNUpdate", &self.role_arn, api);
    }
}
