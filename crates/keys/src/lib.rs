//! (being written)

/// The key store.
pub struct Keys;
