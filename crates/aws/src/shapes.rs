//! Wire types that every service shares: required members, blobs, timestamps, enums read leniently.

use std::fmt;
use std::ops::Deref;

use bytes::Bytes;
use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde::ser::{Serialize, Serializer};

/// A member that the model requires. Absent and `null` are noticed by [`Constraints`](crate::Constraints), so that
/// the client reads a validation error and not a parser's complaint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Required<T>(Option<T>);

impl<T> Default for Required<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> Required<T> {
    /// A present member; for tests and builders.
    pub fn new(value: T) -> Self {
        Self(Some(value))
    }

    /// The value, if the request had one.
    pub fn get(&self) -> Option<&T> {
        self.0.as_ref()
    }

    /// Takes the value out. Panics when it is absent, which the constraints rule out.
    pub fn into_inner(self) -> T {
        self.0.expect("constraints refuse requests without their required members")
    }
}

impl<T> Deref for Required<T> {
    type Target = T;

    /// The value. Panics when it is absent, which the constraints rule out before `run`.
    fn deref(&self) -> &T {
        self.0.as_ref().expect("constraints refuse requests without their required members")
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Required<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::<T>::deserialize(deserializer).map(Self)
    }
}

impl<T: Serialize> Serialize for Required<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

/// Bytes: base64 in JSON, query and XML, a byte string in CBOR.
///
/// The blobs of a large request share one allocation: who keeps one for long keeps a copy.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Blob(pub Bytes);

impl Blob {
    /// The name under which blobs are deserialized as newtypes, so that a reader may hand over their text unread.
    pub const NAME: &'static str = "aws::Blob";

    /// Appends what base64 text says to `out`; an error is AWS's complaint, marked as such for the JSON codec.
    pub fn decode_text(text: &str, out: &mut Vec<u8>) -> Result<(), String> {
        base64_simd::STANDARD.decode_append(text, out).map_err(|_| base64_complaint(text))
    }

    /// As [`Blob::decode_text`], for text that a reader has handed over unread under [`Blob::NAME`].
    pub fn decode_unread(text: &[u8], out: &mut Vec<u8>) -> Result<(), &'static str> {
        base64_simd::STANDARD.decode_append(text, out).map_err(|_| "not base64")
    }
}

impl Deref for Blob {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Blob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The content is the user's; logs only ever see its size. This is also how AWS prints it.
        write!(f, "java.nio.HeapByteBuffer[pos=0 lim={0} cap={0}]", self.0.len())
    }
}

impl Serialize for Blob {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.serialize_str(&base64_simd::STANDARD.encode_to_string(&self.0))
        } else {
            serializer.serialize_bytes(&self.0)
        }
    }
}

impl<'de> Deserialize<'de> for Blob {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            deserializer.deserialize_newtype_struct(Blob::NAME, Base64Visitor)
        } else {
            deserializer.deserialize_byte_buf(BytesVisitor)
        }
    }
}

struct Base64Visitor;

impl<'de> Visitor<'de> for Base64Visitor {
    type Value = Blob;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a Blob")
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Blob, D::Error> {
        deserializer.deserialize_str(self)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Blob, E> {
        base64(text.as_bytes()).ok_or_else(|| E::custom(base64_complaint(text)))
    }

    /// The text as it stands between its quotes; the alphabet has no need of escapes.
    fn visit_bytes<E: de::Error>(self, text: &[u8]) -> Result<Blob, E> {
        base64(text).ok_or_else(|| E::custom("not base64"))
    }
}

fn base64(text: &[u8]) -> Option<Blob> {
    base64_simd::STANDARD.decode_to_vec(text).ok().map(|bytes| Blob(Bytes::from(bytes)))
}

/// AWS's own words for text that is not base64. The marker in front lets the JSON codec recognise them.
fn base64_complaint(text: &str) -> String {
    let alphabet = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/');
    let content = text.strip_suffix("==").or_else(|| text.strip_suffix('=')).unwrap_or(text);
    let stranger = content.chars().find(|c| !alphabet(c));
    let reason = match stranger {
        // Padding in the middle is only looked for where the length is right.
        None | Some('=') if !text.len().is_multiple_of(4) => {
            format!("Base64 encoded length is expected a multiple of 4 bytes but found: {}", text.len())
        }
        Some(stranger) => format!("Invalid Base64 character: '{stranger}'"),
        None => "Invalid last non-pad Base64 character dectected".to_owned(), // sic
    };
    format!("\u{1}'{text}' can not be converted to a Blob: {reason}\u{1}")
}

struct BytesVisitor;

impl Visitor<'_> for BytesVisitor {
    type Value = Blob;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a Blob")
    }

    fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Blob, E> {
        Ok(Blob(Bytes::copy_from_slice(bytes)))
    }

    fn visit_byte_buf<E: de::Error>(self, bytes: Vec<u8>) -> Result<Blob, E> {
        Ok(Blob(Bytes::from(bytes)))
    }
}

