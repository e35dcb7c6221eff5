//! The noun checksum: five algorithms, of whole objects or of their parts' checksums.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html>

use base64_simd::STANDARD;
use s3s::S3Result;
use s3s::crypto::{Checksum as _, Crc32, Crc32c, Crc64Nvme, Sha1, Sha256};
use s3s::dto;
use serde::{Deserialize, Serialize};

use crate::call::Call;
use crate::errors;

/// How a checksum is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Algorithm {
    Crc32,
    Crc32c,
    Crc64Nvme,
    Sha1,
    Sha256,
}

/// What it is computed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Kind {
    /// All bytes of the object.
    FullObject,
    /// The checksums of its parts.
    Composite,
}

/// A checksum that is kept with an object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Checksum {
    pub(crate) algorithm: Algorithm,
    pub(crate) kind: Kind,
    /// Base64, of parts' checksums with `-N` behind it.
    pub(crate) value: String,
}

impl Algorithm {
    const ALL: [Self; 5] = [Self::Crc32, Self::Crc32c, Self::Crc64Nvme, Self::Sha1, Self::Sha256];

    /// As AWS names it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Crc32 => "CRC32",
            Self::Crc32c => "CRC32C",
            Self::Crc64Nvme => "CRC64NVME",
            Self::Sha1 => "SHA1",
            Self::Sha256 => "SHA256",
        }
    }

    /// The header that carries it.
    pub(crate) fn header(self) -> &'static str {
        match self {
            Self::Crc32 => "x-amz-checksum-crc32",
            Self::Crc32c => "x-amz-checksum-crc32c",
            Self::Crc64Nvme => "x-amz-checksum-crc64nvme",
            Self::Sha1 => "x-amz-checksum-sha1",
            Self::Sha256 => "x-amz-checksum-sha256",
        }
    }

    /// The algorithm that AWS calls so.
    pub(crate) fn of_name(name: &str) -> S3Result<Self> {
        let found = Self::ALL.into_iter().find(|algorithm| algorithm.name().eq_ignore_ascii_case(name));
        found.ok_or_else(|| {
            errors::invalid_request(
                "Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, \
                 CRC32C, CRC64NVME, SHA1, SHA256]",
            )
        })
    }

    fn of_header(header: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.header() == header)
    }

    /// The algorithm that a request names for its object, if it does.
    pub(crate) fn of_request(name: Option<&dto::ChecksumAlgorithm>) -> S3Result<Option<Self>> {
        name.map(|name| Self::of_name(name.as_str())).transpose()
    }

    /// For answers.
    pub(crate) fn on_wire(self) -> dto::ChecksumAlgorithm {
        dto::ChecksumAlgorithm::from_static(self.name())
    }

    fn bytes(self) -> usize {
        match self {
            Self::Crc32 | Self::Crc32c => 4,
            Self::Crc64Nvme => 8,
            Self::Sha1 => 20,
            Self::Sha256 => 32,
        }
    }

    /// The kind an upload's object gets when its request does not say.
    pub(crate) fn default_kind(self) -> Kind {
        if self == Self::Crc64Nvme { Kind::FullObject } else { Kind::Composite }
    }

    /// Whether an upload's object can have this kind.
    pub(crate) fn allows(self, kind: Kind) -> bool {
        match self {
            Self::Crc32 | Self::Crc32c => true,
            Self::Crc64Nvme => kind == Kind::FullObject,
            Self::Sha1 | Self::Sha256 => kind == Kind::Composite,
        }
    }
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::FullObject => dto::ChecksumType::FULL_OBJECT,
            Self::Composite => dto::ChecksumType::COMPOSITE,
        }
    }

    pub(crate) fn of_request(name: Option<&dto::ChecksumType>) -> S3Result<Option<Self>> {
        let kind = |name: &dto::ChecksumType| match name.as_str() {
            dto::ChecksumType::FULL_OBJECT => Ok(Self::FullObject),
            dto::ChecksumType::COMPOSITE => Ok(Self::Composite),
            _ => Err(errors::invalid_request("Value for x-amz-checksum-type header is invalid.")),
        };
        name.map(kind).transpose()
    }

    /// For answers.
    pub(crate) fn on_wire(self) -> dto::ChecksumType {
        dto::ChecksumType::from_static(self.name())
    }
}

/// A computation under way.
pub(crate) enum Hasher {
    Crc32(Crc32),
    Crc32c(Crc32c),
    Crc64Nvme(Crc64Nvme),
    Sha1(Sha1),
    Sha256(Sha256),
}

