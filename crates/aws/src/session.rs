//! Temporary credentials, as those who issue them and those who check signatures talk about them.

use std::fmt;

/// What temporary credentials stand for.
#[derive(Clone, PartialEq, Eq)]
pub struct Session {
    /// The secret that requests of the session are signed with.
    pub secret_key: String,
    /// The account it acts in.
    pub account: String,
    /// The ARN it acts as.
    pub caller: String,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Session({})", self.caller)
    }
}

/// Why a session token is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionRefused {
    /// Not one of ours, or not for this access key.
    Unknown,
    /// Its time is over.
    Expired,
}

/// Knows the temporary credentials that have been issued.
pub trait Sessions: Send + Sync + 'static {
    /// What `token` stands for when it comes with `access_key`.
    fn open(&self, access_key: &str, token: &str, now_ms: u64) -> Result<Session, SessionRefused>;
}
