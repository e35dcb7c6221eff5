//! Form parameters as a tree, and the tree as whatever the request's type asks for.
//!
//! `Name=v` is a member, `Outer.Inner=v` a nested one, `List.member.1=v` or `List.1=v` an element,
//! `Map.entry.1.key=k` with `Map.entry.1.value=v` (or without `entry`) a pair.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{self, DeserializeOwned, Deserializer, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;

use crate::Timestamp;

/// Deeper names are refused; no operation's shape comes near.
const DEPTH_MAX: usize = 24;

/// Reads a form into a request.
pub(super) fn decode<T: DeserializeOwned>(body: &[u8]) -> Result<T, Error> {
    let mut root = Node::default();
    for (name, value) in form_urlencoded::parse(body) {
        root.insert(&name, value)?;
    }
    T::deserialize(root)
}

/// Why a form is not the request it should be.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Error(String);

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Error {}

impl de::Error for Error {
    fn custom<T: fmt::Display>(message: T) -> Self {
        // Our own types bring AWS's words along, between markers.
        let text = message.to_string();
        Self(text.split('\u{1}').nth(1).map_or(text.clone(), str::to_owned))
    }
}

/// A parameter's value, and the parameters whose names go on from here.
#[derive(Debug, Default)]
struct Node<'f> {
    value: Option<Cow<'f, str>>,
    children: BTreeMap<String, Node<'f>>,
}

impl<'f> Node<'f> {
    fn insert(&mut self, name: &str, value: Cow<'f, str>) -> Result<(), Error> {
        if name.split('.').count() > DEPTH_MAX {
            return Err(Error("a parameter is nested too deeply".to_owned()));
        }
        let node = name.split('.').fold(self, |node, part| node.children.entry(part.to_owned()).or_default());
        // The first one counts, as with duplicate parameters everywhere at AWS.
        node.value.get_or_insert(value);
        Ok(())
    }

    fn text(self) -> Cow<'f, str> {
        self.value.unwrap_or_default()
    }

    /// The children in the order of their numbers, below `wrapper` where it is there.
    fn numbered(mut self, wrapper: &str) -> Result<Vec<Node<'f>>, Error> {
        let children = match self.children.remove(wrapper) {
            Some(wrapped) if self.children.is_empty() => wrapped.children,
            Some(_) => return Err(Error(format!("a list has both '{wrapper}' and other names"))),
            None => self.children,
        };
        let mut numbered = Vec::with_capacity(children.len());
        for (name, node) in children {
            let digits = !name.is_empty() && name.len() <= 9 && name.bytes().all(|byte| byte.is_ascii_digit());
            let number: u32 =
                name.parse().ok().filter(|_| digits).ok_or_else(|| Error(format!("'{name}' is no list index")))?;
            numbered.push((number, node));
        }
        numbered.sort_by_key(|(number, _)| *number);
        Ok(numbered.into_iter().map(|(_, node)| node).collect())
    }

    /// The pairs of a map with entries, or the members of a structure.
    fn pairs(mut self) -> Result<Vec<(Cow<'f, str>, Node<'f>)>, Error> {
        let numbers = |node: &Node<'_>| {
            let is_entry = |(name, node): (&String, &Node<'_>)| {
                name.bytes().all(|byte| byte.is_ascii_digit()) && node.children.contains_key("key")
            };
            !node.children.is_empty() && node.children.iter().all(is_entry)
        };
        let entries = self.children.get("entry").is_some_and(numbers);
        let flat = numbers(&self);
        if !entries && !flat {
            let members = std::mem::take(&mut self.children);
            return Ok(members.into_iter().map(|(name, node)| (Cow::Owned(name), node)).collect());
        }
        let mut pairs = Vec::new();
        for mut entry in self.numbered("entry")? {
            let key = entry.children.remove("key").unwrap_or_default().text();
            pairs.push((key, entry.children.remove("value").unwrap_or_default()));
        }
        Ok(pairs)
    }
}

impl<'de> IntoDeserializer<'de, Error> for Node<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

macro_rules! parse_number {
    ($($method:ident => $visit:ident: $kind:ty, $class:literal);+ $(;)?) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            let text = self.text();
            let parsed = text.parse::<$kind>();
            visitor.$visit(parsed.map_err(|_| Error(format!("'{text}' can not be converted to {}", $class)))?)
        }
    )+};
}

impl<'de> Deserializer<'de> for Node<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.text() {
            Cow::Borrowed(text) => visitor.visit_borrowed_str(text),
            Cow::Owned(text) => visitor.visit_string(text),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match &*self.text() {
            "true" => visitor.visit_bool(true),
            "false" => visitor.visit_bool(false),
            other => Err(Error(format!("'{other}' can not be converted to a Boolean"))),
        }
    }

    parse_number! {
        deserialize_i8 => visit_i8: i8, "an Integer";
        deserialize_i16 => visit_i16: i16, "an Integer";
        deserialize_i32 => visit_i32: i32, "an Integer";
        deserialize_i64 => visit_i64: i64, "a Long";
        deserialize_u8 => visit_u8: u8, "an Integer";
        deserialize_u16 => visit_u16: u16, "an Integer";
        deserialize_u32 => visit_u32: u32, "an Integer";
        deserialize_u64 => visit_u64: u64, "a Long";
        deserialize_f32 => visit_f32: f32, "a Float";
    }

    /// Also how instants arrive: in ISO 8601, where other protocols have seconds.
    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let text = self.text();
        let instant = || Timestamp::parse_iso8601(&text).map(|instant| instant.ms as f64 / 1000.0);
        let number = text.parse().ok().or_else(instant);
        visitor.visit_f64(number.ok_or_else(|| Error(format!("'{text}' can not be converted to a number or time")))?)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        // An empty list is sent as its bare name.
        visitor.visit_seq(SeqDeserializer::new(self.numbered("member")?.into_iter()))
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_map(MapDeserializer::new(self.pairs()?.into_iter()))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let members = self.children.into_iter();
        visitor.visit_map(MapDeserializer::new(members))
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_enum(self.text().into_deserializer())
    }

    forward_to_deserialize_any! {
        i128 u128 char str string bytes byte_buf unit_struct tuple tuple_struct identifier ignored_any
    }
}
