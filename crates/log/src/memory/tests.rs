//! The in-memory engine keeps the rules.

use futures::future::BoxFuture;

use super::*;
use crate::conformance::{self, Factory};

struct InMemory;

impl Factory for InMemory {
    fn build(&self, host: Host) -> BoxFuture<'_, Arc<dyn LogEngine>> {
        Box::pin(async move {
            let engine: Arc<dyn LogEngine> = Arc::new(MemoryLog::new(host, 1024 * 1024));
            engine
        })
    }

    fn upkeep<'a>(&'a self, _engine: &'a Arc<dyn LogEngine>) -> BoxFuture<'a, ()> {
        Box::pin(std::future::ready(()))
    }
}

#[tokio::test]
async fn the_engine_in_memory_keeps_the_rules() {
    conformance::check_all(&InMemory).await;
}

#[tokio::test]
async fn a_full_memory_refuses_until_there_is_room() {
    let log = MemoryLog::new(Host::real(), 1000);
    let new = NewStream {
        name: "s".to_owned(),
        ranges: vec![crate::HashRange { start: 0, end: u128::MAX }],
        retention_ms: u64::MAX,
        annotation: Bytes::new(),
    };
    let shard = log.create_stream(new).await.unwrap().shards[0].id;
    let record = crate::NewRecord { value: Bytes::from(vec![1; 600]), ..crate::NewRecord::default() };
    let append = || vec![Append { shard, records: vec![record.clone()], condition: crate::Condition::None }];
    assert!(log.append(append()).await.unwrap()[0].is_ok());
    assert!(matches!(log.append(append()).await.unwrap()[0], Err(Error::Unavailable { .. })));
    log.trim(shard, 1).await.unwrap();
    assert!(log.append(append()).await.unwrap()[0].is_ok());
}
