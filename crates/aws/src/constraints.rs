//! Checks of a request against the model's constraints, in AWS's words and order.
//!
//! The messages are those AWS answers (`Value 'x' at 'member' failed to satisfy constraint: …`); at most
//! [`FAILURES_MAX`] are listed.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::ops::RangeInclusive;

use regex::Regex;

use crate::{Blob, Lenient, Required, ServiceError, Timestamp, WireEnum};

/// AWS lists and counts no more failures than this in one answer.
const FAILURES_MAX: usize = 10;

/// Collects what is wrong with a request.
#[derive(Debug, Default)]
pub struct Constraints {
    path: String,
    failures: Vec<String>,
}

impl Constraints {
    /// A collector with nothing wrong yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Begins the checks of one member. `name` is the wire name in lowerCamel. A [`Required`] member that is absent
    /// fails here, and its other checks are skipped; so are the checks of an absent `Option`.
    pub fn member<'c, 'v, V: Presence>(&'c mut self, name: &'c str, value: &'v V) -> Member<'c, 'v, V::Inner> {
        let value = value.presence();
        let value = match value {
            Found::Value(value) => Some(value),
            Found::Optional => None,
            Found::Missing => {
                self.fail(name, "null", "Member must not be null");
                None
            }
        };
        Member { check: self, name, value }
    }

    /// Checks the members of a nested structure under `name.`.
    pub fn nested(&mut self, name: &str, body: impl FnOnce(&mut Self)) {
        let length = self.path.len();
        let _ = write!(self.path, "{name}."); // Writing to a String cannot fail.
        body(self);
        self.path.truncate(length);
    }

    /// Checks each structure of a list under `name.1.member.`, `name.2.member.`, …
    pub fn each<T>(&mut self, name: &str, items: &[T], mut body: impl FnMut(&mut Self, &T)) {
        let length = self.path.len();
        for (index, item) in items.iter().enumerate() {
            let _ = write!(self.path, "{name}.{}.member.", index + 1); // Writing to a String cannot fail.
            body(self, item);
            self.path.truncate(length);
        }
    }

    /// Notes a failure in words of the caller: `value` as printed (with its quotes), `constraint` as AWS phrases it.
    pub fn fail(&mut self, name: &str, value: &str, constraint: &str) {
        if self.failures.len() >= FAILURES_MAX {
            return;
        }
        let path = &self.path;
        self.failures.push(format!("Value {value} at '{path}{name}' failed to satisfy constraint: {constraint}"));
    }

    /// The verdict: a `ValidationException` that lists the failures, or nothing.
    pub fn finish(self) -> Result<(), ServiceError> {
        if self.failures.is_empty() {
            return Ok(());
        }
        let count = self.failures.len();
        let plural = if count == 1 { "" } else { "s" };
        let listed = self.failures.join("; ");
        Err(ServiceError::validation(format!("{count} validation error{plural} detected: {listed}")))
    }
}

/// One member under check. Every method is a no-op when the member is absent.
#[derive(Debug)]
pub struct Member<'c, 'v, T> {
    check: &'c mut Constraints,
    name: &'c str,
    value: Option<&'v T>,
}

impl<T: Render> Member<'_, '_, T> {
    fn fail_if(&mut self, failed: impl FnOnce(&T) -> bool, constraint: impl FnOnce() -> String) -> &mut Self {
        if let Some(value) = self.value.filter(|value| failed(value)) {
            let printed = format!("'{}'", Rendered(value));
            self.check.fail(self.name, &printed, &constraint());
        }
        self
    }
}

impl<T: Render + Size> Member<'_, '_, T> {
    /// The length in characters (text), bytes (blobs) or elements (lists, maps).
    pub fn length(&mut self, range: RangeInclusive<usize>) -> &mut Self {
        let (low, high) = (*range.start(), *range.end());
        self.fail_if(|v| v.size() > high, || format!("Member must have length less than or equal to {high}"));
        self.fail_if(|v| v.size() < low, || format!("Member must have length greater than or equal to {low}"))
    }
}

