//! Shard iterators: opaque text that names a place in a shard for five minutes.
//!
//! They carry their own state under a keyed checksum, so that they survive a restart and cannot be forged.
//! Layout before base64: version (1) | engine's stream id (8) | shard (4) | offset (8) | created, ms (8) |
//! stream name | HMAC-SHA256 of all before, cut to 16 bytes. The longest name gives 232 characters of AWS's 512.

use aws::ServiceError;
use hmac::{Hmac, KeyInit, Mac};
use host::Host;
use sha2::Sha256;
use store::{Changes, Store};

use crate::{errors, limits};

const TABLE: &str = "kinesis.secret";
const KEY: &[u8] = b"iterator";
const VERSION: u8 = 1;
/// Everything in front of the name.
const HEAD_BYTES: usize = 1 + 8 + 4 + 8 + 8;
const MAC_BYTES: usize = 16;
const NAME_BYTES_MAX: usize = 128;
const TOKEN_BYTES_MAX: usize = HEAD_BYTES + NAME_BYTES_MAX + MAC_BYTES;

/// A place in a shard, and when it was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// The engine's identity of the stream: a re-created stream of the same name is another one.
    pub(crate) stream: log::StreamId,
    /// The stream's name without account and region.
    pub(crate) stream_name: String,
    /// The shard's index.
    pub(crate) shard: u32,
    /// The offset to read next.
    pub(crate) offset: u64,
    /// Wall-clock milliseconds.
    pub(crate) created_ms: u64,
}

impl Place {
    /// Refuses with ExpiredIteratorException once the iterator's life is over.
    pub(crate) fn require_fresh(&self, now_ms: u64) -> Result<(), ServiceError> {
        match now_ms.saturating_sub(self.created_ms) > limits::ITERATOR_MS {
            true => Err(errors::iterator_expired(self.created_ms, now_ms)),
            false => Ok(()),
        }
    }
}

/// The secret that iterators are sealed with.
pub(crate) struct Seal {
    keyed: Hmac<Sha256>,
}

impl Seal {
    /// Reads the secret, or makes it on first use.
    pub(crate) async fn load(host: &Host, store: &Store) -> Result<Self, ServiceError> {
        if let Some(secret) = store.get(TABLE, KEY).map_err(ServiceError::internal)? {
            return Ok(Self::new(&secret));
        }
        let mut secret = [0; 32];
        host.fill_random(&mut secret);
        let changes = Changes::new().expect(TABLE, KEY, None).put(TABLE, KEY, secret);
        store.commit(changes).await.map_err(ServiceError::internal)?;
        Ok(Self::new(&secret))
    }

    /// A seal under a given secret.
    pub(crate) fn new(secret: &[u8]) -> Self {
        Self { keyed: Hmac::new_from_slice(secret).expect("HMAC takes keys of any length") }
    }

    /// The text of a place.
    pub(crate) fn seal(&self, place: &Place) -> String {
        let mut token = Vec::with_capacity(TOKEN_BYTES_MAX);
        token.push(VERSION);
        token.extend_from_slice(&place.stream.0.to_be_bytes());
        token.extend_from_slice(&place.shard.to_be_bytes());
        token.extend_from_slice(&place.offset.to_be_bytes());
        token.extend_from_slice(&place.created_ms.to_be_bytes());
        token.extend_from_slice(place.stream_name.as_bytes());
        let mac = self.keyed.clone().chain_update(&token).finalize().into_bytes();
        token.extend_from_slice(&mac[..MAC_BYTES]);
        base64_simd::STANDARD.encode_to_string(token)
    }

    /// The place in a text that this seal has made. AWS also takes it wrapped in double quotes.
    pub(crate) fn open(&self, text: &str) -> Result<Place, ServiceError> {
        self.parse(text).ok_or_else(errors::iterator_invalid)
    }

    fn parse(&self, text: &str) -> Option<Place> {
        let bare = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(text);
        let token = base64_simd::STANDARD.decode_to_vec(bare).ok()?;
        if token.len() < HEAD_BYTES + MAC_BYTES || token.len() > TOKEN_BYTES_MAX || token[0] != VERSION {
            return None;
        }
        let (signed, mac) = token.split_at(token.len() - MAC_BYTES);
        self.keyed.clone().chain_update(signed).verify_truncated_left(mac).ok()?;
        let (head, name) = signed.split_at(HEAD_BYTES);
        let number = |at: usize| u64::from_be_bytes(head[at..at + 8].try_into().expect("eight bytes of the head"));
        Some(Place {
            stream: log::StreamId(number(1)),
            shard: u32::from_be_bytes(head[9..13].try_into().expect("four bytes of the head")),
            offset: number(13),
            created_ms: number(21),
            stream_name: std::str::from_utf8(name).ok()?.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn place(name: String, shard: u32, offset: u64) -> Place {
        Place { stream: log::StreamId(7), stream_name: name, shard, offset, created_ms: 1_700_000_000_000 }
    }

    proptest! {
        #[test]
        fn places_come_back(name in "[a-zA-Z0-9_.-]{1,128}", shard: u32, offset: u64) {
            let seal = Seal::new(&[1; 32]);
            let place = place(name, shard, offset);
            let text = seal.seal(&place);
            prop_assert!(text.len() <= 512);
            prop_assert_eq!(seal.open(&text).ok(), Some(place.clone()));
            prop_assert_eq!(seal.open(&format!("\"{text}\"")).ok(), Some(place));
            prop_assert!(Seal::new(&[2; 32]).open(&text).is_err(), "another secret");
        }

        #[test]
        fn garbage_is_refused(text in ".{0,600}") {
            prop_assert!(Seal::new(&[1; 32]).open(&text).is_err());
        }

        #[test]
        fn no_bit_can_be_changed(at in 0_usize..60, bit in 0_u8..8) {
            let seal = Seal::new(&[1; 32]);
            let text = seal.seal(&place("orders".to_owned(), 1, 5));
            let mut token = base64_simd::STANDARD.decode_to_vec(&text).expect("our own text");
            let at = at % token.len();
            token[at] ^= 1 << bit;
            prop_assert!(seal.open(&base64_simd::STANDARD.encode_to_string(token)).is_err());
        }
    }

    #[test]
    fn iterators_live_five_minutes() {
        let place = place("orders".to_owned(), 0, 0);
        assert!(place.require_fresh(place.created_ms + 300_000).is_ok());
        let error = place.require_fresh(place.created_ms + 300_001).expect_err("too old");
        assert_eq!(
            error.to_string(),
            "ExpiredIteratorException: Iterator expired. The iterator was created at time Tue Nov 14 22:13:20 UTC 2023 \
             while right now it is Tue Nov 14 22:18:20 UTC 2023 which is further in the future than the tolerated delay \
             of 300000 milliseconds."
        );
        assert!(place.require_fresh(0).is_ok(), "the clock was set back");
    }
}
