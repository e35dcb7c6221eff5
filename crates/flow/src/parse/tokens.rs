//! A text cut into tokens, by `sqlparser`'s tokenizer, without spaces and comments.

use std::any::TypeId;

use sqlparser::dialect::{Dialect, SnowflakeDialect};
use sqlparser::tokenizer::{Location, Token as Raw, Tokenizer, TokenizerError, Word};

use crate::ast::Name;
use crate::{Fault, Position, Span};

/// What the parser looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// A word or a quoted name.
    Word(Name),
    /// A number as written.
    Number(String),
    /// `'…'` or `u&'…'`.
    Text(String),
    /// `X'…'`, the digits.
    Binary(String),
    /// A sign of one or two characters.
    Sign(&'static str),
    /// Behind the last token.
    End,
}

/// A token and its place.
#[derive(Debug, Clone)]
pub(super) struct Placed {
    pub(super) token: Token,
    pub(super) span: Span,
}

/// How words, quotes and comments look.
#[derive(Debug)]
struct StreamSql;

impl Dialect for StreamSql {
    // Makes `//` start a comment, as AWS's own examples use it; nothing else of that dialect concerns the tokenizer's
    // treatment of this language but `#` and `$$`, which it does not have.
    fn dialect(&self) -> TypeId {
        TypeId::of::<SnowflakeDialect>()
    }

    fn is_delimited_identifier_start(&self, c: char) -> bool {
        c == '"'
    }

    fn is_identifier_start(&self, c: char) -> bool {
        c.is_alphabetic() || c == '_'
    }

    fn is_identifier_part(&self, c: char) -> bool {
        c.is_alphanumeric() || c == '_' || c == '$'
    }

    fn supports_unicode_string_literal(&self) -> bool {
        true
    }
}

/// The tokens of a text, an [`Token::End`] last.
pub(super) fn tokens(text: &str) -> Result<Vec<Placed>, Fault> {
    let raw = Tokenizer::new(&StreamSql, text).tokenize_with_location().map_err(|error| fault(&error))?;
    let mut placed = Vec::with_capacity(raw.len() + 1);
    let mut last = Position { line: 1, column: 1 };
    // Where the text before UESCAPE is, from the literal's end on.
    let (mut unicode, mut escaped) = (None, None);
    for one in raw {
        let span = Span { start: position(one.span.start), end: position(one.span.end) };
        last = span.end;
        if matches!(one.token, Raw::Whitespace(_) | Raw::EOF) {
            continue;
        }
        match (&one.token, unicode.take(), escaped.take()) {
            (Raw::Word(word), Some(place), _) if word.value.eq_ignore_ascii_case("UESCAPE") => {
                escaped = Some(place);
                continue;
            }
            (Raw::SingleQuotedString(escape), _, Some(place)) => {
                unescape(&mut placed, place, escape, span)?;
                continue;
            }
            (_, _, Some(_)) => return Err(Fault::new(span, "A character in quotes is expected behind UESCAPE")),
            (Raw::UnicodeStringLiteral(_), ..) => unicode = Some(placed.len()),
            _ => {}
        }
        placed.push(Placed { token: token(one.token, span)?, span });
    }
    if escaped.is_some() {
        return Err(Fault::new(Span { start: last, end: last }, "A character in quotes is expected behind UESCAPE"));
    }
    placed.push(Placed { token: Token::End, span: Span { start: last, end: last } });
    Ok(placed)
}

/// Undoes escapes with another character than the backslash: four digits behind it, six behind it and a plus, or itself.
fn unescape(placed: &mut [Placed], place: usize, escape: &str, span: Span) -> Result<(), Fault> {
    let Some(Placed { token: Token::Text(text), span: literal }) = placed.get_mut(place) else { return Ok(()) };
    let literal = *literal;
    let mut pieces = text.split(escape);
    if escape.chars().count() != 1 {
        return Err(Fault::new(span, "UESCAPE takes one character"));
    }
    let mut out = pieces.next().unwrap_or_default().to_owned();
    while let Some(piece) = pieces.next() {
        if piece.is_empty() {
            out.push_str(escape);
            out.push_str(pieces.next().unwrap_or_default());
            continue;
        }
        let (digits, rest) = match piece.strip_prefix('+') {
            Some(long) => long.split_at_checked(6),
            None => piece.split_at_checked(4),
        }
        .unwrap_or(("", ""));
        let letter = u32::from_str_radix(digits, 16).ok().and_then(char::from_u32);
        out.push(letter.ok_or_else(|| Fault::new(literal, "No character is written so"))?);
        out.push_str(rest);
    }
    *text = out;
    Ok(())
}

fn token(raw: Raw, span: Span) -> Result<Token, Fault> {
    Ok(match raw {
        Raw::Word(word) => Token::Word(name(word, span)),
        Raw::Number(digits, _) => Token::Number(digits),
        Raw::SingleQuotedString(text) | Raw::NationalStringLiteral(text) | Raw::UnicodeStringLiteral(text) => {
            Token::Text(text)
        }
        Raw::HexStringLiteral(digits) => Token::Binary(digits),
        other => Token::Sign(sign(&other).ok_or_else(|| Fault::new(span, format!("Unexpected '{other}'")))?),
    })
}

fn name(word: Word, span: Span) -> Name {
    let quoted = word.quote_style.is_some();
    let text = if quoted { word.value } else { word.value.to_uppercase() };
    Name { text, quoted, span }
}

fn sign(raw: &Raw) -> Option<&'static str> {
    Some(match raw {
        Raw::Comma => ",",
        Raw::SemiColon => ";",
        Raw::Period => ".",
        Raw::LParen => "(",
        Raw::RParen => ")",
        Raw::Eq => "=",
        Raw::Neq => "<>",
        Raw::Lt => "<",
        Raw::LtEq => "<=",
        Raw::Gt => ">",
        Raw::GtEq => ">=",
        Raw::Plus => "+",
        Raw::Minus => "-",
        Raw::Mul => "*",
        Raw::Div => "/",
        Raw::StringConcat => "||",
        Raw::Colon => ":",
        Raw::LBracket => "[",
        Raw::RBracket => "]",
        _ => return None,
    })
}

fn position(location: Location) -> Position {
    Position {
        line: u32::try_from(location.line).unwrap_or(u32::MAX),
        column: u32::try_from(location.column).unwrap_or(u32::MAX),
    }
}

fn fault(error: &TokenizerError) -> Fault {
    let start = position(error.location);
    Fault::new(Span { start, end: start }, error.message.clone())
}
