//! What is in the write-ahead files after a start, and whether all that was acknowledged is there.
//!
//! Blocks count up without gaps. Where the expected one is not intact, either it was being written when the machine
//! stopped: a torn tail, cut off, nobody was told it is durable. Or a later block says that it was durable before:
//! then acknowledged records are damaged, and nothing may be built on what is left.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use host::Host;
use host::files::File;

use super::block::{self, ALIGNMENT, Entry};
use super::pool::Pool;
use super::{FullFile, WalFile, generation_of};
use crate::batch;
use crate::options::OpenError;
use crate::records::Checkpoint;
use crate::registry::Registry;
use crate::shard::ShardState;
use crate::tail::{Block, TailEntry};

/// Files are read in pieces of this size.
const READ_BYTES: usize = 8 * 1024 * 1024;

/// What recovery leaves behind.
#[derive(Debug)]
pub(crate) struct Recovered {
    /// Files with records, oldest first; to be copied to segments.
    pub(crate) full: Vec<FullFile>,
    /// Files without, to be used again.
    pub(crate) spare: Vec<PathBuf>,
    pub(crate) next_generation: u64,
    pub(crate) next_lsn: u64,
}

/// The blocks of one file, up to the first one that is not the expected.
struct Scan {
    batches: Vec<(Entry, batch::Head, Range<usize>)>,
    /// Where the expected block is not.
    end: usize,
    next_lsn: u64,
}

/// Reads all files behind the checkpoint and puts what they hold into the shards' tails.
pub(crate) fn recover(
    host: &Host,
    dir: &Path,
    checkpoint: Checkpoint,
    registry: &Registry,
    pool: &Arc<Pool>,
) -> Result<Recovered, OpenError> {
    let files = host.files();
    let generations = generations(host, dir)?;
    let newest = generations.last().map_or(0, |(generation, _)| *generation).max(checkpoint.generation);
    let mut recovered =
        Recovered { full: Vec::new(), spare: Vec::new(), next_generation: newest + 1, next_lsn: checkpoint.lsn + 1 };
    let mut cuts = Vec::new();
    let note = pool.failed_sync_note();
    let is_rewriting = files.exists(&note);
    let mut content = Vec::new();
    // Where the expected block should have been.
    let mut missing_at = (dir.to_owned(), 0);
    for (generation, path) in generations {
        if generation <= checkpoint.generation {
            recovered.spare.push(path);
            continue;
        }
        let file = files.open(&path).map_err(OpenError::io("open", &path))?;
        read_whole(&*file, &mut content).map_err(OpenError::io("read", &path))?;
        let scan = scan(&content, generation, recovered.next_lsn);
        if scan.end > 0 || block::head(&content, generation).is_none() {
            missing_at = (path.clone(), scan.end as u64);
        }
        if let Some(later) = find_later(&content[scan.end..], generation, scan.next_lsn) {
            let (file, position) = missing_at;
            let what = format!("block {} is not there, but block {later} says it was durable", scan.next_lsn);
            return Err(OpenError::Damaged { file, position, what });
        }
        recovered.next_lsn = scan.next_lsn;
        if scan.end == 0 {
            recovered.spare.push(path);
            continue;
        }
        let torn = content[scan.end..].iter().take(ALIGNMENT).any(|&byte| byte != 0);
        let wal_file = Arc::new(WalFile::new(generation, path, file, pool));
        if torn {
            cuts.push((Arc::clone(&wal_file), scan.end as u64));
        }
        if is_rewriting {
            // Pages whose writing failed count as clean: they are shown until the machine stops, but no sync writes
            // them. Written once more they are like any other.
            let rewritten = wal_file.file.write_all_at(&content[..scan.end], 0);
            rewritten.map_err(OpenError::io("rewrite", &wal_file.path))?;
        }
        let touched = fill_tails(&wal_file, scan.batches, registry)?;
        recovered.full.push(FullFile { file: wal_file, touched, last_lsn: scan.next_lsn - 1 });
    }
    for full in &recovered.full {
        // After a mere restart of the process blocks may be there that no sync ever reached. They are shown from now
        // on, and later blocks will say that they are durable.
        let file = &full.file;
        // Or else the next start would show them once more, and its sync would find nothing left to write.
        let synced = file.file.sync_data().inspect_err(|_| pool.note_failed_sync());
        synced.map_err(OpenError::io("sync", &file.path))?;
    }
    for (file, position) in cuts {
        cut(&file, position).map_err(OpenError::io("cut the torn end of", &file.path))?;
    }
    if is_rewriting {
        files.remove(&note).map_err(OpenError::io("remove", &note))?;
    }
    Ok(recovered)
}

