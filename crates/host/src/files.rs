//! Files: the few calls that a durable engine needs, so that they can be simulated with all their failures.

mod buffers;
mod direct;
mod real;

use std::io::{self, IoSlice};
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use buffers::{Buffer, Buffers};

/// What [`Files::read`] takes for a small file.
const SMALL_FILE_BYTES_MAX: u64 = 1 << 20;

/// What position, length and address of a write must be a multiple of to pass the page cache, in bytes: the largest
/// sector in use.
pub const DIRECT_ALIGNMENT: usize = 4096;

/// A file system. Every call blocks; callers run on threads of their own (`Host::spawn_thread`) where it matters.
pub trait Files: Send + Sync + 'static {
    /// Opens a file for reading and writing.
    fn open(&self, path: &Path) -> io::Result<Arc<dyn File>>;

    /// Like [`Files::open`], for large writes that nobody reads soon: those that begin in memory and in the file at
    /// multiples of [`DIRECT_ALIGNMENT`] and have such a length pass the page cache where the file system lets them.
    fn open_direct(&self, path: &Path) -> io::Result<Arc<dyn File>> {
        self.open(path)
    }

    /// The whole of a small file that an operator named, writable or not; [`io::ErrorKind::FileTooLarge`] above 1 MiB.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let file = self.open(path)?;
        let len = file.len()?;
        if len > SMALL_FILE_BYTES_MAX {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let mut bytes = vec![0; len as usize];
        file.read_exact_at(&mut bytes, 0)?;
        Ok(bytes)
    }

    /// Creates a file that must not exist yet. Durable only after [`Files::sync_dir`] on its directory.
    fn create_new(&self, path: &Path) -> io::Result<Arc<dyn File>>;

    /// Creates a file as [`Files::create_new`], for writes as [`Files::open_direct`] has them.
    fn create_new_direct(&self, path: &Path) -> io::Result<Arc<dyn File>> {
        self.create_new(path)
    }

    /// Creates a directory and its parents.
    fn create_dir_all(&self, path: &Path) -> io::Result<()>;

    /// Creates a directory and its parents, and makes their names durable, whoever created them.
    fn create_dir_durable(&self, path: &Path) -> io::Result<()> {
        self.create_dir_all(path)?;
        for parent in path.ancestors().skip(1) {
            let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
            match self.sync_dir(parent) {
                // A directory that we may not even read is none that we created.
                Err(error) if error.kind() == io::ErrorKind::PermissionDenied => break,
                synced => synced?,
            }
        }
        Ok(())
    }

    /// Makes creations, renames and removals in a directory durable.
    fn sync_dir(&self, path: &Path) -> io::Result<()>;

    /// Renames within one file system, replacing the target.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Removes a file.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Removes a directory with all that is in it.
    fn remove_dir_all(&self, path: &Path) -> io::Result<()>;

    /// The paths of a directory's entries, sorted.
    fn list(&self, path: &Path) -> io::Result<Vec<PathBuf>>;

    /// Whether there is something at `path`.
    fn exists(&self, path: &Path) -> bool;

    /// Takes an exclusive lock on a file (created if need be), held until the guard is dropped or the process dies.
    /// [`io::ErrorKind::WouldBlock`] when another process holds it.
    fn lock(&self, path: &Path) -> io::Result<Box<dyn Send + Sync>>;
}

/// An open file. Calls take positions, so one handle serves many readers.
pub trait File: Send + Sync + 'static {
    /// Reads exactly `buffer.len()` bytes from `position`; [`io::ErrorKind::UnexpectedEof`] beyond the end.
    fn read_exact_at(&self, buffer: &mut [u8], position: u64) -> io::Result<()>;

    /// Writes all of `bytes` at `position`. Durable only after a sync. After an error any part may have been written.
    fn write_all_at(&self, bytes: &[u8], position: u64) -> io::Result<()>;

    /// Reads as [`File::read_exact_at`] does, past the page cache as far as buffer and position are aligned to
    /// [`DIRECT_ALIGNMENT`] and the file was opened for it: for large reads whose bytes nobody asks for again soon.
    fn read_exact_direct_at(&self, buffer: &mut [u8], position: u64) -> io::Result<()> {
        self.read_exact_at(buffer, position)
    }

    /// Writes all pieces one behind the other from `position` on, as [`File::write_all_at`] writes one.
    fn write_all_vectored_at(&self, pieces: &mut [IoSlice<'_>], position: u64) -> io::Result<()> {
        let mut position = position;
        for piece in pieces {
            self.write_all_at(piece, position)?;
            position += piece.len() as u64;
        }
        Ok(())
    }

    /// Makes written data durable, and the length where it changed (`fdatasync`).
    fn sync_data(&self) -> io::Result<()>;

    /// Makes data and all metadata durable (`fsync`).
    fn sync_all(&self) -> io::Result<()>;

    /// Cuts or extends the file.
    fn set_len(&self, len: u64) -> io::Result<()>;

    /// The current length in bytes.
    fn len(&self) -> io::Result<u64>;

    /// Whether the file has no bytes.
    fn is_empty(&self) -> io::Result<bool> {
        self.len().map(|len| len == 0)
    }
}

/// The machine's file system.
pub fn real() -> Arc<dyn Files> {
    Arc::new(real::RealFiles)
}
