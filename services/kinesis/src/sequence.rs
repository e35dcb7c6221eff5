//! Sequence numbers: decimal text of a 186-bit number in AWS's own layout (version 2), so that tools which decode
//! AWS's numbers decode ours.
//!
//! From the most significant of 47 hex digits: `2` | shard creation, seconds (9) | low nibble of the shard index (1) |
//! index (16) | `00` | record time, seconds (9) | shard index (8) | version `2`. The index is the record's offset
//! plus one; 0 is the shard's start, `7fffffffffffffff` its end.

use std::fmt;

/// AWS adds 2^124 to numbers below it before decoding, and prints the sum.
const VERSION_ZERO_BASE: u128 = 1 << 124;
/// The index of a shard's EndingSequenceNumber.
const END_INDEX: u64 = 0x7fff_ffff_ffff_ffff;
/// Creation seconds from here on are no time AWS accepts.
const CREATED_S_MAX: u64 = 16_025_175_000;
/// 36 bits of seconds.
const SECONDS_MASK: u64 = (1 << 36) - 1;

/// A sequence number. Orders as its decimal text orders by value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct SequenceNumber {
    high: u64,
    low: u128,
}

/// What a sequence number says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Decoded {
    /// The second of the shard's creation.
    pub(crate) created_s: u64,
    /// The shard's index.
    pub(crate) shard: u32,
    /// Offset plus one; 0 for the shard's start.
    pub(crate) index: u64,
    /// The second of the record's arrival.
    pub(crate) time_s: u64,
}

impl Decoded {
    /// The offset of the record the number names; `None` for the start and the end of a shard.
    pub(crate) fn offset(&self) -> Option<u64> {
        (self.index != END_INDEX).then(|| self.index.checked_sub(1)).flatten()
    }

    /// Whether this is a shard's EndingSequenceNumber.
    pub(crate) fn is_end(&self) -> bool {
        self.index == END_INDEX
    }
}

impl SequenceNumber {
    fn compose(created_s: u64, shard: u32, index: u64, time_s: u64) -> Self {
        let (created_s, time_s) = (created_s & SECONDS_MASK, time_s & SECONDS_MASK);
        // Bits 0–3 version, 4–35 shard, 36–71 time, 72–79 zero, 80–143 index, 144–147 nibble, 148–183 created,
        // 184–187 the constant 2.
        let low = 2 | u128::from(shard) << 4 | u128::from(time_s) << 36 | u128::from(index) << 80;
        let high = index >> 48 | u64::from(shard & 0xf) << 16 | created_s << 20 | 2 << 56;
        Self { high, low }
    }

    /// The number of the record at `offset`.
    pub(crate) fn of_record(created_s: u64, shard: u32, offset: u64, time_s: u64) -> Self {
        Self::compose(created_s, shard, offset + 1, time_s)
    }

    /// A shard's StartingSequenceNumber.
    pub(crate) fn start(created_s: u64, shard: u32) -> Self {
        Self::compose(created_s, shard, 0, created_s)
    }

    /// A shard's EndingSequenceNumber.
    pub(crate) fn end(created_s: u64, shard: u32, closed_s: u64) -> Self {
        Self::compose(created_s, shard, END_INDEX, closed_s)
    }

