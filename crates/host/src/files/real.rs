//! The machine's file system: plain blocking calls, positions instead of cursors.

use std::fs::{self, OpenOptions};
use std::io::{self, IoSlice};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::FlockOperation;

use super::direct::DirectFile;
use super::{File, Files};

/// Files belong to the server's user alone: they hold customers' data and keys.
const FILE_MODE: u32 = 0o600;
/// As many pieces as Linux takes in one write (`UIO_MAXIOV`).
pub(super) const PIECES_MAX: usize = 1024;

#[derive(Debug)]
pub(super) struct RealFiles;

#[derive(Debug)]
pub(super) struct RealFile(pub(super) fs::File);

fn opened(file: fs::File) -> Arc<dyn File> {
    Arc::new(RealFile(file))
}

fn created(path: &Path) -> io::Result<fs::File> {
    OpenOptions::new().read(true).write(true).create_new(true).mode(FILE_MODE).open(path)
}

impl Files for RealFiles {
    fn open(&self, path: &Path) -> io::Result<Arc<dyn File>> {
        OpenOptions::new().read(true).write(true).open(path).map(opened)
    }

    fn open_direct(&self, path: &Path) -> io::Result<Arc<dyn File>> {
        let file = OpenOptions::new().read(true).write(true).open(path)?;
        Ok(Arc::new(DirectFile::new(RealFile(file))))
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        use std::io::Read as _;
        let mut bytes = Vec::new();
        let file = OpenOptions::new().read(true).open(path)?;
        let read = file.take(super::SMALL_FILE_BYTES_MAX + 1).read_to_end(&mut bytes)?;
        if read as u64 > super::SMALL_FILE_BYTES_MAX { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(bytes) }
    }

    fn create_new(&self, path: &Path) -> io::Result<Arc<dyn File>> {
        created(path).map(opened)
    }

    fn create_new_direct(&self, path: &Path) -> io::Result<Arc<dyn File>> {
        Ok(Arc::new(DirectFile::new(RealFile(created(path)?))))
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
mod tests;