impl Hasher {
    pub(crate) fn new(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Crc32 => Self::Crc32(Crc32::new()),
            Algorithm::Crc32c => Self::Crc32c(Crc32c::new()),
            Algorithm::Crc64Nvme => Self::Crc64Nvme(Crc64Nvme::new()),
            Algorithm::Sha1 => Self::Sha1(Sha1::new()),
            Algorithm::Sha256 => Self::Sha256(Sha256::new()),
        }
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Crc32(hasher) => hasher.update(bytes),
            Self::Crc32c(hasher) => hasher.update(bytes),
            Self::Crc64Nvme(hasher) => hasher.update(bytes),
            Self::Sha1(hasher) => hasher.update(bytes),
            Self::Sha256(hasher) => hasher.update(bytes),
        }
    }

    /// The result in base64.
    pub(crate) fn finish(self) -> String {
        match self {
            Self::Crc32(hasher) => STANDARD.encode_to_string(hasher.finalize()),
            Self::Crc32c(hasher) => STANDARD.encode_to_string(hasher.finalize()),
            Self::Crc64Nvme(hasher) => STANDARD.encode_to_string(hasher.finalize()),
            Self::Sha1(hasher) => STANDARD.encode_to_string(hasher.finalize()),
            Self::Sha256(hasher) => STANDARD.encode_to_string(hasher.finalize()),
        }
    }
}

/// What a request says about the checksum of its body.
#[derive(Debug, Default)]
pub(crate) struct Claimed {
    pub(crate) algorithm: Option<Algorithm>,
    /// What it must be; a trailer's value is only known after the body.
    value: Option<String>,
}

/// The five members of requests and answers that carry a checksum.
#[derive(Debug, Default)]
pub(crate) struct Members {
    pub(crate) crc32: Option<String>,
    pub(crate) crc32c: Option<String>,
    pub(crate) crc64nvme: Option<String>,
    pub(crate) sha1: Option<String>,
    pub(crate) sha256: Option<String>,
}

impl Members {
    /// The members of an answer.
    pub(crate) fn of(algorithm: Algorithm, value: &str) -> Self {
        let mut members = Self::default();
        let member = match algorithm {
            Algorithm::Crc32 => &mut members.crc32,
            Algorithm::Crc32c => &mut members.crc32c,
            Algorithm::Crc64Nvme => &mut members.crc64nvme,
            Algorithm::Sha1 => &mut members.sha1,
            Algorithm::Sha256 => &mut members.sha256,
        };
        *member = Some(value.to_owned());
        members
    }

    /// The members of an answer about this checksum, if there is one.
    pub(crate) fn of_checksum(checksum: Option<&Checksum>) -> Self {
        checksum.map(|checksum| Self::of(checksum.algorithm, &checksum.value)).unwrap_or_default()
    }

    /// The only one that is given.
    pub(crate) fn single(self) -> S3Result<Option<(Algorithm, String)>> {
        let all = [
            (Algorithm::Crc32, self.crc32),
            (Algorithm::Crc32c, self.crc32c),
            (Algorithm::Crc64Nvme, self.crc64nvme),
            (Algorithm::Sha1, self.sha1),
            (Algorithm::Sha256, self.sha256),
        ];
        let mut given = all.into_iter().filter_map(|(algorithm, value)| Some((algorithm, value?)));
        let first = given.next();
        if given.next().is_some() {
            return Err(errors::invalid_request(
                "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
            ));
        }
        Ok(first)
    }
}

impl Claimed {
    /// Reads what headers say, and which trailer they announce.
    pub(crate) fn read(call: &Call, members: Members) -> S3Result<Self> {
        if let Some((algorithm, value)) = members.single()? {
            if !is_value(algorithm, &value) {
                return Err(errors::checksum_invalid(algorithm.header()));
            }
            return Ok(Self { algorithm: Some(algorithm), value: Some(value) });
        }
        let announced = call.announced.as_deref().and_then(Algorithm::of_header);
        Ok(Self { algorithm: announced, value: None })
    }

    /// Compares with what was computed over the body, now that its trailers are there.
    pub(crate) fn check(self, call: &Call, computed: &str) -> S3Result<()> {
        let Some(algorithm) = self.algorithm else { return Ok(()) };
        let value = match self.value {
            Some(value) => value,
            None => {
                let value = call.trailer(algorithm.header()).ok_or_else(errors::malformed_trailer)?;
                if !is_value(algorithm, &value) {
                    return Err(errors::checksum_invalid(algorithm.header()));
                }
                value
            }
        };
        if value == computed { Ok(()) } else { Err(errors::bad_checksum(algorithm.name())) }
    }
}

/// Whether the text can be a checksum of this algorithm.
fn is_value(algorithm: Algorithm, text: &str) -> bool {
    STANDARD.decode_to_vec(text).is_ok_and(|bytes| bytes.len() == algorithm.bytes())
}

