//! Where something stands in a program's text, and what is wrong there.

use std::fmt;

/// A place in a text: line and column count from one, columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// From the first character of something to just behind its last one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Span {
    /// The first character.
    pub start: Position,
    /// Just behind the last character.
    pub end: Position,
}

impl Span {
    /// From the start of one span to the end of a later one.
    pub fn to(self, later: Span) -> Span {
        Span { start: self.start, end: later.end }
    }
}

/// What is wrong with a program, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("from {} to {}: {message}", .span.start, .span.end)]
pub struct Fault {
    /// Where.
    pub span: Span,
    /// What, as a sentence without its full stop.
    pub message: String,
    /// The stream or the table that is not there, if that is what is wrong and the program's environment may still get it.
    pub missing: Option<Missing>,
}

/// A stream or a table that a program names and its environment does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// Its name.
    pub name: String,
    /// Whether only a stream can stand where it is named.
    pub is_stream: bool,
}

impl Fault {
    /// A complaint about a part of the text.
    pub fn new(span: Span, message: impl Into<String>) -> Self {
        Self { span, message: message.into(), missing: None }
    }

    /// A stream or a table is not there.
    pub(crate) fn missing(span: Span, message: impl Into<String>, name: &str) -> Self {
        let missing = Missing { name: name.to_owned(), is_stream: false };
        Self { missing: Some(missing), ..Self::new(span, message) }
    }

    /// What is missing, if that is wrong, is a stream.
    pub(crate) fn of_stream(mut self) -> Self {
        if let Some(missing) = &mut self.missing {
            missing.is_stream = true;
        }
        self
    }

    /// The line of `text` that is meant, with a caret under its place.
    pub fn drawn(&self, text: &str) -> String {
        let line = text.lines().nth(self.span.start.line as usize - 1).unwrap_or("");
        let before = self.span.start.column as usize - 1;
        // Tabs stay tabs, so that the caret stands where the terminal draws the character.
        let indent: String = line.chars().take(before).map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
        let carets = match self.span.start.line == self.span.end.line {
            true => self.span.end.column.saturating_sub(self.span.start.column).max(1) as usize,
            false => line.chars().count().saturating_sub(before).max(1),
        };
        format!("{line}\n{indent}{}\n{}: {}", "^".repeat(carets), self.span.start, self.message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_drawn_under_its_place() {
        let at = |line, column| Position { line, column };
        let fault = Fault::new(Span { start: at(2, 3), end: at(2, 6) }, "no such stream");
        assert_eq!(fault.drawn("SELECT\n\t foo"), "\t foo\n\t ^^^\nline 2, column 3: no such stream");
    }

    #[test]
    fn a_fault_behind_the_end_of_the_text_can_be_drawn() {
        let at = Position { line: 9, column: 4 };
        let fault = Fault::new(Span { start: at, end: at }, "unexpected end");
        assert_eq!(fault.drawn("SELECT"), "\n^\nline 9, column 4: unexpected end");
    }
}
