//! Opening a disk log: lock, descriptors from the store, the write-ahead log, threads.

use std::collections::HashMap;
use std::ops::Bound;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64};

use host::Host;
use store::Store;

use super::{DiskLog, Shared};
use crate::keeper::{self, Inbox};
use crate::options::{OpenError, Options, lock_directory};
use crate::records::{self, ShardRecord};
use crate::registry::Registry;
use crate::segment::{self, SegmentFiles};
use crate::wal::commit::Committer;
use crate::wal::pool::Pool;
use crate::wal::queue::Queue;
use crate::wal::{self, recovery};
use crate::{ShardId, StreamId};

impl DiskLog {
    /// Opens the log in `dir`, creating it if there is none; `store` keeps its descriptors. Reads back what is in the
    /// write-ahead log only. Must be called where `host` can start tasks.
    pub fn open(host: Host, dir: &Path, store: Store, mut options: Options) -> Result<Self, OpenError> {
        options.block_bytes_max = options.block_bytes_max.min(options.wal_file_bytes / 2);
        let lock = lock_directory(&host, dir)?;
        let (registry, next_stream) = load(&store)?;
        let checkpoint =
            records::checkpoint(&store)?.ok_or(OpenError::Description { what: "checkpoint".to_owned() })?;
        let wal_dir = dir.join(wal::DIRECTORY);
        let pool = Pool::new(host.clone(), wal_dir.clone(), options.wal_file_bytes, options.wal_files_max());
        let pool = Arc::new(pool);
        let recovered = recovery::recover(&host, &wal_dir, checkpoint, &registry, &pool)?;
        check_ends(&registry, dir)?;
        let segments_dir = dir.join(segment::DIRECTORY);
        // Now, so that its name is durable before anything in it counts.
        host.files().create_dir_all(&segments_dir).map_err(OpenError::io("create", &segments_dir))?;
        let segments = SegmentFiles::new(Arc::clone(host.files()), segments_dir, options.open_files_max);
        let in_use = recovered.full.len();
        let begun = pool.begin(in_use, recovered.spare, recovered.next_generation);
        begun.map_err(OpenError::io("prepare", &wal_dir))?;
        host.files().sync_dir(dir).map_err(OpenError::io("sync", dir))?;
        let inbox = Inbox::default();
        for file in recovered.full {
            inbox.add_full(file);
        }
        let shared = Arc::new(Shared {
            queue: Queue::new(options.queue_bytes_max),
            host,
            store,
            options,
            registry,
            pool,
            inbox,
            segments,
            changes: tokio::sync::Mutex::new(next_stream),
            resharding: tokio::sync::Mutex::default(),
            unflushed_since_ms: AtomicU64::new(0),
            is_poisoned: AtomicBool::new(false),
            _lock: lock,
        });
        shared.host.spawn_thread("log-prepare", Arc::clone(&shared.pool).prepare());
        shared.host.spawn_thread("log-commit", Committer::new(Arc::clone(&shared), recovered.next_lsn).run());
        shared.host.spawn_thread("log-keeper", keeper::run(Arc::clone(&shared)));
        Ok(Self { shared })
    }
}

/// All streams and shards, in two scans, and the next stream's id.
fn load(store: &Store) -> Result<(Registry, StreamId), OpenError> {
    let all = |table| store.scan(table, Bound::Unbounded, Bound::Unbounded, usize::MAX);
    let unreadable = |what: &str, key: &[u8]| OpenError::Description { what: format!("{what} {key:02x?}") };
    let mut shards: HashMap<ShardId, ShardRecord> = HashMap::new();
    for (key, value) in all(records::SHARDS)? {
        let pair = records::shard_of_key(&key).zip(records::shard(&value));
        let (id, record) = pair.ok_or_else(|| unreadable("shard", &key))?;
        shards.insert(id, record);
    }
    let registry = Registry::default();
    let mut next_stream = records::next_stream(store)?;
    for (key, value) in all(records::STREAMS)? {
        let stream = records::stream(&key, &value).ok_or_else(|| unreadable("stream", &key))?;
        next_stream = next_stream.max(StreamId(stream.id.0 + 1));
        registry.publish(stream, |id| shards.remove(&id).unwrap_or_default());
    }
    Ok((registry, next_stream))
}

/// A sealed end never moves: what lies before it was durable when the seal was.
fn check_ends(registry: &Registry, dir: &Path) -> Result<(), OpenError> {
    for id in registry.ids() {
        let Ok(stream) = registry.stream(id) else { continue };
        for shard in registry.shards_of(&stream) {
            let inner = shard.lock();
            if let Some(sealed) = inner.sealed.filter(|sealed| sealed.end != inner.end) {
                let what = format!("{:?} is sealed at {}, but ends at {}", shard.id, sealed.end, inner.end);
                return Err(OpenError::Damaged { file: dir.join(wal::DIRECTORY), position: 0, what });
            }
        }
    }
    Ok(())
}