/// The name under which instants are serialized, so that XML can tell them from numbers.
pub(crate) const TIMESTAMP: &str = "aws::Timestamp";

/// An instant in milliseconds since 1970-01-01T00:00:00Z.
///
/// JSON: a number of seconds with millisecond decimals. CBOR: tag 1 around an integer of *milli*seconds, which is
/// not what RFC 8949 says of tag 1 but what AWS's SDKs read and write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Timestamp {
    /// Milliseconds since the epoch.
    pub ms: i64,
}

impl Timestamp {
    /// An instant from milliseconds since the epoch.
    pub fn from_ms(ms: u64) -> Self {
        Self { ms: i64::try_from(ms).unwrap_or(i64::MAX) }
    }

    /// The same instant without its fraction of a second, as AWS stamps resources.
    #[must_use]
    pub fn whole_seconds(self) -> Self {
        Self { ms: self.ms - self.ms.rem_euclid(1000) }
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.serialize_newtype_struct(TIMESTAMP, &(self.ms as f64 / 1000.0))
        } else {
            ciborium::tag::Required::<i64, 1>(self.ms).serialize(serializer)
        }
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            deserializer.deserialize_f64(SecondsVisitor)
        } else {
            // The reader passes over the tag.
            i64::deserialize(deserializer).map(|ms| Self { ms })
        }
    }
}

struct SecondsVisitor;

impl Visitor<'_> for SecondsVisitor {
    type Value = Timestamp;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("milliseconds since epoch")
    }

    fn visit_f64<E: de::Error>(self, seconds: f64) -> Result<Timestamp, E> {
        // `as` saturates, so an absurd instant is a far one and never a panic.
        Ok(Timestamp { ms: (seconds * 1000.0).round() as i64 })
    }

    fn visit_i64<E: de::Error>(self, seconds: i64) -> Result<Timestamp, E> {
        Ok(Timestamp { ms: seconds.saturating_mul(1000) })
    }

    fn visit_u64<E: de::Error>(self, seconds: u64) -> Result<Timestamp, E> {
        Ok(Timestamp { ms: i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1000) })
    }
}

/// An enum of the model: its wire names, in the order AWS lists them in error messages.
pub trait WireEnum: Copy + Send + Sync + 'static {
    /// All wire names, in the order of AWS's validation message.
    const NAMES: &'static [&'static str];

    /// The value of a wire name.
    fn from_name(name: &str) -> Option<Self>;

    /// The wire name.
    fn name(self) -> &'static str;
}

/// An enum as it arrived: unknown values are kept, so that validation can name them in AWS's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lenient<E> {
    /// A value of the model.
    Known(E),
    /// Anything else.
    Unknown(String),
}

impl<E: WireEnum> Lenient<E> {
    /// The value. Panics on an unknown one, which the constraints rule out before `run`.
    pub fn known(&self) -> E {
        match self {
            Self::Known(value) => *value,
            Self::Unknown(_) => unreachable!("constraints refuse unknown enum values"),
        }
    }

    /// The text as it arrived.
    pub fn text(&self) -> &str {
        match self {
            Self::Known(value) => value.name(),
            Self::Unknown(text) => text,
        }
    }
}

impl<E: WireEnum> Serialize for Lenient<E> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.text())
    }
}

impl<'de, E: WireEnum> Deserialize<'de> for Lenient<E> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Ok(E::from_name(&text).map_or(Self::Unknown(text), Self::Known))
    }
}

/// Declares an enum of the model: variants and wire names, in the order AWS lists them in error messages.
///
/// A macro because each would otherwise repeat its names three times.
#[macro_export]
macro_rules! wire_enum {
    ($(#[$meta:meta])* $visibility:vis enum $name:ident { $($(#[$variant_meta:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        $visibility enum $name { $($(#[$variant_meta])* $variant),+ }

        impl $crate::WireEnum for $name {
            const NAMES: &'static [&'static str] = &[$($text),+];

            fn from_name(name: &str) -> Option<Self> {
                match name { $($text => Some(Self::$variant),)+ _ => None }
            }

            fn name(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }

        impl ::serde::Serialize for $name {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str($crate::WireEnum::name(*self))
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $name {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <::std::borrow::Cow<'de, str> as ::serde::Deserialize>::deserialize(deserializer)?;
                $crate::WireEnum::from_name(&text)
                    .ok_or_else(|| ::serde::de::Error::unknown_variant(&text, <$name as $crate::WireEnum>::NAMES))
            }
        }
    };
}
