//! `DeleteApplicationVpcConfiguration`.

use std::sync::Arc;

use aws::{Call, Constraints, Operation, Required, ServiceError};
use serde::Deserialize;

use crate::shapes::{Empty, checks};
use crate::{KinesisAnalytics, errors};

/// Refuses to take a virtual private cloud away.
///
/// <https://docs.aws.amazon.com/managed-flink/latest/apiv2/API_DeleteApplicationVpcConfiguration.html>
///
/// Differs from AWS: always refused: SQL applications have none of it.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct DeleteApplicationVpcConfiguration {
    application_name: Required<String>,
    current_application_version_id: Option<i64>,
    vpc_configuration_id: Required<String>,
    conditional_token: Option<String>,
}

impl Operation for DeleteApplicationVpcConfiguration {
    const NAME: &'static str = "DeleteApplicationVpcConfiguration";
    type Service = KinesisAnalytics;
    type Output = Empty;

    fn constraints(&self, check: &mut Constraints) {
        checks::application_name(check, &self.application_name);
        checks::version(check, &self.current_application_version_id);
        checks::id(check, "vpcConfigurationId", &self.vpc_configuration_id);
        checks::conditional_token(check, &self.conditional_token);
    }

    async fn run(self, analytics: &Arc<KinesisAnalytics>, call: &Call) -> Result<Empty, ServiceError> {
        analytics.find(call, &self.application_name)?;
        Err(errors::argument_not_for_sql(Self::NAME))
    }
}
