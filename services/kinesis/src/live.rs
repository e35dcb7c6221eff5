//! What is measured and counted of a stream while the server runs; shared by all its versions, never stored.

/// The volatile side of a stream.
#[derive(Debug, Default)]
pub(crate) struct Live {
    /// Changes of one stream take turns.
    pub(crate) turn: tokio::sync::Mutex<()>,
}
