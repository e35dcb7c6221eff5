//! Blobs on the real file system; crashes and full disks are in `simulated.rs`.

mod simulated;

use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use host::Host;

use crate::{BlobId, Blobs, Changes, Error, NewBlob, Store};

/// Bytes that differ at every position and between seeds.
pub(super) fn pattern(seed: u64, len: usize) -> Vec<u8> {
    let word = |at: usize| (at as u64).wrapping_add(seed).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes();
    let mut bytes = Vec::with_capacity(len + 8);
    while bytes.len() < len {
        bytes.extend_from_slice(&word(bytes.len()));
    }
    bytes.truncate(len);
    bytes
}

/// Writes a blob in pieces of this length.
pub(super) async fn write(blobs: &Blobs, bytes: &[u8], piece_len: usize) -> Result<NewBlob, Error> {
    let mut writer = blobs.writer();
    for piece in bytes.chunks(piece_len) {
        writer.write(Bytes::copy_from_slice(piece)).await?;
    }
    writer.finish().await
}

/// A range of a blob; `None` when the blob is not there.
pub(super) async fn read(blobs: &Blobs, id: BlobId, range: std::ops::Range<u64>) -> Result<Option<Vec<u8>>, Error> {
    let Some(mut reader) = blobs.read(id, range).await? else { return Ok(None) };
    let len = reader.len();
    let mut bytes = Vec::new();
    while let Some(piece) = reader.next().await {
        bytes.extend_from_slice(&piece?);
    }
    assert_eq!(bytes.len() as u64, len, "the reader knows its length");
    Ok(Some(bytes))
}

/// The names of all files of blobs.
pub(super) fn files(host: &Host, dir: &Path) -> Vec<PathBuf> {
    let list = |dir: &Path| host.files().list(dir).unwrap_or_default();
    list(&dir.join("blobs")).iter().flat_map(|dir| list(dir)).collect()
}

/// Waits until as many files are there.
async fn until_files(host: &Host, dir: &Path, count: usize) {
    for _ in 0..1_000 {
        if files(host, dir).len() == count {
            return;
        }
        host.sleep(Duration::from_millis(10)).await;
    }
    panic!("{} files after ten seconds instead of {count}", files(host, dir).len());
}

struct Opened {
    host: Host,
    dir: tempfile::TempDir,
    store: Store,
    blobs: Blobs,
}

fn open() -> Opened {
    let (host, dir) = (Host::real(), tempfile::tempdir().unwrap());
    let store = Store::open(&host, dir.path()).unwrap();
    let blobs = Blobs::open(&host, dir.path(), &store).unwrap();
    Opened { host, dir, store, blobs }
}

#[tokio::test]
async fn what_was_written_is_read_whole_and_in_parts() {
    let Opened { store, blobs, .. } = open();
    const MIB: usize = 1 << 20;
    for (len, piece_len) in [
        (0, 1),
        (1, 1),
        (100, 7),
        (65_536, 4_096),
        (MIB - 1, 10_000),
        (MIB, MIB),
        (MIB + 1, MIB),
        (5 * MIB + 77, 100_000),
    ] {
        let bytes = pattern(len as u64, len);
        let blob = write(&blobs, &bytes, piece_len).await.unwrap();
        assert_eq!((blob.len(), blob.is_empty()), (len as u64, len == 0));
        store.commit(Changes::new().claim(&blob)).await.unwrap();
        let len = len as u64;
        for range in
            [0..len, 0..u64::MAX, len / 2..len, 0..len / 3, len / 3..len / 3 + 1, len..len + 1, len + 5..len + 9]
        {
            let expected = &bytes[range.start.min(len) as usize..range.end.min(len) as usize];
            let found = read(&blobs, blob.id(), range.clone()).await.unwrap().unwrap();
            assert!(found == expected, "{range:?} of {len} bytes");
        }
    }
}

#[tokio::test]
async fn a_blob_lives_as_long_as_anybody_refers_to_it() {
    let Opened { host, dir, store, blobs } = open();
    let blob = write(&blobs, b"bytes", 5).await.unwrap();
    let id = blob.id();
    store.commit(Changes::new().claim(&blob).put("t", "a", "")).await.unwrap();
    drop(blob);
    store.commit(Changes::new().share(id).share(id)).await.unwrap();
    assert_eq!(blobs.reference_count(id).unwrap(), 3);
    // What goes and comes within one transaction leaves it where it is, in any order.
    store.commit(Changes::new().release(id).release(id).release(id).share(id)).await.unwrap();
    assert_eq!(blobs.reference_count(id).unwrap(), 1);
    assert_eq!(read(&blobs, id, 0..9).await.unwrap().as_deref(), Some(&b"bytes"[..]));
    let too_many = store.commit(Changes::new().put("t", "b", "").release(id).release(id)).await;
    assert!(matches!(too_many, Err(Error::Conflict)));
    assert_eq!(store.get("t", b"b").unwrap(), None, "all or nothing");
    store.commit(Changes::new().release(id)).await.unwrap();
    until_files(&host, dir.path(), 0).await;
    assert_eq!(read(&blobs, id, 0..9).await.unwrap(), None);
    for gone in [Changes::new().share(id), Changes::new().release(id)] {
        assert!(matches!(store.commit(gone).await, Err(Error::Conflict)));
    }
}

