//! `GenerateDataKey`.

use std::sync::Arc;

use aws::{Blob, Call, Constraints, Lenient, Operation, Required, ServiceError};
use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::shapes::{self, DataKeySpec, EncryptionContext, RecipientInfo};
use crate::{Kms, errors, key_arn, scope};

/// Makes a data key: in the clear to use, and encrypted to keep.
///
/// <https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateDataKey.html>
///
/// Differs from AWS: no Nitro Enclaves, no grants.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct GenerateDataKey {
    key_id: Required<String>,
    encryption_context: Option<EncryptionContext>,
    number_of_bytes: Option<i32>,
    key_spec: Option<Lenient<DataKeySpec>>,
    grant_tokens: Option<Vec<String>>,
    recipient: Option<RecipientInfo>,
    dry_run: Option<bool>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GenerateDataKeyOutput {
    ciphertext_blob: Blob,
    plaintext: Blob,
    key_id: String,
}

impl Operation for GenerateDataKey {
    const NAME: &'static str = "GenerateDataKey";
    type Service = Kms;
    type Output = GenerateDataKeyOutput;

    fn constraints(&self, check: &mut Constraints) {
        shapes::key_id(check, &self.key_id);
        shapes::data_key(check, &self.number_of_bytes, &self.key_spec);
        shapes::grant_tokens(check, &self.grant_tokens);
        shapes::recipient(check, &self.recipient);
    }

    async fn run(self, kms: &Arc<Kms>, call: &Call) -> Result<GenerateDataKeyOutput, ServiceError> {
        shapes::refuse_extras(&self.grant_tokens, self.recipient.as_ref())?;
        let bytes = shapes::data_key_bytes(self.number_of_bytes, &self.key_spec)?;
        let key = kms.find(call, &self.key_id).await?;
        let mut plaintext = vec![0; bytes];
        kms.host.fill_random(&mut plaintext);
        let context = shapes::context_bytes(&self.encryption_context);
        let encrypted = kms.keys.encrypt(scope(call), &key.id, &plaintext, &context);
        let ciphertext = encrypted.map_err(|error| errors::refused(error, &key.id, call))?;
        if self.dry_run == Some(true) {
            return Err(errors::dry_run());
        }
        Ok(GenerateDataKeyOutput {
            ciphertext_blob: Blob(Bytes::from(ciphertext)),
            plaintext: Blob(Bytes::from(plaintext)),
            key_id: key_arn(call, &key.id),
        })
    }
}
