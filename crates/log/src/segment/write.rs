//! Copying records from the write-ahead log to segments.

use std::collections::BTreeSet;
use std::io::{self, IoSlice};
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use host::Host;
use host::files::DIRECT_ALIGNMENT;
use tokio::sync::oneshot;

use super::files::OpenSegment;
use super::{Index, SegmentFiles, SegmentMeta, index, shard_dir, stream_dir};
use crate::records::ShardRecord;
use crate::tail::TailEntry;
use crate::{Error, Options, ShardId};

/// Batches are collected into writes of about this size, or of so many pieces.
const WRITE_BYTES: usize = 4 * 1024 * 1024;
const WRITE_PIECES_MAX: usize = 1024;

/// What stands before a batch that must begin at an aligned position.
static ZEROS: [u8; DIRECT_ALIGNMENT] = [0; DIRECT_ALIGNMENT];

/// Files that are held open until they are synced.
const UNSYNCED_MAX: usize = 256;

/// Syncs that are done at a time.
const SYNC_THREADS: usize = 8;

/// A shard's state after copying, true as soon as it is in the store.
pub(crate) struct Copied {
    pub(crate) record: ShardRecord,
    /// The active segment with its new index.
    active: Option<(Arc<OpenSegment>, Index)>,
}

impl Copied {
    /// After the store has it.
    pub(crate) fn install_index(&mut self) {
        if let Some((segment, index)) = self.active.take() {
            segment.set_index(index);
        }
    }
}

/// Copies shard after shard. Everything it wrote is durable when [`Writer::finish`] has returned.
pub(crate) struct Writer<'a> {
    host: &'a Host,
    files: &'a SegmentFiles,
    options: &'a Options,
    now_ms: u64,
    /// Written, and held open until they are synced, so that no failure of that is missed.
    unsynced: Vec<Arc<OpenSegment>>,
    /// Directories with new entries.
    dirs: BTreeSet<PathBuf>,
}

/// A segment that is being written.
struct Target {
    segment: Arc<OpenSegment>,
    meta: SegmentMeta,
    index: Index,
    /// Belong behind each other at `meta.bytes - pending_bytes`.
    pending: Vec<Bytes>,
    pending_bytes: usize,
    is_pending_padded: bool,
}

impl Target {
    fn new(segment: Arc<OpenSegment>, meta: SegmentMeta, index: Index) -> Self {
        Self { segment, meta, index, pending: Vec::new(), pending_bytes: 0, is_pending_padded: false }
    }
}

impl<'a> Writer<'a> {
    pub(crate) fn new(host: &'a Host, files: &'a SegmentFiles, options: &'a Options) -> Self {
        let now_ms = host.now_ms();
        Self { host, files, options, now_ms, unsynced: Vec::new(), dirs: BTreeSet::new() }
    }

    /// Copies the entries behind what `stored` says.
    pub(crate) async fn copy(
        &mut self,
        shard: ShardId,
        stored: &ShardRecord,
        entries: &[TailEntry],
    ) -> Result<Copied, Error> {
        let mut record = stored.clone();
        let mut target = self.active(shard, &mut record)?;
        for entry in entries {
            if let Some(full) = target.take_if(|target| self.is_full(target, entry)) {
                record.segments.push(self.seal(full)?);
            }
            let target = match &mut target {
                Some(target) => target,
                none => none.insert(self.begin(shard, entry)?),
            };
            target.append(entry)?;
            record.flushed = entry.end_offset();
            record.last_arrival_ms = entry.arrival_ms;
        }
        let mut active = None;
        if let Some(mut target) = target {
            target.write_pending()?;
            self.unsynced.push(Arc::clone(&target.segment));
            record.segments.push(target.meta);
            active = Some((target.segment, target.index));
        }
        if self.unsynced.len() >= UNSYNCED_MAX {
            self.sync_files().await?;
        }
        Ok(Copied { record, active })
    }

    /// Makes all that was written durable, and findable after a crash.
    pub(crate) async fn finish(mut self) -> Result<(), Error> {
        self.sync_files().await?;
        let sync = |dir: PathBuf| -> Sync {
            let files = self.files.shared_files();
            Box::new(move || files.sync_dir(&dir))
        };
        let dirs = std::mem::take(&mut self.dirs);
        sync_all(self.host, dirs.into_iter().map(sync).collect()).await
    }

    async fn sync_files(&mut self) -> Result<(), Error> {
        let sync = |segment: Arc<OpenSegment>| -> Sync { Box::new(move || segment.file.sync_data()) };
        let syncs = self.unsynced.drain(..).map(sync).collect();
        sync_all(self.host, syncs).await
    }

    /// Adds the footer.
    fn seal(&mut self, mut target: Target) -> Result<SegmentMeta, Error> {
        target.write_pending()?;
        let footer = target.index.encode();
        target.segment.file.write_all_at(&footer, target.meta.bytes)?;
        target.meta.footer_bytes = footer.len() as u64;
        self.unsynced.push(target.segment);
        Ok(target.meta)
    }

