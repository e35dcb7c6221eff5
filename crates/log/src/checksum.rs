//! The CRC32C of two stretches of bytes that stand behind each other, from those of each: what changes is short and
//! known late, what is long does not change.

use std::sync::LazyLock;

/// The polynomial, bits reversed.
const POLYNOMIAL: u32 = 0x82F6_3B78;

/// A linear map of checksums: what becomes of each bit.
type Map = [u32; 32];

/// For each power of two, what so many zero bytes behind a stretch make of its checksum.
static ZEROS: LazyLock<[Map; 32]> = LazyLock::new(|| {
    // One zero bit: a shift, with the polynomial for the bit that falls out.
    let mut map: Map = std::array::from_fn(|bit| if bit == 0 { POLYNOMIAL } else { 1 << (bit - 1) });
    for _ in 0..3 {
        map = twice(&map);
    }
    std::array::from_fn(|_| {
        let next = twice(&map);
        std::mem::replace(&mut map, next)
    })
});

fn apply(map: &Map, checksum: u32) -> u32 {
    // Without branches: the bits are as good as random.
    let pick = |sum, (bit, image): (usize, &u32)| sum ^ (image & (checksum >> bit & 1).wrapping_neg());
    map.iter().enumerate().fold(0, pick)
}

fn twice(map: &Map) -> Map {
    map.map(|image| apply(map, image))
}

/// The checksum of both stretches; the second has `second_bytes`.
pub(crate) fn combine(first: u32, second: u32, second_bytes: usize) -> u32 {
    let powers = ZEROS.iter().enumerate().filter(|(power, _)| second_bytes >> power & 1 == 1);
    powers.fold(first, |checksum, (_, map)| apply(map, checksum)) ^ second
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn combined_is_as_computed_at_once(
            bytes in proptest::collection::vec(any::<u8>(), 0..5000),
            at in any::<prop::sample::Index>(),
        ) {
            let (first, second) = bytes.split_at(at.index(bytes.len() + 1));
            let combined = combine(crc32c::crc32c(first), crc32c::crc32c(second), second.len());
            prop_assert_eq!(combined, crc32c::crc32c(&bytes));
        }
    }
}
