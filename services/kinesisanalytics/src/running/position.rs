//! How far shards have been read, and which records a poll gave, as bytes of the journal.

use std::collections::BTreeMap;

/// How far one shard has been read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cursor {
    /// The next offset.
    pub(super) next: u64,
    /// Whether nothing will ever follow.
    pub(super) has_ended: bool,
}

/// How far every shard of a stream has been read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Cursors {
    /// The stream's identity.
    pub(super) stream: u64,
    /// By the shards' indexes.
    pub(super) shards: BTreeMap<u32, Cursor>,
}

/// Records of one shard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stretch {
    /// The shard's index.
    pub(super) shard: u32,
    /// The first offset.
    pub(super) from: u64,
    /// One past the last offset.
    pub(super) to: u64,
}

/// The records of one poll.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Stretches {
    /// The stream's identity.
    pub(super) stream: u64,
    /// In the order in which they were read.
    pub(super) parts: Vec<Stretch>,
}

/// Marks a shard that has ended, above all indexes.
const ENDED: u64 = 1 << 32;

impl Cursors {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut bytes = self.stream.to_le_bytes().to_vec();
        for (index, cursor) in &self.shards {
            let marked = u64::from(*index) | if cursor.has_ended { ENDED } else { 0 };
            bytes.extend(marked.to_le_bytes());
            bytes.extend(cursor.next.to_le_bytes());
        }
        bytes
    }

    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut words = words(bytes)?;
        let stream = words.next()?;
        let mut shards = BTreeMap::new();
        while let Some(marked) = words.next() {
            let cursor = Cursor { next: words.next()?, has_ended: marked & ENDED != 0 };
            shards.insert(u32::try_from(marked & !ENDED).ok()?, cursor);
        }
        Some(Self { stream, shards })
    }
}

impl Stretches {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut bytes = self.stream.to_le_bytes().to_vec();
        for part in &self.parts {
            for word in [u64::from(part.shard), part.from, part.to] {
                bytes.extend(word.to_le_bytes());
            }
        }
        bytes
    }

    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut words = words(bytes)?;
        let stream = words.next()?;
        let mut parts = Vec::new();
        while let Some(shard) = words.next() {
            parts.push(Stretch { shard: u32::try_from(shard).ok()?, from: words.next()?, to: words.next()? });
        }
        Some(Self { stream, parts })
    }
}

fn words(bytes: &[u8]) -> Option<impl Iterator<Item = u64>> {
    let (words, rest) = bytes.as_chunks::<8>();
    rest.is_empty().then(|| words.iter().map(|word| u64::from_le_bytes(*word)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_and_ranges_come_back() {
        let ended = Cursor { next: 7, has_ended: true };
        let open = Cursor { next: u64::MAX, has_ended: false };
        let cursors = Cursors { stream: 5, shards: BTreeMap::from([(0, ended), (u32::MAX, open)]) };
        assert_eq!(Cursors::decode(&cursors.encode()), Some(cursors));
        let parts = vec![Stretch { shard: 3, from: 0, to: 9 }, Stretch { shard: 1, from: 4, to: 5 }];
        let stretches = Stretches { stream: 1, parts };
        assert_eq!(Stretches::decode(&stretches.encode()), Some(stretches));
        assert_eq!(Cursors::decode(&[1, 2, 3]), None);
        assert_eq!(Stretches::decode(&[0; 16]), None, "cut in the midst");
    }
}
