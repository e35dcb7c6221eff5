//! The redb file: opened, read, and opened again after the disk was full.

use std::fmt;
use std::io;
use std::ops::Bound;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, RwLock};

use host::Host;
use host::files::{File, Files};
use redb::{Database, ReadableDatabase, StorageBackend, TableDefinition, TableError};
use tokio::sync::Notify;

use crate::{Error, Options, Pair};

const FILE_NAME: &str = "store.redb";

/// A file under construction; a crash leaves it behind and the next start begins it anew.
const NEW_FILE_NAME: &str = "store.redb.new";

/// Stands beside the store after a failed sync. It need not be durable itself: see [`Shared::rewrite`].
const UNSYNCED_FILE_NAME: &str = "store.redb.unsynced";

/// How much is rewritten at once.
const REWRITE_BYTES: usize = 1024 * 1024;

/// The table of that name; all of ours map bytes to bytes.
pub(crate) fn table(name: &str) -> TableDefinition<'_, &'static [u8], &'static [u8]> {
    TableDefinition::new(name)
}

/// Nobody can tell what is durable after a failed sync, so that is the end until the process restarts.
struct SyncFailed {
    failed: AtomicBool,
    files: Arc<dyn Files>,
    mark: PathBuf,
}

impl SyncFailed {
    fn has_happened(&self) -> bool {
        self.failed.load(Ordering::Acquire)
    }

    fn remember(&self) {
        self.failed.store(true, Ordering::Release);
        if let Err(error) = self.files.create_new(&self.mark)
            && error.kind() != io::ErrorKind::AlreadyExists
        {
            tracing::error!(%error, "the failed sync cannot be noted: reboot the machine before the next start");
        }
    }
}

/// What all handles and the committer have in common.
pub(crate) struct Shared {
    files: Arc<dyn Files>,
    path: PathBuf,
    options: Options,
    sync_failed: Arc<SyncFailed>,
    /// `None` after an input/output error, until it is opened again.
    database: RwLock<Option<Database>>,
    /// Given when a transaction has left a blob without references.
    trash_notice: Arc<Notify>,
}

impl Shared {
    pub(crate) fn open(host: &Host, dir: &Path, options: Options) -> Result<Self, Error> {
        let files = Arc::clone(host.files());
        let mark = dir.join(UNSYNCED_FILE_NAME);
        let sync_failed = SyncFailed { failed: AtomicBool::new(false), files: Arc::clone(&files), mark };
        let sync_failed = Arc::new(sync_failed);
        let (path, database) = (dir.join(FILE_NAME), RwLock::new(None));
        let shared = Self { path, options, sync_failed, database, files, trash_notice: Arc::default() };
        if !shared.files.exists(&shared.path) {
            shared.create(dir)?;
        }
        shared.rewrite()?;
        shared.reopen()?;
        Ok(shared)
    }

    pub(crate) fn trash_notice(&self) -> &Arc<Notify> {
        &self.trash_notice
    }

    /// Builds an empty database aside and renames it into place, so that no half-made one is ever found.
    fn create(&self, dir: &Path) -> Result<(), Error> {
        self.files.create_dir_durable(dir)?;
        let aside = dir.join(NEW_FILE_NAME);
        if self.files.exists(&aside) {
            self.files.remove(&aside)?;
        }
        let file = self.files.create_new(&aside)?;
        drop(self.open_file(Arc::clone(&file))?);
        file.sync_all()?;
        self.files.rename(&aside, &self.path)?;
        Ok(self.files.sync_dir(dir)?)
    }

    /// Writes the whole file once more if a sync of it has failed since the machine was started.
    ///
    /// The kernel takes pages whose writing failed for clean: programs go on reading them until the machine stops,
    /// but no later sync writes them. The mark lives as long as they do, in the same cache.
    fn rewrite(&self) -> Result<(), Error> {
        let mark = &self.sync_failed.mark;
        if !self.files.exists(mark) {
            return Ok(());
        }
        let file = self.files.open(&self.path)?;
        let len = file.len()?;
        let mut buffer = vec![0; REWRITE_BYTES];
        let mut position = 0;
        while position < len {
            let left = usize::try_from(len - position).unwrap_or(usize::MAX);
            let piece = &mut buffer[..left.min(REWRITE_BYTES)];
            file.read_exact_at(piece, position)?;
            file.write_all_at(piece, position)?;
            position += piece.len() as u64;
        }
        file.sync_all()?;
        Ok(self.files.remove(mark)?)
    }

