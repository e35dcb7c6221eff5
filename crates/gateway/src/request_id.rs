//! The ids that AWS puts on every answer: unique, but no secret, so a counter that is stirred well is enough.

use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use host::Host;
use http::HeaderValue;

/// The increment of SplitMix64 (Steele, Lea, Flood 2014): odd, so the counter visits every value.
const GOLDEN_GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;
/// Random words one request takes: two for the UUID, nine for `x-amz-id-2`.
const WORDS_PER_REQUEST: u64 = 2 + EXTENDED_WORDS as u64;
/// `x-amz-id-2` is the base64 of 72 bytes.
const EXTENDED_WORDS: usize = 9;
const EXTENDED_CHARS: usize = 96;

/// Makes request ids.
#[derive(Debug)]
pub(crate) struct RequestIds {
    state: AtomicU64,
}

/// The ids of one request.
#[derive(Debug)]
pub(crate) struct RequestId {
    uuid: [u8; 36],
    seed: u64,
}

impl RequestIds {
    pub(crate) fn new(host: &Host) -> Self {
        Self { state: AtomicU64::new(host.random_u64()) }
    }

    pub(crate) fn next(&self) -> RequestId {
        let seed = self.state.fetch_add(GOLDEN_GAMMA.wrapping_mul(WORDS_PER_REQUEST), Ordering::Relaxed);
        let words = u128::from(word(seed, 0)) << 64 | u128::from(word(seed, 1));
        RequestId { uuid: uuid_text(words), seed }
    }
}

impl RequestId {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.uuid).expect("hexadecimal digits and dashes")
    }

    pub(crate) fn header(&self) -> HeaderValue {
        HeaderValue::from_bytes(&self.uuid).expect("hexadecimal digits and dashes")
    }

    /// The value of `x-amz-id-2`, as text.
    pub(crate) fn extended_text(&self) -> String {
        self.extended_header().to_str().expect("base64 characters").to_owned()
    }

    /// The value of `x-amz-id-2`.
    pub(crate) fn extended_header(&self) -> HeaderValue {
        let mut words = [0; EXTENDED_WORDS * 8];
        for (bytes, index) in words.chunks_exact_mut(8).zip(2..) {
            bytes.copy_from_slice(&word(self.seed, index).to_le_bytes());
        }
        let mut text = [0; EXTENDED_CHARS];
        let _ = base64_simd::STANDARD.encode(&words, base64_simd::Out::from_slice(&mut text));
        HeaderValue::from_maybe_shared(Bytes::copy_from_slice(&text)).expect("base64 characters")
    }
}

/// One output of SplitMix64.
fn word(seed: u64, index: u64) -> u64 {
    let mut z = seed.wrapping_add(GOLDEN_GAMMA.wrapping_mul(index + 1));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A version 4 UUID, as text.
fn uuid_text(random: u128) -> [u8; 36] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    const GROUPS: [(usize, usize); 5] = [(0, 0), (4, 9), (6, 14), (8, 19), (10, 24)];
    let bits = (random & !(0xf000_u128 << 64) & !(0xc000_u128 << 48)) | (0x4000_u128 << 64) | (0x8000_u128 << 48);
    let bytes = bits.to_be_bytes();
    let mut text = [b'-'; 36];
    for (group, (start, place)) in GROUPS.iter().enumerate() {
        let end = GROUPS.get(group + 1).map_or(bytes.len(), |(start, _)| *start);
        for (byte, pair) in bytes[*start..end].iter().zip(text[*place..].chunks_exact_mut(2)) {
            pair[0] = DIGITS[usize::from(byte >> 4)];
            pair[1] = DIGITS[usize::from(byte & 15)];
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_uuid_says_its_version_and_variant() {
        assert_eq!(&uuid_text(0), b"00000000-0000-4000-8000-000000000000");
        assert_eq!(&uuid_text(u128::MAX), b"ffffffff-ffff-4fff-bfff-ffffffffffff");
        assert_eq!(&uuid_text(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef), b"01234567-89ab-4def-8123-456789abcdef");
    }

    #[test]
    fn ids_do_not_repeat() {
        let ids = RequestIds { state: AtomicU64::new(7) };
        let made: Vec<RequestId> = (0..1000).map(|_| ids.next()).collect();
        let texts: HashSet<&str> = made.iter().map(RequestId::text).collect();
        let extended: HashSet<HeaderValue> = made.iter().map(RequestId::extended_header).collect();
        assert_eq!((texts.len(), extended.len()), (1000, 1000));
        assert!(extended.iter().all(|value| value.len() == EXTENDED_CHARS));
    }
}
