//! A key: who owns it, what may be done with it.

use host::Host;
use serde::{Deserialize, Serialize};

/// Whose keys, and where: names are unique within a scope only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Scope<'a> {
    /// The account; holds no slash.
    pub account: &'a str,
    /// The region; holds no slash.
    pub region: &'a str,
}

/// A key as it is now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    /// A UUID as text.
    pub id: String,
    /// What its owner says about it.
    pub description: String,
    /// Wall-clock milliseconds of its creation.
    pub created_ms: u64,
    /// What may be done with it.
    pub state: State,
    /// Who may change it.
    pub owner: Owner,
    /// Its material under the master key.
    pub(crate) wrapped: Vec<u8>,
}

/// What may be done with a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum State {
    /// Everything.
    Enabled,
    /// Nothing, until it is enabled.
    Disabled,
    /// Nothing; it is gone at the given instant.
    PendingDeletion {
        /// Wall-clock milliseconds.
        at_ms: u64,
    },
}

/// Who may change a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Owner {
    /// The customer.
    Customer,
    /// Nobody: the system made it for one of its services.
    Managed,
}

impl Key {
    /// Whether its time is over.
    pub(crate) fn is_gone(&self, now_ms: u64) -> bool {
        matches!(self.state, State::PendingDeletion { at_ms } if at_ms <= now_ms)
    }
}

/// A random (version 4) UUID as text.
pub(crate) fn new_id(host: &Host) -> String {
    let mut bytes = [0; 16];
    host.fill_random(&mut bytes);
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    id_text(bytes)
}

/// The text of a UUID.
pub(crate) fn id_text(bytes: [u8; 16]) -> String {
    let hex = format!("{:032x}", u128::from_be_bytes(bytes));
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// The bytes of a UUID's text.
pub(crate) fn id_bytes(id: &str) -> Option<[u8; 16]> {
    let hex = id.replace('-', "");
    let bytes = u128::from_str_radix(&hex, 16).ok().filter(|_| hex.len() == 32)?.to_be_bytes();
    (id_text(bytes) == id).then_some(bytes)
}
