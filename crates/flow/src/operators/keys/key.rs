//! A key as bytes: beside its length where it is short, as most are, and else in memory of its own.

use std::hash::{BuildHasher, Hasher};

use foldhash::fast::FixedState;

/// What fits beside a length into the 24 bytes that a long key needs anyway.
pub(super) const SHORT_BYTES_MAX: usize = 22;
/// The same in every run; the keys of one application are not chosen by strangers to it.
const HASHER: FixedState = FixedState::with_seed(0x6d69_6c6c);

/// A key that is kept.
#[derive(Debug, Clone)]
pub(super) enum Key {
    Short(Short),
    Long(Box<[u8]>),
}

/// A key that is looked for.
pub(crate) enum Sought<'k> {
    Short(Short),
    Long(&'k [u8]),
}

/// A key of few bytes. Those behind its end are 0, so that keys are compared and hashed without a look at how long they are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Short {
    length: u8,
    bytes: [u8; SHORT_BYTES_MAX],
}

impl Key {
    pub(super) fn bytes(&self) -> &[u8] {
        match self {
            Self::Short(short) => short.bytes(),
            Self::Long(bytes) => bytes,
        }
    }

    pub(super) fn long_bytes(&self) -> usize {
        if let Self::Long(bytes) = self { bytes.len() } else { 0 }
    }

    pub(super) fn hash(&self) -> u64 {
        match self {
            Self::Short(short) => short.hash(),
            Self::Long(bytes) => hash_long(bytes),
        }
    }

    #[inline]
    pub(super) fn is(&self, sought: &Sought<'_>) -> bool {
        match (self, sought) {
            (Self::Short(own), Sought::Short(other)) => own == other,
            (Self::Long(own), Sought::Long(other)) => **own == **other,
            _ => false,
        }
    }
}

impl<'k> Sought<'k> {
    pub(crate) fn of(bytes: &'k [u8]) -> Self {
        let mut short = Short::EMPTY;
        let Some(place) = short.bytes.get_mut(..bytes.len()) else { return Self::Long(bytes) };
        place.copy_from_slice(bytes);
        short.length = u8::try_from(bytes.len()).expect("short keys are shorter than 256 bytes");
        Self::Short(short)
    }

    pub(super) fn to_key(&self) -> Key {
        match self {
            Self::Short(short) => Key::Short(*short),
            Self::Long(bytes) => Key::Long((*bytes).into()),
        }
    }

    #[inline]
    pub(super) fn hash(&self) -> u64 {
        match self {
            Self::Short(short) => short.hash(),
            Self::Long(bytes) => hash_long(bytes),
        }
    }
}

impl Short {
    pub(super) const EMPTY: Self = Self { length: 0, bytes: [0; SHORT_BYTES_MAX] };

    fn bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }

    /// Appends the first `length` of some bytes of which the others are 0; none if there is no room for all of them.
    #[inline]
    pub(super) fn append<const N: usize>(&mut self, bytes: [u8; N], length: u8) -> Option<()> {
        let place = self.bytes.get_mut(usize::from(self.length)..)?.first_chunk_mut()?;
        *place = bytes;
        self.length += length;
        Some(())
    }

    /// All bytes, two of them twice.
    #[inline]
    fn words(&self) -> [u64; 3] {
        let word = |at: usize| {
            let bytes = self.bytes[at..].first_chunk().expect("there are 22 bytes");
            u64::from_le_bytes(*bytes)
        };
        [word(0), word(8), word(SHORT_BYTES_MAX - 8)]
    }

    #[inline]
    fn hash(&self) -> u64 {
        let mut hasher = HASHER.build_hasher();
        self.words().into_iter().for_each(|word| hasher.write_u64(word));
        hasher.finish()
    }
}

impl PartialEq for Short {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        self.length == other.length && self.words() == other.words()
    }
}

fn hash_long(bytes: &[u8]) -> u64 {
    HASHER.hash_one(bytes)
}
