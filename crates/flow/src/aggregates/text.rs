//! Groups of one text key, found by the sixteen bytes of its view: a text of up to twelve bytes is compared at once, without a look elsewhere.

use std::hash::BuildHasher;

use arrow_array::Array;
use arrow_array::StringViewArray;
use foldhash::fast::RandomState;
use hashbrown::HashTable;

/// The longest text that lies in its view.
const INLINE_BYTES_MAX: u32 = 12;

/// Numbers for texts, in the order in which they were first seen.
#[derive(Default)]
pub(super) struct Texts {
    table: HashTable<u32>,
    /// Its secret keeps strangers from choosing keys that collide; no result depends on it.
    hasher: RandomState,
    /// The view of each group; of a long text the upper half is its place in `long`.
    views: Vec<u128>,
    long: Vec<u8>,
    /// The group of NULL.
    null: Option<u32>,
    hashes: Vec<u64>,
}

impl Texts {
    pub(super) fn count(&self) -> usize {
        self.views.len()
    }

    pub(super) fn clear(&mut self) {
        self.table.clear();
        self.views.clear();
        self.long.clear();
        self.null = None;
    }

    pub(super) fn memory(&self) -> usize {
        self.table.allocation_size()
            + self.views.capacity() * size_of::<u128>()
            + self.long.capacity()
            + self.hashes.capacity() * size_of::<u64>()
    }

    /// Puts the number of each row's text behind `groups`.
    pub(super) fn assign(&mut self, texts: &StringViewArray, groups: &mut Vec<u32>) {
        // All hashes first: the loop has no branches that depend on what is found.
        let mut hashes = std::mem::take(&mut self.hashes);
        hashes.clear();
        hashes.extend(texts.views().iter().enumerate().map(|(row, view)| self.hash(*view, texts, row)));
        let nulls = texts.nulls().filter(|nulls| nulls.null_count() > 0);
        for (row, (view, hash)) in texts.views().iter().zip(&hashes).enumerate() {
            let null = nulls.is_some_and(|nulls| nulls.is_null(row));
            groups.push(if null { self.null() } else { self.find(*view, *hash, texts, row) });
        }
        self.hashes = hashes;
    }

    fn hash(&self, view: u128, texts: &StringViewArray, row: usize) -> u64 {
        if length(view) <= INLINE_BYTES_MAX {
            self.hasher.hash_one(view)
        } else {
            self.hasher.hash_one(texts.value(row).as_bytes())
        }
    }

    fn null(&mut self) -> u32 {
        if let Some(null) = self.null {
            return null;
        }
        let group = number(self.views.len());
        // Its place is taken, and nothing in the table leads to it.
        self.views.push(0);
        self.null = Some(group);
        group
    }

    fn find(&mut self, view: u128, hash: u64, texts: &StringViewArray, row: usize) -> u32 {
        let found = if length(view) <= INLINE_BYTES_MAX {
            self.table.find(hash, |group| self.views[*group as usize] == view)
        } else {
            let text = texts.value(row).as_bytes();
            let same = |group: &u32| {
                let kept = self.views[*group as usize];
                start(kept) == start(view) && self.long_text(kept) == text
            };
            self.table.find(hash, same)
        };
        match found {
            Some(group) => *group,
            None => self.add(view, hash, texts, row),
        }
    }

    #[cold]
    fn add(&mut self, view: u128, hash: u64, texts: &StringViewArray, row: usize) -> u32 {
        let group = number(self.views.len());
        let kept = if length(view) <= INLINE_BYTES_MAX {
            view
        } else {
            let place = self.long.len() as u128;
            self.long.extend_from_slice(texts.value(row).as_bytes());
            u128::from(start(view)) | place << 64
        };
        self.views.push(kept);
        let Self { table, hasher, views, long, .. } = self;
        table.insert_unique(hash, group, |group| {
            let view = views[*group as usize];
            if length(view) <= INLINE_BYTES_MAX { hasher.hash_one(view) } else { hasher.hash_one(bytes(long, view)) }
        });
        group
    }

    fn long_text(&self, view: u128) -> &[u8] {
        bytes(&self.long, view)
    }
}

/// The bytes of a long text that is kept.
fn bytes(long: &[u8], view: u128) -> &[u8] {
    let place = usize::try_from(view >> 64).expect("it was a place in memory");
    &long[place..place + length(view) as usize]
}

/// A view's first four bytes.
#[expect(clippy::cast_possible_truncation, reason = "the lowest four bytes are meant")]
fn length(view: u128) -> u32 {
    view as u32
}

/// A view's first eight bytes: the length, and how the text begins.
#[expect(clippy::cast_possible_truncation, reason = "the lowest eight bytes are meant")]
fn start(view: u128) -> u64 {
    view as u64
}

pub(super) fn number(count: usize) -> u32 {
    u32::try_from(count).expect("memory is full long before there are 2^32 groups")
}
