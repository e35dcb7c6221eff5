//! Blobs that nothing refers to yet: as long as somebody holds one its file stays, then it goes unless a transaction
//! claimed it.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use tokio::sync::Notify;

use super::{BlobId, Shared};
use crate::Error;

/// Blobs of this session that are not yet decided.
pub(super) struct Births {
    state: Mutex<Undecided>,
    notice: Arc<Notify>,
}

#[derive(Default)]
struct Undecided {
    /// Never to be swept.
    unborn: HashSet<BlobId>,
    /// Given up: their files are to go.
    abandoned: Vec<BlobId>,
}

impl Births {
    pub(super) fn new(notice: Arc<Notify>) -> Self {
        Self { state: Mutex::default(), notice }
    }

    pub(super) fn notice(&self) -> &Arc<Notify> {
        &self.notice
    }

    /// Whether the file of this blob is not to be touched, row or not.
    pub(super) fn contains(&self, id: BlobId) -> bool {
        self.lock().unborn.contains(&id)
    }

    /// Blobs whose files are to go. They count as unborn until [`Births::forget`].
    pub(super) fn take_abandoned(&self) -> Vec<BlobId> {
        std::mem::take(&mut self.lock().abandoned)
    }

    pub(super) fn forget(&self, ids: &[BlobId]) {
        let mut state = self.lock();
        for id in ids {
            state.unborn.remove(id);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Undecided> {
        self.state.lock().expect("holders of this lock do not panic")
    }
}

/// What is to become of the file of a blob when nobody holds it any more.
const GOES: u8 = 0;
const STAYS: u8 = 1;
const NOBODY_KNOWS: u8 = 2;

/// A blob that is being written or waits for its first reference.
pub(crate) struct Birth {
    shared: Arc<Shared>,
    id: BlobId,
    len: AtomicU64,
    has_file: AtomicBool,
    fate: AtomicU8,
}

impl std::fmt::Debug for Birth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Birth({})", self.id)
    }
}

impl Birth {
    pub(super) fn begin(shared: &Arc<Shared>) -> Arc<Self> {
        let id = BlobId::random(&shared.host);
        shared.births.lock().unborn.insert(id);
        Arc::new(Self {
            shared: Arc::clone(shared),
            id,
            len: AtomicU64::new(0),
            has_file: AtomicBool::new(false),
            fate: AtomicU8::new(GOES),
        })
    }

    pub(super) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    pub(super) fn id(&self) -> BlobId {
        self.id
    }

    pub(super) fn len(&self) -> u64 {
        self.len.load(Ordering::Acquire)
    }

    pub(super) fn set_len(&self, len: u64) {
        self.len.store(len, Ordering::Release);
    }

    pub(super) fn note_file(&self) {
        self.has_file.store(true, Ordering::Release);
    }

    /// A transaction that claimed it was answered like this.
    pub(crate) fn note(&self, outcome: Result<(), &Error>) {
        let fate = match outcome {
            Ok(()) => STAYS,
            // The next start will know.
            Err(Error::Io(_) | Error::Closed) => NOBODY_KNOWS,
            Err(_) => return,
        };
        self.fate.fetch_max(fate, Ordering::AcqRel);
    }
}

impl Drop for Birth {
    fn drop(&mut self) {
        let births = &self.shared.births;
        match self.fate.load(Ordering::Acquire) {
            GOES if self.has_file.load(Ordering::Acquire) => {
                births.lock().abandoned.push(self.id);
                births.notice.notify_one();
            }
            NOBODY_KNOWS => {}
            _ => births.forget(&[self.id]),
        }
    }
}

/// A blob that is whole and durable, and that nothing refers to yet. Claim it with [`crate::Changes::claim`], as often
/// as a transaction has to be tried; its file goes when this and all those changes are gone and none was committed.
#[derive(Debug)]
pub struct NewBlob(Arc<Birth>);

impl NewBlob {
    pub(super) fn new(birth: Arc<Birth>) -> Self {
        Self(birth)
    }

    /// Its name.
    pub fn id(&self) -> BlobId {
        self.0.id
    }

    /// Its length in bytes.
    pub fn len(&self) -> u64 {
        self.0.len()
    }

    /// Whether it has no bytes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(crate) fn birth(&self) -> &Arc<Birth> {
        &self.0
    }
}
