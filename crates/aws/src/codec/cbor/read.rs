//! A reader for CBOR from strangers: nothing is believed before its bytes are there.
//!
//! Own code, since clients chunk strings (Jackson does) wherever they like, member names included, and the reader at
//! hand refuses those. Indefinite lengths are accepted everywhere; tags are passed over; floats are no integers.
//! <https://www.rfc-editor.org/rfc/rfc8949>

use std::borrow::Cow;
use std::fmt;

use serde::de::value::CowStrDeserializer;
use serde::de::{self, DeserializeOwned, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;

/// Deeper values are refused, so that no input exhausts the stack.
const DEPTH_MAX: usize = 128;
/// The byte that ends an indefinite length.
const BREAK: u8 = 0xff;
const NULL: u8 = 0xf6;
const UNDEFINED: u8 = 0xf7;

const UNSIGNED: u8 = 0;
const NEGATIVE: u8 = 1;
const BYTES: u8 = 2;
const TEXT: u8 = 3;
const ARRAY: u8 = 4;
const MAP: u8 = 5;
const TAG: u8 = 6;

/// Reads one value that fills `body`.
pub(super) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Unreadable> {
    let mut reader = Reader { rest: body, depth: 0 };
    let value = T::deserialize(&mut reader)?;
    if reader.rest.is_empty() { Ok(value) } else { Err(Unreadable) }
}

/// The bytes are not the value they should be. AWS says nothing more about it either.
#[derive(Debug)]
pub(super) struct Unreadable;

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("unreadable CBOR")
    }
}

impl std::error::Error for Unreadable {}

impl de::Error for Unreadable {
    fn custom<T: fmt::Display>(_message: T) -> Self {
        Self
    }
}

struct Reader<'de> {
    rest: &'de [u8],
    depth: usize,
}

/// What an item begins with: its major type and its number; no number means indefinite.
struct Head {
    major: u8,
    minor: u8,
    number: Option<u64>,
}

impl<'de> Reader<'de> {
    fn peek(&self) -> Result<u8, Unreadable> {
        self.rest.first().copied().ok_or(Unreadable)
    }

    fn take(&mut self, count: u64) -> Result<&'de [u8], Unreadable> {
        let count = usize::try_from(count).map_err(|_| Unreadable)?;
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(Unreadable)?;
        self.rest = rest;
        Ok(taken)
    }

    /// Takes the break of an indefinite length, if it is next.
    fn take_break(&mut self) -> Result<bool, Unreadable> {
        let is_break = self.peek()? == BREAK;
        if is_break {
            self.take(1)?;
        }
        Ok(is_break)
    }

    fn head(&mut self) -> Result<Head, Unreadable> {
        let first = self.take(1)?[0];
        let (major, minor) = (first >> 5, first & 0x1f);
        let number = match minor {
            0..=23 => Some(u64::from(minor)),
            24..=27 => {
                let bytes = self.take(1 << (minor - 24))?;
                Some(bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
            }
            31 if (BYTES..=MAP).contains(&major) => None,
            _ => return Err(Unreadable),
        };
        Ok(Head { major, minor, number })
    }

    /// The head of the next item that is no tag.
    fn untagged(&mut self) -> Result<Head, Unreadable> {
        for _ in 0..DEPTH_MAX {
            let head = self.head()?;
            if head.major != TAG {
                return Ok(head);
            }
        }
        Err(Unreadable)
    }

    fn expect(&mut self, major: u8) -> Result<Option<u64>, Unreadable> {
        let head = self.untagged()?;
        if head.major == major { Ok(head.number) } else { Err(Unreadable) }
    }

    /// The content of a string, whole or in chunks.
    fn string(&mut self, major: u8, length: Option<u64>) -> Result<Cow<'de, [u8]>, Unreadable> {
        if let Some(length) = length {
            return self.take(length).map(Cow::Borrowed);
        }
        let mut whole = Vec::new();
        while !self.take_break()? {
            let chunk = self.head()?;
            let length = chunk.number.filter(|_| chunk.major == major).ok_or(Unreadable)?;
            whole.extend_from_slice(self.take(length)?);
        }
        Ok(Cow::Owned(whole))
    }

    fn text(&mut self, length: Option<u64>) -> Result<Cow<'de, str>, Unreadable> {
        match self.string(TEXT, length)? {
            Cow::Borrowed(bytes) => std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|_| Unreadable),
            Cow::Owned(bytes) => String::from_utf8(bytes).map(Cow::Owned).map_err(|_| Unreadable),
        }
    }

    fn visit_text<V: Visitor<'de>>(&mut self, length: Option<u64>, visitor: V) -> Result<V::Value, Unreadable> {
        match self.text(length)? {
            Cow::Borrowed(text) => visitor.visit_borrowed_str(text),
            Cow::Owned(text) => visitor.visit_string(text),
        }
    }

    fn visit_bytes<V: Visitor<'de>>(&mut self, length: Option<u64>, visitor: V) -> Result<V::Value, Unreadable> {
        match self.string(BYTES, length)? {
            Cow::Borrowed(bytes) => visitor.visit_borrowed_bytes(bytes),
            Cow::Owned(bytes) => visitor.visit_byte_buf(bytes),
        }
    }

    /// Reads the items of an array or map, one level deeper. All of them must be read.
    fn items<T>(
        &mut self,
        left: Option<u64>,
        visit: impl FnOnce(&mut Items<'_, 'de>) -> Result<T, Unreadable>,
    ) -> Result<T, Unreadable> {
        if self.depth == DEPTH_MAX {
            return Err(Unreadable);
        }
        self.depth += 1;
        let mut items = Items { reader: self, left, ended: false };
        let value = visit(&mut items)?;
        let is_read = items.ended || items.left == Some(0) || !items.more()?;
        self.depth -= 1;
        if is_read { Ok(value) } else { Err(Unreadable) }
    }
}

