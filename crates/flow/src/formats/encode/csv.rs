//! One line of CSV a row.

use super::append::Constant;
use super::value::{Value, Values};

/// Appends the line of a row; each column has its comma before it. NULL is an empty field.
pub(super) fn row(columns: &[(&Constant, Values<'_>)], row: usize, to: &mut Vec<u8>) {
    for (before, values) in columns {
        before.append(to);
        match values.get(row) {
            Value::Text(value) => text(value, to),
            value => value.write_plain(to),
        }
    }
    to.push(b'\n');
}

/// Appends a text, between quotes where it could be mistaken.
fn text(text: &str, to: &mut Vec<u8>) {
    let bytes = text.as_bytes();
    if !bytes.iter().any(|byte| matches!(byte, b',' | b'"' | b'\n' | b'\r')) {
        return to.extend_from_slice(bytes);
    }
    to.push(b'"');
    for (place, part) in bytes.split(|byte| *byte == b'"').enumerate() {
        to.extend_from_slice(if place == 0 { b"" } else { b"\"\"" });
        to.extend_from_slice(part);
    }
    to.push(b'"');
}
