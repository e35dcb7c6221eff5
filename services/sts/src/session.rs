//! Temporary credentials: a sealed token, and the access key and secret that follow from it.
//!
//! Token: `version u8 | expires_ms u64 | nonce [16] | account [12] | caller … | HMAC-SHA256 [32]`, base64url.

use aws::{Session, SessionRefused, Timestamp};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::identity::base32;
use crate::shapes::Credentials;

const VERSION: u8 = 1;
const ACCOUNT_BYTES: usize = 12;
const CALLER_AT: usize = 1 + 8 + 16 + ACCOUNT_BYTES;
const SEAL_BYTES: usize = 32;
/// No token we issue is longer; AWS allows 4,096 characters.
const TOKEN_CHARS_MAX: usize = 4_096;
/// What the access key ids of temporary credentials begin with.
pub(crate) const TEMPORARY_PREFIX: &str = "ASIA";
const KEY_CHARS: usize = 16;
/// The length of AWS's secrets is 40 characters: 30 bytes.
const SECRET_BYTES: usize = 30;

/// Makes tokens and reads them back.
pub(crate) struct Seal {
    keyed: Hmac<Sha256>,
}

impl Seal {
    pub(crate) fn new(secret: &[u8]) -> Self {
        Self { keyed: Hmac::new_from_slice(secret).expect("HMAC takes keys of any length") }
    }

    /// Credentials that act as `caller` in `account` until `expires_ms`.
    pub(crate) fn issue(&self, account: &str, caller: &str, expires_ms: u64, nonce: [u8; 16]) -> Credentials {
        assert_eq!(account.len(), ACCOUNT_BYTES, "accounts have twelve digits");
        let mut token = Vec::with_capacity(CALLER_AT + caller.len() + SEAL_BYTES);
        token.push(VERSION);
        token.extend_from_slice(&expires_ms.to_be_bytes());
        token.extend_from_slice(&nonce);
        token.extend_from_slice(account.as_bytes());
        token.extend_from_slice(caller.as_bytes());
        let (access_key_id, secret_access_key) = (self.access_key(&token), self.secret_key(&token));
        let seal = self.derive("seal", &token);
        token.extend_from_slice(&seal);
        let session_token = base64_simd::URL_SAFE_NO_PAD.encode_to_string(&token);
        let expiration = Timestamp::from_ms(expires_ms);
        Credentials { access_key_id, secret_access_key, session_token, expiration }
    }

    /// What a token stands for, if it comes with its own access key in its time.
    pub(crate) fn open(&self, access_key: &str, token: &str, now_ms: u64) -> Result<Session, SessionRefused> {
        if token.len() > TOKEN_CHARS_MAX {
            return Err(SessionRefused::Unknown);
        }
        let bytes = base64_simd::URL_SAFE_NO_PAD.decode_to_vec(token).map_err(|_| SessionRefused::Unknown)?;
        let (content, seal) = bytes.split_last_chunk::<SEAL_BYTES>().ok_or(SessionRefused::Unknown)?;
        let sealed = bool::from(self.derive("seal", content).ct_eq(seal));
        if !sealed || content.len() < CALLER_AT || content[0] != VERSION {
            return Err(SessionRefused::Unknown);
        }
        if !bool::from(self.access_key(content).as_bytes().ct_eq(access_key.as_bytes())) {
            return Err(SessionRefused::Unknown);
        }
        let expires_ms = u64::from_be_bytes(content[1..9].try_into().expect("eight bytes"));
        if expires_ms <= now_ms {
            return Err(SessionRefused::Expired);
        }
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).map_err(|_| SessionRefused::Unknown);
        Ok(Session {
            secret_key: self.secret_key(content),
            account: text(&content[CALLER_AT - ACCOUNT_BYTES..CALLER_AT])?,
            caller: text(&content[CALLER_AT..])?,
        })
    }

    fn access_key(&self, content: &[u8]) -> String {
        let digest = self.derive("access", content);
        TEMPORARY_PREFIX.chars().chain(base32(&digest).take(KEY_CHARS)).collect()
    }

    fn secret_key(&self, content: &[u8]) -> String {
        base64_simd::STANDARD.encode_to_string(&self.derive("secret", content)[..SECRET_BYTES])
    }

    /// Each purpose has a label of the same length, so that no output serves another purpose.
    fn derive(&self, label: &str, content: &[u8]) -> [u8; 32] {
        self.keyed.clone().chain_update(format!("{label:>8}")).chain_update(content).finalize().into_bytes().into()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ACCOUNT: &str = "111122223333";
    const CALLER: &str = "arn:aws:sts::111122223333:assumed-role/builder/me";

    #[test]
    fn credentials_read_back_until_they_expire() {
        let seal = Seal::new(b"secret");
        let made = seal.issue(ACCOUNT, CALLER, 10_000, [7; 16]);
        assert!(made.access_key_id.len() == 20 && made.secret_access_key.len() == 40);
        let session = seal.open(&made.access_key_id, &made.session_token, 9_999).expect("still good");
        assert_eq!((session.account.as_str(), session.caller.as_str()), (ACCOUNT, CALLER));
        assert_eq!(session.secret_key, made.secret_access_key);
        // Another process with the same secret believes it too.
        assert_eq!(Seal::new(b"secret").open(&made.access_key_id, &made.session_token, 0), Ok(session));
        assert_eq!(seal.open(&made.access_key_id, &made.session_token, 10_000), Err(SessionRefused::Expired));
        let other = seal.issue(ACCOUNT, CALLER, 10_000, [8; 16]);
        assert_eq!(seal.open(&other.access_key_id, &made.session_token, 0), Err(SessionRefused::Unknown));
        assert_eq!(Seal::new(b"other").open(&made.access_key_id, &made.session_token, 0), Err(SessionRefused::Unknown));
    }

    proptest! {
        #[test]
        fn no_changed_token_is_believed(at in 0_usize..1_000, flip in 1_u8..64) {
            let seal = Seal::new(b"secret");
            let made = seal.issue(ACCOUNT, CALLER, 10_000, [7; 16]);
            let mut bytes = base64_simd::URL_SAFE_NO_PAD.decode_to_vec(&made.session_token).expect("base64");
            let at = at % bytes.len();
            bytes[at] ^= flip;
            let token = base64_simd::URL_SAFE_NO_PAD.encode_to_string(&bytes);
            prop_assert_eq!(seal.open(&made.access_key_id, &token, 0), Err(SessionRefused::Unknown));
        }

        #[test]
        fn no_text_panics(token in "\\PC{0,200}") {
            prop_assert_eq!(Seal::new(b"secret").open("ASIA", &token, 0), Err(SessionRefused::Unknown));
        }
    }
}
