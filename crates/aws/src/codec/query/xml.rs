//! Values as XML elements, in the shape of AWS's query answers: lists of `member`, maps of `entry`.

use std::fmt::{self, Write as _};

use serde::ser::{self, Impossible, Serialize, Serializer};

use crate::Timestamp;
use crate::shapes::TIMESTAMP;

/// Appends `<name>…</name>`, or nothing for an absent value.
pub(super) fn write_element<T: Serialize + ?Sized>(out: &mut String, name: &str, value: &T) -> Result<(), Error> {
    value.serialize(Element { out, name, instant: false })
}

/// Appends text with what XML would misread replaced.
pub(super) fn escape(out: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            // A parser would turn a bare carriage return into a line feed.
            '\r' => out.push_str("&#xD;"),
            '\t' | '\n' => out.push(character),
            // XML 1.0 has no way to write these.
            character if character.is_control() && character < ' ' || matches!(character, '\u{fffe}' | '\u{ffff}') => {
                out.push('\u{fffd}');
            }
            character => out.push(character),
        }
    }
}

/// A value that has no place in XML; a mistake in our own shapes.
#[derive(Debug)]
pub(super) struct Error(String);

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Error {}

impl ser::Error for Error {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

struct Element<'o, 'n> {
    out: &'o mut String,
    name: &'n str,
    /// Whether the number to come is seconds since the epoch.
    instant: bool,
}

impl<'o, 'n> Element<'o, 'n> {
    fn text(self, text: &str) -> Result<(), Error> {
        open(self.out, self.name);
        escape(self.out, text);
        close(self.out, self.name);
        Ok(())
    }

    fn container(self) -> Container<'o, 'n> {
        open(self.out, self.name);
        Container { out: self.out, name: self.name }
    }
}

fn open(out: &mut String, name: &str) {
    let _ = write!(out, "<{name}>"); // Writing to a String cannot fail.
}

fn close(out: &mut String, name: &str) {
    let _ = write!(out, "</{name}>"); // Writing to a String cannot fail.
}

/// An element whose content is elements.
struct Container<'o, 'n> {
    out: &'o mut String,
    name: &'n str,
}

impl Container<'_, '_> {
    fn finish(self) -> Result<(), Error> {
        close(self.out, self.name);
        Ok(())
    }
}

macro_rules! as_text {
    ($($method:ident: $kind:ty),+) => {$(
        fn $method(self, value: $kind) -> Result<(), Error> {
            self.text(&value.to_string())
        }
    )+};
}

impl<'o, 'n> Serializer for Element<'o, 'n> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Container<'o, 'n>;
    type SerializeTuple = Container<'o, 'n>;
    type SerializeTupleStruct = Impossible<(), Error>;
    type SerializeTupleVariant = Impossible<(), Error>;
    type SerializeMap = Container<'o, 'n>;
    type SerializeStruct = Container<'o, 'n>;
    type SerializeStructVariant = Impossible<(), Error>;

    as_text! {
        serialize_bool: bool, serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64, serialize_f32: f32,
        serialize_char: char
    }

    fn serialize_f64(self, value: f64) -> Result<(), Error> {
        if self.instant {
            // `as` saturates; the instants we send came from integers.
            return self.text(&Timestamp { ms: (value * 1000.0).round() as i64 }.to_iso8601());
        }
        self.text(&value.to_string())
    }

    fn serialize_str(self, value: &str) -> Result<(), Error> {
        self.text(value)
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), Error> {
        self.text(&base64_simd::STANDARD.encode_to_string(value))
    }

    fn serialize_none(self) -> Result<(), Error> {
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Error> {
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Error> {
        Ok(())
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), Error> {
        self.text(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(mut self, name: &'static str, value: &T) -> Result<(), Error> {
        self.instant = name == TIMESTAMP;
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        let container = self.container();
        write_element(container.out, variant, value)?;
        container.finish()
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Container<'o, 'n>, Error> {
        Ok(self.container())
    }

    fn serialize_tuple(self, _: usize) -> Result<Container<'o, 'n>, Error> {
        Ok(self.container())
    }

    fn serialize_tuple_struct(self, name: &'static str, _: usize) -> Result<Impossible<(), Error>, Error> {
        Err(no_place(name))
    }

    fn serialize_tuple_variant(
        self,
        name: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Impossible<(), Error>, Error> {
        Err(no_place(name))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Container<'o, 'n>, Error> {
        Ok(self.container())
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Container<'o, 'n>, Error> {
        Ok(self.container())
    }

    fn serialize_struct_variant(
        self,
        name: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Impossible<(), Error>, Error> {
        Err(no_place(name))
    }
}

fn no_place(name: &str) -> Error {
    Error(format!("{name} has no form in XML"))
}

impl ser::SerializeSeq for Container<'_, '_> {
    type Ok = ();
    type Error = Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        write_element(self.out, "member", value)
    }

    fn end(self) -> Result<(), Error> {
        self.finish()
    }
}

impl ser::SerializeTuple for Container<'_, '_> {
    type Ok = ();
    type Error = Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        write_element(self.out, "member", value)
    }

    fn end(self) -> Result<(), Error> {
        self.finish()
    }
}

impl ser::SerializeMap for Container<'_, '_> {
    type Ok = ();
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        open(self.out, "entry");
        write_element(self.out, "key", key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        write_element(self.out, "value", value)?;
        close(self.out, "entry");
        Ok(())
    }

    fn end(self) -> Result<(), Error> {
        self.finish()
    }
}

impl ser::SerializeStruct for Container<'_, '_> {
    type Ok = ();
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Error> {
        write_element(self.out, name, value)
    }

    fn end(self) -> Result<(), Error> {
        self.finish()
    }
}