/// The write-ahead files, oldest first.
fn generations(host: &Host, dir: &Path) -> Result<Vec<(u64, PathBuf)>, OpenError> {
    let files = host.files();
    files.create_dir_all(dir).map_err(OpenError::io("create", dir))?;
    let paths = files.list(dir).map_err(OpenError::io("list", dir))?;
    let mut found: Vec<_> = paths.into_iter().filter_map(|path| Some((generation_of(&path)?, path))).collect();
    found.sort();
    Ok(found)
}

fn read_whole(file: &dyn File, content: &mut Vec<u8>) -> std::io::Result<()> {
    let length = usize::try_from(file.len()?).map_err(std::io::Error::other)?;
    content.resize(length, 0);
    let mut position = 0;
    for piece in content.chunks_mut(READ_BYTES) {
        file.read_exact_at(piece, position)?;
        position += piece.len() as u64;
    }
    Ok(())
}

fn scan(content: &[u8], generation: u64, expected_lsn: u64) -> Scan {
    let mut scan = Scan { batches: Vec::new(), end: 0, next_lsn: expected_lsn };
    while let Some(head) = block::head(&content[scan.end..], generation) {
        if head.place.lsn != scan.next_lsn {
            break;
        }
        let Some(batches) = block::batches(&content[scan.end..], &head) else { break };
        let start = scan.end;
        let in_file = |range: Range<usize>| range.start + start..range.end + start;
        scan.batches.extend(batches.into_iter().map(|(entry, head, range)| (entry, head, in_file(range))));
        scan.end += head.block_bytes;
        scan.next_lsn += 1;
    }
    scan
}

/// A block that says that the expected one was durable before it was written.
fn find_later(rest: &[u8], generation: u64, expected_lsn: u64) -> Option<u64> {
    let places = (0..rest.len()).step_by(ALIGNMENT);
    let mut heads = places.filter_map(|at| block::head(&rest[at..], generation));
    heads.find(|head| head.place.durable_lsn >= expected_lsn).map(|head| head.place.lsn)
}

/// Makes sure that a torn block can never be taken for one again.
fn cut(file: &WalFile, position: u64) -> std::io::Result<()> {
    file.file.write_all_at(&[0; ALIGNMENT], position)?;
    file.file.sync_data()
}

fn fill_tails(
    file: &Arc<WalFile>,
    batches: Vec<(Entry, batch::Head, Range<usize>)>,
    registry: &Registry,
) -> Result<Vec<Arc<ShardState>>, OpenError> {
    let block = Block::new(Arc::clone(file), 0, None);
    let mut touched = Vec::new();
    for (entry, head, range) in batches {
        // Streams may have been deleted and shards forgotten since.
        let Ok(shard) = registry.shard(entry.shard) else { continue };
        if shard.touched_generation.swap(file.generation, Ordering::Relaxed) != file.generation {
            touched.push(Arc::clone(&shard));
        }
        let mut inner = shard.lock();
        if head.end_offset() <= inner.stored.flushed {
            // A crash came between the parts of a file's copying.
            continue;
        }
        let is_beyond_seal = inner.sealed.is_some_and(|sealed| head.end_offset() > sealed.end);
        if head.base_offset != inner.end || is_beyond_seal {
            let what = format!("records {} of {:?} follow on {}", head.base_offset, entry.shard, inner.end);
            return Err(OpenError::Damaged { file: file.path.clone(), position: range.start as u64, what });
        }
        inner.end = head.end_offset();
        inner.newest_arrival_ms = inner.newest_arrival_ms.max(head.arrival_ms);
        inner.tail.push_back(TailEntry {
            base_offset: head.base_offset,
            arrival_ms: head.arrival_ms,
            position: range.start as u64,
            length: entry.length,
            count: head.count,
            is_padded: entry.is_padded,
            block: Arc::clone(&block),
        });
    }
    Ok(touched)
}
