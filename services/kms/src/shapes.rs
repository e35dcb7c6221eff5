//! Shapes and rules that two or more operations share.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use aws::{Blob, Call, Constraints, Lenient, Pattern, Required, ServiceError, Timestamp, wire_enum};
use keys::{Key, Owner, State};
use serde::{Deserialize, Serialize};

use crate::{errors, key_arn, limits};

wire_enum! {
    /// What a key is for.
    pub(crate) enum KeyUsage {
        SignVerify = "SIGN_VERIFY",
        EncryptDecrypt = "ENCRYPT_DECRYPT",
        GenerateVerifyMac = "GENERATE_VERIFY_MAC",
        KeyAgreement = "KEY_AGREEMENT",
        EncapsulateDecapsulate = "ENCAPSULATE_DECAPSULATE",
    }
}

wire_enum! {
    /// What may be done with a key.
    pub(crate) enum KeyState {
        Enabled = "Enabled",
        Disabled = "Disabled",
        PendingDeletion = "PendingDeletion",
    }
}

wire_enum! {
    /// The kinds of data keys.
    pub(crate) enum DataKeySpec {
        Aes256 = "AES_256",
        Aes128 = "AES_128",
    }
}

wire_enum! {
    /// How text is encrypted.
    pub(crate) enum EncryptionAlgorithm {
        SymmetricDefault = "SYMMETRIC_DEFAULT",
        RsaesOaepSha1 = "RSAES_OAEP_SHA_1",
        RsaesOaepSha256 = "RSAES_OAEP_SHA_256",
        Sm2Pke = "SM2PKE",
    }
}

wire_enum! {
    /// How an enclave wants its answer encrypted.
    pub(crate) enum KeyEncryptionMechanism {
        RsaesOaepSha256 = "RSAES_OAEP_SHA_256",
    }
}

/// The only kind of key there is.
pub(crate) const SYMMETRIC_DEFAULT: &str = "SYMMETRIC_DEFAULT";

static ALIAS_NAME: LazyLock<Pattern> = LazyLock::new(|| Pattern::new("^[a-zA-Z0-9:/_-]+$"));
static MARKER: LazyLock<Pattern> = LazyLock::new(|| Pattern::new(r"[\u0020-\u00FF]*"));

/// Who asks for an answer that only an enclave can read.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct RecipientInfo {
    key_encryption_algorithm: Option<Lenient<KeyEncryptionMechanism>>,
    attestation_document: Option<Blob>,
}

/// Named facts that must be the same at decryption.
pub(crate) type EncryptionContext = BTreeMap<String, String>;

/// Everything about a key but its material.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct KeyMetadata {
    #[serde(rename = "AWSAccountId")]
    account: String,
    key_id: String,
    arn: String,
    creation_date: Timestamp,
    enabled: bool,
    description: String,
    key_usage: KeyUsage,
    key_state: KeyState,
    #[serde(skip_serializing_if = "Option::is_none")]
    deletion_date: Option<Timestamp>,
    origin: &'static str,
    #[serde(rename = "KeyManager")]
    managed_by: &'static str,
    customer_master_key_spec: &'static str,
    key_spec: &'static str,
    encryption_algorithms: [EncryptionAlgorithm; 1],
    multi_region: bool,
}

impl KeyMetadata {
    pub(crate) fn new(key: Key, call: &Call) -> Self {
        let deletion_date = match key.state {
            State::PendingDeletion { at_ms } => Some(Timestamp::from_ms(at_ms)),
            State::Enabled | State::Disabled => None,
        };
        Self {
            account: call.account.clone(),
            arn: key_arn(call, &key.id),
            key_id: key.id,
            creation_date: Timestamp::from_ms(key.created_ms),
            enabled: key.state == State::Enabled,
            description: key.description,
            key_usage: KeyUsage::EncryptDecrypt,
            key_state: key_state(key.state),
            deletion_date,
            origin: "AWS_KMS",
            managed_by: match key.owner {
                Owner::Managed => "AWS",
                Owner::Customer => "CUSTOMER",
            },
            customer_master_key_spec: SYMMETRIC_DEFAULT,
            key_spec: SYMMETRIC_DEFAULT,
            encryption_algorithms: [EncryptionAlgorithm::SymmetricDefault],
            multi_region: false,
        }
    }
}

