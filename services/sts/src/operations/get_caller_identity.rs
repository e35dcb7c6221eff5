//! Who the caller is.

use std::sync::Arc;

use aws::{Call, Constraints, Operation, ServiceError};
use serde::{Deserialize, Serialize};

use crate::{Sts, identity};

/// Tells the caller who it is; needs no permission.
///
/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>
#[derive(Debug, Default, Deserialize)]
pub(crate) struct GetCallerIdentity {}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetCallerIdentityOutput {
    arn: String,
    user_id: String,
    account: String,
}

impl Operation for GetCallerIdentity {
    const NAME: &'static str = "GetCallerIdentity";
    type Service = Sts;
    type Output = GetCallerIdentityOutput;

    fn constraints(&self, _check: &mut Constraints) {}

    async fn run(self, _sts: &Arc<Sts>, call: &Call) -> Result<GetCallerIdentityOutput, ServiceError> {
        Ok(GetCallerIdentityOutput {
            arn: call.caller.clone(),
            user_id: identity::user_id(&call.caller, &call.account),
            account: call.account.clone(),
        })
    }
}