#[tokio::test]
async fn a_blob_stays_readable_while_it_is_released() {
    let Opened { host, dir, store, blobs } = open();
    let bytes = pattern(1, 3 << 20);
    let blob = write(&blobs, &bytes, 1 << 20).await.unwrap();
    store.commit(Changes::new().claim(&blob)).await.unwrap();
    let mut reader = blobs.read(blob.id(), 0..u64::MAX).await.unwrap().unwrap();
    store.commit(Changes::new().release(blob.id())).await.unwrap();
    until_files(&host, dir.path(), 0).await;
    let mut found = Vec::new();
    while let Some(piece) = reader.next().await {
        found.extend_from_slice(&piece.unwrap());
    }
    assert!(found == bytes);
}

#[tokio::test]
async fn what_came_to_nothing_leaves_no_file() {
    let Opened { host, dir, store, blobs } = open();
    store.commit(Changes::new().put("t", "name", "taken")).await.unwrap();
    let mut half = blobs.writer();
    half.write(Bytes::from(pattern(1, 3 << 20))).await.unwrap();
    let blob = write(&blobs, b"second", 6).await.unwrap();
    let refused = store.commit(Changes::new().claim(&blob).expect("t", "name", None)).await;
    assert!(matches!(refused, Err(Error::Conflict)));
    // It is still there for another attempt.
    let held = Changes::new().claim(&blob).expect("t", "name", Some(b"taken".to_vec()));
    store.commit(held).await.unwrap();
    drop(half);
    drop(write(&blobs, b"third", 5).await.unwrap());
    drop(Changes::new().claim(&write(&blobs, b"fourth", 6).await.unwrap()));
    until_files(&host, dir.path(), 1).await;
    assert_eq!(read(&blobs, blob.id(), 0..6).await.unwrap().as_deref(), Some(&b"second"[..]));
}

#[tokio::test]
async fn a_start_sweeps_what_nothing_refers_to_and_carries_out_the_trash() {
    let (host, dir) = (Host::real(), tempfile::tempdir().unwrap());
    let store = Store::open(&host, dir.path()).unwrap();
    let (kept, released) = {
        let blobs = Blobs::open(&host, dir.path(), &store).unwrap();
        let kept = write(&blobs, b"kept", 4).await.unwrap();
        let released = write(&blobs, b"released", 8).await.unwrap();
        store.commit(Changes::new().claim(&kept).claim(&released)).await.unwrap();
        (kept.id(), released.id())
    };
    for name in
        ["00000000000000000000000000000000", "ff000000000000000000000000000000", "fffffffffffffffffffffffffffffffe"]
    {
        let subdir = dir.path().join("blobs").join(&name[..2]);
        std::fs::create_dir_all(&subdir).unwrap();
        std::fs::write(subdir.join(name), b"left behind").unwrap();
    }
    store.commit(Changes::new().release(released)).await.unwrap();
    let blobs = Blobs::open(&host, dir.path(), &store).unwrap();
    until_files(&host, dir.path(), 1).await;
    assert_eq!(read(&blobs, kept, 0..4).await.unwrap().as_deref(), Some(&b"kept"[..]));
    let is_empty = || store.scan(super::TRASH_TABLE, std::ops::Bound::Unbounded, std::ops::Bound::Unbounded, 9);
    for _ in 0..1_000 {
        if is_empty().unwrap().is_empty() {
            return;
        }
        host.sleep(Duration::from_millis(10)).await;
    }
    panic!("the trash is not empty after ten seconds");
}

#[tokio::test]
async fn a_directory_that_takes_no_files_is_an_error_of_the_writer_alone() {
    let Opened { dir, store, blobs, .. } = open();
    let blobs_dir = dir.path().join("blobs");
    std::fs::remove_dir(&blobs_dir).unwrap();
    std::fs::write(&blobs_dir, b"in the way").unwrap();
    assert!(matches!(write(&blobs, b"x", 1).await, Err(Error::Io(_))));
    let mut writer = blobs.writer();
    let pieces = [Bytes::from(vec![1; 1 << 20]), Bytes::from(vec![1; 1 << 20])];
    writer.write(pieces[0].clone()).await.unwrap();
    assert!(matches!(writer.write(pieces[1].clone()).await, Err(Error::Io(_))), "told while there is more to come");
    assert!(matches!(writer.write(pieces[1].clone()).await, Err(Error::Io(_))), "and ever after");
    assert!(matches!(writer.finish().await, Err(Error::Io(_))));
    store.commit(Changes::new().put("t", "a", "b")).await.unwrap();
    std::fs::remove_file(&blobs_dir).unwrap();
    std::fs::create_dir(&blobs_dir).unwrap();
    write(&blobs, b"x", 1).await.unwrap();
}

#[tokio::test]
async fn a_file_that_was_cut_is_told_and_not_read_short() {
    let Opened { host, dir, store, blobs } = open();
    let blob = write(&blobs, &pattern(2, 1 << 20), 1 << 20).await.unwrap();
    store.commit(Changes::new().claim(&blob)).await.unwrap();
    let mut reader = blobs.read(blob.id(), 0..1 << 20).await.unwrap().unwrap();
    let file = files(&host, dir.path()).remove(0);
    std::fs::File::options().write(true).open(file).unwrap().set_len(300_000).unwrap();
    let mut last = None;
    while let Some(piece) = reader.next().await {
        last = Some(piece);
    }
    assert!(matches!(last, Some(Err(Error::Corrupt(_)))), "{last:?}");
}
