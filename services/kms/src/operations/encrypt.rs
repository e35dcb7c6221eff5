//! `Encrypt`.

use std::sync::Arc;

use aws::{Blob, Call, Constraints, Lenient, Operation, Required, ServiceError};
use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::shapes::{self, EncryptionAlgorithm, EncryptionContext};
use crate::{Kms, errors, key_arn, limits, scope};

/// Encrypts up to 4 KiB directly under a key.
///
/// <https://docs.aws.amazon.com/kms/latest/APIReference/API_Encrypt.html>
///
/// Differs from AWS: no asymmetric keys, no grants.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Encrypt {
    key_id: Required<String>,
    plaintext: Required<Blob>,
    encryption_context: Option<EncryptionContext>,
    grant_tokens: Option<Vec<String>>,
    encryption_algorithm: Option<Lenient<EncryptionAlgorithm>>,
    dry_run: Option<bool>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct EncryptOutput {
    ciphertext_blob: Blob,
    key_id: String,
    encryption_algorithm: EncryptionAlgorithm,
}

impl Operation for Encrypt {
    const NAME: &'static str = "Encrypt";
    type Service = Kms;
    type Output = EncryptOutput;

    fn constraints(&self, check: &mut Constraints) {
        shapes::key_id(check, &self.key_id);
        check.member("plaintext", &self.plaintext).length(1..=limits::PLAINTEXT_BYTES_MAX);
        shapes::grant_tokens(check, &self.grant_tokens);
        check.member("encryptionAlgorithm", &self.encryption_algorithm).known();
    }

    async fn run(self, kms: &Arc<Kms>, call: &Call) -> Result<EncryptOutput, ServiceError> {
        shapes::refuse_extras(&self.grant_tokens, None)?;
        shapes::refuse_asymmetric(&self.encryption_algorithm)?;
        let key = kms.find(call, &self.key_id).await?;
        let context = shapes::context_bytes(&self.encryption_context);
        let encrypted = kms.keys.encrypt(scope(call), &key.id, &self.plaintext, &context);
        let ciphertext = encrypted.map_err(|error| errors::refused(error, &key.id, call))?;
        if self.dry_run == Some(true) {
            return Err(errors::dry_run());
        }
        Ok(EncryptOutput {
            ciphertext_blob: Blob(Bytes::from(ciphertext)),
            key_id: key_arn(call, &key.id),
            encryption_algorithm: EncryptionAlgorithm::SymmetricDefault,
        })
    }
}
