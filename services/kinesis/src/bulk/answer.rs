//! The answer to a PutRecords call that was written completely, as text: what serde would write, in a tenth of the time.

use crate::sequence::Digits;
use crate::shard;

const HEAD: &str = r#"{"FailedRecordCount":0,"Records":["#;
const NUMBER: &str = r#"{"SequenceNumber":""#;
const SHARD: &str = r#"","ShardId":""#;
const END: &str = r#""},"#;

/// Decimal digits in a number, leading zeros included.
const DIGITS: usize = 64;

/// Eight digits, one in each byte, the most significant first.
type Eight = u64;

/// From one sequence number of a shard to the next: 2^80.
const STEP: [Eight; DIGITS / 8] = {
    let (mut words, mut rest, mut place) = ([0; DIGITS / 8], 1_u128 << 80, 0);
    while rest > 0 {
        words[DIGITS / 8 - 1 - place / 8] |= ((rest % 10) as u64) << (8 * (place % 8));
        rest /= 10;
        place += 1;
    }
    words
};

/// Writes the entries of one shard's records, one after the other.
#[derive(Debug)]
pub(super) struct Entries {
    number: [Eight; DIGITS / 8],
    /// How many digits are printed.
    length: usize,
    text: Vec<u8>,
}

impl Entries {
    /// Begins with the record of this number.
    pub(super) fn new(first: Digits, shard: u32) -> Self {
        let first = first.to_string();
        let mut digits = [0; DIGITS];
        for (digit, byte) in digits.iter_mut().rev().zip(first.bytes().rev()) {
            *digit = byte - b'0';
        }
        let (words, _) = digits.as_chunks::<8>();
        let mut number = [0; DIGITS / 8];
        for (word, digits) in number.iter_mut().zip(words) {
            *word = Eight::from_be_bytes(*digits);
        }
        let text = format!("{NUMBER}{first}{SHARD}{}{END}", shard::name(shard)).into_bytes();
        Self { number, length: first.len(), text }
    }

    /// Writes the next entry and a comma.
    fn write(&mut self, out: &mut Vec<u8>) {
        let mut digits = [0; DIGITS];
        for (eight, word) in digits.as_chunks_mut::<8>().0.iter_mut().zip(self.number) {
            *eight = (word | 0x3030_3030_3030_3030).to_be_bytes();
        }
        self.text[NUMBER.len()..NUMBER.len() + self.length].copy_from_slice(&digits[DIGITS - self.length..]);
        out.extend_from_slice(&self.text);
        self.step();
    }

    /// Adds [`STEP`], eight digits at a time: 246 more in each byte make a byte overflow where ten is reached.
    fn step(&mut self) {
        let mut carry = 0;
        for (word, step) in self.number.iter_mut().zip(STEP).rev() {
            let (raised, overflows) = (*word + step + carry).overflowing_add(0xF6F6_F6F6_F6F6_F6F6);
            carry = u64::from(overflows);
            *word = raised - (raised >> 7 & 0x0101_0101_0101_0101) * 0xF6;
        }
    }
}

/// The whole answer; `places` says which shard's record is whose turn.
pub(super) fn write(entries: &mut [Entries], places: &[u16]) -> Vec<u8> {
    let longest = entries.iter().map(|entries| entries.text.len()).max().unwrap_or_default();
    let mut out = Vec::with_capacity(HEAD.len() + places.len() * longest + 2);
    out.extend_from_slice(HEAD.as_bytes());
    for place in places {
        entries[usize::from(*place)].write(&mut out);
    }
    out.pop(); // The last comma.
    out.extend_from_slice(b"]}");
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sequence::Numbering;

    #[test]
    fn numbers_are_counted_as_serde_writes_them() {
        for (offset, shard) in [(0, 0), (999_999_990, 7), (1 << 45, 4_000_000_000)] {
            let mut numbering = Numbering::new(1_700_000_000, shard);
            let mut entries = [Entries::new(numbering.at(offset, 1_800_000_000), shard)];
            let answer = write(&mut entries, &[0; 300]);
            let answer: serde_json::Value = serde_json::from_slice(&answer).expect("JSON");
            assert_eq!(answer["FailedRecordCount"], 0);
            let records = answer["Records"].as_array().expect("a list");
            assert_eq!(records.len(), 300);
            for (offset, record) in (offset..).zip(records) {
                assert_eq!(record["SequenceNumber"], numbering.at(offset, 1_800_000_000).to_string());
                assert_eq!(record["ShardId"], shard::name(shard));
            }
        }
    }
}
