//! What values have in common.

use crate::formats::{instant, number};
use crate::types::{DataType, TEXT_CHARACTERS_MAX};

/// What the values of a column have been so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Kinds {
    booleans: bool,
    integers: bool,
    large: bool,
    doubles: bool,
    instants: bool,
    texts: bool,
    characters_max: usize,
}

impl Kinds {
    /// Notes a JSON number.
    pub(super) fn number(&mut self, text: &str) {
        self.noted(text);
        match number::integer(text).filter(|_| text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')) {
            Some(value) => {
                self.integers = true;
                self.large |= i32::try_from(value).is_err();
            }
            None => self.doubles = true,
        }
    }

    /// Notes a JSON boolean.
    pub(super) fn boolean(&mut self, text: &str) {
        self.noted(text);
        self.booleans = true;
    }

    /// Notes a text between quotes, or an array or object.
    pub(super) fn text(&mut self, text: &str) {
        self.noted(text);
        match instant::timestamp(text.as_bytes()) {
            Some(_) => self.instants = true,
            None => self.texts = true,
        }
    }

    /// Notes a field of a line, which says nothing of its kind.
    pub(super) fn field(&mut self, text: &str) {
        if number::double(text.trim()).is_some() {
            self.number(text.trim());
        } else if text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false") {
            self.boolean(text);
        } else {
            self.text(text);
        }
    }

    /// Notes an object that was taken apart elsewhere, by how many characters it is written with.
    pub(super) fn object(&mut self, characters: usize) {
        self.texts = true;
        self.characters_max = self.characters_max.max(characters);
    }

    fn noted(&mut self, text: &str) {
        self.characters_max = self.characters_max.max(text.chars().count());
    }

    /// The type that holds them all; a short text where nothing but NULL was seen.
    pub(super) fn data_type(&self) -> DataType {
        let Self { booleans, integers, large, doubles, instants, texts, .. } = *self;
        match (booleans, integers || doubles, instants, texts) {
            (true, false, false, false) => DataType::Boolean,
            (false, true, false, false) if doubles => DataType::Double,
            (false, true, false, false) if large => DataType::BigInt,
            (false, true, false, false) => DataType::Integer,
            (false, false, true, false) => DataType::Timestamp,
            _ => DataType::Varchar(length(self.characters_max)),
        }
    }
}

/// AWS's samples show VARCHAR(4), (16), (64): powers of two.
fn length(characters: usize) -> u32 {
    let length = u32::try_from(characters.max(4).next_power_of_two()).unwrap_or(TEXT_CHARACTERS_MAX);
    length.min(TEXT_CHARACTERS_MAX)
}

/// Whether a text can be a value of a type that discovery gives.
pub(super) fn fits(text: &str, data_type: DataType) -> bool {
    match data_type {
        DataType::Boolean => text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false"),
        DataType::Integer => number::integer(text.trim()).is_some_and(|value| i32::try_from(value).is_ok()),
        DataType::BigInt => number::integer(text.trim()).is_some(),
        DataType::Double => number::double(text.trim()).is_some(),
        DataType::Timestamp => instant::timestamp(text.trim().as_bytes()).is_some(),
        _ => true,
    }
}
