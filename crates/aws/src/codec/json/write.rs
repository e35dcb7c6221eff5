//! Writes JSON as compactly as serde_json does, with byte strings as base64.
//!
//! Of its own because answers are mostly digits, names and blobs: texts are looked through for escapes in one wide loop
//! instead of byte by byte, and blobs go into the answer without a stop in between. The same writer can also count
//! ([`Length`]), so that an answer's length is known before it is written.

use std::fmt::{self, Display};

use serde::Serialize;
use serde::ser::{self, Serializer};

/// What is written to.
pub(super) trait Sink {
    /// Adds bytes.
    fn put(&mut self, bytes: &[u8]);

    /// Adds the base64 of bytes.
    fn put_base64(&mut self, bytes: &[u8]);
}

impl Sink for Vec<u8> {
    // Most of what is put is a few bytes known at compile time.
    #[inline]
    fn put(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }

    fn put_base64(&mut self, bytes: &[u8]) {
        base64_simd::STANDARD.encode_append(bytes, self);
    }
}

/// How long what was written is.
#[derive(Debug, Default)]
pub(super) struct Length(pub(super) u64);

impl Sink for Length {
    #[inline]
    fn put(&mut self, bytes: &[u8]) {
        self.0 += bytes.len() as u64;
    }

    fn put_base64(&mut self, bytes: &[u8]) {
        self.0 += bytes.len().div_ceil(3) as u64 * 4;
    }
}

/// Why a value is not JSON.
#[derive(Debug)]
pub(super) struct Unwritable(String);

impl Display for Unwritable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unwritable {}

impl ser::Error for Unwritable {
    fn custom<T: Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

/// Writes one value.
pub(super) fn write<S: Sink, T: Serialize + ?Sized>(value: &T, sink: &mut S) -> Result<(), Unwritable> {
    value.serialize(Writer(sink))
}

struct Writer<'s, S>(&'s mut S);

/// Puts a text with its quotes.
pub(super) fn put_text<S: Sink>(text: &str, sink: &mut S) {
    let bytes = text.as_bytes();
    sink.put(b"\"");
    // Without a way out of the loop, so that the compiler makes it a wide one.
    let needs_escape = |found: bool, &byte: &u8| found | (byte < 0x20) | (byte == b'"') | (byte == b'\\');
    if bytes.iter().fold(false, needs_escape) {
        put_escaped(bytes, sink)
    } else {
        sink.put(bytes)
    }
    sink.put(b"\"");
}

fn put_escaped<S: Sink>(mut bytes: &[u8], sink: &mut S) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    while let Some(at) = bytes.iter().position(|&byte| byte < 0x20 || byte == b'"' || byte == b'\\') {
        sink.put(&bytes[..at]);
        match bytes[at] {
            special @ (b'"' | b'\\') => sink.put(&[b'\\', special]),
            0x08 => sink.put(b"\\b"),
            0x0c => sink.put(b"\\f"),
            b'\n' => sink.put(b"\\n"),
            b'\r' => sink.put(b"\\r"),
            b'\t' => sink.put(b"\\t"),
            control => {
                sink.put(b"\\u00");
                sink.put(&[DIGITS[usize::from(control >> 4)], DIGITS[usize::from(control & 15)]]);
            }
        }
        bytes = &bytes[at + 1..];
    }
    sink.put(bytes);
}

/// From here on a number does not hold three decimals exactly.
const MILLIS_MAX: u64 = 1_000_000_000_000_000;

/// A positive number that has at most three decimals, as all instants have, in the same digits as [`put_float`] writes,
/// without the search for the shortest ones; whether it was one.
fn put_millis<S: Sink>(number: f64, sink: &mut S) -> bool {
    // Rounded by the cut; a number that is none saturates and is not found again.
    let millis = (number * 1000.0 + 0.5) as u64;
    // Exact within the bound, so that dividing finds the number again only if these are its digits.
    if !(number >= 1.0 && millis < MILLIS_MAX && millis as f64 / 1000.0 == number) {
        return false;
    }
    sink.put(itoa::Buffer::new().format(millis / 1000).as_bytes());
    let behind = millis % 1000;
    let digit = |place: u64| b'0' + u8::try_from(behind / place % 10).expect("a digit");
    let digits = [b'.', digit(100), digit(10), digit(1)];
    let length = match (behind.is_multiple_of(100), behind.is_multiple_of(10)) {
        (true, _) => 2,
        (_, true) => 3,
        _ => 4,
    };
    sink.put(&digits[..length]);
    true
}

/// The shortest digits that read back as the same number; what is no number is `null`.
fn put_float<S: Sink>(number: impl Serialize, sink: &mut S) -> Result<(), Unwritable> {
    let mut text = [0; 40];
    let mut rest = &mut text[..];
    serde_json::to_writer(&mut rest, &number).map_err(ser::Error::custom)?;
    let unused = rest.len();
    sink.put(&text[..text.len() - unused]);
    Ok(())
}

macro_rules! write_integers {
    ($($method:ident: $kind:ty),+) => {$(
        fn $method(self, number: $kind) -> Result<(), Unwritable> {
            self.0.put(itoa::Buffer::new().format(number).as_bytes());
            Ok(())
        }
    )+};
}

impl<'s, S: Sink> Serializer for Writer<'s, S> {
    type Ok = ();
    type Error = Unwritable;
    type SerializeSeq = Compound<'s, S>;
    type SerializeTuple = Compound<'s, S>;
    type SerializeTupleStruct = Compound<'s, S>;
    type SerializeTupleVariant = Compound<'s, S>;
    type SerializeMap = Compound<'s, S>;
    type SerializeStruct = Compound<'s, S>;
    type SerializeStructVariant = Compound<'s, S>;

