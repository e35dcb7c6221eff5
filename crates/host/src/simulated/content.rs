//! What a simulated file holds: pages, with holes where nothing was written.

use std::collections::BTreeMap;
use std::io;

/// Space is allocated and counted in pages of this many bytes.
pub(super) const PAGE_BYTES: u64 = 4096;

/// Hardware writes whole sectors of this many bytes.
pub(super) const SECTOR_BYTES: u64 = 512;

type Page = Box<[u8; PAGE_BYTES as usize]>;

/// The bytes of a file.
#[derive(Debug, Clone, Default)]
pub(super) struct Content {
    pages: BTreeMap<u64, Page>,
    len: u64,
}

/// A change of a file's bytes that no sync has made durable yet.
#[derive(Debug, Clone)]
pub(super) enum Change {
    Write { position: u64, bytes: Vec<u8> },
    SetLen(u64),
}

impl Content {
    pub(super) fn len(&self) -> u64 {
        self.len
    }

    pub(super) fn allocated_bytes(&self) -> u64 {
        self.pages.len() as u64 * PAGE_BYTES
    }

    /// Bytes of space that a write would take in addition.
    pub(super) fn missing_bytes(&self, position: u64, len: usize) -> u64 {
        let pages = pieces(position, len).filter(|piece| !self.pages.contains_key(&piece.page));
        pages.count() as u64 * PAGE_BYTES
    }

    pub(super) fn read(&self, buffer: &mut [u8], position: u64) -> io::Result<()> {
        if position.checked_add(buffer.len() as u64).is_none_or(|end| end > self.len) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        for piece in pieces(position, buffer.len()) {
            let target = &mut buffer[piece.done..piece.done + piece.len];
            match self.pages.get(&piece.page) {
                Some(page) => target.copy_from_slice(&page[piece.within..piece.within + piece.len]),
                None => target.fill(0),
            }
        }
        Ok(())
    }

    pub(super) fn write(&mut self, bytes: &[u8], position: u64) {
        for piece in pieces(position, bytes.len()) {
            let page = self.pages.entry(piece.page).or_insert_with(|| Box::new([0; PAGE_BYTES as usize]));
            page[piece.within..piece.within + piece.len].copy_from_slice(&bytes[piece.done..piece.done + piece.len]);
        }
        self.len = self.len.max(position + bytes.len() as u64);
    }

    pub(super) fn set_len(&mut self, len: u64) {
        if len < self.len {
            self.pages.split_off(&len.div_ceil(PAGE_BYTES));
            if let Some(last) = self.pages.get_mut(&(len / PAGE_BYTES)) {
                last[(len % PAGE_BYTES) as usize..].fill(0);
            }
        }
        self.len = len;
    }

    pub(super) fn apply(&mut self, change: &Change) {
        match change {
            Change::Write { position, bytes } => self.write(bytes, *position),
            Change::SetLen(len) => self.set_len(*len),
        }
    }

    /// What a power failure makes of an unsynced change: all, nothing or a part of it.
    pub(super) fn apply_by_chance(&mut self, change: &Change, random: &mut fastrand::Rng) {
        match (random.u8(..10), change) {
            (0..=3, _) => self.apply(change),
            (4..=6, _) => {}
            (_, Change::SetLen(len)) => self.set_len(*len),
            (7, Change::Write { position, bytes }) => {
                // A prefix, cut where a sector begins.
                let cut = random.u64(*position..=position + bytes.len() as u64) / SECTOR_BYTES * SECTOR_BYTES;
                let kept = cut.saturating_sub(*position) as usize;
                self.write(&bytes[..kept], *position);
            }
            (8, Change::Write { position, bytes }) => self.write_some_sectors(bytes, *position, random),
            (_, Change::Write { position, bytes }) => {
                // The length came first, the data never.
                let end = position + bytes.len() as u64;
                self.set_len(self.len.max(end));
            }
        }
    }

    fn write_some_sectors(&mut self, bytes: &[u8], position: u64, random: &mut fastrand::Rng) {
        let mut done = 0;
        while done < bytes.len() {
            let at = position + done as u64;
            let room = (SECTOR_BYTES - at % SECTOR_BYTES) as usize;
            let end = bytes.len().min(done + room);
            if random.bool() {
                self.write(&bytes[done..end], at);
            }
            done = end;
        }
    }

    pub(super) fn flip(&mut self, position: u64, bits: u8) {
        if let Some(page) = self.pages.get_mut(&(position / PAGE_BYTES)) {
            page[(position % PAGE_BYTES) as usize] ^= bits;
        }
    }
}

/// The part of an access that falls into one page.
struct Piece {
    page: u64,
    within: usize,
    done: usize,
    len: usize,
}

fn pieces(position: u64, len: usize) -> impl Iterator<Item = Piece> {
    let mut done = 0;
    std::iter::from_fn(move || {
        if done == len {
            return None;
        }
        let at = position + done as u64;
        let within = (at % PAGE_BYTES) as usize;
        let piece_len = (len - done).min(PAGE_BYTES as usize - within);
        let piece = Piece { page: at / PAGE_BYTES, within, done, len: piece_len };
        done += piece_len;
        Some(piece)
    })
}