impl<T: Render + Copy + Into<i64>> Member<'_, '_, T> {
    /// The value of a number. Pass `i64::MAX` as the end of a range that is open above.
    pub fn range(&mut self, range: RangeInclusive<i64>) -> &mut Self {
        let (low, high) = (*range.start(), *range.end());
        self.fail_if(|&v| v.into() > high, || format!("Member must have value less than or equal to {high}"));
        self.fail_if(|&v| v.into() < low, || format!("Member must have value greater than or equal to {low}"))
    }
}

impl Member<'_, '_, String> {
    /// The whole text must match `pattern`, which is also what the message prints.
    pub fn pattern(&mut self, pattern: &Pattern) -> &mut Self {
        self.fail_if(
            |v| !pattern.matches(v),
            || format!("Member must satisfy regular expression pattern: {}", pattern.text),
        )
    }
}

impl<E: WireEnum> Member<'_, '_, Lenient<E>> {
    /// The value must be one of the model's.
    pub fn known(&mut self) -> &mut Self {
        self.fail_if(
            |v| matches!(v, Lenient::Unknown(_)),
            || format!("Member must satisfy enum value set: [{}]", E::NAMES.join(", ")),
        )
    }
}

impl<E: WireEnum> Member<'_, '_, Vec<Lenient<E>>> {
    /// Every element must be one of the model's values.
    pub fn all_known(&mut self) -> &mut Self {
        self.fail_if(
            |v| v.iter().any(|item| matches!(item, Lenient::Unknown(_))),
            || {
                format!(
                    "Member must satisfy constraint: [Member must satisfy enum value set: [{}]]",
                    E::NAMES.join(", ")
                )
            },
        )
    }
}

impl Member<'_, '_, Vec<String>> {
    /// Every element must have a length in the range.
    pub fn each_length(&mut self, range: RangeInclusive<usize>) -> &mut Self {
        self.fail_if(
            |v| v.iter().any(|item| !range.contains(&item.size())),
            || format!("Member must satisfy constraint: {}", length_list(&range)),
        )
    }
}

impl Member<'_, '_, BTreeMap<String, String>> {
    /// Every key must have a length in the range.
    pub fn keys_length(&mut self, range: RangeInclusive<usize>) -> &mut Self {
        self.fail_if(
            |v| v.keys().any(|key| !range.contains(&key.size())),
            || format!("Map keys must satisfy constraint: {}", length_list(&range)),
        )
    }

    /// Every value must have a length in the range.
    pub fn values_length(&mut self, range: RangeInclusive<usize>) -> &mut Self {
        self.fail_if(
            |v| v.values().any(|value| !range.contains(&value.size())),
            || format!("Map value must satisfy constraint: {}", length_list(&range)),
        )
    }
}

fn length_list(range: &RangeInclusive<usize>) -> String {
    let (low, high) = (range.start(), range.end());
    format!(
        "[Member must have length less than or equal to {high}, Member must have length greater than or equal to {low}]"
    )
}

/// A regular expression of the model: matched against the whole text, printed as AWS prints it.
#[derive(Debug)]
pub struct Pattern {
    text: &'static str,
    regex: Regex,
    /// The characters of a pattern that allows any number of a few, as names have it: no need for an engine.
    letters: Option<Box<[bool; 128]>>,
}

impl Pattern {
    /// Compiles a pattern of the model. Panics on a bad one, which is a mistake in our own source.
    pub fn new(text: &'static str) -> Self {
        let regex = Regex::new(&format!("^(?:{text})$")).expect("patterns are constants of the model");
        Self { text, regex, letters: letters(text).map(Box::new) }
    }

