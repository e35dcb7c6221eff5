//! The store on the real file system; crashes and full disks are in `simulated.rs`.

mod simulated;

use std::ops::Bound;

use host::Host;

use crate::{Changes, Error, Store};

fn open(dir: &tempfile::TempDir) -> Store {
    Store::open(&Host::real(), dir.path()).expect("an empty or sound directory opens")
}

#[tokio::test]
async fn what_is_committed_is_there_after_reopening() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir);
    store.commit(Changes::new().put("t", "a", "1").put("t", "b", "2")).await.unwrap();
    store.commit(Changes::new().delete("t", "a").put("u", "c", "3")).await.unwrap();
    drop(store);
    let store = open(&dir);
    assert_eq!(store.get("t", b"a").unwrap(), None);
    assert_eq!(store.get("t", b"b").unwrap(), Some(b"2".to_vec()));
    assert_eq!(store.get("u", b"c").unwrap(), Some(b"3".to_vec()));
    assert_eq!(store.get("never", b"c").unwrap(), None);
}

#[tokio::test]
async fn a_failed_expectation_rejects_only_its_own_changes() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir);
    // All three are queued before the committer sees the first, on this single-threaded runtime.
    let create = || Changes::new().expect("t", "name", None).put("t", "name", "taken");
    let (first, second, other) =
        tokio::join!(store.commit(create()), store.commit(create()), store.commit(Changes::new().put("t", "x", "y")));
    first.unwrap();
    assert!(matches!(second, Err(Error::Conflict)));
    other.unwrap();
    let held = store.commit(Changes::new().expect("t", "name", Some(b"taken".to_vec())).delete("t", "name")).await;
    held.unwrap();
    assert_eq!(store.get("t", b"name").unwrap(), None);
}

#[tokio::test]
async fn a_scan_keeps_to_its_range_and_limit() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir);
    let changes = (0..10_u8).fold(Changes::new(), |changes, key| changes.put("t", [key], [key]));
    store.commit(changes).await.unwrap();
    let keys = |from, to, limit| -> Vec<u8> {
        store.scan("t", from, to, limit).unwrap().into_iter().map(|(key, _)| key[0]).collect()
    };
    assert_eq!(keys(Bound::Included(&[3]), Bound::Excluded(&[6]), 100), [3, 4, 5]);
    assert_eq!(keys(Bound::Excluded(&[3]), Bound::Unbounded, 2), [4, 5]);
    assert_eq!(keys(Bound::Included(&[6]), Bound::Excluded(&[3]), 100), Vec::<u8>::new());
}

#[tokio::test]
async fn an_oversized_transaction_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir);
    let refused = store.commit(Changes::new().put("t", "a", vec![0; 65 * 1024 * 1024])).await;
    assert!(matches!(refused, Err(Error::TooLarge { .. })));
}

#[tokio::test]
async fn an_empty_file_is_damage_and_not_a_new_store() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("store.redb"), b"").unwrap();
    let refused = Store::open(&Host::real(), dir.path());
    assert!(matches!(refused, Err(Error::Corrupt(_))));
}
