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
/// 10^19: the largest power of ten in 64 bits.
const CHUNK: u64 = 10_000_000_000_000_000_000;
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
    /// 2 for every number of ours; AWS's older streams have 0 and 1.
    pub(crate) version: u8,
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
        (self.version == 2 && !self.is_end()).then(|| self.index.checked_sub(1)).flatten()
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

    /// A number that sorts between the record before `next` and that at `next`, if it is of a later second: going on
    /// after it goes on at `next`.
    pub(crate) fn of_position(created_s: u64, shard: u32, next: u64, time_s: u64) -> Self {
        Self::compose(created_s, shard, next, time_s)
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

    /// The fields, if this is a number that AWS could have made.
    pub(crate) fn decode(&self) -> Option<Decoded> {
        if self.high == 0 {
            return self.decode_version_0();
        }
        let version = u8::try_from(self.low & 0xf).ok()?;
        let shard = u32::try_from(self.low >> 4 & 0xffff_ffff).ok()?;
        let created_s = self.high >> 20 & SECONDS_MASK;
        let (index, time_s) = match version {
            // Bits 36–43 the index, 100–135 the time.
            1 => (self.bits(36) & 0xff, self.bits(100) & SECONDS_MASK & 0xfff_ffff | (self.high & 0xff) << 28),
            2 => (self.bits(80) & 0xffff_ffff_ffff | (self.high & 0xffff) << 48, self.bits(36) & SECONDS_MASK),
            _ => return None,
        };
        // Only version 2 repeats the shard's lowest digit and has a byte of zeros.
        let repeats = self.high >> 16 & 0xf == u64::from(shard & 0xf) && self.bits(72) & 0xff == 0;
        let is_sound = self.high >> 56 == 2 && index <= END_INDEX && i32::try_from(shard).is_ok();
        let is_sound = is_sound && (repeats || version != 2);
        is_sound.then_some(Decoded { version, created_s, shard, index, time_s })
    }

    /// `1` | creation, seconds (9) | two and sixteen digits without a known meaning | shard index (4).
    fn decode_version_0(&self) -> Option<Decoded> {
        let created_s = self.bits(88) & SECONDS_MASK;
        let shard = u32::try_from(self.low & 0xffff).ok()?;
        (created_s < CREATED_S_MAX).then_some(Decoded { version: 0, created_s, shard, index: 0, time_s: 0 })
    }

    /// The number as AWS prints it in messages: numbers of version 0 begin with the digit 1.
    pub(crate) fn normalized(&self) -> Self {
        match self.high {
            0 => Self { high: 0, low: self.low & (VERSION_ZERO_BASE - 1) | VERSION_ZERO_BASE },
            _ => *self,
        }
    }

    /// 64 bits of the lower half from `at` on.
    fn bits(&self, at: u32) -> u64 {
        (self.low >> at) as u64
    }

    /// The decimal digits in chunks of nineteen, the most significant first.
    fn chunks(&self) -> [u64; 4] {
        let (mut limbs, mut chunks) = ([self.high, (self.low >> 64) as u64, self.low as u64], [0_u64; 4]);
        for chunk in chunks.iter_mut().rev() {
            let mut rest = 0_u128;
            for limb in &mut limbs {
                let current = rest << 64 | u128::from(*limb);
                *limb = (current / u128::from(CHUNK)) as u64;
                rest = current % u128::from(CHUNK);
            }
            *chunk = rest as u64;
        }
        chunks
    }
}

impl fmt::Display for SequenceNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let chunks = self.chunks();
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

/// Numbers the records of a shard one after the other; much cheaper than making each number from its fields.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Numbering {
    created_s: u64,
    shard: u32,
    /// The record that was numbered last: its offset, its second, its digits.
    last: Option<(u64, u64, Digits)>,
}

/// A sequence number of ours as decimal digits, ready to be printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Digits {
    /// Nineteen digits each, the most significant first.
    chunks: [u64; 3],
}

impl Numbering {
    /// Begins for a shard.
    pub(crate) fn new(created_s: u64, shard: u32) -> Self {
        Self { created_s, shard, last: None }
    }

    /// The digits of the record at `offset`.
    pub(crate) fn at(&mut self, offset: u64, time_s: u64) -> Digits {
        let digits = match self.last {
            Some((last, at_s, digits)) if last.checked_add(1) == Some(offset) && at_s == time_s => digits.following(),
            _ => Digits::from(SequenceNumber::of_record(self.created_s, self.shard, offset, time_s)),
        };
        self.last = Some((offset, time_s, digits));
        digits
    }
}

impl From<SequenceNumber> for Digits {
    fn from(number: SequenceNumber) -> Self {
        let [zero, first, second, third] = number.chunks();
        debug_assert_eq!(zero, 0, "numbers of ours have at most 57 digits");
        Self { chunks: [first, second, third] }
    }
}

impl Digits {
    /// The number of the next record: the index is the digits above bit 80, so this adds 2^80.
    fn following(self) -> Self {
        const STEP: [u64; 2] = [(STEP_VALUE / CHUNK as u128) as u64, (STEP_VALUE % CHUNK as u128) as u64];
        const STEP_VALUE: u128 = 1 << 80;
        let [mut first, mut second, mut third] = self.chunks;
        // Both summands are below 10^19, so that the sum fits.
        third += STEP[1];
        second += STEP[0];
        if third >= CHUNK {
            third -= CHUNK;
            second += 1;
        }
        if second >= CHUNK {
            second -= CHUNK;
            first += 1;
        }
        Self { chunks: [first, second, third] }
    }

    /// Prints into `text`.
    fn print<'t>(&self, text: &'t mut [u8; 57]) -> &'t str {
        let mut length = 0;
        for (place, chunk) in self.chunks.iter().enumerate() {
            let mut buffer = itoa::Buffer::new();
            let digits = buffer.format(*chunk).as_bytes();
            let width = if place == 0 { digits.len() } else { 19 };
            let field = &mut text[length..length + width];
            field[..width - digits.len()].fill(b'0');
            field[width - digits.len()..].copy_from_slice(digits);
            length += width;
        }
        std::str::from_utf8(&text[..length]).expect("digits are ASCII")
    }
}

impl fmt::Display for Digits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.print(&mut [0; 57]))
    }
}

impl serde::Serialize for Digits {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.print(&mut [0; 57]))
    }
}

#[cfg(test)]
mod tests;
