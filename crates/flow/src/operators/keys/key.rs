//! A key as bytes: beside its length where it is short, as most are, and else in memory of its own.

use std::hash::{BuildHasher, Hasher};

use foldhash::fast::FixedState;

/// What fits beside a length and a mark into the 24 bytes that a long key needs anyway.
const SHORT_BYTES_MAX: u8 = 22;
/// The same in every run; the keys of one application are not chosen by strangers to it.
const HASHER: FixedState = FixedState::with_seed(0x6d69_6c6c);

/// A key that is kept.
#[derive(Debug, Clone)]
pub(super) enum Key {
    /// Up to 22 bytes, zeroes, and how many there are.
    Short([u8; SHORT_BYTES_MAX as usize + 1]),
    Long(Box<[u8]>),
}

/// A key that is looked for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Sought<'k> {
    Short(Short),
    Long(&'k [u8]),
}

/// A key of few bytes as two numbers, which are compared and hashed without a look at how long it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Short {
    /// The first 16 bytes, the first of them lowest; zeroes behind the end.
    low: u128,
    /// Six more bytes, and how many there are.
    high: u64,
}

impl Key {
    pub(super) const EMPTY: Self = Self::Short([0; SHORT_BYTES_MAX as usize + 1]);

    pub(super) fn bytes(&self) -> &[u8] {
        match self {
            Self::Short([bytes @ .., count]) => &bytes[..usize::from(*count)],
            Self::Long(bytes) => bytes,
        }
    }

    pub(super) fn long_bytes(&self) -> usize {
        if let Self::Long(bytes) = self { bytes.len() } else { 0 }
    }

    pub(super) fn hash(&self) -> u64 {
        match self {
            Self::Short(bytes) => Short::kept(bytes).hash(),
            Self::Long(bytes) => HASHER.hash_one(&**bytes),
        }
    }

    #[inline]
    pub(super) fn is_short(&self, sought: Short) -> bool {
        matches!(self, Self::Short(bytes) if Short::kept(bytes) == sought)
    }

    #[inline]
    pub(super) fn is(&self, sought: Sought<'_>) -> bool {
        match (self, sought) {
            (own, Sought::Short(other)) => own.is_short(other),
            (Self::Long(own), Sought::Long(other)) => **own == *other,
            _ => false,
        }
    }
}

impl<'k> Sought<'k> {
    pub(super) fn of(bytes: &'k [u8]) -> Self {
        let mut short = Short::default();
        for byte in bytes {
            if short.append(u128::from(*byte), 1).is_none() {
                return Self::Long(bytes);
            }
        }
        Self::Short(short)
    }

    #[inline]
    pub(super) fn to_key(self) -> Key {
        match self {
            Self::Short(short) => short.to_key(),
            Self::Long(bytes) => Key::Long(bytes.into()),
        }
    }

    #[inline]
    pub(super) fn hash(self) -> u64 {
        match self {
            Self::Short(short) => short.hash(),
            Self::Long(bytes) => HASHER.hash_one(bytes),
        }
    }
}

impl Short {
    /// Where its length stands in `high`.
    const COUNT_BITS: u32 = 48;

    #[inline]
    fn count(self) -> u64 {
        self.high >> Self::COUNT_BITS
    }

    /// Appends some bytes, the first of them lowest and zeroes above them; none if there is no room.
    #[inline]
    pub(super) fn append(&mut self, bytes: u128, count: u8) -> Option<()> {
        let before = u32::try_from(self.count()).ok()?;
        if before + u32::from(count) > u32::from(SHORT_BYTES_MAX) {
            return None;
        }
        let bits = before * 8;
        let high = match bits {
            0 => 0,
            1..=128 => bytes.unbounded_shr(128 - bits),
            _ => bytes << (bits - 128),
        };
        self.low |= bytes.unbounded_shl(bits);
        self.high |= u64::try_from(high).expect("at most six bytes are there");
        self.high += u64::from(count) << Self::COUNT_BITS;
        Some(())
    }

    #[inline]
    fn kept(bytes: &[u8; SHORT_BYTES_MAX as usize + 1]) -> Self {
        let low = bytes.first_chunk().expect("there are 23 bytes");
        let high = bytes.last_chunk().expect("there are 23 bytes");
        Self { low: u128::from_le_bytes(*low), high: u64::from_le_bytes(*high) >> 8 }
    }

    #[inline]
    fn to_key(self) -> Key {
        let mut bytes = [0; SHORT_BYTES_MAX as usize + 1];
        bytes[..16].copy_from_slice(&self.low.to_le_bytes());
        bytes[16..].copy_from_slice(&self.high.to_le_bytes()[..7]);
        Key::Short(bytes)
    }

    #[inline]
    pub(super) fn hash(self) -> u64 {
        let mut hasher = HASHER.build_hasher();
        hasher.write_u128(self.low);
        hasher.write_u64(self.high);
        hasher.finish()
    }
}
