//! Amazon S3: buckets and objects over the local store, behind the protocol of crate `s3s`.
//!
//! Everything an operation changes is one transaction of `crates/store`; what is too large for a row is a blob that the
//! same transaction claims. Differs from AWS: one namespace and one place for all regions; only the storage class
//! STANDARD; nothing is encrypted at rest, so requests for encryption are refused; no policies, no ACLs beyond the
//! owner's full control, no replication, websites, inventories or notifications.

mod answer;
mod bucket;
mod call;
mod errors;
mod face;
mod limits;
mod locks;
mod operations;
mod rows;
mod stamp;
mod tags;

use std::sync::Arc;

use host::Host;
use store::Store;

pub use call::{Identity, Trailers};
pub use face::Face;
pub use s3s::S3Error as Error;

/// What the service stands on.
#[derive(Clone)]
pub struct Parts {
    /// Clock and randomness.
    pub host: Host,
    /// Rows.
    pub store: Store,
}

/// How the service behaves.
#[derive(Debug, Clone, Default)]
pub struct Settings {}

/// The service.
pub struct S3 {
    host: Host,
    store: Store,
    locks: locks::Locks,
    stamps: stamp::Stamps,
}

impl S3 {
    /// The service over what its parts hold already.
    pub fn open(parts: Parts, _settings: Settings) -> Arc<Self> {
        let Parts { host, store } = parts;
        Arc::new(Self { host, store, locks: locks::Locks::new(), stamps: stamp::Stamps::default() })
    }
}
