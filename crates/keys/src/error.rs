//! Why a key store refused, told as what the caller can do.

use std::path::PathBuf;

/// Why a key store refused.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No such key or alias.
    #[error("no such key or alias")]
    NotFound,
    /// The alias is taken.
    #[error("the alias is taken")]
    Exists,
    /// The key is disabled: enable it.
    #[error("the key is disabled")]
    Disabled,
    /// The key is to be deleted: cancel that.
    #[error("the key is to be deleted")]
    PendingDeletion,
    /// The key is not to be deleted, so that cannot be cancelled.
    #[error("the key is not to be deleted")]
    NotPendingDeletion,
    /// The key or alias is managed by the system and cannot be changed.
    #[error("the key is managed by the system")]
    Managed,
    /// The master key file is missing, damaged or not the one that the keys were made with: bring it back.
    #[error("the master key file {} {problem}", path.display())]
    WrongKey {
        /// Where it is expected.
        path: PathBuf,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The ciphertext is no ciphertext of ours, damaged, or of another context.
    #[error("the ciphertext cannot be opened")]
    Damaged,
    /// The store refused.
    #[error("the store of keys refused")]
    Store(#[source] store::Error),
    /// The master key file cannot be read or written.
    #[error("the master key file cannot be accessed")]
    Io(#[from] std::io::Error),
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::Conflict => Self::Exists,
            other => Self::Store(other),
        }
    }
}