    fn open_file(&self, file: Arc<dyn File>) -> Result<Database, Error> {
        let backend = Backend { file, sync_failed: Arc::clone(&self.sync_failed) };
        let opened = Database::builder().set_cache_size(self.options.cache_bytes).create_with_backend(backend);
        opened.map_err(|error| redb::Error::from(error).into())
    }

    /// Opens the file (again), unless somebody else just did.
    fn reopen(&self) -> Result<(), Error> {
        let mut database = self.database.write().expect("holders of this lock do not panic");
        if database.is_some() {
            return Ok(());
        }
        if self.sync_failed.has_happened() {
            return Err(Error::Closed);
        }
        let file = self.files.open(&self.path)?;
        if file.is_empty()? {
            // redb would take it for a new one.
            return Err(Error::Corrupt("the file is empty".to_owned()));
        }
        *database = Some(self.open_file(file)?);
        Ok(())
    }

    /// Runs `body` on the open database. redb refuses everything after an input/output error, so it is closed then
    /// and opened again by the next call.
    pub(crate) fn with<T>(&self, body: impl FnOnce(&Database) -> Result<T, redb::Error>) -> Result<T, Error> {
        if self.sync_failed.has_happened() {
            return Err(Error::Closed);
        }
        let mut open = self.database.read().expect("holders of this lock do not panic");
        if open.is_none() {
            drop(open);
            self.reopen()?;
            open = self.database.read().expect("holders of this lock do not panic");
        }
        let database = open.as_ref().ok_or(Error::Closed)?;
        let result = body(database);
        let broken = matches!(result, Err(redb::Error::Io(_) | redb::Error::PreviousIo));
        drop(open);
        if broken {
            *self.database.write().expect("holders of this lock do not panic") = None;
        }
        result.map_err(Error::from)
    }

    pub(crate) fn get(&self, name: &str, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        self.with(|database| {
            let reading = database.begin_read()?;
            match reading.open_table(table(name)) {
                Ok(table) => Ok(table.get(key)?.map(|value| value.value().to_vec())),
                Err(TableError::TableDoesNotExist(_)) => Ok(None),
                Err(error) => Err(error.into()),
            }
        })
    }

    pub(crate) fn scan(
        &self,
        name: &str,
        from: Bound<&[u8]>,
        to: Bound<&[u8]>,
        limit: usize,
    ) -> Result<Vec<Pair>, Error> {
        if is_empty_range(from, to) {
            return Ok(Vec::new());
        }
        self.with(|database| {
            let reading = database.begin_read()?;
            let table = match reading.open_table(table(name)) {
                Ok(table) => table,
                Err(TableError::TableDoesNotExist(_)) => return Ok(Vec::new()),
                Err(error) => return Err(error.into()),
            };
            let mut pairs = Vec::new();
            for pair in table.range::<&[u8]>((from, to))?.take(limit) {
                let (key, value) = pair?;
                pairs.push((key.value().to_vec(), value.value().to_vec()));
            }
            Ok(pairs)
        })
    }
}

/// Ranges that end before they begin are empty here; for others they are a programming error.
fn is_empty_range(from: Bound<&[u8]>, to: Bound<&[u8]>) -> bool {
    match (from, to) {
        (Bound::Included(from), Bound::Included(to)) => from > to,
        (Bound::Included(from) | Bound::Excluded(from), Bound::Included(to) | Bound::Excluded(to)) => from >= to,
        (Bound::Unbounded, _) | (_, Bound::Unbounded) => false,
    }
}

/// redb's storage on a host's file.
struct Backend {
    file: Arc<dyn File>,
    sync_failed: Arc<SyncFailed>,
}

impl fmt::Debug for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Backend")
    }
}

impl StorageBackend for Backend {
    fn len(&self) -> io::Result<u64> {
        self.file.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.file.read_exact_at(out, offset)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.file.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.file.sync_data().map_err(|error| {
            self.sync_failed.remember();
            // Whatever the cause: even of a full disk this is not the refusal that changes nothing.
            io::Error::other(error)
        })
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.file.write_all_at(data, offset)
    }
}