impl<'de> Deserializer<'de> for &mut Reader<'de> {
    type Error = Unreadable;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        let head = self.untagged()?;
        match (head.major, head.number) {
            (UNSIGNED, Some(number)) => visitor.visit_u64(number),
            (NEGATIVE, Some(number)) => match i64::try_from(number) {
                Ok(number) => visitor.visit_i64(-1 - number),
                Err(_) => visitor.visit_i128(-1 - i128::from(number)),
            },
            (BYTES, length) => self.visit_bytes(length, visitor),
            (TEXT, length) => self.visit_text(length, visitor),
            (ARRAY, length) => self.items(length, |items| visitor.visit_seq(items)),
            (MAP, length) => self.items(length, |items| visitor.visit_map(items)),
            (_, Some(number)) => match head.minor {
                20 | 21 => visitor.visit_bool(head.minor == 21),
                22 | 23 => visitor.visit_unit(),
                25 => visitor.visit_f64(half(number)),
                26 => visitor.visit_f64(f64::from(f32::from_bits(number as u32))),
                27 => visitor.visit_f64(f64::from_bits(number)),
                _ => Err(Unreadable),
            },
            (_, None) => Err(Unreadable),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        if matches!(self.peek()?, NULL | UNDEFINED) {
            self.take(1)?;
            return visitor.visit_none();
        }
        visitor.visit_some(self)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        let length = self.expect(TEXT)?;
        self.visit_text(length, visitor)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        self.deserialize_str(visitor)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        self.deserialize_str(visitor)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        let length = self.expect(BYTES)?;
        self.visit_bytes(length, visitor)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        let length = self.expect(ARRAY)?;
        self.items(length, |items| visitor.visit_seq(items))
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        let length = self.expect(MAP)?;
        self.items(length, |items| visitor.visit_map(items))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        self.deserialize_map(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Unreadable> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        let length = self.expect(TEXT)?;
        visitor.visit_enum(CowStrDeserializer::new(self.text(length)?))
    }

    fn is_human_readable(&self) -> bool {
        false
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char unit unit_struct tuple tuple_struct ignored_any
    }
}

/// The items of one array or map.
struct Items<'r, 'de> {
    reader: &'r mut Reader<'de>,
    /// Items or pairs still to come; `None` until the break.
    left: Option<u64>,
    ended: bool,
}

impl Items<'_, '_> {
    fn more(&mut self) -> Result<bool, Unreadable> {
        self.ended = self.ended
            || match &mut self.left {
                Some(0) => true,
                Some(left) => {
                    *left -= 1;
                    false
                }
                None => self.reader.take_break()?,
            };
        Ok(!self.ended)
    }

    /// Every item takes a byte at least, whatever length was promised.
    fn left_at_most(&self) -> Option<usize> {
        let left = usize::try_from(self.left?).unwrap_or(usize::MAX);
        Some(left.min(self.reader.rest.len()))
    }
}

impl<'de> SeqAccess<'de> for &mut Items<'_, 'de> {
    type Error = Unreadable;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Unreadable> {
        if self.more()? { seed.deserialize(&mut *self.reader).map(Some) } else { Ok(None) }
    }

    fn size_hint(&self) -> Option<usize> {
        self.left_at_most()
    }
}

impl<'de> MapAccess<'de> for &mut Items<'_, 'de> {
    type Error = Unreadable;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Unreadable> {
        if self.more()? { seed.deserialize(&mut *self.reader).map(Some) } else { Ok(None) }
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Unreadable> {
        seed.deserialize(&mut *self.reader)
    }

    fn size_hint(&self) -> Option<usize> {
        self.left_at_most()
    }
}

/// A float of half precision.
fn half(bits: u64) -> f64 {
    let sign = if bits & 0x8000 == 0 { 1.0 } else { -1.0 };
    let (exponent, fraction) = (bits >> 10 & 0x1f, (bits & 0x3ff) as f64);
    let size = match exponent {
        0 => fraction * 2_f64.powi(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        exponent => (1024.0 + fraction) * 2_f64.powi(exponent as i32 - 25),
    };
    sign * size
}
