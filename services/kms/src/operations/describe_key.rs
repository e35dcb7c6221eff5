//! `DescribeKey`.

use std::sync::Arc;

use aws::{Call, Constraints, Operation, Required, ServiceError};
use serde::{Deserialize, Serialize};

use crate::Kms;
use crate::shapes::{self, KeyMetadata};

/// Tells everything about a key but its material.
///
/// <https://docs.aws.amazon.com/kms/latest/APIReference/API_DescribeKey.html>
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct DescribeKey {
    key_id: Required<String>,
    grant_tokens: Option<Vec<String>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DescribeKeyOutput {
    key_metadata: KeyMetadata,
}

impl Operation for DescribeKey {
    const NAME: &'static str = "DescribeKey";
    type Service = Kms;
    type Output = DescribeKeyOutput;

    fn constraints(&self, check: &mut Constraints) {
        shapes::key_id(check, &self.key_id);
        shapes::grant_tokens(check, &self.grant_tokens);
    }

    async fn run(self, kms: &Arc<Kms>, call: &Call) -> Result<DescribeKeyOutput, ServiceError> {
        shapes::refuse_extras(&self.grant_tokens, None)?;
        let key = kms.find(call, &self.key_id).await?;
        Ok(DescribeKeyOutput { key_metadata: KeyMetadata::new(key, call) })
    }
}
