//! The machine's file system does what the trait promises.

use std::os::unix::fs::PermissionsExt;

use super::*;
use crate::files::DIRECT_ALIGNMENT;

#[test]
fn a_file_keeps_what_is_written_at_a_position() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a");
    let file = RealFiles.create_new(&path).unwrap();
    file.write_all_at(b"hello", 3).unwrap();
    file.sync_data().unwrap();
    RealFiles.sync_dir(dir.path()).unwrap();
    let again = RealFiles.open(&path).unwrap();
    let mut bytes = [1; 8];
    again.read_exact_at(&mut bytes, 0).unwrap();
    assert_eq!(&bytes, b"\0\0\0hello");
    let beyond = again.read_exact_at(&mut bytes, 1).expect_err("one byte too many");
    assert_eq!(beyond.kind(), io::ErrorKind::UnexpectedEof);
    assert_eq!(RealFiles.create_new(&path).err().map(|error| error.kind()), Some(io::ErrorKind::AlreadyExists));
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, FILE_MODE);
}

#[test]
fn pieces_are_written_one_behind_the_other_however_many_there_are() {
    let dir = tempfile::tempdir().unwrap();
    let file = RealFiles.create_new(&dir.path().join("a")).unwrap();
    let pieces: Vec<Vec<u8>> = (0..2500).map(|index| vec![index as u8; index % 5]).collect();
    let mut slices: Vec<IoSlice<'_>> = pieces.iter().map(|piece| IoSlice::new(piece)).collect();
    file.write_all_vectored_at(&mut slices, 3).unwrap();
    let expected = [vec![0; 3], pieces.concat()].concat();
    let mut bytes = vec![1; expected.len()];
    file.read_exact_at(&mut bytes, 0).unwrap();
    assert_eq!(bytes, expected);
    assert_eq!(file.len().unwrap(), expected.len() as u64);
    file.write_all_vectored_at(&mut [], 0).unwrap();
}

#[test]
fn a_second_lock_would_block_until_the_first_is_dropped() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("lock");
    let held = RealFiles.lock(&path).unwrap();
    let refused = RealFiles.lock(&path).err().map(|error| error.kind());
    assert_eq!(refused, Some(io::ErrorKind::WouldBlock));
    drop(held);
    assert!(RealFiles.lock(&path).is_ok());
}

#[test]
fn a_directory_lists_its_entries_sorted() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["b", "a", "c"] {
        RealFiles.create_new(&dir.path().join(name)).unwrap();
    }
    RealFiles.rename(&dir.path().join("c"), &dir.path().join("0")).unwrap();
    RealFiles.remove(&dir.path().join("b")).unwrap();
    let names = RealFiles.list(dir.path()).unwrap();
    assert_eq!(names, [dir.path().join("0"), dir.path().join("a")]);
}

#[test]
fn aligned_and_other_writes_of_a_direct_file_stand_beside_each_other() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let path = dir.path().join("direct");
    RealFiles.create_new(&path).expect("a new file");
    let file = RealFiles.open_direct(&path).expect("the file");
    let buffer = vec![7; 4 * DIRECT_ALIGNMENT];
    let aligned = &buffer[buffer.as_ptr().align_offset(DIRECT_ALIGNMENT)..][..2 * DIRECT_ALIGNMENT];
    file.write_all_at(aligned, 0).expect("aligned in every way");
    file.write_all_at(&[8; 10], DIRECT_ALIGNMENT as u64 - 5).expect("a few bytes over a page's edge");
    file.write_all_at(aligned, 2 * DIRECT_ALIGNMENT as u64 + 1).expect("at an odd position");
    file.write_all_at(&aligned[1..], 4 * DIRECT_ALIGNMENT as u64).expect("from an odd address");
    file.sync_data().expect("durable");
    let mut expected = vec![7; 6 * DIRECT_ALIGNMENT - 1];
    expected[DIRECT_ALIGNMENT - 5..DIRECT_ALIGNMENT + 5].fill(8);
    expected[2 * DIRECT_ALIGNMENT] = 0;
    let mut found = vec![0; expected.len()];
    RealFiles.open(&path).expect("the file").read_exact_at(&mut found, 0).expect("all of it");
    assert!(found == expected);
}

