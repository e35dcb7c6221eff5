//! Text → [`crate::ast`]: a recursive-descent parser.
//!
//! `tokens` cuts, `statement`, `query`, `expression` and `types` build. Everything is refused at the first thing that
//! does not fit, with its place. Depth is bounded, so that no text can exhaust the stack.

mod call;
mod expression;
mod query;
mod statement;
mod tokens;
mod types;

#[cfg(test)]
mod tests;

use crate::ast::{Expression, Name, Statement};
use crate::{Fault, Span, spelling};

use tokens::{Placed, Token};

/// The most characters of a program. Source: `ApplicationCode`,
/// <https://docs.aws.amazon.com/kinesisanalytics/latest/dev/API_CreateApplication.html>.
pub const CODE_CHARACTERS_MAX: usize = 102_400;
/// How deep expressions and queries may nest.
const DEPTH_MAX: usize = 96;

/// The statements of a program.
pub fn program(text: &str) -> Result<Vec<Statement>, Fault> {
    let mut parser = Parser::new(text)?;
    let mut statements = Vec::new();
    loop {
        while parser.take_sign(";") {}
        if parser.peek() == &Token::End {
            return Ok(statements);
        }
        statements.push(parser.statement()?);
        if parser.peek() != &Token::End {
            parser.expect_sign(";")?;
        }
    }
}

/// A lone expression, as tests and terminals ask for it.
pub fn expression(text: &str) -> Result<Expression, Fault> {
    let mut parser = Parser::new(text)?;
    let expression = parser.expression()?;
    match parser.peek() {
        Token::End => Ok(expression),
        _ => Err(parser.unexpected("the end")),
    }
}

/// The tokens and the place among them.
struct Parser {
    tokens: Vec<Placed>,
    next: usize,
    depth: usize,
}

impl Parser {
    fn new(text: &str) -> Result<Self, Fault> {
        Ok(Self { tokens: tokens::tokens(text)?, next: 0, depth: 0 })
    }

    fn peek(&self) -> &Token {
        &self.tokens[self.next].token
    }

    fn peek_at(&self, ahead: usize) -> &Token {
        self.tokens.get(self.next + ahead).map_or(&Token::End, |placed| &placed.token)
    }

    /// Where the next token stands.
    fn here(&self) -> Span {
        self.tokens[self.next].span
    }

    /// From `start` to the token before the next one.
    fn since(&self, start: Span) -> Span {
        start.to(self.tokens[self.next.saturating_sub(1)].span)
    }

    fn advance(&mut self) -> Placed {
        let placed = self.tokens[self.next].clone();
        if self.next + 1 < self.tokens.len() {
            self.next += 1;
        }
        placed
    }

    fn is_sign(&self, sign: &str) -> bool {
        matches!(self.peek(), Token::Sign(found) if *found == sign)
    }

    fn take_sign(&mut self, sign: &str) -> bool {
        let found = self.is_sign(sign);
        if found {
            self.advance();
        }
        found
    }

    fn expect_sign(&mut self, sign: &str) -> Result<(), Fault> {
        if self.take_sign(sign) { Ok(()) } else { Err(self.unexpected(&format!("'{sign}'"))) }
    }

    fn is_word_at(&self, ahead: usize, word: &str) -> bool {
        matches!(self.peek_at(ahead), Token::Word(name) if !name.quoted && name.text == word)
    }

    fn is_word(&self, word: &str) -> bool {
        self.is_word_at(0, word)
    }

    fn take_word(&mut self, word: &str) -> bool {
        let found = self.is_word(word);
        if found {
            self.advance();
        }
        found
    }

    /// Takes all the words, or none.
    fn take_words(&mut self, words: &[&str]) -> bool {
        let found = words.iter().enumerate().all(|(ahead, word)| self.is_word_at(ahead, word));
        if found {
            words.iter().for_each(|_| drop(self.advance()));
        }
        found
    }

    fn expect_word(&mut self, word: &str) -> Result<(), Fault> {
        if self.take_word(word) { Ok(()) } else { Err(self.unexpected(word)) }
    }

    /// A name: quoted, or a word that the language does not keep for itself.
    fn name(&mut self) -> Result<Name, Fault> {
        match self.peek() {
            Token::Word(name) if name.quoted || !is_reserved(&name.text) => {
                let name = name.clone();
                self.advance();
                Ok(name)
            }
            Token::Word(name) => {
                let message = format!("'{name}' is a reserved word; put it in double quotes to use it as a name");
                Err(Fault::new(self.here(), message))
            }
            _ => Err(self.unexpected("a name")),
        }
    }

    fn names_in_parentheses(&mut self) -> Result<Vec<Name>, Fault> {
        self.expect_sign("(")?;
        let names = self.list(Self::name)?;
        self.expect_sign(")")?;
        Ok(names)
    }

