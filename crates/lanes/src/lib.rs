//! MD5 of many streams at once.
//!
//! An MD5 cannot be computed in parallel, but sixteen of them can: one instruction of AVX-512 does the same step for
//! sixteen streams. So streams that come at the same time are hashed together, each in a lane of its own, for what one
//! of them costs alone. S3 names what it stores by this digest; nothing here is for secrecy or trust.
//!
//! * `stream` is what a caller holds: it gathers pieces and submits them.
//! * `hub` brings submissions together, and waits a moment for company where others are on their way.
//! * `lane` walks through the pieces of one submission in whole blocks.
//! * `kernel` does the arithmetic, as wide as the machine allows.

mod hub;
mod kernel;
mod lane;
mod stream;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use host::Host;

pub use stream::Stream;

/// Where streams meet. Cheap to clone.
#[derive(Clone)]
pub struct Lanes {
    hub: Arc<hub::Hub>,
}

impl std::fmt::Debug for Lanes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Lanes")
    }
}

impl Lanes {
    /// A meeting place on this host.
    pub fn new(host: &Host) -> Self {
        Self { hub: hub::Hub::new(host, kernel::Kernel::best()) }
    }

    /// A new stream.
    pub fn stream(&self) -> Stream {
        Stream::new(&self.hub)
    }
}

/// The MD5 of bytes that are all there, computed at once.
pub fn digest(bytes: &[u8]) -> [u8; 16] {
    let mut state = lane::State::new();
    state.hash(bytes);
    let padding = state.padding();
    state.hash(&padding);
    state.digest()
}
