//! A quick reader for the JSON that SDKs send all day: no escapes, no fractions.
//!
//! It hands everything else back, and the careful reader reads it from the start; so it decides nothing and has no
//! words of its own. It exists for the bodies of PutRecords, whose cost is scanning long strings: here that is one
//! vectorised search per string, and blobs are not looked at twice.

use std::fmt;

use memchr::{memchr, memchr2};
use serde::de::{self, DeserializeOwned, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;

use crate::Blob;

/// Deeper values are handed back; the careful reader has its own limit.
const DEPTH_MAX: usize = 64;
/// Integers of more digits are handed back.
const DIGITS_MAX: usize = 18;

/// Reads a whole body, if it is plain.
pub(super) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, NotPlain> {
    let mut reader = Reader { rest: body, depth: 0 };
    let value = T::deserialize(&mut reader)?;
    reader.skip_blanks();
    if reader.rest.is_empty() { Ok(value) } else { Err(NotPlain) }
}

/// Not plain, or not JSON, or not the type that was asked for.
#[derive(Debug)]
pub(super) struct NotPlain;

impl fmt::Display for NotPlain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not plain JSON")
    }
}

impl std::error::Error for NotPlain {}

impl de::Error for NotPlain {
    fn custom<T: fmt::Display>(_message: T) -> Self {
        Self
    }
}

struct Reader<'de> {
    rest: &'de [u8],
    depth: usize,
}

impl<'de> Reader<'de> {
    fn skip_blanks(&mut self) {
        while let [b' ' | b'\n' | b'\t' | b'\r', rest @ ..] = self.rest {
            self.rest = rest;
        }
    }

    /// The next byte that is no blank.
    fn peek(&mut self) -> Result<u8, NotPlain> {
        self.skip_blanks();
        self.rest.first().copied().ok_or(NotPlain)
    }

    fn take(&mut self, wanted: u8) -> Result<(), NotPlain> {
        if self.peek()? != wanted {
            return Err(NotPlain);
        }
        self.rest = &self.rest[1..];
        Ok(())
    }

    fn literal(&mut self, text: &str) -> Result<(), NotPlain> {
        self.rest = self.rest.strip_prefix(text.as_bytes()).ok_or(NotPlain)?;
        Ok(())
    }

    fn string(&mut self) -> Result<&'de str, NotPlain> {
        self.take(b'"')?;
        let end = memchr2(b'"', b'\\', self.rest).ok_or(NotPlain)?;
        let (text, rest) = self.rest.split_at(end);
        // Without a way out of the loop, so that the compiler makes it a wide one.
        let has_control = text.iter().fold(false, |found, &byte| found | (byte < 0x20));
        if rest[0] != b'"' || has_control {
            return Err(NotPlain);
        }
        self.rest = &rest[1..];
        std::str::from_utf8(text).map_err(|_| NotPlain)
    }

    /// The base64 of a blob. Whoever decodes it refuses escapes, control characters and all that is not ASCII.
    fn base64(&mut self) -> Result<&'de [u8], NotPlain> {
        self.take(b'"')?;
        let end = memchr(b'"', self.rest).ok_or(NotPlain)?;
        let (text, rest) = self.rest.split_at(end);
        self.rest = &rest[1..];
        Ok(text)
    }

    fn integer<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, NotPlain> {
        let (is_negative, digits) = match self.rest {
            [b'-', rest @ ..] => (true, rest),
            rest => (false, rest),
        };
        let count = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (digits, rest) = digits.split_at(count);
        let is_plain = (1..=DIGITS_MAX).contains(&count)
            && (digits[0] != b'0' || (count == 1 && !is_negative))
            && !matches!(rest.first(), Some(b'.' | b'e' | b'E'));
        if !is_plain {
            return Err(NotPlain);
        }
        self.rest = rest;
        let number = digits.iter().fold(0_i64, |number, digit| number * 10 + i64::from(digit - b'0'));
        if is_negative { visitor.visit_i64(-number) } else { visitor.visit_u64(number.unsigned_abs()) }
    }

    /// Reads what stands between two brackets, one level deeper. All of it must be read.
    fn items<T>(
        &mut self,
        open: u8,
        close: u8,
        visit: impl FnOnce(&mut Items<'_, 'de>) -> Result<T, NotPlain>,
    ) -> Result<T, NotPlain> {
        self.take(open)?;
        if self.depth == DEPTH_MAX {
            return Err(NotPlain);
        }
        self.depth += 1;
        let mut items = Items { reader: self, close, is_first: true };
        let value = visit(&mut items)?;
        self.depth -= 1;
        self.take(close)?;
        Ok(value)
    }
}

impl<'de> Deserializer<'de> for &mut Reader<'de> {
    type Error = NotPlain;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NotPlain> {
        match self.peek()? {
            b'"' => visitor.visit_borrowed_str(self.string()?),
            b'{' => self.items(b'{', b'}', |items| visitor.visit_map(items)),
            b'[' => self.items(b'[', b']', |items| visitor.visit_seq(items)),
            b't' => self.literal("true").and_then(|()| visitor.visit_bool(true)),
            b'f' => self.literal("false").and_then(|()| visitor.visit_bool(false)),
            b'n' => self.literal("null").and_then(|()| visitor.visit_unit()),
            _ => self.integer(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NotPlain> {
        if self.peek()? == b'n' {
            self.literal("null")?;
            return visitor.visit_none();
        }
        visitor.visit_some(self)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NotPlain> {
        visitor.visit_borrowed_str(self.string()?)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NotPlain> {
        self.deserialize_str(visitor)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NotPlain> {
        self.deserialize_str(visitor)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NotPlain> {
        self.items(b'[', b']', |items| visitor.visit_seq(items))
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NotPlain> {
        self.items(b'{', b'}', |items| visitor.visit_map(items))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, NotPlain> {
        self.deserialize_map(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, NotPlain> {
        match name {
            Blob::NAME => visitor.visit_borrowed_bytes(self.base64()?),
            // A name that only serde_json understands.
            name if name.starts_with('$') => Err(NotPlain),
            _ => visitor.visit_newtype_struct(self),
        }
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value, NotPlain> {
        Err(NotPlain)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value, NotPlain> {
        Err(NotPlain)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        _visitor: V,
    ) -> Result<V::Value, NotPlain> {
        Err(NotPlain)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char unit unit_struct tuple tuple_struct ignored_any
    }
}

/// The items of one array or object.
struct Items<'r, 'de> {
    reader: &'r mut Reader<'de>,
    close: u8,
    is_first: bool,
}

impl Items<'_, '_> {
    /// Steps to the next item, over the comma before it.
    fn more(&mut self) -> Result<bool, NotPlain> {
        if self.reader.peek()? == self.close {
            return Ok(false);
        }
        if !std::mem::take(&mut self.is_first) {
            self.reader.take(b',')?;
        }
        Ok(true)
    }
}

impl<'de> SeqAccess<'de> for &mut Items<'_, 'de> {
    type Error = NotPlain;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, NotPlain> {
        if self.more()? { seed.deserialize(&mut *self.reader).map(Some) } else { Ok(None) }
    }
}

impl<'de> MapAccess<'de> for &mut Items<'_, 'de> {
    type Error = NotPlain;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, NotPlain> {
        if !self.more()? {
            return Ok(None);
        }
        // Whatever the key's type would make of something else: in JSON it is a string.
        if self.reader.peek()? != b'"' { Err(NotPlain) } else { seed.deserialize(&mut *self.reader).map(Some) }
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, NotPlain> {
        self.reader.take(b':')?;
        seed.deserialize(&mut *self.reader)
    }
}
