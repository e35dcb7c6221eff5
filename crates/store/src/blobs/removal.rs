//! Removing files in the background: what transactions sent to the trash, what came to nothing, and what a crash left.

use std::collections::HashSet;
use std::io;
use std::ops::Bound;
use std::sync::{Arc, Weak};
use std::time::Duration;

use super::{BlobId, Shared, TABLE, TRASH_TABLE};
use crate::{Changes, Error};

/// How many rows of the trash are carried out with one transaction.
const TRASH_ROWS: usize = 1024;
/// What is released within this time goes with one transaction.
const GATHER: Duration = Duration::from_millis(50);

/// Starts the two tasks. Both end with the last handle.
pub(super) fn start(shared: &Arc<Shared>) {
    shared.host.spawn("blob-sweep", sweep(Arc::downgrade(shared)));
    let (weak, host, notice) = (Arc::downgrade(shared), shared.host.clone(), Arc::clone(shared.births.notice()));
    shared.host.spawn("blob-trash", async move {
        // The first round is for what the last session left.
        while let Some(shared) = weak.upgrade() {
            let blocking = Arc::clone(&shared);
            let removed = shared.host.blocking("blob-remove", move || remove_abandoned(&blocking)).await;
            if let Err(error) = removed.map_err(Error::from).and(empty_trash(&shared).await) {
                tracing::warn!(error = &error as &dyn std::error::Error, "blobs that were released are still there");
            }
            drop(shared);
            notice.notified().await;
            host.sleep(GATHER).await;
        }
    });
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.births.notice().notify_one();
    }
}

fn remove(shared: &Shared, id: BlobId) -> bool {
    match shared.host.files().remove(&shared.path(id)) {
        Ok(()) => true,
        Err(error) if error.kind() == io::ErrorKind::NotFound => true,
        Err(error) => {
            tracing::warn!(%error, %id, "the file of a blob cannot be removed");
            false
        }
    }
}

fn remove_abandoned(shared: &Shared) {
    let ids = shared.births.take_abandoned();
    // One that cannot be removed now is swept after the next start.
    for id in &ids {
        remove(shared, *id);
    }
    shared.births.forget(&ids);
}

/// Removes the files of released blobs, then the rows that say so. A file that comes back because the power failed in
/// between has no row any more, and is swept.
async fn empty_trash(shared: &Arc<Shared>) -> Result<(), Error> {
    let mut after = None;
    loop {
        let blocking = Arc::clone(shared);
        let removed = shared.host.blocking("blob-remove", move || remove_some_trash(&blocking, after)).await??;
        let Some((last, changes)) = removed else { return Ok(()) };
        after = Some(last);
        if !changes.is_empty() {
            shared.store.commit(changes).await?;
        }
    }
}

/// Removes the files of the next rows of the trash; tells the last of them, and how to forget those that are gone.
fn remove_some_trash(shared: &Shared, after: Option<Vec<u8>>) -> Result<Option<(Vec<u8>, Changes)>, Error> {
    let from = after.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
    let rows = shared.store.scan(TRASH_TABLE, from, Bound::Unbounded, TRASH_ROWS)?;
    let Some((last, _)) = rows.last().cloned() else { return Ok(None) };
    let mut changes = Changes::new();
    for (key, _) in rows {
        let id = BlobId::from_key(&key).ok_or_else(|| Error::Corrupt("a key among released blobs".to_owned()))?;
        if remove(shared, id) {
            changes = changes.delete(TRASH_TABLE, key);
        }
    }
    Ok(Some((last, changes)))
}

/// Removes every file that no row knows, and tells of rows whose file is missing.
async fn sweep(weak: Weak<Shared>) {
    let mut swept = 0;
    for first_byte in 0..=u8::MAX {
        let Some(shared) = weak.upgrade() else { return };
        let blocking = Arc::clone(&shared);
        match shared.host.blocking("blob-sweep", move || sweep_dir(&blocking, first_byte)).await {
            Ok(Ok(count)) => swept += count,
            Ok(Err(error)) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "blobs could not be swept");
                return;
            }
            Err(_unfinished) => return,
        }
    }
    if swept > 0 {
        tracing::info!(swept, "files of blobs that a crash left behind were removed");
    }
}

/// Sweeps one directory.
///
/// Never races a writer: a blob is among the unborn before its file is there, and has its row before it is not any
/// more. So the order is: list, then ask whether it is unborn, then look for its row.
fn sweep_dir(shared: &Shared, first_byte: u8) -> Result<u64, Error> {
    let dir = shared.dir.join(format!("{first_byte:02x}"));
    let paths = match shared.host.files().list(&dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        listed => listed?,
    };
    let mut files = HashSet::with_capacity(paths.len());
    let mut unborn = HashSet::new();
    for path in &paths {
        let Some(id) = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.parse::<BlobId>().ok())
        else {
            tracing::warn!(path = %path.display(), "among the blobs is a file that is none");
            continue;
        };
        files.insert(id);
        if shared.births.contains(id) {
            unborn.insert(id);
        }
    }
    let from = [first_byte];
    let next = first_byte.checked_add(1).map(|next| [next]);
    let to = next.as_ref().map_or(Bound::Unbounded, |next| Bound::Excluded(&next[..]));
    let rows = shared.store.scan(TABLE, Bound::Included(&from), to, usize::MAX)?;
    let known: HashSet<BlobId> = rows.iter().filter_map(|(key, _)| BlobId::from_key(key)).collect();
    for missing in known.difference(&files) {
        // Rows are made after files, so it is missing unless it came after the list or went before it.
        if shared.store.get(TABLE, missing.key())?.is_some() && !shared.host.files().exists(&shared.path(*missing)) {
            tracing::error!(blob = %missing, "the file of a blob is missing: its object cannot be read any more");
        }
    }
    let leftovers = files.iter().filter(|id| !known.contains(id) && !unborn.contains(id));
    Ok(leftovers.filter(|id| remove(shared, **id)).count() as u64)
}
