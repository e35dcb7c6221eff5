//! From a write-ahead file to segments: copy, sync, one store transaction, and only then another look at memory.

use store::Changes;

use crate::Error;
use crate::disk::Shared;
use crate::records::{self, Checkpoint};
use crate::segment::Writer;
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
            (inner.stored.clone(), entries)
        };
        copied.push((shard, writer.copy(shard.id, &stored, &entries).await?));
    }
    writer.finish().await?;
    // Nobody else changes what the store says about these shards, or deletes one, until this is done.
    let changing = shared.changes.lock().await;
    let mut changes = records::put_checkpoint(Changes::new(), Checkpoint { generation, lsn: full.last_lsn });
    for (shard, copied) in &mut copied {
        let inner = shard.lock();
        if !inner.is_deleted {
            copied.record.trim = inner.stored.trim;
            changes = records::put_shard(changes, shard.id, &copied.record);
        }
    }
    shared.make(changes).await?;
    for (shard, mut copied) in copied {
        copied.install_index();
        let mut inner = shard.lock();
        if !inner.is_deleted {
            while inner.tail.front().is_some_and(|entry| entry.block.file.generation <= generation) {
                inner.tail.pop_front();
            }
            inner.stored = copied.record;
        }
    }
    drop(changing);
    Ok(())
}
