//! `GenerateDataKeyWithoutPlaintext`.

use std::sync::Arc;

use aws::{Blob, Call, Constraints, Lenient, Operation, Required, ServiceError};
use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::shapes::{self, DataKeySpec, EncryptionContext};
use crate::{Kms, errors, key_arn, scope};

/// Makes a data key and tells only its encrypted form.
///
/// <https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateDataKeyWithoutPlaintext.html>
///
/// Differs from AWS: no grants.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct GenerateDataKeyWithoutPlaintext {
    key_id: Required<String>,
    encryption_context: Option<EncryptionContext>,
    key_spec: Option<Lenient<DataKeySpec>>,
    number_of_bytes: Option<i32>,
    grant_tokens: Option<Vec<String>>,
    dry_run: Option<bool>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GenerateDataKeyWithoutPlaintextOutput {
    ciphertext_blob: Blob,
    key_id: String,
}

impl Operation for GenerateDataKeyWithoutPlaintext {
    const NAME: &'static str = "GenerateDataKeyWithoutPlaintext";
    type Service = Kms;
    type Output = GenerateDataKeyWithoutPlaintextOutput;

    fn constraints(&self, check: &mut Constraints) {
        shapes::key_id(check, &self.key_id);
        shapes::data_key(check, &self.number_of_bytes, &self.key_spec);
        shapes::grant_tokens(check, &self.grant_tokens);
    }

    async fn run(self, kms: &Arc<Kms>, call: &Call) -> Result<GenerateDataKeyWithoutPlaintextOutput, ServiceError> {
        shapes::refuse_extras(&self.grant_tokens, None)?;
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
        let ciphertext_blob = Blob(Bytes::from(ciphertext));
        Ok(GenerateDataKeyWithoutPlaintextOutput { ciphertext_blob, key_id: key_arn(call, &key.id) })
    }
}
