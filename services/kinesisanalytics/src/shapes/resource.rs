//! Other services' resources as applications name them: an ARN, and in the first version the role that may use it.

use aws::Constraints;
use serde::Deserialize;

use super::{Api, checks};

/// A stream, a delivery stream or a function.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Resource {
    #[serde(rename = "ResourceARN")]
    pub(crate) resource_arn: Option<String>,
    #[serde(rename = "RoleARN")]
    pub(crate) role_arn: Option<String>,
}

/// Another one instead.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ResourceUpdate {
    #[serde(rename = "ResourceARNUpdate")]
    pub(crate) resource_arn: Option<String>,
    #[serde(rename = "RoleARNUpdate")]
    pub(crate) role_arn: Option<String>,
}

impl Resource {
    fn constraints(&self, check: &mut Constraints, api: Api) {
        checks::require(check, "resourceARN", self.resource_arn.as_ref());
        checks::arn(check, "resourceARN", &self.resource_arn);
        checks::required_role(check, "roleARN", &self.role_arn, api);
    }
}

impl ResourceUpdate {
    fn constraints(&self, check: &mut Constraints, api: Api) {
        if api == Api::V2 {
            checks::require(check, "resourceARNUpdate", self.resource_arn.as_ref());
        }
        checks::arn(check, "resourceARNUpdate", &self.resource_arn);
        checks::role(check, "roleARNUpdate", &self.role_arn, api);
    }
}

/// Checks resources under their member names.
pub(crate) fn each<const N: usize>(check: &mut Constraints, members: [(&str, &Option<Resource>); N], api: Api) {
    for (name, resource) in members {
        resource.iter().for_each(|resource| check.nested(name, |check| resource.constraints(check, api)));
    }
}

/// Checks updates of resources under their member names.
pub(crate) fn each_update<const N: usize>(
    check: &mut Constraints,
    members: [(&str, &Option<ResourceUpdate>); N],
    api: Api,
) {
    for (name, resource) in members {
        resource.iter().for_each(|resource| check.nested(name, |check| resource.constraints(check, api)));
    }
}
