//! The machine's file system: plain blocking calls, positions instead of cursors.

use std::fs::{self, OpenOptions};
use std::io::{self, IoSlice};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::FlockOperation;

use super::{File, Files};

/// Files belong to the server's user alone: they hold customers' data and keys.
const FILE_MODE: u32 = 0o600;
/// As many pieces as Linux takes in one write (`UIO_MAXIOV`).
const PIECES_MAX: usize = 1024;

#[derive(Debug)]
pub(super) struct RealFiles;

#[derive(Debug)]
struct RealFile(fs::File);

fn opened(file: fs::File) -> Arc<dyn File> {
    Arc::new(RealFile(file))
}

impl Files for RealFiles {
    fn open(&self, path: &Path) -> io::Result<Arc<dyn File>> {
        OpenOptions::new().read(true).write(true).open(path).map(opened)
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        use std::io::Read as _;
        let mut bytes = Vec::new();
        let file = OpenOptions::new().read(true).open(path)?;
        let read = file.take(super::SMALL_FILE_BYTES_MAX + 1).read_to_end(&mut bytes)?;
        if read as u64 > super::SMALL_FILE_BYTES_MAX { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(bytes) }
    }

    fn create_new(&self, path: &Path) -> io::Result<Arc<dyn File>> {
        OpenOptions::new().read(true).write(true).create_new(true).mode(FILE_MODE).open(path).map(opened)
    }

    fn create_dir_all(&self, path: &Path) -> io::Result<()> {
        fs::create_dir_all(path)
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        fs::File::open(path)?.sync_all()
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn remove_dir_all(&self, path: &Path) -> io::Result<()> {
        fs::remove_dir_all(path)
    }

    fn list(&self, path: &Path) -> io::Result<Vec<PathBuf>> {
        let mut paths =
            fs::read_dir(path)?.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<Vec<_>>>()?;
        paths.sort();
        Ok(paths)
    }

    fn exists(&self, path: &Path) -> bool {
        path.exists()
    }

    fn lock(&self, path: &Path) -> io::Result<Box<dyn Send + Sync>> {
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(FILE_MODE).open(path)?;
        rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive)?;
        Ok(Box::new(file))
    }
}

impl File for RealFile {
    fn read_exact_at(&self, buffer: &mut [u8], position: u64) -> io::Result<()> {
        self.0.read_exact_at(buffer, position)
    }

    fn write_all_at(&self, bytes: &[u8], position: u64) -> io::Result<()> {
        self.0.write_all_at(bytes, position)
    }

    fn write_all_vectored_at(&self, pieces: &mut [IoSlice<'_>], position: u64) -> io::Result<()> {
        let (mut pieces, mut position) = (pieces, position);
        IoSlice::advance_slices(&mut pieces, 0); // Drops empty ones in front.
        while !pieces.is_empty() {
            let some = &pieces[..pieces.len().min(PIECES_MAX)];
            match rustix::io::pwritev(&self.0, some, position) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => {
                    IoSlice::advance_slices(&mut pieces, written);
                    position += written as u64;
                }
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        self.0.sync_data()
    }

    fn sync_all(&self) -> io::Result<()> {
        self.0.sync_all()
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.0.set_len(len)
    }

    fn len(&self) -> io::Result<u64> {
        Ok(self.0.metadata()?.len())
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

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
}
