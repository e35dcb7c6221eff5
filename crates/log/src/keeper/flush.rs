//! From a write-ahead file to segments: copy, sync, tell the store, and only then another look at memory.

use store::Changes;

use crate::Error;
use crate::disk::Shared;
use crate::records::{self, Checkpoint};
use crate::segment::{Copied, Writer};
use crate::shard::ShardState;
use crate::tail::TailEntry;
use crate::wal::FullFile;

/// Copies all that is in the file. After a failure it can be done again: what was written does not count before the
/// store says so.
pub(super) async fn flush(shared: &Shared, full: &FullFile) -> Result<(), Error> {
    let generation = full.file.generation;
    let mut writer = Writer::new(&shared.host, &shared.segments, &shared.options);
    let mut copied = Vec::with_capacity(full.touched.len());
    for shard in &full.touched {
        let (stored, entries) = {
            let inner = shard.lock();
            if inner.is_deleted {
                continue;
            }
            let of_file = |entry: &&TailEntry| entry.block.file.generation <= generation;
            let entries: Vec<TailEntry> = inner.tail.iter().take_while(of_file).cloned().collect();
            if entries.is_empty() {
                // In segments since an attempt that did not come to its end.
                continue;
            }
            (inner.stored.clone(), entries)
        };
        copied.push((shard, writer.copy(shard.id, &stored, &entries).await?));
    }
    writer.finish().await?;
    let checkpoint = Checkpoint { generation, lsn: full.last_lsn };
    let mut left = copied.into_iter().peekable();
    loop {
        // Nobody else changes what the store says about these shards, or deletes one, until this is done.
        let _changing = shared.changes.lock().await;
        let mut changes = Changes::new();
        let mut part = Vec::new();
        while changes.bytes() < shared.options.transaction_bytes_max
            && let Some((shard, mut copied)) = left.next()
        {
            let inner = shard.lock();
            if !inner.is_deleted {
                copied.record.trim = inner.stored.trim;
                changes = records::put_shard(changes, shard.id, &copied.record);
            }
            drop(inner);
            part.push((shard, copied));
        }
        // With the last part, and not before: until then a start reads the file again and leaves out what is in
        // segments already.
        let is_last = left.peek().is_none();
        if is_last {
            changes = records::put_checkpoint(changes, checkpoint);
        }
        shared.make(changes).await?;
        part.into_iter().for_each(|(shard, copied)| install(shard, copied, generation));
        if is_last {
            return Ok(());
        }
    }
}

/// Makes memory say what the store says now.
fn install(shard: &ShardState, mut copied: Copied, generation: u64) {
    copied.install_index();
    let mut inner = shard.lock();
    if !inner.is_deleted {
        while inner.tail.front().is_some_and(|entry| entry.block.file.generation <= generation) {
            inner.tail.pop_front();
        }
        inner.stored = copied.record;
    }
}
