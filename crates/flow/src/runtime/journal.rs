//! The rows of an application in the store: its generation, where a restart goes on from, and what has happened since.
//!
//! Every change demands that the generation is still its own, so that what is left of an older start cannot write any more.

use std::ops::Bound;

use store::{BlobId, Changes, NewBlob, Store};

use super::Error;
use crate::state::{Damaged, Loader, Saver};

/// The generation of each application, a number of eight bytes.
const GENERATION_TABLE: &str = "flow.generation";
/// Where a restart of each application goes on from.
const RESTART_TABLE: &str = "flow.restart";
/// Entries by application and number.
const ENTRY_TABLE: &str = "flow.entry";
/// Entries that are read at once.
const SCAN_COUNT: usize = 1_000;

/// What happened at one instant, as far as it cannot be computed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Logged {
    /// The ROWTIME of all its rows.
    pub(super) time: i64,
    /// Which records came, in the source's own words; empty when only time went on.
    pub(super) range: Vec<u8>,
}

/// Where a restart goes on from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Restart {
    /// The checkpoint.
    pub(super) checkpoint: BlobId,
    /// The first entry that is not in it.
    pub(super) next: u64,
    /// Whether the application was stopped there, with all its rows written.
    pub(super) stopped: bool,
}

/// The rows of one start of an application.
#[derive(Clone)]
pub(super) struct Journal {
    store: Store,
    key: Vec<u8>,
    generation: u64,
}

impl Journal {
    /// Takes over from whoever ran before.
    pub(super) async fn take_over(store: &Store, application: &str) -> Result<Self, Error> {
        let key = application.as_bytes().to_vec();
        loop {
            let before = store.get(GENERATION_TABLE, &key).map_err(Error::Store)?;
            let generation = match &before {
                Some(bytes) => number(bytes).ok_or(Error::Damaged)? + 1,
                None => 1,
            };
            let changes = Changes::new().expect(GENERATION_TABLE, key.clone(), before);
            let changes = changes.put(GENERATION_TABLE, key.clone(), generation.to_be_bytes());
            match store.commit(changes).await {
                Ok(()) => return Ok(Self { store: store.clone(), key, generation }),
                Err(store::Error::Conflict) => {}
                Err(error) => return Err(Error::Store(error)),
            }
        }
    }

    /// Which start this is.
    pub(super) fn generation(&self) -> u64 {
        self.generation
    }

    /// Where to go on from, if the application ever ran.
    pub(super) fn restart(&self) -> Result<Option<Restart>, Error> {
        let Some(bytes) = self.store.get(RESTART_TABLE, &self.key).map_err(Error::Store)? else { return Ok(None) };
        let mut loader = Loader::new(&bytes);
        let mut read = || -> Result<Restart, Damaged> {
            let text = std::str::from_utf8(loader.bytes()?).map_err(|_| Damaged)?;
            let checkpoint = text.parse().map_err(|_| Damaged)?;
            let next = u64::try_from(loader.integer()?).map_err(|_| Damaged)?;
            Ok(Restart { checkpoint, next, stopped: loader.count()? != 0 })
        };
        read().map(Some).map_err(|Damaged| Error::Damaged)
    }

    /// Some entries from a number on, with it.
    pub(super) fn entries(&self, from: u64) -> Result<Vec<Logged>, Error> {
        let (start, end) = (self.entry_key(from), self.entry_key(u64::MAX));
        let range = (Bound::Included(&start[..]), Bound::Included(&end[..]));
        let pairs = self.store.scan(ENTRY_TABLE, range.0, range.1, SCAN_COUNT).map_err(Error::Store)?;
        let mut entries = Vec::with_capacity(pairs.len());
        for (expected, (key, value)) in (from..).zip(pairs) {
            if key != self.entry_key(expected) {
                return Err(Error::Damaged);
            }
            let mut loader = Loader::new(&value);
            let mut read = || Ok(Logged { time: loader.integer()?, range: loader.bytes()?.to_vec() });
            entries.push(read().map_err(|Damaged| Error::Damaged)?);
        }
        Ok(entries)
    }

    /// Makes an entry durable.
    pub(super) fn append(
        &self,
        number: u64,
        logged: &Logged,
    ) -> impl Future<Output = Result<(), Error>> + Send + use<> {
        let mut saver = Saver::default();
        saver.integer(logged.time);
        saver.bytes(&logged.range);
        let changes = Changes::new().put(ENTRY_TABLE, self.entry_key(number), saver.finish());
        self.commit(changes)
    }

    /// Forgets the last entry, of which nothing has left.
    pub(super) async fn take_back(&self, number: u64) -> Result<(), Error> {
        self.commit(Changes::new().delete(ENTRY_TABLE, self.entry_key(number))).await
    }

    /// Goes on from another checkpoint from now on, and forgets what is in it.
    pub(super) async fn point_to(
        &self,
        checkpoint: &NewBlob,
        next: u64,
        stopped: bool,
        before: Option<Restart>,
    ) -> Result<Restart, Error> {
        let restart = Restart { checkpoint: checkpoint.id(), next, stopped };
        let mut saver = Saver::default();
        saver.bytes(restart.checkpoint.to_string().as_bytes());
        saver.integer(i64::try_from(next).expect("nobody counts that far"));
        saver.count(usize::from(stopped));
        let mut changes = Changes::new().claim(checkpoint).put(RESTART_TABLE, self.key.clone(), saver.finish());
        if let Some(before) = before {
            changes = changes.release(before.checkpoint);
            for number in before.next..next {
                changes = changes.delete(ENTRY_TABLE, self.entry_key(number));
            }
        }
        self.commit(changes).await?;
        Ok(restart)
    }

    fn commit(&self, changes: Changes) -> impl Future<Output = Result<(), Error>> + Send + use<> {
        let expected = Some(self.generation.to_be_bytes().to_vec());
        let commit = self.store.commit(changes.expect(GENERATION_TABLE, self.key.clone(), expected));
        async move {
            commit.await.map_err(|error| match error {
                store::Error::Conflict => Error::Fenced,
                other => Error::Store(other),
            })
        }
    }

    /// Applications of one length of name stand together; no name is the beginning of another's key.
    fn entry_key(&self, number: u64) -> Vec<u8> {
        let length = u32::try_from(self.key.len()).expect("names are short");
        [&length.to_be_bytes()[..], &self.key, &number.to_be_bytes()].concat()
    }
}

/// Forgets everything about an application that does not run. What an older start still tries to write is refused from now on.
pub async fn forget(store: &Store, application: &str) -> Result<(), Error> {
    let journal = Journal::take_over(store, application).await?;
    let restart = journal.restart()?;
    loop {
        let from = restart.map_or(0, |restart| restart.next);
        let start = journal.entry_key(from);
        let end = journal.entry_key(u64::MAX);
        let range = (Bound::Included(&start[..]), Bound::Included(&end[..]));
        let pairs = store.scan(ENTRY_TABLE, range.0, range.1, SCAN_COUNT).map_err(Error::Store)?;
        if pairs.is_empty() {
            break;
        }
        let changes = pairs.into_iter().fold(Changes::new(), |changes, (key, _)| changes.delete(ENTRY_TABLE, key));
        journal.commit(changes).await?;
    }
    let mut changes = Changes::new().delete(RESTART_TABLE, journal.key.clone());
    if let Some(restart) = restart {
        changes = changes.release(restart.checkpoint);
    }
    changes = changes.delete(GENERATION_TABLE, journal.key.clone());
    journal.commit(changes).await
}

fn number(bytes: &[u8]) -> Option<u64> {
    Some(u64::from_be_bytes(bytes.try_into().ok()?))
}
