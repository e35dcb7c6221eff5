//! `Content-MD5`: what a client computed over its body.

use base64_simd::STANDARD;
use s3s::S3Result;

use crate::errors;

/// What the header says.
pub(crate) fn claimed(header: Option<&str>) -> S3Result<Option<[u8; 16]>> {
    let Some(text) = header else { return Ok(None) };
    let bytes = STANDARD.decode_to_vec(text).map_err(|_| errors::digest_invalid())?;
    bytes.try_into().map(Some).map_err(|_| errors::digest_invalid())
}

/// Refuses a body that is another.
pub(crate) fn check(claimed: Option<[u8; 16]>, computed: &[u8; 16]) -> S3Result<()> {
    if claimed.is_none_or(|claimed| claimed == *computed) { Ok(()) } else { Err(errors::bad_digest()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_read_and_compared() {
        let empty = claimed(Some("1B2M2Y8AsgTpgAmY7PhCfg==")).expect("the MD5 of nothing");
        assert!(check(empty, b"\xd4\x1d\x8c\xd9\x8f\x00\xb2\x04\xe9\x80\x09\x98\xec\xf8\x42\x7e").is_ok());
        assert_eq!(check(empty, &[0; 16]).expect_err("another").code().as_str(), "BadDigest");
        for wrong in ["", "abc", "YWJj"] {
            assert_eq!(claimed(Some(wrong)).expect_err(wrong).code().as_str(), "InvalidDigest");
        }
        assert_eq!(claimed(None).expect("none"), None);
    }
}
