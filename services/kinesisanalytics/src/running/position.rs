//! How far shards have been read, and which records a poll gave, as bytes of the journal.

use std::collections::BTreeMap;

/// How far one shard has been read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cursor {
    /// The next offset.
    pub(super) next: u64,
    /// Whether nothing will ever follow.
    pub(super) has_ended: bool,
    /// The in-application stream that its records go to.
    pub(super) lane: Lane,
}

/// One of the in-application streams of an input. It is kept with what was read, so that a shard feeds the same one for
/// ever, whatever becomes of the other shards.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Lane {
    /// Which one, from 0 on.
    pub(super) stream: u8,
    /// How many there were when it was chosen.
    pub(super) of: u8,
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
    /// The in-application stream that the records went to.
    pub(super) lane: Lane,
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
/// Where the lane stands in a shard's word: which one, and of how many.
const LANE_SHIFT: u32 = 40;
const LANES_SHIFT: u32 = 48;

impl Lane {
    fn bits(self) -> u64 {
        u64::from(self.stream) << LANE_SHIFT | u64::from(self.of) << LANES_SHIFT
    }

    fn of_word(word: u64) -> Self {
        let byte = |shift: u32| (word >> shift).to_le_bytes()[0];
        Self { stream: byte(LANE_SHIFT), of: byte(LANES_SHIFT) }
    }
}

/// The shard's index in a word.
fn index(word: u64) -> u32 {
    let [a, b, c, d, ..] = word.to_le_bytes();
    u32::from_le_bytes([a, b, c, d])
}

impl Cursors {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut bytes = self.stream.to_le_bytes().to_vec();
        for (index, cursor) in &self.shards {
            let marked = u64::from(*index) | if cursor.has_ended { ENDED } else { 0 } | cursor.lane.bits();
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
            let (has_ended, lane) = (marked & ENDED != 0, Lane::of_word(marked));
            shards.insert(index(marked), Cursor { next: words.next()?, has_ended, lane });
        }
        Some(Self { stream, shards })
    }
}

impl Stretches {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut bytes = self.stream.to_le_bytes().to_vec();
        for part in &self.parts {
            for word in [u64::from(part.shard) | part.lane.bits(), part.from, part.to] {
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
            let (from, to) = (words.next()?, words.next()?);
            parts.push(Stretch { shard: index(shard), from, to, lane: Lane::of_word(shard) });
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
        let (first, last) = (Lane { stream: 0, of: 1 }, Lane { stream: 63, of: 64 });
        let ended = Cursor { next: 7, has_ended: true, lane: last };
        let open = Cursor { next: u64::MAX, has_ended: false, lane: first };
        let cursors = Cursors { stream: 5, shards: BTreeMap::from([(0, ended), (u32::MAX, open)]) };
        assert_eq!(Cursors::decode(&cursors.encode()), Some(cursors));
        let parts = vec![
            Stretch { shard: 3, from: 0, to: 9, lane: last },
            Stretch { shard: u32::MAX, from: 4, to: 5, lane: first },
        ];
        let stretches = Stretches { stream: 1, parts };
        assert_eq!(Stretches::decode(&stretches.encode()), Some(stretches));
        assert_eq!(Cursors::decode(&[1, 2, 3]), None);
        assert_eq!(Stretches::decode(&[0; 16]), None, "cut in the midst");
    }
}