    write_integers! {
        serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64, serialize_i128: i128,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64, serialize_u128: u128
    }

    fn serialize_bool(self, value: bool) -> Result<(), Unwritable> {
        self.0.put(if value { b"true" } else { b"false" });
        Ok(())
    }

    fn serialize_f32(self, number: f32) -> Result<(), Unwritable> {
        put_float(number, self.0)
    }

    fn serialize_f64(self, number: f64) -> Result<(), Unwritable> {
        if put_millis(number, self.0) {
            return Ok(());
        }
        put_float(number, self.0)
    }

    fn serialize_char(self, character: char) -> Result<(), Unwritable> {
        self.serialize_str(character.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, text: &str) -> Result<(), Unwritable> {
        put_text(text, self.0);
        Ok(())
    }

    fn serialize_bytes(self, bytes: &[u8]) -> Result<(), Unwritable> {
        self.0.put(b"\"");
        self.0.put_base64(bytes);
        self.0.put(b"\"");
        Ok(())
    }

    fn serialize_none(self) -> Result<(), Unwritable> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Unwritable> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Unwritable> {
        self.0.put(b"null");
        Ok(())
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<(), Unwritable> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), Unwritable> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<(), Unwritable> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Unwritable> {
        let Self(sink) = self;
        put_variant(variant, sink);
        write(value, sink)?;
        sink.put(b"}");
        Ok(())
    }

    fn serialize_seq(self, _length: Option<usize>) -> Result<Compound<'s, S>, Unwritable> {
        Ok(Compound::begin(self.0, b"[", b"]"))
    }

    fn serialize_tuple(self, _length: usize) -> Result<Compound<'s, S>, Unwritable> {
        Ok(Compound::begin(self.0, b"[", b"]"))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Compound<'s, S>, Unwritable> {
        Ok(Compound::begin(self.0, b"[", b"]"))
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _length: usize,
    ) -> Result<Compound<'s, S>, Unwritable> {
        put_variant(variant, self.0);
        Ok(Compound::begin(self.0, b"[", b"]}"))
    }

    fn serialize_map(self, _length: Option<usize>) -> Result<Compound<'s, S>, Unwritable> {
        Ok(Compound::begin(self.0, b"{", b"}"))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Compound<'s, S>, Unwritable> {
        Ok(Compound::begin(self.0, b"{", b"}"))
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _length: usize,
    ) -> Result<Compound<'s, S>, Unwritable> {
        put_variant(variant, self.0);
        Ok(Compound::begin(self.0, b"{", b"}}"))
    }
}

/// An enum's value is an object with one member, named after the variant.
fn put_variant<S: Sink>(variant: &str, sink: &mut S) {
    sink.put(b"{");
    put_text(variant, sink);
    sink.put(b":");
}

/// A list or an object that is being written.
struct Compound<'s, S> {
    sink: &'s mut S,
    is_first: bool,
    close: &'static [u8],
}

impl<'s, S: Sink> Compound<'s, S> {
    fn begin(sink: &'s mut S, open: &[u8], close: &'static [u8]) -> Self {
        sink.put(open);
        Self { sink, is_first: true, close }
    }

    fn item<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unwritable> {
        if !std::mem::take(&mut self.is_first) {
            self.sink.put(b",");
        }
        write(value, self.sink)
    }

    /// Member names of structures are our own; nothing in them is escaped.
    #[inline]
    fn member<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Unwritable> {
        self.sink.put(if std::mem::take(&mut self.is_first) { b"\"" } else { b",\"" });
        self.sink.put(name.as_bytes());
        self.sink.put(b"\":");
        write(value, self.sink)
    }

    fn close(self) -> Result<(), Unwritable> {
        self.sink.put(self.close);
        Ok(())
    }
}

macro_rules! write_items {
    ($($kind:ident: $method:ident),+) => {$(
        impl<S: Sink> ser::$kind for Compound<'_, S> {
            type Ok = ();
            type Error = Unwritable;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unwritable> {
                self.item(value)
            }

            fn end(self) -> Result<(), Unwritable> {
                self.close()
            }
        }
    )+};
}

write_items! {
    SerializeSeq: serialize_element, SerializeTuple: serialize_element, SerializeTupleStruct: serialize_field,
    SerializeTupleVariant: serialize_field
}

macro_rules! write_members {
    ($($kind:ident),+) => {$(
        impl<S: Sink> ser::$kind for Compound<'_, S> {
            type Ok = ();
            type Error = Unwritable;

            #[inline]
            fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Unwritable> {
                self.member(name, value)
            }

            fn end(self) -> Result<(), Unwritable> {
                self.close()
            }
        }
    )+};
}

write_members! { SerializeStruct, SerializeStructVariant }

impl<S: Sink> ser::SerializeMap for Compound<'_, S> {
    type Ok = ();
    type Error = Unwritable;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Unwritable> {
        if !std::mem::take(&mut self.is_first) {
            self.sink.put(b",");
        }
        // Whatever is printed as something else than a string becomes one.
        let mut text = Vec::new();
        write(key, &mut text)?;
        if text.first() == Some(&b'"') {
            self.sink.put(&text);
        } else if text.first().is_some_and(|first| first.is_ascii_digit() || matches!(first, b'-' | b't' | b'f')) {
            self.sink.put(b"\"");
            self.sink.put(&text);
            self.sink.put(b"\"");
        } else {
            return Err(ser::Error::custom("key must be a string"));
        }
        self.sink.put(b":");
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unwritable> {
        write(value, self.sink)
    }

    fn end(self) -> Result<(), Unwritable> {
        self.close()
    }
}

#[cfg(test)]
mod tests;
