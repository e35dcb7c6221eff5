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
    for one in raw {
        let span = Span { start: position(one.span.start), end: position(one.span.end) };
        last = span.end;
        if matches!(one.token, Raw::Whitespace(_) | Raw::EOF) {
            continue;
        }
        placed.push(Placed { token: token(one.token, span)?, span });
    }
    placed.push(Placed { token: Token::End, span: Span { start: last, end: last } });
    Ok(placed)
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