    /// The segment that is to be continued, taken out of the record.
    fn active(&self, shard: ShardId, record: &mut ShardRecord) -> Result<Option<Target>, Error> {
        let Some(meta) = record.segments.pop_if(|last| !last.is_sealed() && last.end_offset == record.flushed) else {
            return Ok(None);
        };
        let usable = self.files.open(shard, meta.base_offset).map_err(Error::from).and_then(|segment| {
            let length = segment.file.len()?;
            if length > meta.bytes {
                // Left by an attempt that was interrupted.
                segment.file.set_len(meta.bytes)?;
            }
            let index = Index::clone(&*segment.index(&meta)?);
            let is_whole = length >= meta.bytes && index.covered == meta.bytes;
            Ok(is_whole.then(|| Target::new(segment, meta.clone(), index)))
        });
        match usable {
            Ok(Some(target)) => return Ok(Some(target)),
            Ok(None) | Err(Error::Corrupt { .. }) => {}
            Err(Error::Io(error)) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        tracing::error!(?shard, base_offset = meta.base_offset, "a segment is damaged; the next one is begun");
        record.segments.push(meta);
        Ok(None)
    }

    fn is_full(&self, target: &Target, entry: &TailEntry) -> bool {
        let meta = &target.meta;
        let is_large = meta.bytes > 0 && meta.bytes + u64::from(entry.length) > self.options.segment_bytes_max;
        is_large || self.now_ms.saturating_sub(meta.opened_ms) >= self.options.segment_age_max_ms
    }

    fn begin(&mut self, shard: ShardId, entry: &TailEntry) -> Result<Target, Error> {
        let segment = self.files.create(shard, entry.base_offset)?;
        let segments = self.files.dir();
        self.dirs.insert(shard_dir(segments, shard));
        self.dirs.insert(stream_dir(segments, shard.stream));
        self.dirs.insert(segments.to_owned());
        let meta = SegmentMeta {
            base_offset: entry.base_offset,
            end_offset: entry.base_offset,
            first_arrival_ms: entry.arrival_ms,
            opened_ms: self.now_ms,
            ..SegmentMeta::default()
        };
        Ok(Target::new(segment, meta, Index::new(entry.base_offset)))
    }
}

impl Target {
    fn append(&mut self, entry: &TailEntry) -> Result<(), Error> {
        let bytes = entry.read_for_copy()?;
        if entry.is_padded
            && let Some(aligned) = index::behind_zeros(self.meta.bytes)
        {
            let zeros = usize::try_from(aligned - self.meta.bytes).expect("less than an alignment");
            self.push(Bytes::from_static(&ZEROS[..zeros]));
        }
        // What needs no copying stays apart from what does.
        let is_full = self.pending_bytes + bytes.len() > WRITE_BYTES || self.pending.len() >= WRITE_PIECES_MAX;
        if is_full || entry.is_padded != self.is_pending_padded {
            self.write_pending()?;
            self.is_pending_padded = entry.is_padded;
        }
        let (position, length) = (self.meta.bytes, bytes.len() as u64);
        self.push(bytes);
        self.meta.end_offset = entry.end_offset();
        self.meta.last_arrival_ms = entry.arrival_ms;
        let place = index::Entry { position, offset: entry.base_offset, arrival_ms: entry.arrival_ms };
        self.index.add(place, entry.end_offset(), length);
        Ok(())
    }

    fn push(&mut self, bytes: Bytes) {
        self.meta.bytes += bytes.len() as u64;
        self.pending_bytes += bytes.len();
        self.pending.push(bytes);
    }

    fn write_pending(&mut self) -> Result<(), Error> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let position = self.meta.bytes - self.pending_bytes as u64;
        // Straight from where they are: the largest part of what copying costs is copying.
        let mut pieces: Vec<IoSlice<'_>> = self.pending.iter().map(|bytes| IoSlice::new(bytes)).collect();
        self.segment.file.write_all_vectored_at(&mut pieces, position)?;
        self.pending.clear();
        self.pending_bytes = 0;
        Ok(())
    }
}

/// One sync that is to be done.
type Sync = Box<dyn FnOnce() -> io::Result<()> + Send>;

/// Syncs, several at a time: file systems make what waits together durable together.
async fn sync_all(host: &Host, mut syncs: Vec<Sync>) -> Result<(), Error> {
    if syncs.len() <= SYNC_THREADS {
        return Ok(syncs.into_iter().try_for_each(|sync| sync())?);
    }
    let share = syncs.len().div_ceil(SYNC_THREADS);
    let mut waiting = Vec::new();
    while !syncs.is_empty() {
        let some = syncs.split_off(syncs.len().saturating_sub(share));
        let (answer, answered) = oneshot::channel();
        host.spawn_thread("log-sync", async move {
            // Nobody waits any more after another one failed.
            let _ = answer.send(some.into_iter().try_for_each(|sync| sync()));
        });
        waiting.push(answered);
    }
    for answered in waiting {
        answered.await.map_err(io::Error::other)??;
    }
    Ok(())
}
