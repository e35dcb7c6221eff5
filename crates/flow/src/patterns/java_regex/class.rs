//! `[…]`: unions, ranges, intersections and classes in classes, read as `java.util.regex.Pattern` reads them.

use super::escape::{Escaped, either_case, literal};
use super::parse::{DEPTH_MAX, Flags, Parser};

impl Parser {
    /// A class whose bracket was read, as one item. `closes` if its own bracket ends it; the right side of `&&` without brackets
    /// ends before the bracket of the class around it.
    pub(super) fn class(&mut self, closes: bool) -> Result<String, String> {
        self.deeper()?;
        let negated = closes && self.take('^');
        let mut items = String::new();
        loop {
            let Some(character) = self.peek() else { return Err("a bracket is not closed".to_owned()) };
            match character {
                _ if self.is_quoted() => items.push_str(&self.item()?),
                '[' => {
                    self.next();
                    items.push_str(&self.class(true)?);
                }
                '&' if self.is_at("&&") => {
                    self.next();
                    self.next();
                    let right = self.right_side()?;
                    if items.is_empty() {
                        return Err("&& has no left side".to_owned());
                    }
                    items = format!("[[{items}]&&[{right}]]");
                }
                ']' if !items.is_empty() => {
                    if closes {
                        self.next();
                    }
                    break;
                }
                _ => items.push_str(&self.item()?),
            }
        }
        self.depth -= 1;
        Ok(format!("[{}{items}]", if negated { "^" } else { "" }))
    }

    /// What stands right of `&&`, up to the next one or the end of the class.
    fn right_side(&mut self) -> Result<String, String> {
        let mut right = String::new();
        loop {
            match self.peek() {
                None => return Err("a bracket is not closed".to_owned()),
                Some(_) if self.is_quoted() => right.push_str(&self.class(false)?),
                Some(']') if right.is_empty() => return Err("&& has no right side".to_owned()),
                Some(']') => return Ok(right),
                Some('&') if self.is_at("&&") && !right.is_empty() => return Ok(right),
                Some('&') => return Err("& directly behind && is not supported".to_owned()),
                Some('[') => {
                    self.next();
                    right.push_str(&self.class(true)?);
                }
                Some(_) => right.push_str(&self.class(false)?),
            }
        }
    }

    /// A character, a range or a set.
    fn item(&mut self) -> Result<String, String> {
        let first = match self.end_of_range()? {
            Escaped::Character(character) => character,
            Escaped::Set(set) => return Ok(set),
        };
        // A hyphen before a bracket is one.
        if self.peek() != Some('-') || self.is_quoted() || matches!(self.peek_behind(), Some('[' | ']') | None) {
            return Ok(either_case(first, self.flags));
        }
        self.next();
        match self.end_of_range()? {
            Escaped::Character(last) if last >= first => Ok(range(first, last, self.flags)),
            Escaped::Character(_) => Err("a range ends before it starts".to_owned()),
            Escaped::Set(_) => Err("a range cannot end with a set".to_owned()),
        }
    }

    fn end_of_range(&mut self) -> Result<Escaped, String> {
        let quoted = self.is_quoted();
        match self.next() {
            None => Err("a bracket is not closed".to_owned()),
            Some('\\') if !quoted => match self.raw() {
                None => Err("it ends with a backslash".to_owned()),
                // The letter means the set here, and one character in a range.
                Some('v') if self.peek_raw() == Some('-') => Err("\\v in a range is not supported".to_owned()),
                Some(letter) => self.escaped(letter),
            },
            Some(character) => Ok(Escaped::Character(character)),
        }
    }

    pub(super) fn deeper(&mut self) -> Result<(), String> {
        self.depth += 1;
        if self.depth > DEPTH_MAX { Err("it is nested too deeply".to_owned()) } else { Ok(()) }
    }
}

/// A range, with the letters of ASCII in both cases if that does not matter.
fn range(first: char, last: char, flags: Flags) -> String {
    let mut items = format!("{}-{}", literal(first), literal(last));
    if flags.caseless {
        let other = |letter: &char| (first..=last).contains(letter);
        items.extend(('a'..='z').filter(other).map(|letter| letter.to_ascii_uppercase()));
        items.extend(('A'..='Z').filter(other).map(|letter| letter.to_ascii_lowercase()));
    }
    items
}
