//! Formats of web servers' log lines: Apache's `LogFormat` and the names that AWS gives to the usual ones.
//!
//! Source: <https://docs.aws.amazon.com/kinesisanalytics/latest/sqlref/sql-reference-w3c-log-parse.html>.

use crate::types::DataType;
use crate::{Fault, Span};

/// The letters of Apache's specifiers, and of those that stand for the fields of IIS.
const LETTERS: &str = "aABbcCdDefhHiIklLmnopPqrRsStTuUvVwX";

/// A format, as the pieces a line is cut into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct W3cFormat {
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    /// Text that must stand there.
    Literal(String),
    /// A specifier's letter.
    Field(char),
}

impl W3cFormat {
    /// Understands a name or a format.
    ///
    /// # Errors
    /// A format without specifiers, specifiers that are not known, and two of them with nothing between.
    pub fn parse(format: &str, span: Span) -> Result<Self, Fault> {
        let apache = match format.trim().to_ascii_uppercase().as_str() {
            "COMMON" => r#"%h %l %u %t "%r" %>s %b"#,
            "COMMON WITH VHOST" => r#"%v %h %l %u %t "%r" %>s %b"#,
            "NCSA EXTENDED" => r#"%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-agent}i""#,
            "REFERER" => "%{Referer}i -> %U",
            "AGENT" => "%{User-agent}i",
            "IIS" => "%d %t %s %m %U %q %p %u %c %a %w %e",
            _ => format,
        };
        let wrong = |why: &str| Fault::new(span, format!("Log format '{format}': {why}"));
        let mut pieces: Vec<Piece> = Vec::new();
        let mut characters = apache.chars();
        while let Some(character) = characters.next() {
            if character != '%' {
                match pieces.last_mut() {
                    Some(Piece::Literal(text)) => text.push(character),
                    _ => pieces.push(Piece::Literal(character.to_string())),
                }
                continue;
            }
            let mut letter = characters.next();
            while matches!(letter, Some('>' | '<' | '!' | ',' | '0'..='9')) {
                letter = characters.next();
            }
            if letter == Some('{') {
                letter = characters.by_ref().skip_while(|one| *one != '}').nth(1);
            }
            match letter.filter(char::is_ascii_alphabetic) {
                None => return Err(wrong("a % has no letter behind it")),
                Some(letter) if !LETTERS.contains(letter) => {
                    return Err(wrong(&format!("the specifier %{letter} is not known")));
                }
                Some(_) if matches!(pieces.last(), Some(Piece::Field(_))) => {
                    return Err(wrong("two specifiers need something between them"));
                }
                Some(letter) => pieces.push(Piece::Field(letter)),
            }
        }
        if pieces.iter().all(|piece| matches!(piece, Piece::Literal(_))) {
            return Err(wrong("it has no specifier"));
        }
        Ok(Self { pieces })
    }

    /// The type of each field; none for those that are text.
    pub fn fields(&self) -> impl Iterator<Item = Option<DataType>> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Field('b') => Some(Some(DataType::BigInt)),
            Piece::Field(_) => Some(None),
            Piece::Literal(_) => None,
        })
    }

    /// The fields of a line; none if it does not fit.
    pub fn read<'l>(&self, line: &'l str) -> Option<Vec<&'l str>> {
        let mut fields = Vec::new();
        let mut rest = line.trim_end_matches(['\r', '\n']);
        for (index, piece) in self.pieces.iter().enumerate() {
            match piece {
                Piece::Literal(text) => rest = rest.strip_prefix(text.as_str())?,
                Piece::Field(letter) => {
                    let bracketed = *letter == 't' && rest.starts_with('[');
                    let end = match self.pieces.get(index + 1) {
                        _ if bracketed => rest.find(']')? + 1,
                        Some(Piece::Literal(text)) => rest.find(text.as_str())?,
                        _ => rest.len(),
                    };
                    let field = &rest[..end];
                    fields.push(if bracketed { &field[1..field.len() - 1] } else { field });
                    rest = &rest[end..];
                }
            }
        }
        rest.is_empty().then_some(fields)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Position;

    fn format(text: &str) -> Result<W3cFormat, Fault> {
        let at = Position { line: 1, column: 1 };
        W3cFormat::parse(text, Span { start: at, end: at })
    }

    #[test]
    fn a_line_of_the_usual_format_has_seven_fields() {
        let common = format("COMMON").expect("a format");
        let line = r#"127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] "GET /a.gif HTTP/1.0" 200 2326"#;
        let fields = common.read(line).expect("it fits");
        let wanted = ["127.0.0.1", "-", "frank", "10/Oct/2000:13:55:36 -0700", "GET /a.gif HTTP/1.0", "200", "2326"];
        assert_eq!(fields, wanted);
        assert_eq!(common.fields().filter(|field| field.is_some()).count(), 1);
        assert_eq!(common.read("not a log line"), None);
    }

    #[test]
    fn formats_that_cannot_be_cut_are_refused() {
        assert!(format("%h%u").is_err());
        assert!(format("nothing").is_err());
        assert!(format("%").is_err());
        assert!(format("%{Referer}i %>s").is_ok());
    }
}
