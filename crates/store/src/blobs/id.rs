//! What a blob is called.

use std::fmt;
use std::str::FromStr;

use host::Host;
use serde::{Deserialize, Serialize};

/// The name of a blob: 128 random bits, written as 32 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct BlobId([u8; 16]);

/// A text is not 32 lower-case hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a blob is named by 32 hexadecimal digits")]
pub struct ParseBlobIdError;

impl BlobId {
    pub(super) fn random(host: &Host) -> Self {
        let mut bytes = [0; 16];
        host.fill_random(&mut bytes);
        Self(bytes)
    }

    pub(super) fn from_key(key: &[u8]) -> Option<Self> {
        key.try_into().ok().map(Self)
    }

    /// The key of its rows.
    pub(super) fn key(&self) -> &[u8; 16] {
        &self.0
    }

    pub(super) fn first_byte(&self) -> u8 {
        self.0[0]
    }
}

impl fmt::Display for BlobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.0))
    }
}

impl FromStr for BlobId {
    type Err = ParseBlobIdError;

    fn from_str(text: &str) -> Result<Self, ParseBlobIdError> {
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if text.len() != 32 || !text.bytes().all(is_digit) {
            return Err(ParseBlobIdError);
        }
        u128::from_str_radix(text, 16).map(|number| Self(number.to_be_bytes())).map_err(|_| ParseBlobIdError)
    }
}

impl From<BlobId> for String {
    fn from(id: BlobId) -> Self {
        id.to_string()
    }
}

impl TryFrom<String> for BlobId {
    type Error = ParseBlobIdError;

    fn try_from(text: String) -> Result<Self, ParseBlobIdError> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_as_it_is_written_and_nothing_else_is() {
        let id = BlobId([0, 0xab, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 255]);
        assert_eq!(id.to_string(), "00ab02030405060708090a0b0c0d0eff");
        assert_eq!(id.to_string().parse(), Ok(id));
        for wrong in [
            "",
            "00ab02030405060708090a0b0c0d0ef",
            "00AB02030405060708090a0b0c0d0eff",
            "+0ab02030405060708090a0b0c0d0eff",
        ] {
            assert_eq!(wrong.parse::<BlobId>(), Err(ParseBlobIdError), "{wrong}");
        }
    }
}
