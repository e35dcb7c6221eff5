//! `Decrypt`.

use std::sync::Arc;

use aws::{Blob, Call, Constraints, Lenient, Operation, ServiceError, wire_enum};
use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::shapes::{self, EncryptionAlgorithm, EncryptionContext, RecipientInfo};
use crate::{Kms, errors, key_arn, limits, scope};

wire_enum! {
    /// What a dry run leaves out.
    enum DryRunModifier {
        IgnoreCiphertext = "IGNORE_CIPHERTEXT",
    }
}

/// Decrypts what `Encrypt` and `GenerateDataKey` made.
///
/// <https://docs.aws.amazon.com/kms/latest/APIReference/API_Decrypt.html>
///
/// Differs from AWS: no asymmetric keys, no Nitro Enclaves, no grants, no dry-run modifiers.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Decrypt {
    ciphertext_blob: Option<Blob>,
    encryption_context: Option<EncryptionContext>,
    grant_tokens: Option<Vec<String>>,
    key_id: Option<String>,
    encryption_algorithm: Option<Lenient<EncryptionAlgorithm>>,
    recipient: Option<RecipientInfo>,
    dry_run: Option<bool>,
    dry_run_modifiers: Option<Vec<Lenient<DryRunModifier>>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DecryptOutput {
    key_id: String,
    plaintext: Blob,
    encryption_algorithm: EncryptionAlgorithm,
}

impl Operation for Decrypt {
    const NAME: &'static str = "Decrypt";
    type Service = Kms;
    type Output = DecryptOutput;

    fn constraints(&self, check: &mut Constraints) {
        match &self.ciphertext_blob {
            // The model lets it be absent for the sake of dry runs that ignore it.
            None if self.dry_run_modifiers.is_none() => check.fail("ciphertextBlob", "null", "Member must not be null"),
            blob => {
                check.member("ciphertextBlob", blob).length(1..=limits::CIPHERTEXT_BYTES_MAX);
            }
        }
        shapes::grant_tokens(check, &self.grant_tokens);
        check.member("keyId", &self.key_id).length(1..=2048);
        check.member("encryptionAlgorithm", &self.encryption_algorithm).known();
        shapes::recipient(check, &self.recipient);
        check.member("dryRunModifiers", &self.dry_run_modifiers).all_known();
    }

    async fn run(self, kms: &Arc<Kms>, call: &Call) -> Result<DecryptOutput, ServiceError> {
        if self.dry_run_modifiers.is_some() {
            return Err(ServiceError::not_implemented("kms:Decrypt: DryRunModifiers"));
        }
        shapes::refuse_extras(&self.grant_tokens, self.recipient.as_ref())?;
        shapes::refuse_asymmetric(&self.encryption_algorithm)?;
        let expected = match &self.key_id {
            Some(key_id) => Some(kms.find(call, key_id).await?),
            None => None,
        };
        let blob = self.ciphertext_blob.as_deref().unwrap_or_default();
        let id = keys::key_id_of(blob).map_err(|_no_envelope| errors::ciphertext_invalid())?;
        if expected.is_some_and(|key| key.id != id) {
            return Err(errors::key_incorrect());
        }
        let context = shapes::context_bytes(&self.encryption_context);
        let plaintext = match kms.keys.decrypt(scope(call), blob, &context) {
            Ok((_, plaintext)) => plaintext,
            // Whoever invents a ciphertext does not learn which keys there are.
            Err(keys::Error::NotFound) => return Err(errors::ciphertext_invalid()),
            Err(error) => return Err(errors::refused(error, &id, call)),
        };
        if self.dry_run == Some(true) {
            return Err(errors::dry_run());
        }
        Ok(DecryptOutput {
            key_id: key_arn(call, &id),
            plaintext: Blob(Bytes::copy_from_slice(&plaintext)),
            encryption_algorithm: EncryptionAlgorithm::SymmetricDefault,
        })
    }
}
