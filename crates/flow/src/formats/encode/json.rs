//! One JSON object a row.

use super::append::{self, Constant};
use super::value::{Value, Values};
use crate::formats::scan;

/// Appends the object of a row; each column has its comma and its key before it.
#[inline]
pub(super) fn row(columns: &[(&Constant, Values<'_>)], row: usize, to: &mut Vec<u8>) {
    to.push(b'{');
    for (before, values) in columns {
        before.append(to);
        match values.get(row) {
            Value::Null => to.extend_from_slice(b"null"),
            Value::Text(value) => text(value, to),
            // JSON has no words for them.
            Value::Double(value) if !value.is_finite() => to.extend_from_slice(b"null"),
            Value::Real(value) if !value.is_finite() => to.extend_from_slice(b"null"),
            value @ (Value::Binary(_) | Value::Date(_) | Value::Time(_) | Value::Timestamp(_)) => {
                to.push(b'"');
                value.write_plain(to);
                to.push(b'"');
            }
            value => value.write_plain(to),
        }
    }
    to.push(b'}');
}

/// Appends a text between quotes.
pub(super) fn text(text: &str, to: &mut Vec<u8>) {
    to.push(b'"');
    let mut rest = text.as_bytes();
    loop {
        let (plain, behind) = rest.split_at(plain_bytes(rest));
        append::any(plain, to);
        let Some((byte, behind)) = behind.split_first() else { break };
        match byte {
            b'"' => to.extend_from_slice(b"\\\""),
            b'\\' => to.extend_from_slice(b"\\\\"),
            b'\n' => to.extend_from_slice(b"\\n"),
            b'\r' => to.extend_from_slice(b"\\r"),
            b'\t' => to.extend_from_slice(b"\\t"),
            other => to.extend_from_slice(format!("\\u{other:04x}").as_bytes()),
        }
        rest = behind;
    }
    to.push(b'"');
}

/// How many bytes need no escape.
#[inline]
fn plain_bytes(text: &[u8]) -> usize {
    let mut at = 0;
    while let Some(chunk) = text[at..].first_chunk::<8>() {
        let found = scan::special(u64::from_le_bytes(*chunk));
        if found != 0 {
            return at + (found.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    let special = |byte: &u8| *byte < 0x20 || matches!(byte, b'"' | b'\\');
    at + text[at..].iter().position(special).unwrap_or(text.len() - at)
}