    /// One or more, with commas between.
    fn list<T>(&mut self, mut one: impl FnMut(&mut Self) -> Result<T, Fault>) -> Result<Vec<T>, Fault> {
        let mut all = vec![one(self)?];
        while self.take_sign(",") {
            all.push(one(self)?);
        }
        Ok(all)
    }

    /// A count as written.
    fn whole_number(&mut self) -> Result<u32, Fault> {
        let here = self.here();
        match self.peek() {
            Token::Number(digits) => {
                let number = digits.parse().map_err(|_| Fault::new(here, format!("'{digits}' is not a count")))?;
                self.advance();
                Ok(number)
            }
            _ => Err(self.unexpected("a number")),
        }
    }

    fn text(&mut self) -> Result<String, Fault> {
        match self.peek() {
            Token::Text(text) => {
                let text = text.clone();
                self.advance();
                Ok(text)
            }
            _ => Err(self.unexpected("a text in single quotes")),
        }
    }

    /// Goes one level deeper while `inner` runs.
    fn deeper<T>(&mut self, inner: impl FnOnce(&mut Self) -> Result<T, Fault>) -> Result<T, Fault> {
        if self.depth == DEPTH_MAX {
            return Err(Fault::new(self.here(), format!("Nested more than {DEPTH_MAX} deep")));
        }
        self.depth += 1;
        let result = inner(self);
        self.depth -= 1;
        result
    }

    fn unexpected(&self, wanted: &str) -> Fault {
        let found = match self.peek() {
            Token::Word(name) if name.quoted => format!("\"{name}\""),
            Token::Word(name) => format!("'{name}'"),
            Token::Number(digits) => format!("'{digits}'"),
            Token::Text(text) => format!("'{text}'"),
            Token::Binary(digits) => format!("X'{digits}'"),
            Token::Sign(sign) => format!("'{sign}'"),
            Token::End => "the end".to_owned(),
        };
        let meant = self.meant(wanted).unwrap_or_default();
        Fault::new(self.here(), format!("Encountered {found} where {wanted} was expected{meant}"))
    }

    /// What may have been meant instead of the next token: a word of those that are wanted. Where only a sign was wanted, it may be
    /// any word, also in place of one that could be taken for a name.
    fn meant(&self, wanted: &str) -> Option<String> {
        let unreserved = |token: &Token| match token {
            Token::Word(name) if !name.quoted && !is_reserved(&name.text) => Some(name.text.clone()),
            _ => None,
        };
        let words = wanted.split(|letter: char| !letter.is_ascii_uppercase()).filter(|word| !word.is_empty());
        let known: Vec<&str> = if wanted.starts_with('\'') { RESERVED.to_vec() } else { words.collect() };
        let next = unreserved(self.peek());
        if let Some(word) = next.and_then(|next| spelling::meant(&next, known.iter().copied())) {
            return Some(format!("; did you mean {word}?"));
        }
        let last = self.tokens.get(self.next.checked_sub(1)?).and_then(|placed| unreserved(&placed.token))?;
        let word = spelling::meant(&last, known).filter(|_| wanted.starts_with('\''))?;
        Some(format!("; did you mean {word} instead of '{last}'?"))
    }
}

/// Words that cannot be names without quotes: those that would make a text ambiguous here. AWS's list is longer
/// (<https://docs.aws.amazon.com/kinesisanalytics/latest/sqlref/sql-reference-reserved-words-keywords.html>); a program that
/// AWS took never used one of either list unquoted.
const RESERVED: &[&str] = &[
    "ALL",
    "AND",
    "AS",
    "BETWEEN",
    "BY",
    "CASE",
    "CAST",
    "CREATE",
    "CROSS",
    "CURSOR",
    "DISTINCT",
    "ELSE",
    "END",
    "ESCAPE",
    "EXCEPT",
    "EXISTS",
    "EXTRACT",
    "FALSE",
    "FETCH",
    "FOR",
    "FROM",
    "FULL",
    "GROUP",
    "HAVING",
    "IN",
    "INNER",
    "INSERT",
    "INTERSECT",
    "INTERVAL",
    "INTO",
    "IS",
    "JOIN",
    "LEFT",
    "LIKE",
    "NATURAL",
    "NOT",
    "NULL",
    "ON",
    "OR",
    "ORDER",
    "OUTER",
    "OVER",
    "PARTITION",
    "RANGE",
    "RIGHT",
    "ROW",
    "ROWS",
    "SELECT",
    "SIMILAR",
    "STREAM",
    "TABLE",
    "THEN",
    "TO",
    "TRUE",
    "UNION",
    "UNKNOWN",
    "USING",
    "VALUES",
    "WHEN",
    "WHERE",
    "WINDOW",
    "WINDOWED",
    "WITH",
    "WITHIN",
];

fn is_reserved(word: &str) -> bool {
    RESERVED.binary_search(&word).is_ok()
}
