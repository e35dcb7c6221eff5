//! Write-ahead files before and after use: written once beforehand, since growing a file while committing is slow, and
//! used again when all that is in them is in segments.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use host::Host;
use host::files::{DIRECT_ALIGNMENT, File};
use tokio::sync::Notify;

use super::{WalFile, file_name};
use crate::Error;

/// Zeros are written in pieces of this size.
const ZEROS_BYTES: usize = 1024 * 1024;

/// Files kept for use although nobody is short of them; more are removed.
const SPARE_MAX: usize = 2;

/// The name of a file that is being written.
const UNFINISHED: &str = "unfinished";

/// Stands beside the files after a failed sync.
const UNSYNCED: &str = "unsynced";

/// Generations are so far apart at least.
const GENERATION_STEP: u64 = 1 << 32;

/// Hints for callers, in milliseconds: until the disk may have room, and until segments may have caught up.
const DISK_FULL_RETRY_MS: u64 = 1000;
const BEHIND_RETRY_MS: u64 = 250;

/// A file that may be written over.
struct Spare {
    path: PathBuf,
    file: Arc<dyn File>,
}

pub(crate) struct Pool {
    host: Host,
    dir: PathBuf,
    file_bytes: usize,
    files_max: usize,
    state: Mutex<State>,
    /// For the preparing task.
    wanted: Notify,
    /// For the committing thread.
    prepared: Notify,
}

#[derive(Default)]
struct State {
    ready: Option<Arc<WalFile>>,
    spare: Vec<Spare>,
    /// All files there are.
    count: usize,
    /// No file ever had this one or a later one.
    next_generation: u64,
    /// The last preparation failed; the next begins when somebody waits for it.
    has_failed: bool,
    /// Segments cannot be written, so that waiting for files is in vain.
    is_keeper_stuck: bool,
    is_closed: bool,
}

/// What the preparing task does next.
enum Step {
    Close,
    Wait,
    Remove(Spare),
    Reuse(Spare, u64),
    Create(u64),
}

impl Pool {
    pub(crate) fn new(host: Host, dir: PathBuf, file_bytes: usize, files_max: usize) -> Self {
        let (wanted, prepared) = (Notify::new(), Notify::new());
        Self { host, dir, file_bytes, files_max, state: Mutex::default(), wanted, prepared }
    }

