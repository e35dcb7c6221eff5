//! KMS' quotas.

/// Text that `Encrypt` takes, in bytes.
pub(crate) const PLAINTEXT_BYTES_MAX: usize = 4096;

/// Ciphertext that `Decrypt` takes, in bytes.
pub(crate) const CIPHERTEXT_BYTES_MAX: usize = 6144;

/// Random bytes of a data key.
pub(crate) const DATA_KEY_BYTES_MAX: i64 = 1024;

/// Days before a key is deleted: the least, the most, and what nobody asked for.
pub(crate) const PENDING_DAYS_MIN: i32 = 7;
/// See [`PENDING_DAYS_MIN`].
pub(crate) const PENDING_DAYS_MAX: i32 = 30;

/// Entries in an answer of `ListKeys`, unless asked for otherwise.
pub(crate) const LIST_KEYS_COUNT: usize = 100;

/// Entries in an answer of `ListAliases`, unless asked for otherwise.
pub(crate) const LIST_ALIASES_COUNT: usize = 50;

/// Aliases of one account and region that `ListAliases` looks through for those of one key.
pub(crate) const ALIASES_COUNT_MAX: usize = 100_000;