/// The checksum of an object from those of its parts, each with its part's length.
pub(crate) fn of_parts(algorithm: Algorithm, kind: Kind, parts: &[(&str, u64)]) -> Option<String> {
    match kind {
        Kind::Composite => {
            let mut hasher = Hasher::new(algorithm);
            for (value, _) in parts {
                hasher.update(&STANDARD.decode_to_vec(value).ok()?);
            }
            Some(format!("{}-{}", hasher.finish(), parts.len()))
        }
        Kind::FullObject => {
            let field = match algorithm {
                Algorithm::Crc32 => Field { polynomial: 0xEDB8_8320, width: 32 },
                Algorithm::Crc32c => Field { polynomial: 0x82F6_3B78, width: 32 },
                Algorithm::Crc64Nvme => Field { polynomial: 0x9A6C_9329_AC4B_C9B5, width: 64 },
                Algorithm::Sha1 | Algorithm::Sha256 => return None,
            };
            let mut whole = 0;
            for (index, (value, len)) in parts.iter().enumerate() {
                let part =
                    STANDARD.decode_to_vec(value).ok()?.iter().fold(0, |sum, byte| (sum << 8) | u64::from(*byte));
                whole = if index == 0 { part } else { field.shifted(whole, *len) ^ part };
            }
            let bytes = whole.to_be_bytes();
            Some(STANDARD.encode_to_string(&bytes[bytes.len() - algorithm.bytes()..]))
        }
    }
}

/// The polynomials that a CRC computes with, the highest power in the lowest bit.
///
/// Of its own because `crc_fast::checksum_combine` squares matrices: 0.3 ms for each part, seconds for 10,000 of them.
#[derive(Clone, Copy)]
struct Field {
    polynomial: u64,
    width: u32,
}

impl Field {
    /// A checksum as it stands after so many zero bytes, which is what the parts before contribute to the whole. The
    /// inversions at both ends of these CRCs cancel out.
    fn shifted(self, checksum: u64, bytes: u64) -> u64 {
        let mut power = 1 << (self.width - 9);
        let mut shifted = checksum;
        let mut left = bytes;
        while left > 0 {
            if left & 1 == 1 {
                shifted = self.product(power, shifted);
            }
            power = self.product(power, power);
            left >>= 1;
        }
        shifted
    }

    fn product(self, one: u64, mut other: u64) -> u64 {
        let mut product = 0;
        for bit in (0..self.width).rev() {
            product ^= other & (one >> bit & 1).wrapping_neg();
            other = (other >> 1) ^ (self.polynomial & (other & 1).wrapping_neg());
        }
        product
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(algorithm: Algorithm, bytes: &[u8]) -> String {
        let mut hasher = Hasher::new(algorithm);
        hasher.update(bytes);
        hasher.finish()
    }

    #[test]
    fn values_are_those_of_aws() {
        // The check values of the CRC catalogue and of FIPS 180, in base64.
        for (algorithm, bytes, expected) in [
            (Algorithm::Crc32, &b"123456789"[..], "y/Q5Jg=="),
            (Algorithm::Crc32c, b"123456789", "4waSgw=="),
            (Algorithm::Crc64Nvme, b"123456789", "rosUhgp5mIg="),
            (Algorithm::Sha1, b"abc", "qZk+NkcGgWq6PiVxeFDCbJzQ2J0="),
            (Algorithm::Sha256, b"abc", "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="),
        ] {
            assert_eq!(sum(algorithm, bytes), expected, "{algorithm:?}");
        }
    }

    #[test]
    fn the_checksums_of_parts_combine_to_that_of_the_whole() {
        let whole: Vec<u8> = (0..10_000_u32).map(|number| (number % 251) as u8).collect();
        for algorithm in [Algorithm::Crc32, Algorithm::Crc32c, Algorithm::Crc64Nvme] {
            let parts: Vec<(String, u64)> =
                whole.chunks(3_333).map(|part| (sum(algorithm, part), part.len() as u64)).collect();
            let parts: Vec<(&str, u64)> = parts.iter().map(|(value, len)| (value.as_str(), *len)).collect();
            let combined = of_parts(algorithm, Kind::FullObject, &parts);
            assert_eq!(combined, Some(sum(algorithm, &whole)), "{algorithm:?}");
        }
        let one = sum(Algorithm::Sha256, b"one");
        let composite = of_parts(Algorithm::Sha256, Kind::Composite, &[(&one, 3), (&one, 3)]);
        let twice = STANDARD.decode_to_vec(&one).expect("base64").repeat(2);
        assert_eq!(composite, Some(format!("{}-2", sum(Algorithm::Sha256, &twice))));
        assert_eq!(of_parts(Algorithm::Sha1, Kind::FullObject, &[]), None);
    }

    #[test]
    fn only_one_checksum_may_be_given() {
        let two = Members { crc32: Some("a".into()), sha1: Some("b".into()), ..Members::default() };
        assert!(two.single().is_err());
        assert!(is_value(Algorithm::Crc32, "y/Q5Jg==") && !is_value(Algorithm::Crc32, "rosUhgp5mIg="));
    }
}
