//! One record that holds several: JSON values one after the other, pieces between delimiters.

use bytes::Bytes;

use crate::configuration::SubRecords;

/// A record that holds more than this many is left as it is.
pub(crate) const SUB_RECORDS_MAX: usize = 500;

/// The parts of a record that holds several; `None` where it holds one, too many, or what cannot be split.
pub(crate) fn split(record: &Bytes, how: &SubRecords) -> Option<Vec<Bytes>> {
    let parts = match how {
        SubRecords::Json => json_values(record)?,
        SubRecords::Delimited(delimiter) => pieces(record, delimiter),
    };
    (1..=SUB_RECORDS_MAX).contains(&parts.len()).then_some(parts)
}

fn json_values(record: &Bytes) -> Option<Vec<Bytes>> {
    let mut values = serde_json::Deserializer::from_slice(record).into_iter::<serde::de::IgnoredAny>();
    let mut parts = Vec::new();
    let mut from = 0;
    while let Some(value) = values.next() {
        value.ok()?;
        let to = values.byte_offset();
        parts.push(record.slice_ref(record[from..to].trim_ascii()));
        from = to;
        if parts.len() > SUB_RECORDS_MAX {
            return None;
        }
    }
    Some(parts)
}

/// Empty pieces, as behind a delimiter at the end, are none.
fn pieces(record: &Bytes, delimiter: &[u8]) -> Vec<Bytes> {
    let finder = memchr::memmem::Finder::new(delimiter);
    let mut parts = Vec::new();
    let mut from = 0;
    let ends = finder.find_iter(record).chain(std::iter::once(record.len()));
    for end in ends {
        if end > from {
            parts.push(record.slice(from..end));
        }
        from = end + delimiter.len();
        if parts.len() > SUB_RECORDS_MAX {
            break;
        }
    }
    parts
}

#[cfg(test)]
mod tests;