pub(crate) fn key_state(state: State) -> KeyState {
    match state {
        State::Enabled => KeyState::Enabled,
        State::Disabled => KeyState::Disabled,
        State::PendingDeletion { .. } => KeyState::PendingDeletion,
    }
}

/// The constraints of `KeyId`.
pub(crate) fn key_id(check: &mut Constraints, value: &Required<String>) {
    check.member("keyId", value).length(1..=2048);
}

/// The constraints of `AliasName`.
pub(crate) fn alias_name(check: &mut Constraints, value: &Required<String>) {
    check.member("aliasName", value).length(1..=256).pattern(&ALIAS_NAME);
}

/// The constraints of `GrantTokens`.
pub(crate) fn grant_tokens(check: &mut Constraints, value: &Option<Vec<String>>) {
    check.member("grantTokens", value).length(0..=10).each_length(1..=8192);
}

/// The constraints of `Limit` and `Marker`.
pub(crate) fn page(check: &mut Constraints, limit: &Option<i32>, marker: &Option<String>) {
    check.member("limit", limit).range(1..=1000);
    check.member("marker", marker).length(1..=1024).pattern(&MARKER);
}

/// The constraints of `NumberOfBytes` and `KeySpec`.
pub(crate) fn data_key(check: &mut Constraints, bytes: &Option<i32>, spec: &Option<Lenient<DataKeySpec>>) {
    check.member("numberOfBytes", bytes).range(1..=limits::DATA_KEY_BYTES_MAX);
    check.member("keySpec", spec).known();
}

/// The constraints of `Recipient`.
pub(crate) fn recipient(check: &mut Constraints, value: &Option<RecipientInfo>) {
    let Some(value) = value else { return };
    check.nested("recipient", |check| {
        check.member("keyEncryptionAlgorithm", &value.key_encryption_algorithm).known();
        check.member("attestationDocument", &value.attestation_document).length(1..=262_144);
    });
}

/// Entries in an answer.
pub(crate) fn page_count(limit: Option<i32>, default: usize) -> usize {
    limit.map_or(default, |limit| usize::try_from(limit).expect("constraints refuse negative numbers"))
}

/// Refuses what would need grants or enclaves.
pub(crate) fn refuse_extras(
    grant_tokens: &Option<Vec<String>>,
    recipient: Option<&RecipientInfo>,
) -> Result<(), ServiceError> {
    if recipient.is_some() {
        return Err(ServiceError::not_implemented("kms: Recipient (Nitro Enclaves)"));
    }
    if grant_tokens.as_ref().is_some_and(|tokens| !tokens.is_empty()) {
        return Err(errors::grant_token_invalid());
    }
    Ok(())
}

/// Refuses algorithms of asymmetric keys.
pub(crate) fn refuse_asymmetric(algorithm: &Option<Lenient<EncryptionAlgorithm>>) -> Result<(), ServiceError> {
    match algorithm.as_ref().map(Lenient::known) {
        None | Some(EncryptionAlgorithm::SymmetricDefault) => Ok(()),
        Some(_) => Err(ServiceError::not_implemented("kms: EncryptionAlgorithm other than SYMMETRIC_DEFAULT")),
    }
}

/// How many bytes a data key shall have.
pub(crate) fn data_key_bytes(bytes: Option<i32>, spec: &Option<Lenient<DataKeySpec>>) -> Result<usize, ServiceError> {
    match (bytes, spec.as_ref().map(Lenient::known)) {
        (Some(bytes), None) => Ok(usize::try_from(bytes).expect("constraints refuse negative numbers")),
        (None, Some(DataKeySpec::Aes256)) => Ok(32),
        (None, Some(DataKeySpec::Aes128)) => Ok(16),
        (Some(_), Some(_)) | (None, None) => Err(errors::data_key_size_unclear()),
    }
}

/// The one spelling of a context, whatever order it came in.
pub(crate) fn context_bytes(context: &Option<EncryptionContext>) -> Vec<u8> {
    let context = context.as_ref().filter(|context| !context.is_empty());
    context.map_or_else(Vec::new, |context| serde_json::to_vec(context).expect("text is always JSON"))
}
