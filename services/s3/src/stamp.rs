//! Stamps: numbers that order the versions of a key, and the ids that clients know versions and uploads by.

use std::sync::atomic::{AtomicU64, Ordering};

use host::Host;

/// Bits of a stamp below its milliseconds, for what happens in the same one.
const COUNT_BITS: u32 = 20;

/// Gives out stamps that increase for as long as the process lives.
#[derive(Debug, Default)]
pub(crate) struct Stamps(AtomicU64);

impl Stamps {
    /// The next stamp; later than `after`, also where the clock has been set back.
    pub(crate) fn next(&self, host: &Host, after: Option<u64>) -> u64 {
        let clock = (host.now_ms() << COUNT_BITS).max(after.map_or(0, |after| after + 1));
        let advance = |last: u64| Some(clock.max(last + 1));
        let last = self.0.fetch_update(Ordering::AcqRel, Ordering::Acquire, advance).expect("it always advances");
        clock.max(last + 1)
    }
}

/// The id of a version: its stamp, by which it is found, and chance, by which it cannot be guessed.
pub(crate) fn id(host: &Host, stamp: u64) -> String {
    format!("{stamp:016x}{:016x}", host.random_u64())
}

/// The stamp in an id; `None` for ids that were never given out.
pub(crate) fn of_id(id: &str) -> Option<u64> {
    let plain = id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    if plain { u64::from_str_radix(&id[..16], 16).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_increase_and_stand_in_their_ids() {
        let host = Host::real();
        let stamps = Stamps::default();
        let first = stamps.next(&host, None);
        let second = stamps.next(&host, None);
        assert!(second > first);
        let late = stamps.next(&host, Some(second + (1 << 40)));
        assert!(late > second + (1 << 40));
        assert!(stamps.next(&host, None) > late);
        assert_eq!(of_id(&id(&host, late)), Some(late));
        for strange in ["", "null", "00112233445566778899AABBCCDDEEFF", "é0112233445566778899aabbccddeef"] {
            assert_eq!(of_id(strange), None, "{strange}");
        }
    }
}