#[test]
fn pieces_past_the_page_cache_join_up_with_what_is_in_it() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let path = dir.path().join("pieces");
    RealFiles.create_new(&path).expect("a new file");
    let file = RealFiles.open_direct(&path).expect("the file");
    let content: Vec<u8> = (0..3_000_000_u32).map(|at| (at % 251) as u8).collect();
    let mut position = 0;
    for length in [10, 300_000, 5_000, 1_200_000, 4_096, 70_000, 1_420_894] {
        let mut pieces: Vec<IoSlice<'_>> =
            content[position..position + length].chunks(7_777).map(IoSlice::new).collect();
        file.write_all_vectored_at(&mut pieces, position as u64).expect("pieces of any size");
        position += length;
    }
    file.sync_data().expect("durable");
    assert_eq!(position, content.len());
    assert_eq!(file.len().expect("a length"), content.len() as u64);
    let mut found = vec![0; content.len()];
    file.read_exact_at(&mut found, 0).expect("all of it");
    assert!(found == content);
}

#[test]
fn aligned_pieces_are_written_from_where_they_are() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let path = dir.path().join("aligned");
    RealFiles.create_new(&path).expect("a new file");
    let file = RealFiles.open_direct(&path).expect("the file");
    let buffer: Vec<u8> = (0..6 * DIRECT_ALIGNMENT).map(|at| (at % 251) as u8).collect();
    let aligned = &buffer[buffer.as_ptr().align_offset(DIRECT_ALIGNMENT)..][..5 * DIRECT_ALIGNMENT];
    let (first, second) = aligned.split_at(2 * DIRECT_ALIGNMENT);
    let mut pieces = [&[], first, second].map(IoSlice::new);
    file.write_all_vectored_at(&mut pieces, DIRECT_ALIGNMENT as u64).expect("aligned in every way");
    let mut pieces = [first, &second[..10]].map(IoSlice::new);
    file.write_all_vectored_at(&mut pieces, 6 * DIRECT_ALIGNMENT as u64).expect("aligned up to the end");
    let expected = [&[0; DIRECT_ALIGNMENT], aligned, first, &second[..10]].concat();
    let mut found = vec![0; expected.len()];
    file.read_exact_at(&mut found, 0).expect("all of it");
    assert!(found == expected);
}

#[test]
fn reads_past_the_page_cache_find_what_was_written_either_way() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let path = dir.path().join("read");
    RealFiles.create_new(&path).expect("a new file");
    let content: Vec<u8> = (0..9 * DIRECT_ALIGNMENT + 77).map(|at| (at % 251) as u8).collect();
    RealFiles.open(&path).expect("the file").write_all_at(&content, 0).expect("through the page cache, not synced");
    let file = RealFiles.open_direct(&path).expect("the file");
    let mut buffer = vec![0; 12 * DIRECT_ALIGNMENT];
    let start = buffer.as_ptr().align_offset(DIRECT_ALIGNMENT);
    for (offset, position, length) in
        [(0, 0, content.len()), (0, 1, 4 * DIRECT_ALIGNMENT), (3, DIRECT_ALIGNMENT, 9_000)]
    {
        let found = &mut buffer[start + offset..][..length];
        found.fill(0);
        file.read_exact_direct_at(found, position as u64).expect("all of it");
        assert!(found == &content[position..position + length], "{length} bytes at {position}");
    }
    let beyond = file.read_exact_direct_at(&mut buffer[start..][..2 * DIRECT_ALIGNMENT], 8 * DIRECT_ALIGNMENT as u64);
    assert_eq!(beyond.expect_err("the file ends before").kind(), std::io::ErrorKind::UnexpectedEof);
}
