//! Page tokens: opaque text that carries its own state under a keyed checksum, so that it survives a restart and
//! cannot be forged.

use aws::ServiceError;
use hmac::{Hmac, KeyInit, Mac};
use host::Host;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use store::{Changes, Store};

/// Life of a token, in milliseconds.
pub(crate) const TOKEN_MS: u64 = 300_000;
const TABLE: &str = "kinesis.secrets";
const KEY: &[u8] = b"page tokens";
/// Bytes of the checksum in front of the content.
const CHECKSUM_BYTES: usize = 16;

/// Makes and reads tokens.
pub(crate) struct Tokens {
    secret: [u8; 32],
}

/// Why a token is refused.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Not made by this server, or for another operation.
    Invalid,
    /// Older than [`TOKEN_MS`].
    Expired,
}

#[derive(Serialize, Deserialize)]
struct Content<T> {
    operation: String,
    made_ms: u64,
    place: T,
}

impl Tokens {
    /// Reads the secret, or makes it on first use.
    pub(crate) async fn load(host: &Host, store: &Store) -> Result<Self, ServiceError> {
        let stored = store.get(TABLE, KEY).map_err(ServiceError::internal)?;
        if let Some(secret) = stored.and_then(|bytes| <[u8; 32]>::try_from(bytes).ok()) {
            return Ok(Self { secret });
        }
        let mut secret = [0; 32];
        host.fill_random(&mut secret);
        store.commit(Changes::new().put(TABLE, KEY, secret)).await.map_err(ServiceError::internal)?;
        Ok(Self { secret })
    }

    /// A token of `operation` that remembers `place`.
    pub(crate) fn seal<T: Serialize>(&self, operation: &str, place: T, now_ms: u64) -> String {
        let content = Content { operation: operation.to_owned(), made_ms: now_ms, place };
        let content = serde_json::to_vec(&content).expect("places are plain values");
        let mut bytes = self.checksum(&content).to_vec();
        bytes.extend_from_slice(&content);
        base64_simd::URL_SAFE_NO_PAD.encode_to_string(&bytes)
    }

    /// The place a token of `operation` remembers.
    pub(crate) fn open<T: DeserializeOwned>(&self, operation: &str, token: &str, now_ms: u64) -> Result<T, Refusal> {
        let bytes = base64_simd::URL_SAFE_NO_PAD.decode_to_vec(token).map_err(|_| Refusal::Invalid)?;
        let (checksum, content) = bytes.split_at_checked(CHECKSUM_BYTES).ok_or(Refusal::Invalid)?;
        if self.mac(content).verify_truncated_left(checksum).is_err() {
            return Err(Refusal::Invalid);
        }
        let content: Content<T> = serde_json::from_slice(content).map_err(|_| Refusal::Invalid)?;
        if content.operation != operation {
            return Err(Refusal::Invalid);
        }
        if now_ms.saturating_sub(content.made_ms) > TOKEN_MS {
            return Err(Refusal::Expired);
        }
        Ok(content.place)
    }

    fn mac(&self, content: &[u8]) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.secret).expect("any key length will do");
        mac.update(content);
        mac
    }

    fn checksum(&self, content: &[u8]) -> [u8; CHECKSUM_BYTES] {
        let whole = self.mac(content).finalize().into_bytes();
        whole[..CHECKSUM_BYTES].try_into().expect("SHA-256 is longer")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_good_for_five_minutes_and_its_own_operation() {
        let tokens = Tokens { secret: [7; 32] };
        let token = tokens.seal("ListShards", (3_u32, "s".to_owned()), 1_000);
        let open = |operation: &str, token: &str, now| tokens.open::<(u32, String)>(operation, token, now);
        assert_eq!(open("ListShards", &token, 301_000), Ok((3, "s".to_owned())));
        assert_eq!(open("ListShards", &token, 301_001), Err(Refusal::Expired));
        assert_eq!(open("ListStreams", &token, 1_000), Err(Refusal::Invalid));
    }

    #[test]
    fn forged_tokens_are_refused() {
        let tokens = Tokens { secret: [7; 32] };
        let token = tokens.seal("ListShards", 3_u32, 1_000);
        let foreign = Tokens { secret: [8; 32] }.seal("ListShards", 3_u32, 1_000);
        let truncated = token[..token.len() - 1].to_owned();
        for forged in [foreign, truncated, String::new(), "x".to_owned(), "AAAA".to_owned(), "*".repeat(100)] {
            assert_eq!(tokens.open::<u32>("ListShards", &forged, 1_000), Err(Refusal::Invalid), "{forged}");
        }
    }
}