    /// Whether the whole of `value` matches.
    pub fn matches(&self, value: &str) -> bool {
        match &self.letters {
            Some(letters) => {
                let fits = |byte: &u8| letters.get(usize::from(*byte)).copied().unwrap_or(false);
                !value.is_empty() && value.as_bytes().iter().all(fits)
            }
            None => self.regex.is_match(value),
        }
    }
}

/// What a pattern like `[a-zA-Z0-9_.-]+` allows; `None` for all that is less simple.
fn letters(text: &str) -> Option<[bool; 128]> {
    let class = text.strip_prefix('[')?.strip_suffix("]+")?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-' | b'/' | b' ');
    if !class.bytes().all(is_plain) || class.contains("--") {
        return None;
    }
    let mut letters = [false; 128];
    let mut rest = class.as_bytes();
    while let [first, behind @ ..] = rest {
        let (last, behind) = match behind {
            [b'-', last, behind @ ..] => (last, behind),
            _ => (first, behind),
        };
        letters[usize::from(*first)..=usize::from(*last)].fill(true);
        rest = behind;
    }
    Some(letters)
}

/// How long a member is, in the unit its length constraint counts.
pub trait Size {
    /// Characters of a text, bytes of a blob, elements of a list or map.
    fn size(&self) -> usize;
}

impl Size for String {
    fn size(&self) -> usize {
        // Byte length decides almost always, and costs nothing.
        if self.is_ascii() { self.len() } else { self.chars().count() }
    }
}

impl Size for Blob {
    fn size(&self) -> usize {
        self.len()
    }
}

impl<T> Size for Vec<T> {
    fn size(&self) -> usize {
        self.len()
    }
}

impl<K, V> Size for BTreeMap<K, V> {
    fn size(&self) -> usize {
        self.len()
    }
}

/// How AWS prints a value in a validation message.
pub trait Render {
    /// Writes the value without its surrounding quotes.
    fn render(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result;
}

struct Rendered<'a, T>(&'a T);

impl<T: Render> fmt::Display for Rendered<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.render(f)
    }
}

macro_rules! render_as_display {
    ($($kind:ty),+) => {$(
        impl Render for $kind {
            fn render(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{self}")
            }
        }
    )+};
}

render_as_display!(String, i32, i64, u32, bool);

impl Render for Blob {
    fn render(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

impl Render for Timestamp {
    fn render(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.ms)
    }
}

impl<E: WireEnum> Render for Lenient<E> {
    fn render(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

impl<T: Render> Render for Vec<T> {
    fn render(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('[')?;
        for (index, item) in self.iter().enumerate() {
            f.write_str(if index == 0 { "" } else { ", " })?;
            item.render(f)?;
        }
        f.write_char(']')
    }
}

impl<K: Render, V: Render> Render for BTreeMap<K, V> {
    fn render(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('{')?;
        for (index, (key, value)) in self.iter().enumerate() {
            f.write_str(if index == 0 { "" } else { ", " })?;
            key.render(f)?;
            f.write_char('=')?;
            value.render(f)?;
        }
        f.write_char('}')
    }
}

/// A member's value, or the reason it has none.
#[derive(Debug)]
pub enum Found<'v, T> {
    /// Present.
    Value(&'v T),
    /// Absent, and allowed to be.
    Optional,
    /// Absent, though the model requires it.
    Missing,
}

/// What may be absent: `Option` (allowed) and [`Required`] (a failure).
pub trait Presence {
    /// The type of the value when it is there.
    type Inner;

    /// The value, or why there is none.
    fn presence(&self) -> Found<'_, Self::Inner>;
}

impl<T> Presence for Option<T> {
    type Inner = T;

    fn presence(&self) -> Found<'_, T> {
        self.as_ref().map_or(Found::Optional, Found::Value)
    }
}

impl<T> Presence for Required<T> {
    type Inner = T;

    fn presence(&self) -> Found<'_, T> {
        self.get().map_or(Found::Missing, Found::Value)
    }
}

#[cfg(test)]
mod tests;