    /// Tells what recovery found: files with records, files to use again, and the next generation.
    pub(crate) fn begin(&self, in_use: usize, spare: Vec<PathBuf>, next_generation: u64) -> io::Result<()> {
        let unfinished = self.dir.join(UNFINISHED);
        if self.host.files().exists(&unfinished) {
            self.host.files().remove(&unfinished)?;
        }
        let mut spares = Vec::new();
        for path in spare {
            let file = self.host.files().open_direct(&path)?;
            if spares.len() < SPARE_MAX && file.len()? == self.file_bytes as u64 {
                spares.push(Spare { path, file });
            } else {
                self.host.files().remove(&path)?;
            }
        }
        let mut state = self.lock();
        state.count = in_use + spares.len();
        state.spare = spares;
        state.next_generation = next_generation;
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next file, as soon as it is prepared.
    pub(crate) async fn next_file(&self) -> Result<Arc<WalFile>, Error> {
        self.lock().has_failed = false;
        self.wanted.notify_one();
        let answer = loop {
            {
                let mut state = self.lock();
                if let Some(file) = state.ready.take() {
                    break Ok(file);
                }
                if state.has_failed || state.is_closed {
                    break Err(Error::Unavailable { retry_ms: DISK_FULL_RETRY_MS });
                }
                let is_short = state.spare.is_empty() && state.count >= self.files_max;
                if is_short && state.is_keeper_stuck {
                    break Err(Error::Throttled { retry_ms: BEHIND_RETRY_MS });
                }
            }
            self.prepared.notified().await;
        };
        // The one after it.
        self.wanted.notify_one();
        answer
    }

    /// Takes back a file whose records are in segments.
    pub(crate) fn take_back(&self, path: PathBuf, file: Arc<dyn File>) {
        self.lock().spare.push(Spare { path, file });
        self.wanted.notify_one();
    }

    /// Tells whether segments can be written.
    pub(crate) fn set_keeper_stuck(&self, is_stuck: bool) {
        self.lock().is_keeper_stuck = is_stuck;
        self.prepared.notify_one();
    }

    /// Notes that a sync has failed. It need not be durable: what it warns of, pages that the kernel shows and will
    /// never write, lives in the same cache.
    pub(crate) fn note_failed_sync(&self) {
        if let Err(error) = self.host.files().create_new(&self.dir.join(UNSYNCED)) {
            tracing::error!(%error, "the failed sync cannot be noted: reboot the machine before the next start");
        }
    }

    /// The path of that note.
    pub(crate) fn failed_sync_note(&self) -> PathBuf {
        self.dir.join(UNSYNCED)
    }

    pub(crate) fn close(&self) {
        self.lock().is_closed = true;
        self.wanted.notify_one();
        self.prepared.notify_one();
    }

    /// Keeps one file ready. Ends when the pool is closed.
    pub(crate) async fn prepare(self: Arc<Self>) {
        loop {
            let prepared = match self.step() {
                Step::Close => return,
                Step::Wait => {
                    self.wanted.notified().await;
                    continue;
                }
                Step::Remove(spare) => {
                    if let Err(error) = self.host.files().remove(&spare.path) {
                        tracing::warn!(path = %spare.path.display(), %error, "a write-ahead file cannot be removed");
                    }
                    continue;
                }
                Step::Reuse(spare, generation) => self.reuse(&spare, generation),
                Step::Create(generation) => self.create(generation),
            };
            let mut state = self.lock();
            match prepared {
                Ok(file) => state.ready = Some(Arc::new(file)),
                Err(error) => {
                    tracing::warn!(%error, "no write-ahead file can be prepared");
                    state.has_failed = true;
                }
            }
            drop(state);
            self.prepared.notify_one();
        }
    }

    fn step(&self) -> Step {
        let mut state = self.lock();
        if state.is_closed {
            return Step::Close;
        }
        if state.spare.len() > SPARE_MAX
            && let Some(surplus) = state.spare.pop()
        {
            state.count -= 1;
            return Step::Remove(surplus);
        }
        // After a failure the next attempt begins when somebody waits for it.
        if state.ready.is_some() || state.has_failed {
            return Step::Wait;
        }
        if let Some(spare) = state.spare.pop() {
            Step::Reuse(spare, self.new_generation(&mut state))
        } else if state.count < self.files_max {
            state.count += 1;
            Step::Create(self.new_generation(&mut state))
        } else {
            Step::Wait
        }
    }

    /// The upper half counts, the lower half is chance: nobody can know it beforehand and send records that hold what
    /// looks like blocks of a generation to come.
    fn new_generation(&self, state: &mut State) -> u64 {
        let chance = self.host.random_u64() & (GENERATION_STEP - 1);
        let generation = state.next_generation.next_multiple_of(GENERATION_STEP) | chance;
        state.next_generation = generation + 1;
        generation
    }

    /// Gives a file its new generation. Blocks of earlier generations in it count for nothing then.
    fn reuse(self: &Arc<Self>, spare: &Spare, generation: u64) -> io::Result<WalFile> {
        let path = self.dir.join(file_name(generation));
        let renamed = self.rename(&spare.path, &path);
        if renamed.is_err() {
            // Under whichever name it is now, the next start will find it.
            self.lock().count -= 1;
        }
        renamed.map(|()| WalFile::new(generation, path, Arc::clone(&spare.file), self))
    }

    fn create(self: &Arc<Self>, generation: u64) -> io::Result<WalFile> {
        let unfinished = self.dir.join(UNFINISHED);
        let path = self.dir.join(file_name(generation));
        let created = self.write_zeros(&unfinished).and_then(|file| {
            self.rename(&unfinished, &path)?;
            Ok(WalFile::new(generation, path, file, self))
        });
        if created.is_err() {
            self.lock().count -= 1;
            // It may not even be there; what is left takes room that is wanted.
            let _ = self.host.files().remove(&unfinished);
        }
        created
    }

    fn write_zeros(&self, path: &Path) -> io::Result<Arc<dyn File>> {
        if self.host.files().exists(path) {
            self.host.files().remove(path)?;
        }
        self.host.files().create_new(path)?;
        let file = self.host.files().open_direct(path)?;
        let buffer = vec![0; ZEROS_BYTES.min(self.file_bytes) + DIRECT_ALIGNMENT];
        let zeros = &buffer[buffer.as_ptr().align_offset(DIRECT_ALIGNMENT)..][..buffer.len() - DIRECT_ALIGNMENT];
        let mut position = 0;
        while position < self.file_bytes {
            let length = zeros.len().min(self.file_bytes - position);
            file.write_all_at(&zeros[..length], position as u64)?;
            position += length;
        }
        file.sync_all()?;
        Ok(file)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.host.files().rename(from, to)?;
        self.host.files().sync_dir(&self.dir)
    }
}
