//! Java's regular expressions.
//!
//! Source: <https://docs.oracle.com/en/java/javase/17/docs/api/java.base/java/util/regex/Pattern.html>. A pattern is read as Java
//! reads it and written anew for two engines: the `regex` crate's, whose time is linear, for all that it can do, and
//! `fancy-regex`, which goes back, for looking round, earlier groups, atoms and lines. Where both could serve but the linear one
//! would mean something else in some texts (the end before a last line break, words' edges outside ASCII), the text decides. What
//! neither means as Java does is refused by name.

mod block;
mod class;
mod escape;
mod group;
mod parse;
mod quirks;
#[cfg(test)]
mod tests;
mod tree;
mod write;

use std::sync::Arc;

use crate::{Fault, Span};
use tree::Needs;

/// The most steps back that one search may take.
const STEPS_MAX: usize = 1_000_000;
/// The most memory of one compiled pattern, in bytes.
const COMPILED_BYTES_MAX: usize = 1 << 20;

/// A pattern that was understood.
#[derive(Debug, Clone)]
pub struct JavaRegex(Arc<Compiled>);

#[derive(Debug)]
struct Compiled {
    pattern: String,
    linear: Option<regex::Regex>,
    exact: Option<fancy_regex::Regex>,
    needs: Needs,
    /// The names of the groups, the whole match first.
    groups: Vec<Option<String>>,
}

/// A match: where it and its groups are.
#[derive(Debug)]
pub struct Found<'r, 't> {
    text: &'t str,
    places: Vec<Option<(usize, usize)>>,
    names: &'r [Option<String>],
}

impl JavaRegex {
    /// Understands a pattern that is searched for.
    ///
    /// # Errors
    /// What Java refuses, and what the engines cannot do as Java does it.
    pub fn parse(pattern: &str, span: Span) -> Result<Self, Fault> {
        Self::new(pattern, Use::Groups, span)
    }

    /// Understands a pattern of which only the whole match counts.
    ///
    /// # Errors
    /// As [`JavaRegex::parse`].
    pub fn parse_without_groups(pattern: &str, span: Span) -> Result<Self, Fault> {
        Self::new(pattern, Use::Match, span)
    }

    /// Understands a pattern that all of a text must fit, as in Java's `Matcher.matches`.
    ///
    /// # Errors
    /// As [`JavaRegex::parse`].
    pub fn parse_whole(pattern: &str, span: Span) -> Result<Self, Fault> {
        Self::new(pattern, Use::WholeText, span)
    }

    fn new(pattern: &str, used: Use, span: Span) -> Result<Self, Fault> {
        let refused = |why: &str| Fault::new(span, format!("Regular expression '{pattern}': {why}"));
        let parsed = parse::parse(pattern).map_err(|why| refused(&why))?;
        if let Some(why) = quirks::quirk(&parsed.tree, used != Use::Match) {
            return Err(refused(why));
        }
        let (needs, whole) = (parsed.tree.needs(), used == Use::WholeText);
        let written = |linear| {
            let mut out = String::new();
            out.push_str(if whole { r"\A(?:" } else { "(?:" });
            write::write(&parsed.tree, linear, &mut out);
            out.push_str(if whole { r")\z" } else { ")" });
            out
        };
        let linear = match needs.backtracking {
            true => None,
            false => {
                let built = regex::RegexBuilder::new(&written(true)).size_limit(COMPILED_BYTES_MAX).build();
                Some(built.map_err(|error| match error {
                    regex::Error::CompiledTooBig(_) => refused("it is too large"),
                    _ => refused("it is not a regular expression"),
                })?)
            }
        };
        let exact = match needs {
            Needs { backtracking: false, words: false, last_line: false } => None,
            _ => {
                let mut builder = fancy_regex::RegexBuilder::new(&written(false));
                builder
                    .backtrack_limit(STEPS_MAX)
                    .delegate_size_limit(COMPILED_BYTES_MAX)
                    .max_prog_size(COMPILED_BYTES_MAX / 64);
                Some(builder.build().map_err(|_| refused("it is too large, or cannot be carried out"))?)
            }
        };
        let pattern = pattern.to_owned();
        Ok(Self(Arc::new(Compiled { pattern, linear, exact, needs, groups: parsed.groups })))
    }

    /// How many groups there are.
    pub fn groups(&self) -> usize {
        self.0.groups.len() - 1
    }

    /// The first match.
    ///
    /// # Errors
    /// A search that takes too many steps, as a sentence without its full stop.
    pub fn find<'t>(&self, text: &'t str) -> Result<Option<&'t str>, String> {
        match self.0.engine(text) {
            Engine::Linear(regex) => Ok(regex.find(text).map(|found| found.as_str())),
            Engine::Exact(regex) => {
                regex.find(text).map(|found| found.map(|found| found.as_str())).map_err(|_| self.0.endless())
            }
        }
    }

    /// The first match from a place on, with its groups; what stands before the place is still seen.
    ///
    /// # Errors
    /// As [`JavaRegex::find`].
    pub fn captures_at<'t>(&self, text: &'t str, at: usize) -> Result<Option<Found<'_, 't>>, String> {
        let names = &self.0.groups[..];
        let places = match self.0.engine(text) {
            Engine::Linear(regex) => regex.captures_at(text, at).map(|found| {
                found.iter().map(|group| group.map(|group| (group.start(), group.end()))).collect::<Vec<_>>()
            }),
            Engine::Exact(regex) => {
                let found = regex.captures_from_pos(text, at).map_err(|_| self.0.endless())?;
                found.map(|found| found.iter().map(|group| group.map(|group| (group.start(), group.end()))).collect())
            }
        };
        Ok(places.map(|places| Found { text, places, names }))
    }
}

/// What is asked of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Use {
    /// Where it matches.
    Match,
    /// That, and its groups.
    Groups,
    /// Its groups where it matches all of a text.
    WholeText,
}

enum Engine<'r> {
    Linear(&'r regex::Regex),
    Exact(&'r fancy_regex::Regex),
}

impl Compiled {
    /// The linear engine, unless it cannot do it or would mean something else in this text.
    fn engine(&self, text: &str) -> Engine<'_> {
        let differs = self.needs.words && !text.is_ascii()
            || self.needs.last_line && text.ends_with(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']);
        match (&self.linear, &self.exact) {
            (Some(linear), _) if !differs => Engine::Linear(linear),
            (_, Some(exact)) => Engine::Exact(exact),
            (Some(linear), None) => Engine::Linear(linear),
            (None, None) => unreachable!("what the linear engine cannot do was compiled for the other"),
        }
    }

    fn endless(&self) -> String {
        format!("The regular expression '{}' takes too many steps on this text", self.pattern)
    }
}

impl<'t> Found<'_, 't> {
    /// A group; the whole match is the first. None if it took no part, or is not there.
    pub fn get(&self, group: usize) -> Option<&'t str> {
        let (start, end) = self.places.get(group).copied()??;
        Some(&self.text[start..end])
    }

    /// Where the match is.
    pub fn place(&self) -> std::ops::Range<usize> {
        let (start, end) = self.places.first().copied().flatten().expect("a match has a place");
        start..end
    }

    /// The number of a group by its name.
    pub fn named(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|known| known.as_deref() == Some(name))
    }

    /// How many groups there are, with the whole match.
    pub fn count(&self) -> usize {
        self.names.len()
    }

    /// Every group behind the whole match.
    pub fn groups(&self) -> impl Iterator<Item = Option<&'t str>> {
        (1..self.count()).map(|group| self.get(group))
    }
}
