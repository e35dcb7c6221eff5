//! The patterns of FAST_REGEX_LOG_PARSER: cut into pieces that each take as little as they can, and never go back.
//!
//! Source: <https://docs.aws.amazon.com/kinesisanalytics/latest/sqlref/sql-reference-fast-regex-log-parser.html>. Of its own class
//! syntax `@`, `"…"`, `#`, `&`, `<…>` are refused for now, with the pattern named; what is common with regular expressions is carried.

use crate::{Fault, Span};

/// A pattern cut into its pieces.
#[derive(Debug, Clone)]
pub struct FastRegex {
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone)]
struct Piece {
    regex: ::regex::Regex,
    /// Whether the text it takes is a field.
    field: bool,
    /// Whether it can take anything, so that it ends where the next piece begins.
    open: bool,
}

impl FastRegex {
    /// Understands a pattern.
    ///
    /// # Errors
    /// Groups that do not close or stand in each other, and syntax that is not carried.
    pub fn parse(pattern: &str, span: Span) -> Result<Self, Fault> {
        let wrong = |why: &str| Fault::new(span, format!("Pattern '{pattern}': {why}"));
        if pattern.contains(['@', '"', '#', '&', '<', '>', '~']) {
            return Err(wrong("the signs @ \" # & < > ~ are not supported"));
        }
        let mut pieces = Vec::new();
        let mut rest = pattern;
        while !rest.is_empty() {
            let (text, field) = match rest.strip_prefix('(') {
                Some(inner) => {
                    let end = inner.find([')', '(']).filter(|end| inner.as_bytes()[*end] == b')');
                    let end = end.ok_or_else(|| wrong("a group is not closed, or stands in another one"))?;
                    rest = &inner[end + 1..];
                    (&inner[..end], true)
                }
                None => {
                    let end = unescaped_group(rest).unwrap_or(rest.len());
                    let (text, behind) = rest.split_at(end);
                    rest = behind;
                    (text, false)
                }
            };
            for piece in if field { vec![text] } else { open_pieces(text) } {
                let source = super::java_regex(piece, span)?;
                let anchored = format!("(?s)^(?:{source})");
                let regex = ::regex::Regex::new(&anchored).map_err(|_| wrong("it is not a pattern"))?;
                pieces.push(Piece { regex, field, open: piece.ends_with(".*") || piece.ends_with(".+") });
            }
        }
        if !pieces.iter().any(|piece| piece.field) {
            return Err(wrong("it has no group"));
        }
        Ok(Self { pieces })
    }

    /// How many fields it makes.
    pub fn groups(&self) -> usize {
        self.pieces.iter().filter(|piece| piece.field).count()
    }

    /// The fields of a text; none unless all of it is taken.
    pub fn read<'t>(&self, text: &'t str) -> Option<Vec<&'t str>> {
        let mut fields = Vec::with_capacity(self.groups());
        let mut rest = text;
        for (index, piece) in self.pieces.iter().enumerate() {
            let taken = self.length(index, rest)?;
            if piece.field {
                fields.push(&rest[..taken]);
            }
            rest = &rest[taken..];
        }
        rest.is_empty().then_some(fields)
    }

    /// How much a piece takes: as little as lets the next one begin; the last one takes all.
    fn length(&self, index: usize, text: &str) -> Option<usize> {
        let piece = &self.pieces[index];
        if !piece.open {
            return piece.regex.find(text).map(|found| found.end());
        }
        let Some(next) = self.pieces.get(index + 1) else {
            return piece.regex.find(text).filter(|found| found.end() == text.len()).map(|found| found.end());
        };
        let ends = text.char_indices().map(|(end, _)| end).chain([text.len()]);
        ends.into_iter().find(|end| {
            let takes = piece.regex.find(&text[..*end]).is_some_and(|found| found.end() == *end);
            takes && next.regex.is_match(&text[*end..])
        })
    }
}

/// Where the next group begins.
fn unescaped_group(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    (0..bytes.len()).find(|at| bytes[*at] == b'(' && (*at == 0 || bytes[*at - 1] != b'\\'))
}

/// Text outside groups, cut behind each `.*` so that each is as short as it can be.
fn open_pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(".*").or_else(|| rest.find(".+")) {
        if at > 0 {
            pieces.push(&rest[..at]);
        }
        pieces.push(&rest[at..at + 2]);
        rest = &rest[at + 2..];
    }
    if !rest.is_empty() {
        pieces.push(rest);
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Position;

    fn pattern(text: &str) -> Result<FastRegex, Fault> {
        let at = Position { line: 1, column: 1 };
        FastRegex::parse(text, Span { start: at, end: at })
    }

    #[test]
    fn pieces_take_as_little_as_they_can() {
        let regex = pattern("(.*)_(._.*)_.*").expect("a pattern");
        assert_eq!(regex.read("Mary_had_a_little_lamb"), None);
        let simple = pattern("(.*)_(.*)").expect("a pattern");
        assert_eq!(simple.read("a_b_c"), Some(vec!["a", "b_c"]));
        assert_eq!(simple.read("abc"), None);
    }

    #[test]
    fn what_cannot_be_carried_is_refused() {
        assert!(pattern("<1-9>").is_err());
        assert!(pattern("(a").is_err());
        assert!(pattern("abc").is_err());
    }
}
