//! The table. A new operation adds its `mod` and its `with`.

mod cancel_key_deletion;
mod create_alias;
mod create_key;
mod decrypt;
mod delete_alias;
mod describe_key;
mod disable_key;
mod enable_key;
mod encrypt;
mod generate_data_key;
mod generate_data_key_without_plaintext;
mod list_aliases;
mod list_keys;
mod schedule_key_deletion;

use aws::Operations;

use crate::Kms;

pub(crate) fn table() -> Operations<Kms> {
    Operations::new()
        .with::<cancel_key_deletion::CancelKeyDeletion>()
        .with::<create_alias::CreateAlias>()
        .with::<create_key::CreateKey>()
        .with::<decrypt::Decrypt>()
        .with::<delete_alias::DeleteAlias>()
        .with::<describe_key::DescribeKey>()
        .with::<disable_key::DisableKey>()
        .with::<enable_key::EnableKey>()
        .with::<encrypt::Encrypt>()
        .with::<generate_data_key::GenerateDataKey>()
        .with::<generate_data_key_without_plaintext::GenerateDataKeyWithoutPlaintext>()
        .with::<list_aliases::ListAliases>()
        .with::<list_keys::ListKeys>()
        .with::<schedule_key_deletion::ScheduleKeyDeletion>()
}

/// Operations of AWS's model that come later.
pub(crate) const NOT_IMPLEMENTED: &[&str] = &[
    "ConnectCustomKeyStore",
    "CreateCustomKeyStore",
    "CreateGrant",
    "Decapsulate",
    "DeleteCustomKeyStore",
    "DeleteImportedKeyMaterial",
    "DeriveSharedSecret",
    "DescribeCustomKeyStores",
    "DisableKeyRotation",
    "DisconnectCustomKeyStore",
    "EnableKeyRotation",
    "Encapsulate",
    "GenerateDataKeyPair",
    "GenerateDataKeyPairWithoutPlaintext",
    "GenerateMac",
    "GenerateRandom",
    "GetKeyLastUsage",
    "GetKeyPolicy",
    "GetKeyRotationStatus",
    "GetParametersForImport",
    "GetPublicKey",
    "ImportKeyMaterial",
    "ListGrants",
    "ListKeyPolicies",
    "ListKeyRotations",
    "ListResourceTags",
    "ListRetirableGrants",
    "PutKeyPolicy",
    "ReEncrypt",
    "ReplicateKey",
    "RetireGrant",
    "RevokeGrant",
    "RotateKeyOnDemand",
    "Sign",
    "TagResource",
    "UntagResource",
    "UpdateAlias",
    "UpdateCustomKeyStore",
    "UpdateKeyDescription",
    "UpdatePrimaryRegion",
    "Verify",
    "VerifyMac",
];
