//! Shard names and hash keys.

use log::HashRange;
use md5::{Digest, Md5};

/// The wire name of a shard.
pub(crate) fn name(index: u32) -> String {
    format!("shardId-{index:012}")
}

/// The index in a shard's wire name. AWS reads the number behind the first dash, or all of the name where there is
/// none, however it is padded.
pub(crate) fn parse_name(name: &str) -> Option<u32> {
    let digits = name.split('-').nth(1).filter(|digits| !digits.is_empty()).unwrap_or(name);
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
    let index: i32 = is_number.then(|| digits.parse().ok()).flatten()?;
    u32::try_from(index).ok()
}

/// A shard's wire name, printed without an allocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Name(pub(crate) u32);

impl serde::Serialize for Name {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut text = *b"shardId-000000000000";
        let mut buffer = itoa::Buffer::new();
        let digits = buffer.format(self.0).as_bytes();
        let start = text.len() - digits.len();
        text[start..].copy_from_slice(digits);
        serializer.serialize_str(std::str::from_utf8(&text).expect("letters and digits are ASCII"))
    }
}

/// The hash key of a partition key: its MD5 as a 128-bit number.
pub(crate) fn hash_of_partition_key(partition_key: &[u8]) -> u128 {
    u128::from_be_bytes(Md5::digest(partition_key).into())
}

/// The ranges of `count` equal shards. AWS gives each ⌊2^128 / count⌋ keys and the rest to the last.
pub(crate) fn uniform_ranges(count: u32) -> Vec<HashRange> {
    let count = u128::from(count.max(1));
    // 2^128 does not fit: ⌊(2^128 − 1) / n⌋ differs from ⌊2^128 / n⌋ only where n divides 2^128.
    let width = if count.is_power_of_two() { (u128::MAX / count).wrapping_add(1) } else { u128::MAX / count };
    (0..count)
        .map(|at| {
            let start = at.wrapping_mul(width);
            let end = if at + 1 == count { u128::MAX } else { start.wrapping_add(width).wrapping_sub(1) };
            HashRange { start, end }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_padded_and_read_back() {
        assert_eq!(name(7), "shardId-000000000007");
        assert_eq!(parse_name("shardId-000000000007"), Some(7));
        assert_eq!(parse_name("shardId-7"), Some(7));
        assert_eq!(serde_json::to_string(&Name(4_294_967_295)).expect("text"), "\"shardId-004294967295\"");
        assert_eq!(serde_json::to_string(&Name(7)).expect("text"), "\"shardId-000000000007\"");
        for name in ["2147483647", "any-2147483647", "a-00002147483647", "-00002147483647"] {
            assert_eq!(parse_name(name), Some(2_147_483_647), "{name}");
        }
        for name in ["2147483648", "shardId-002147483648", "ABKLFD8", "2.14E4", "-", "a-+1"] {
            assert_eq!(parse_name(name), None, "{name}");
        }
        assert_eq!(parse_name("shardId-"), None);
        assert_eq!(parse_name("shardId-99999999999"), None);
    }

    #[test]
    fn uniform_ranges_cover_everything_without_gaps() {
        for count in [1, 2, 3, 4, 5, 7, 500] {
            let ranges = uniform_ranges(count);
            assert_eq!((ranges[0].start, ranges[ranges.len() - 1].end), (0, u128::MAX), "{count}");
            assert!(ranges.windows(2).all(|pair| pair[0].end + 1 == pair[1].start), "{count}");
        }
        assert_eq!(uniform_ranges(2)[0].end, (1 << 127) - 1);
        assert_eq!(uniform_ranges(3)[0].end, 113_427_455_640_312_821_154_458_202_477_256_070_484);
    }

    #[test]
    fn hash_keys_are_md5() {
        assert_eq!(hash_of_partition_key(b""), 0xd41d_8cd9_8f00_b204_e980_0998_ecf8_427e);
        assert_eq!(hash_of_partition_key(b"a"), 16_955_237_001_963_240_173_058_271_559_858_726_497);
    }
}
