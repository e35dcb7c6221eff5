//! Whose key shall seal buffered records, as it arrives.

use std::sync::LazyLock;

use aws::{Constraints, Lenient, Pattern, ServiceError};
use serde::Deserialize;

use super::{Form, KeyType, member};
use crate::errors;

static KEY_ARN: LazyLock<Pattern> =
    LazyLock::new(|| Pattern::new(r"arn:.*:kms:[a-zA-Z0-9\-]+:\d{12}:key/[a-zA-Z_0-9+=,.@\-_/]+"));

/// `DeliveryStreamEncryptionConfigurationInput`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct EncryptionInput {
    #[serde(rename = "KeyARN")]
    key_arn: Option<String>,
    key_type: Option<Lenient<KeyType>>,
}

impl EncryptionInput {
    pub(crate) fn constraints(&self, check: &mut Constraints) {
        check.nested("deliveryStreamEncryptionConfigurationInput", |check| {
            check.member("keyARN", &self.key_arn).pattern(&KEY_ARN).length(1..=512);
            member(check, Form::Whole, "keyType", &self.key_type).known();
        });
    }

    /// The kind of key, and the caller's own if it is one. Without any word it is the service's.
    pub(crate) fn choice(input: Option<Self>) -> Result<(KeyType, Option<String>), ServiceError> {
        let input = input.unwrap_or_default();
        let key_type = input.key_type.map_or(KeyType::AwsOwnedCmk, |key_type| key_type.known());
        match (key_type, input.key_arn) {
            (KeyType::CustomerManagedCmk, None) => Err(errors::key_arn_required()),
            (KeyType::AwsOwnedCmk, Some(_)) => Err(errors::key_arn_not_allowed()),
            (key_type, key_arn) => Ok((key_type, key_arn)),
        }
    }
}