    /// Reads decimal digits; `None` when they are none or do not fit 192 bits. Numbers below 2^124 get it added,
    /// as AWS does.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let mut number = Self { high: 0, low: 0 };
        for digit in text.bytes().map(|byte| u128::from(byte - b'0')) {
            // low * 10 + digit, with the carry into high: split low so that nothing overflows.
            let (upper, lower) = (number.low >> 64, number.low & u128::from(u64::MAX));
            let lower = lower * 10 + digit;
            let upper = upper * 10 + (lower >> 64);
            number.low = upper << 64 | lower & u128::from(u64::MAX);
            number.high = number.high.checked_mul(10)?.checked_add(u64::try_from(upper >> 64).ok()?)?;
        }
        if number.high == 0 && number.low < VERSION_ZERO_BASE {
            number.low += VERSION_ZERO_BASE;
        }
        Some(number)
    }

    /// The fields, if this is a version 2 number that AWS could have made.
    pub(crate) fn decode(&self) -> Option<Decoded> {
        let truncated = |value: u128| u64::try_from(value & u128::from(u64::MAX)).ok();
        let shard = u32::try_from(self.low >> 4 & 0xffff_ffff).ok()?;
        let index = truncated(self.low >> 80)? & 0xffff_ffff_ffff | (self.high & 0xffff) << 48;
        let decoded = Decoded {
            created_s: self.high >> 20 & SECONDS_MASK,
            shard,
            index,
            time_s: truncated(self.low >> 36)? & SECONDS_MASK,
        };
        let nibble = self.high >> 16 & 0xf;
        let is_version_2 = self.low & 0xf == 2 && self.high >> 56 == 2 && self.low >> 72 & 0xff == 0;
        let is_sound = nibble == u64::from(shard & 0xf) && index <= END_INDEX && decoded.created_s < CREATED_S_MAX;
        (is_version_2 && is_sound).then_some(decoded)
    }
}

impl fmt::Display for SequenceNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const CHUNK: u128 = 10_000_000_000_000_000_000;
        let (mut limbs, mut chunks) = ([self.high, (self.low >> 64) as u64, self.low as u64], [0_u64; 4]);
        for chunk in chunks.iter_mut().rev() {
            let mut rest = 0_u128;
            for limb in &mut limbs {
                let current = rest << 64 | u128::from(*limb);
                *limb = (current / CHUNK) as u64;
                rest = current % CHUNK;
            }
            *chunk = rest as u64;
        }
        let first = chunks.iter().position(|chunk| *chunk != 0).unwrap_or(3);
        write!(f, "{}", chunks[first])?;
        chunks[first + 1..].iter().try_for_each(|chunk| write!(f, "{chunk:019}"))
    }
}

impl serde::Serialize for SequenceNumber {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_of_aws_is_decoded() {
        let text = "49590338271490256608559692538361571095921575989136588898";
        let number = SequenceNumber::parse(text).expect("digits");
        let decoded = number.decode().expect("version 2");
        assert_eq!((decoded.shard, decoded.index), (6, 1_734_642_199));
        assert_eq!((decoded.created_s, decoded.time_s), (1_542_776_258, 1_545_084_650));
        assert_eq!(number.to_string(), text);
    }

    #[test]
    fn numbers_are_made_as_aws_makes_them() {
        let created = 1_700_000_000;
        let texts = [
            (SequenceNumber::start(created, 0), "49646437577108476416916876405825929425585429676275269634"),
            (SequenceNumber::start(created, 1), "49646437577130777162115407028967465143858078037781250066"),
            (
                SequenceNumber::of_record(created, 0, 0, created),
                "49646437577108476416916876405827138351405044305449975810",
            ),
        ];
        for (number, text) in texts {
            assert_eq!(number.to_string(), text);
            assert_eq!(SequenceNumber::parse(text), Some(number));
        }
        assert_eq!(
            SequenceNumber::of_record(created, 300, 41, created + 9).decode().and_then(|d| d.offset()),
            Some(41)
        );
        assert_eq!(SequenceNumber::start(created, 3).decode().and_then(|d| d.offset()), None);
        assert!(SequenceNumber::end(created, 3, created).decode().is_some_and(|d| d.is_end()));
    }

    #[test]
    fn children_sort_after_their_parents() {
        let end = SequenceNumber::end(1_700_000_000, 0, 1_700_000_500);
        assert!(end < SequenceNumber::start(1_700_000_001, 1));
        assert!(SequenceNumber::start(1_700_000_000, 0) < end);
    }

    #[test]
    fn nonsense_is_no_number() {
        for text in ["", "x", "-1", "1e5", &"9".repeat(129)] {
            assert_eq!(SequenceNumber::parse(text), None, "{text}");
        }
        let zero = SequenceNumber::parse("0").expect("digits");
        assert_eq!(zero.to_string(), "21267647932558653966460912964485513216");
        assert_eq!(zero.decode(), None);
    }
}
