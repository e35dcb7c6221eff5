//! Bytes too large for rows: one file each, written and made durable first, then referred to by a transaction.
//!
//! A blob lives from the commit that claims it ([`Changes::claim`]) to the commit that gives up its last reference
//! ([`Changes::release`]). Its row in the table `blob` counts the references; a row in `blob.trash` says that the file
//! is to go. What a crash leaves behind without a row is swept in the background after the next start.
//!
//! * `writer` and `reader` move the bytes, in large pieces and on threads of their own.
//! * `references` is the arithmetic inside a transaction.
//! * `birth` is what removes the file of a blob that came to nothing.
//! * `removal` carries out what the rows say, and sweeps.

mod birth;
mod id;
mod reader;
mod references;
mod removal;
mod writer;

#[cfg(test)]
mod tests;

use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use host::Host;
use host::files::Buffers;

pub use birth::NewBlob;
pub use id::{BlobId, ParseBlobIdError};
pub use reader::BlobReader;
pub use writer::BlobWriter;

pub(crate) use references::{Reference, Trashed, hold, write};

use birth::{Birth, Births};

use crate::{Error, Store};

/// Rows of blobs: how many refer to it, and its length.
pub(crate) const TABLE: &str = "blob";
/// Rows of blobs whose files are to go.
pub(crate) const TRASH_TABLE: &str = "blob.trash";
/// Where the files are, beneath the data directory.
const DIR_NAME: &str = "blobs";
/// As many directories as there are first bytes of an id.
const DIR_COUNT: usize = 256;

/// A handle on the blobs of one data directory. Cheap to clone.
#[derive(Clone)]
pub struct Blobs {
    shared: Arc<Shared>,
}

impl std::fmt::Debug for Blobs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Blobs")
    }
}

/// What all handles, writers and new blobs have in common.
pub(crate) struct Shared {
    host: Host,
    store: Store,
    dir: PathBuf,
    births: Births,
    /// Which directories have durable names, in this session.
    known_dirs: [AtomicBool; DIR_COUNT],
    /// Bytes that writers hold, all together.
    held_bytes: Arc<AtomicUsize>,
    buffers: Buffers,
    /// After a failed sync of a directory nobody knows which names are durable.
    is_closed: AtomicBool,
}

impl Blobs {
    /// Opens the blobs beneath `dir`. Takes no longer with a million of them: what is to be swept is swept in the
    /// background.
    pub fn open(host: &Host, dir: &Path, store: &Store) -> Result<Self, Error> {
        let shared = Arc::new(Shared {
            host: host.clone(),
            store: store.clone(),
            dir: dir.join(DIR_NAME),
            births: Births::new(Arc::clone(store.trash_notice())),
            known_dirs: std::array::from_fn(|_| AtomicBool::new(false)),
            held_bytes: Arc::default(),
            buffers: Buffers::default(),
            is_closed: AtomicBool::new(false),
        });
        host.files().create_dir_durable(&shared.dir)?;
        removal::start(&shared);
        Ok(Self { shared })
    }

    /// Begins a blob.
    pub fn writer(&self) -> BlobWriter {
        BlobWriter::new(Birth::begin(&self.shared))
    }

    /// The bytes of a blob in this range; `None` when it is not there (any more). It stays readable when it is
    /// released meanwhile. Beyond the blob's end there is nothing to read.
    pub async fn read(&self, id: BlobId, range: Range<u64>) -> Result<Option<BlobReader>, Error> {
        BlobReader::open(&self.shared, id, range).await
    }

    /// How many refer to a blob.
    pub fn reference_count(&self, id: BlobId) -> Result<u64, Error> {
        references::count(&self.shared.store, id)
    }
}

impl Shared {
    fn path(&self, id: BlobId) -> PathBuf {
        let name = id.to_string();
        self.dir.join(&name[..2]).join(name)
    }

    /// Makes the directory of an id, and its name durable; done once in a session, whoever made it before.
    fn ensure_dir(&self, id: BlobId) -> io::Result<()> {
        let is_known = &self.known_dirs[usize::from(id.first_byte())];
        if !is_known.load(Ordering::Acquire) {
            let path = self.path(id);
            self.host.files().create_dir_all(path.parent().expect("a file is in a directory"))?;
            self.sync_dir(&self.dir)?;
            is_known.store(true, Ordering::Release);
        }
        Ok(())
    }

    /// Makes names durable. After a failure no later success could be believed.
    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        self.host.files().sync_dir(dir).inspect_err(|error| {
            tracing::error!(%error, dir = %dir.display(), "a directory of blobs cannot be synced: no more are written");
            self.is_closed.store(true, Ordering::Release);
        })
    }

    fn check_open(&self) -> Result<(), Error> {
        if self.is_closed.load(Ordering::Acquire) { Err(Error::Closed) } else { Ok(()) }
    }
}
