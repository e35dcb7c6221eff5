//! DescribeAccountSettings.

use std::sync::Arc;

use aws::{Call, Constraints, Operation, ServiceError};
use serde::Deserialize;

use crate::Kinesis;
use crate::account::AccountSettings;

/// Answers the settings of the account in the region.
///
/// <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DescribeAccountSettings.html>
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct DescribeAccountSettings {}

impl Operation for DescribeAccountSettings {
    const NAME: &'static str = "DescribeAccountSettings";
    type Service = Kinesis;
    type Output = AccountSettings;

    fn constraints(&self, _check: &mut Constraints) {}

    async fn run(self, kinesis: &Arc<Kinesis>, call: &Call) -> Result<AccountSettings, ServiceError> {
        kinesis.admit(call, Self::NAME)?;
        Ok(AccountSettings::of(kinesis.commitment(call)?, kinesis.now_ms()))
    }
}
