//! Amazon S3: buckets and objects over the local store, behind the protocol of crate `s3s`.
//!
//! Everything an operation changes is one transaction of `crates/store`; what is too large for a row is a blob that the
//! same transaction claims. Differs from AWS: one namespace and one place for all regions; only the storage class
//! STANDARD; encrypted at rest is what asks for it (AES256 and aws:kms); no policies, no ACLs beyond the owner's full
//! control, no replication, websites, inventories or notifications.

mod answer;
mod bucket;
mod call;
mod checksum;
mod condition;
mod content;
mod copying;
mod digest;
mod encryption;
mod errors;
mod face;
mod front;
mod history;
mod leases;
mod lifecycle;
mod limits;
mod listing;
mod locks;
mod mapped;
mod multipart;
mod object;
mod operations;
mod outgoing;
mod owner;
mod placing;
mod plain;
mod receiving;
mod rows;
mod sealing;
mod stamp;
mod storing;
mod strokes;
mod tags;
mod time;
mod uploads;
mod version;
mod view;

use std::sync::Arc;

use host::Host;
use host::files::Buffers;
use keys::Keys;
use lanes::Lanes;
use store::{Blobs, Store};

pub use call::{Identity, Trailers};
pub use face::Face;
pub use mapped::{Mapped, Mapping};
pub use plain::{About, Listed, Scope, Summary};
pub use s3s::S3Error as Error;

/// What the service stands on.
#[derive(Clone)]
pub struct Parts {
    /// Clock and randomness.
    pub host: Host,
    /// Rows.
    pub store: Store,
    /// Files for what is too large for rows.
    pub blobs: Blobs,
    /// Keys for objects that are to be encrypted.
    pub keys: Keys,
}

/// How the service behaves.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Domains, beside the usual ones, below which every name is a bucket.
    pub domains: Vec<String>,
    /// Buckets that outside stores keep; [`S3::settle_mappings`] makes them known.
    pub mapped: Mapped,
}

/// The service.
pub struct S3 {
    host: Host,
    store: Store,
    blobs: Blobs,
    keys: Keys,
    /// Where ETags are computed.
    lanes: Lanes,
    /// What bodies are gathered in.
    buffers: Buffers,
    locks: locks::Locks,
    stamps: stamp::Stamps,
    front: front::Front,
    sweeps: lifecycle::Sweeps,
    leases: leases::Leases,
    mapped: Mapped,
}

impl S3 {
    /// The service over what its parts hold already.
    pub fn open(parts: Parts, settings: Settings) -> Arc<Self> {
        let Parts { host, store, blobs, keys } = parts;
        let front = front::Front::new(host.clone(), front::Domains::new(settings.domains));
        let (locks, stamps) = (locks::Locks::new(), stamp::Stamps::default());
        let sweeps = lifecycle::Sweeps::default();
        let lanes = Lanes::new(&host);
        let leases = leases::Leases::default();
        let s3 = Arc::new(Self {
            host,
            store,
            blobs,
            keys,
            lanes,
            buffers: Buffers::default(),
            locks,
            stamps,
            front,
            sweeps,
            leases,
            mapped: settings.mapped,
        });
        s3.sweeps.start(&s3);
        leases::Leases::start(&s3);
        s3
    }

    /// Empties everything.
    pub async fn reset(&self) -> Result<(), store::Error> {
        // Blobs are given up by whoever refers to them, hence the way through every content.
        self.empty().await
    }
}
