//! `CreateKey`.

use std::sync::{Arc, LazyLock};

use aws::{Call, Constraints, Lenient, Operation, Pattern, Required, ServiceError, WireEnum, wire_enum};
use serde::{Deserialize, Serialize};

use crate::shapes::{KeyMetadata, KeyUsage, SYMMETRIC_DEFAULT};
use crate::{Kms, errors, scope};

wire_enum! {
    /// The kinds of keys of the model.
    enum KeySpec {
        Rsa2048 = "RSA_2048",
        Rsa3072 = "RSA_3072",
        Rsa4096 = "RSA_4096",
        EccNistP256 = "ECC_NIST_P256",
        EccNistP384 = "ECC_NIST_P384",
        EccNistP521 = "ECC_NIST_P521",
        EccSecgP256K1 = "ECC_SECG_P256K1",
        SymmetricDefault = "SYMMETRIC_DEFAULT",
        Hmac224 = "HMAC_224",
        Hmac256 = "HMAC_256",
        Hmac384 = "HMAC_384",
        Hmac512 = "HMAC_512",
        Sm2 = "SM2",
        MlDsa44 = "ML_DSA_44",
        MlDsa65 = "ML_DSA_65",
        MlDsa87 = "ML_DSA_87",
        EccNistEdwards25519 = "ECC_NIST_EDWARDS25519",
        MlKem512 = "ML_KEM_512",
        MlKem768 = "ML_KEM_768",
        MlKem1024 = "ML_KEM_1024",
    }
}

wire_enum! {
    /// Where key material comes from.
    enum Origin {
        AwsKms = "AWS_KMS",
        External = "EXTERNAL",
        AwsCloudHsm = "AWS_CLOUDHSM",
        ExternalKeyStore = "EXTERNAL_KEY_STORE",
    }
}

static POLICY: LazyLock<Pattern> = LazyLock::new(|| Pattern::new(r"[\u0009\u000A\u000D\u0020-\u00FF]+"));
static XKS_KEY_ID: LazyLock<Pattern> = LazyLock::new(|| Pattern::new("^[a-zA-Z0-9-_.]+$"));

/// Makes a symmetric key.
///
/// <https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateKey.html>
///
/// Differs from AWS: only symmetric keys of one Region whose material is made here; no policies, no tags.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct CreateKey {
    policy: Option<String>,
    description: Option<String>,
    key_usage: Option<Lenient<KeyUsage>>,
    customer_master_key_spec: Option<Lenient<KeySpec>>,
    key_spec: Option<Lenient<KeySpec>>,
    origin: Option<Lenient<Origin>>,
    custom_key_store_id: Option<String>,
    bypass_policy_lockout_safety_check: Option<bool>,
    tags: Option<Vec<Tag>>,
    multi_region: Option<bool>,
    xks_key_id: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Tag {
    tag_key: Required<String>,
    tag_value: Required<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CreateKeyOutput {
    key_metadata: KeyMetadata,
}

impl Operation for CreateKey {
    const NAME: &'static str = "CreateKey";
    type Service = Kms;
    type Output = CreateKeyOutput;

    fn constraints(&self, check: &mut Constraints) {
        check.member("policy", &self.policy).length(1..=131_072).pattern(&POLICY);
        check.member("description", &self.description).length(0..=8192);
        check.member("keyUsage", &self.key_usage).known();
        check.member("customerMasterKeySpec", &self.customer_master_key_spec).known();
        check.member("keySpec", &self.key_spec).known();
        check.member("origin", &self.origin).known();
        check.member("customKeyStoreId", &self.custom_key_store_id).length(1..=64);
        check.each("tags", self.tags.as_deref().unwrap_or_default(), |check, tag| {
            check.member("tagKey", &tag.tag_key).length(1..=128);
            check.member("tagValue", &tag.tag_value).length(0..=256);
        });
        check.member("xksKeyId", &self.xks_key_id).length(1..=128).pattern(&XKS_KEY_ID);
    }

    async fn run(self, kms: &Arc<Kms>, call: &Call) -> Result<CreateKeyOutput, ServiceError> {
        self.refuse_others()?;
        let description = self.description.as_deref().unwrap_or_default();
        let created = kms.keys.create(scope(call), description).await;
        let key = created.map_err(|error| errors::refused(error, "", call))?;
        Ok(CreateKeyOutput { key_metadata: KeyMetadata::new(key, call) })
    }
}

impl CreateKey {
    /// Only one kind of key is real here.
    fn refuse_others(&self) -> Result<(), ServiceError> {
        if self.key_spec.is_some() && self.customer_master_key_spec.is_some() {
            return Err(errors::two_key_specs());
        }
        let spec = self.key_spec.as_ref().or(self.customer_master_key_spec.as_ref()).map(|spec| spec.known().name());
        let usage = self.key_usage.as_ref().map_or(KeyUsage::EncryptDecrypt, Lenient::known);
        let origin = self.origin.as_ref().map_or(Origin::AwsKms, Lenient::known);
        for (is_asked_for, what) in [
            (self.policy.is_some(), "Policy"),
            (self.bypass_policy_lockout_safety_check == Some(true), "BypassPolicyLockoutSafetyCheck"),
            (usage != KeyUsage::EncryptDecrypt, "KeyUsage other than ENCRYPT_DECRYPT"),
            (spec.unwrap_or(SYMMETRIC_DEFAULT) != SYMMETRIC_DEFAULT, "KeySpec other than SYMMETRIC_DEFAULT"),
            (origin != Origin::AwsKms, "Origin other than AWS_KMS"),
            (self.custom_key_store_id.is_some(), "CustomKeyStoreId"),
            (self.tags.as_ref().is_some_and(|tags| !tags.is_empty()), "Tags"),
            (self.multi_region == Some(true), "MultiRegion"),
            (self.xks_key_id.is_some(), "XksKeyId"),
        ] {
            if is_asked_for {
                return Err(ServiceError::not_implemented(format_args!("kms:CreateKey: {what}")));
            }
        }
        Ok(())
    }
}
