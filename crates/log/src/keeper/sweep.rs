//! Files that belong to nothing: of deleted streams, of forgotten shards, of attempts that a crash interrupted.

use std::io;
use std::path::{Path, PathBuf};

use crate::disk::Shared;
use crate::segment::{base_offset_of, directory_number, shard_dir, stream_dir};
use crate::{ShardId, StreamId};

/// Removes what a deleted stream left. What fails is found again at the next start.
pub(super) fn remove_stream(shared: &Shared, id: StreamId) {
    remove_dir(shared, &stream_dir(shared.segments.dir(), id));
}

/// Removes what a forgotten shard left.
pub(super) fn remove_shard(shared: &Shared, id: ShardId) {
    remove_dir(shared, &shard_dir(shared.segments.dir(), id));
}

fn remove_dir(shared: &Shared, dir: &Path) {
    let files = shared.segments.files();
    if files.exists(dir)
        && let Err(error) = files.remove_dir_all(dir)
    {
        tracing::warn!(dir = %dir.display(), %error, "a directory without owner cannot be removed");
    }
}

fn list(shared: &Shared, dir: &Path) -> Vec<PathBuf> {
    shared.segments.files().list(dir).unwrap_or_else(|error| {
        if error.kind() != io::ErrorKind::NotFound {
            tracing::warn!(dir = %dir.display(), %error, "a directory cannot be searched for files without owner");
        }
        Vec::new()
    })
}

/// Looks at everything once after a start.
pub(super) fn remove_orphans(shared: &Shared) {
    for dir in list(shared, shared.segments.dir()) {
        let Some(id) = directory_number(&dir).map(StreamId) else { continue };
        match shared.registry.stream(id) {
            Ok(_) => remove_orphans_of(shared, id, &dir),
            Err(_) => remove_stream(shared, id),
        }
    }
}

fn remove_orphans_of(shared: &Shared, stream: StreamId, dir: &Path) {
    for dir in list(shared, dir) {
        let Some(index) = directory_number(&dir).and_then(|index| u32::try_from(index).ok()) else { continue };
        let id = ShardId { stream, index };
        let Ok(shard) = shared.registry.shard(id) else {
            remove_shard(shared, id);
            continue;
        };
        let known: Vec<u64> = shard.lock().stored.segments.iter().map(|segment| segment.base_offset).collect();
        for path in list(shared, &dir) {
            let Some(base_offset) = base_offset_of(&path).filter(|base| !known.contains(base)) else { continue };
            if let Err(error) = shared.segments.remove(id, base_offset) {
                tracing::warn!(path = %path.display(), %error, "a file without owner cannot be removed");
            }
        }
    }
}
