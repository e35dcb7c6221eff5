//! Writing a blob: pieces are gathered and written in large strokes while the next ones come.

use std::io::{self, IoSlice};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use host::Blocking;
use host::files::{DIRECT_ALIGNMENT, File};

use super::Shared;
use super::birth::{Birth, NewBlob};
use crate::Error;

/// Bytes are gathered up to this much, then written in one stroke.
const STROKE_BYTES: usize = 1 << 20;
/// When all writers together hold more than this, nothing is gathered any more.
const HELD_BYTES_MAX: usize = 64 << 20;

/// A blob that is being written. Dropping it removes what there is of it.
///
/// Holds at most two strokes of 1 MiB, one that is being gathered and one that is being written.
pub struct BlobWriter {
    birth: Arc<Birth>,
    file: Option<Arc<dyn File>>,
    gathered: Pieces,
    len: u64,
    /// Bytes of strokes that have begun.
    written: u64,
    stroke: Option<Blocking<Result<Arc<dyn File>, Error>>>,
    failure: Option<Error>,
}

impl std::fmt::Debug for BlobWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "BlobWriter({}, {} bytes)", self.birth.id(), self.len)
    }
}

impl BlobWriter {
    pub(super) fn new(birth: Arc<Birth>) -> Self {
        let gathered = Pieces::new(&birth.shared().held_bytes);
        Self { birth, file: None, gathered, len: 0, written: 0, stroke: None, failure: None }
    }

    /// How many bytes were given so far.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether no bytes were given yet.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Takes the next bytes; waits while the disk is slower than they come. After an error the blob is lost.
    pub async fn write(&mut self, bytes: Bytes) -> Result<(), Error> {
        if let Some(failure) = &self.failure {
            return Err(failure.clone());
        }
        self.len += bytes.len() as u64;
        self.gathered.push(bytes);
        if self.gathered.is_due() {
            self.end_stroke().await?;
            // Strokes that end where blocks of the disk do pass the page cache whole.
            let rest = self.gathered.cut(self.gathered.bytes % DIRECT_ALIGNMENT);
            self.begin_stroke(Stroke::write);
            self.gathered.push(rest);
        }
        Ok(())
    }

    /// Writes the rest and makes all of it durable. The file goes again unless a transaction claims the blob.
    pub async fn finish(mut self) -> Result<NewBlob, Error> {
        self.end_stroke().await?;
        self.begin_stroke(Stroke::finish);
        self.end_stroke().await?;
        self.birth.set_len(self.len);
        Ok(NewBlob::new(Arc::clone(&self.birth)))
    }

    fn begin_stroke(&mut self, act: fn(Stroke) -> Result<Arc<dyn File>, Error>) {
        let pieces = std::mem::replace(&mut self.gathered, Pieces::new(&self.birth.shared().held_bytes));
        let position = self.written;
        self.written += pieces.bytes as u64;
        let stroke = Stroke { birth: Arc::clone(&self.birth), file: self.file.take(), pieces, position };
        self.stroke = Some(self.birth.shared().host.blocking("blob-write", move || act(stroke)));
    }

    /// Waits for the stroke that is being written.
    async fn end_stroke(&mut self) -> Result<(), Error> {
        if let Some(failure) = &self.failure {
            return Err(failure.clone());
        }
        let Some(stroke) = &mut self.stroke else { return Ok(()) };
        let ended = stroke.await.map_err(Error::from).flatten();
        self.stroke = None;
        match ended {
            Ok(file) => self.file = Some(file),
            Err(error) => {
                self.gathered.clear();
                self.failure = Some(error.clone());
                return Err(error);
            }
        }
        Ok(())
    }
}

/// One piece of work on the file. Holds the blob, so that its file is not removed before the work is done.
struct Stroke {
    birth: Arc<Birth>,
    file: Option<Arc<dyn File>>,
    pieces: Pieces,
    position: u64,
}

impl Stroke {
    fn write(self) -> Result<Arc<dyn File>, Error> {
        let shared = self.birth.shared();
        shared.check_open()?;
        let file = match self.file {
            Some(file) => file,
            None => create(shared, &self.birth)?,
        };
        let mut slices: Vec<IoSlice<'_>> = self.pieces.pieces.iter().map(|piece| IoSlice::new(piece)).collect();
        file.write_all_vectored_at(&mut slices, self.position)?;
        Ok(file)
    }

    fn finish(self) -> Result<Arc<dyn File>, Error> {
        let birth = Arc::clone(&self.birth);
        let file = self.write()?;
        file.sync_data()?;
        let shared = birth.shared();
        let path = shared.path(birth.id());
        shared.sync_dir(path.parent().expect("a file is in a directory"))?;
        Ok(file)
    }
}

fn create(shared: &Shared, birth: &Birth) -> io::Result<Arc<dyn File>> {
    shared.ensure_dir(birth.id())?;
    birth.note_file();
    shared.host.files().create_new_direct(&shared.path(birth.id()))
}

/// Bytes that wait to be written, counted among all writers'.
struct Pieces {
    pieces: Vec<Bytes>,
    bytes: usize,
    held: Arc<AtomicUsize>,
}

impl Pieces {
    fn new(held: &Arc<AtomicUsize>) -> Self {
        Self { pieces: Vec::new(), bytes: 0, held: Arc::clone(held) }
    }

    fn push(&mut self, piece: Bytes) {
        if !piece.is_empty() {
            self.bytes += piece.len();
            self.held.fetch_add(piece.len(), Ordering::Relaxed);
            self.pieces.push(piece);
        }
    }

    /// Cuts bytes off the end; nothing where they would be more than the last piece has.
    fn cut(&mut self, bytes: usize) -> Bytes {
        match self.pieces.last_mut() {
            Some(last) if last.len() > bytes => {
                self.bytes -= bytes;
                self.held.fetch_sub(bytes, Ordering::Relaxed);
                last.split_off(last.len() - bytes)
            }
            _ => Bytes::new(),
        }
    }

    /// Whether it is time to write them.
    fn is_due(&self) -> bool {
        self.bytes >= STROKE_BYTES || self.bytes > 0 && self.held.load(Ordering::Relaxed) > HELD_BYTES_MAX
    }

    fn clear(&mut self) {
        self.held.fetch_sub(self.bytes, Ordering::Relaxed);
        self.bytes = 0;
        self.pieces.clear();
    }
}

impl Drop for Pieces {
    fn drop(&mut self) {
        self.clear();
    }
}
