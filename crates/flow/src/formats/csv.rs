//! Lines of fields → values by place.
//!
//! AWS: a source may have more fields than there are columns ("you can import the first three columns from an input
//! stream containing five elements"). Columns without a field are NULL, and so are fields with nothing in them. ≈

use memchr::{memchr, memchr2};

use super::token::{Kind, Token};

/// Finds the fields of rows.
#[derive(Debug)]
pub(super) struct Csv {
    column: Vec<u8>,
    row: Vec<u8>,
    values: Vec<Token>,
}

/// How a row ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Row {
    /// Behind its last field.
    pub(super) end: usize,
    /// Where the next one begins.
    pub(super) next: usize,
    /// Whether its delimiter was there.
    pub(super) closed: bool,
    /// Whether it is well-formed.
    pub(super) good: bool,
    /// How many fields it has.
    pub(super) fields: usize,
}

impl Csv {
    /// Fields for `columns` columns. A line may end with `\n` or `\r\n` where one of the two is said.
    pub(super) fn new(row_delimiter: &str, column_delimiter: &str, columns: usize) -> Self {
        let row = if row_delimiter == "\r\n" { "\n" } else { row_delimiter };
        Self { column: column_delimiter.into(), row: row.into(), values: vec![Token::NULL; columns] }
    }

    /// The values of the row that [`row`](Csv::row) read.
    pub(super) fn values(&self) -> &[Token] {
        &self.values
    }

    /// Reads the row that begins at `start`.
    pub(super) fn row(&mut self, text: &[u8], start: usize) -> Row {
        self.values.fill(Token::NULL);
        let mut at = start;
        for place in 0.. {
            let quoted = text.get(at) == Some(&b'"');
            let field = if quoted { self.quoted(text, at) } else { Some((Kind::Text, at, at)) };
            let Some((kind, first, last)) = field else {
                // A later piece may close the quote.
                return Row { closed: false, ..self.broken(text, start) };
            };
            let Delimiter { at: end, next, row } = self.delimiter(text, if quoted { last + 1 } else { at });
            let return_cut = row != End::Column && self.row == b"\n" && end > at && text[end - 1] == b'\r';
            let end = end - usize::from(return_cut);
            if quoted && end != last + 1 {
                return self.broken(text, start);
            }
            let token = if quoted { Token::new(kind, first, last) } else { Token::new(kind, at, end) };
            if let Some(value) = self.values.get_mut(place)
                && (quoted || token.start < token.end)
            {
                *value = token;
            }
            if row != End::Column {
                return Row { end, next, closed: row == End::Row, good: true, fields: place + 1 };
            }
            at = next;
        }
        unreachable!("the text has an end")
    }

    /// Kind, begin and end of what stands between the quotes; none without a closing one.
    fn quoted(&self, text: &[u8], quote: usize) -> Option<(Kind, usize, usize)> {
        let (mut at, mut kind) = (quote + 1, Kind::Text);
        loop {
            at += memchr(b'"', &text[at..])?;
            if text.get(at + 1) != Some(&b'"') {
                return Some((kind, quote + 1, at));
            }
            kind = Kind::Doubled;
            at += 2;
        }
    }

    /// A row that is not well-formed ends with its first row delimiter, between quotes or not.
    fn broken(&self, text: &[u8], start: usize) -> Row {
        let mut from = start;
        loop {
            let Delimiter { at: end, next, row } = self.delimiter(text, from);
            if row != End::Column {
                return Row { end, next, closed: row == End::Row, good: false, fields: 0 };
            }
            from = next;
        }
    }

    /// The next delimiter from `at` on.
    #[inline]
    fn delimiter(&self, text: &[u8], mut at: usize) -> Delimiter {
        while let Some(found) = memchr2(self.column[0], self.row[0], &text[at..]) {
            at += found;
            // The longer one first: it may begin as the other does.
            let row = (self.row.as_slice(), End::Row);
            let column = (self.column.as_slice(), End::Column);
            let order = if self.row.len() > self.column.len() { [row, column] } else { [column, row] };
            for (delimiter, row) in order {
                if text[at..].starts_with(delimiter) {
                    return Delimiter { at, next: at + delimiter.len(), row };
                }
            }
            at += 1;
        }
        Delimiter { at: text.len(), next: text.len(), row: End::Text }
    }
}

/// Where a field ends, and with what.
struct Delimiter {
    at: usize,
    next: usize,
    row: End,
}

#[derive(PartialEq, Eq, Clone, Copy)]
enum End {
    Column,
    Row,
    Text,
}
