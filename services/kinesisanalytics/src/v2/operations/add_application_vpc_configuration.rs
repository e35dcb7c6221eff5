//! `AddApplicationVpcConfiguration`.

use std::sync::Arc;

use aws::{Call, Constraints, Operation, Required, ServiceError};
use serde::Deserialize;

use crate::shapes::{Empty, checks};
use crate::{KinesisAnalytics, errors};

/// Refuses a virtual private cloud.
///
/// <https://docs.aws.amazon.com/managed-flink/latest/apiv2/API_AddApplicationVpcConfiguration.html>
///
/// Differs from AWS: always refused: SQL applications have none of it.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct AddApplicationVpcConfiguration {
    application_name: Required<String>,
    current_application_version_id: Option<i64>,
    vpc_configuration: Required<VpcConfiguration>,
    conditional_token: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct VpcConfiguration {
    subnet_ids: Option<Vec<String>>,
    security_group_ids: Option<Vec<String>>,
}

impl Operation for AddApplicationVpcConfiguration {
    const NAME: &'static str = "AddApplicationVpcConfiguration";
    type Service = KinesisAnalytics;
    type Output = Empty;

    fn constraints(&self, check: &mut Constraints) {
        checks::application_name(check, &self.application_name);
        checks::version(check, &self.current_application_version_id);
        let vpc = self.vpc_configuration.get();
        checks::require(check, "vpcConfiguration", vpc);
        if let Some(vpc) = vpc {
            check.nested("vpcConfiguration", |check| {
                checks::required(check, "subnetIds", &vpc.subnet_ids).length(1..=16);
                checks::required(check, "securityGroupIds", &vpc.security_group_ids).length(1..=5);
            });
        }
        checks::conditional_token(check, &self.conditional_token);
    }

    async fn run(self, analytics: &Arc<KinesisAnalytics>, call: &Call) -> Result<Empty, ServiceError> {
        analytics.find(call, &self.application_name)?;
        Err(errors::argument_not_for_sql(Self::NAME))
    }
}
