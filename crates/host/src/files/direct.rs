//! Writing and reading past the page cache: large writes that nobody reads soon cost the processor a quarter of what
//! they cost through it, and large reads are spared the copy. Small and crooked ones go the ordinary way, through a
//! second handle of the same file.

use std::fs::{self, OpenOptions};
use std::io::{self, IoSlice};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::sync::{LazyLock, OnceLock};

use super::real::{PIECES_MAX, RealFile};
use super::{Buffers, DIRECT_ALIGNMENT, File};

/// Pieces that are smaller together are not worth a direct write of their own, in bytes.
const PIECES_BYTES_MIN: usize = 64 << 10;

/// Pieces are brought together in a buffer of this size, in bytes.
const STAGING_BYTES: usize = 1 << 20;
/// What pieces are brought together in; a fresh buffer would cost the kernel as much as the write.
static STAGING: LazyLock<Buffers> = LazyLock::new(Buffers::default);

/// A file under two handles.
#[derive(Debug)]
pub(super) struct DirectFile {
    cached: RealFile,
    /// Opened with the first write or read that wants it; `None` where the file system knows no such thing.
    direct: OnceLock<Option<fs::File>>,
}

impl DirectFile {
    pub(super) fn new(cached: RealFile) -> Self {
        Self { cached, direct: OnceLock::new() }
    }

    fn direct(&self) -> Option<&fs::File> {
        let open = || {
            // By its handle, since the file may have another name by now.
            let path = format!("/proc/self/fd/{}", self.cached.0.as_raw_fd());
            let flags = rustix::fs::OFlags::DIRECT.bits().cast_signed();
            OpenOptions::new().read(true).write(true).custom_flags(flags).open(path).ok()
        };
        self.direct.get_or_init(open).as_ref()
    }

    /// How much of an aligned read the file system has given past the page cache: none where something is not aligned.
    /// What it stops short of is the ordinary way's to read, or to complain about.
    fn read_direct(&self, buffer: &mut [u8], position: u64) -> io::Result<usize> {
        let whole = buffer.len() / DIRECT_ALIGNMENT * DIRECT_ALIGNMENT;
        let is_aligned = buffer.as_ptr().addr().is_multiple_of(DIRECT_ALIGNMENT);
        if whole == 0 || !is_aligned || !position.is_multiple_of(DIRECT_ALIGNMENT as u64) {
            return Ok(0);
        }
        let Some(direct) = self.direct() else { return Ok(0) };
        match direct.read_at(&mut buffer[..whole], position) {
            Err(error) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Interrupted) => Ok(0),
            read => read,
        }
    }

    /// How much of an aligned write the file system has taken past the page cache. It may stop anywhere, and it may
    /// want a coarser alignment than ours.
    fn write_direct(&self, bytes: &[u8], position: u64) -> io::Result<usize> {
        let is_aligned = |number: usize| number.is_multiple_of(DIRECT_ALIGNMENT);
        let is_aligned_position = position.is_multiple_of(DIRECT_ALIGNMENT as u64);
        if bytes.is_empty() || !(is_aligned(bytes.as_ptr().addr()) && is_aligned(bytes.len()) && is_aligned_position) {
            return Ok(0);
        }
        let Some(direct) = self.direct() else { return Ok(0) };
        match direct.write_at(bytes, position) {
            Err(error) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Interrupted) => Ok(0),
            written => written,
        }
    }

    /// Writes aligned pieces past the page cache, from where they are, as far as the file system takes them so; drops
    /// from the front of `pieces` what is written.
    fn write_pieces_direct(&self, pieces: &mut &mut [IoSlice<'_>], position: &mut u64) -> io::Result<()> {
        let is_aligned = |piece: &IoSlice<'_>| {
            piece.as_ptr().addr().is_multiple_of(DIRECT_ALIGNMENT) && piece.len().is_multiple_of(DIRECT_ALIGNMENT)
        };
        IoSlice::advance_slices(pieces, 0); // Drops empty ones in front.
        while !pieces.is_empty() && position.is_multiple_of(DIRECT_ALIGNMENT as u64) && pieces.iter().all(is_aligned) {
            let Some(direct) = self.direct() else { break };
            match rustix::io::pwritev(direct, &pieces[..pieces.len().min(PIECES_MAX)], *position) {
                Ok(0) | Err(rustix::io::Errno::INVAL) => break,
                Ok(written) => {
                    IoSlice::advance_slices(pieces, written);
                    *position += written as u64;
                }
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Brings pieces together so that all but the edges can pass the page cache.
    fn write_staged(&self, pieces: &[IoSlice<'_>], mut position: u64) -> io::Result<()> {
        let mut staging = STAGING.take(STAGING_BYTES);
        let buffer = &mut staging[..STAGING_BYTES];
        // Up to the file's next aligned position nothing is aligned; the buffer is filled behind the same offset.
        let mut first = (position % DIRECT_ALIGNMENT as u64) as usize;
        let mut filled = first;
        for piece in pieces {
            let mut rest: &[u8] = piece;
            while !rest.is_empty() {
                let taken = rest.len().min(STAGING_BYTES - filled);
                buffer[filled..filled + taken].copy_from_slice(&rest[..taken]);
                filled += taken;
                rest = &rest[taken..];
                if filled == STAGING_BYTES {
                    self.write_edges_apart(buffer, first, filled, position)?;
                    position += (filled - first) as u64;
                    (first, filled) = (0, 0);
                }
            }
        }
        self.write_edges_apart(buffer, first, filled, position)
    }

    /// Writes `buffer[first..filled]` at `position`, where both are equally far from being aligned.
    fn write_edges_apart(&self, buffer: &[u8], first: usize, filled: usize, position: u64) -> io::Result<()> {
        let body = first.next_multiple_of(DIRECT_ALIGNMENT).min(filled);
        let tail = (filled / DIRECT_ALIGNMENT * DIRECT_ALIGNMENT).max(body);
        let at = |index: usize| position + (index - first) as u64;
        self.cached.write_all_at(&buffer[first..body], position)?;
        self.write_all_at(&buffer[body..tail], at(body))?;
        self.cached.write_all_at(&buffer[tail..filled], at(tail))
    }
}

impl File for DirectFile {
    fn read_exact_at(&self, buffer: &mut [u8], position: u64) -> io::Result<()> {
        self.cached.read_exact_at(buffer, position)
    }

    fn read_exact_direct_at(&self, buffer: &mut [u8], position: u64) -> io::Result<()> {
        let read = self.read_direct(buffer, position)?;
        self.cached.read_exact_at(&mut buffer[read..], position + read as u64)
    }

    fn write_all_at(&self, bytes: &[u8], position: u64) -> io::Result<()> {
        let written = self.write_direct(bytes, position)?;
        self.cached.write_all_at(&bytes[written..], position + written as u64)
    }

    fn write_all_vectored_at(&self, pieces: &mut [IoSlice<'_>], position: u64) -> io::Result<()> {
        let (mut pieces, mut position) = (pieces, position);
        self.write_pieces_direct(&mut pieces, &mut position)?;
        let bytes: usize = pieces.iter().map(|piece| piece.len()).sum();
        if bytes < PIECES_BYTES_MIN || self.direct().is_none() {
            return self.cached.write_all_vectored_at(pieces, position);
        }
        self.write_staged(pieces, position)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.cached.sync_data()
    }

    fn sync_all(&self) -> io::Result<()> {
        self.cached.sync_all()
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.cached.set_len(len)
    }

    fn len(&self) -> io::Result<u64> {
        self.cached.len()
    }
}
