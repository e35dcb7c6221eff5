//! Finds the records in the body of a PutRecords or PutRecord call as SDKs write it, without looking at the data.
//!
//! Hands back everything unusual (`None`): the careful reader says then what it is.

use memchr::memchr;

use crate::limits;

/// A record whose data is still base64.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Found<'b> {
    pub(crate) key: &'b [u8],
    /// Base64, as far as its length tells.
    pub(crate) text: &'b [u8],
    /// Of the data.
    pub(crate) bytes: usize,
}

/// A body, taken apart.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Scanned<'b> {
    pub(crate) records: Vec<Found<'b>>,
    pub(crate) stream_name: Option<&'b str>,
    pub(crate) stream_arn: Option<&'b str>,
}

/// Takes a body apart.
pub(crate) fn scan(body: &[u8]) -> Option<Scanned<'_>> {
    let mut rest = Rest(body);
    let mut scanned = Scanned::default();
    rest.take(b'{')?;
    loop {
        match rest.name()? {
            b"Records" if scanned.records.is_empty() => scanned.records = rest.records()?,
            b"StreamName" if scanned.stream_name.is_none() => scanned.stream_name = Some(rest.text()?),
            b"StreamARN" if scanned.stream_arn.is_none() => scanned.stream_arn = Some(rest.text()?),
            _ => return None,
        }
        if rest.is_last(b'}')? {
            break;
        }
    }
    rest.skip_blanks();
    (rest.0.is_empty() && !scanned.records.is_empty()).then_some(scanned)
}

/// The body of a PutRecord call, taken apart.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct One<'b> {
    pub(crate) record: Found<'b>,
    pub(crate) stream_name: Option<&'b str>,
    pub(crate) stream_arn: Option<&'b str>,
}

/// Takes the body of a PutRecord call apart.
pub(crate) fn scan_one(body: &[u8]) -> Option<One<'_>> {
    let mut rest = Rest(body);
    let (mut key, mut text, mut stream_name, mut stream_arn) = (None, None, None, None);
    rest.take(b'{')?;
    loop {
        match rest.name()? {
            b"Data" if text.is_none() => text = Some(rest.long()?),
            b"PartitionKey" if key.is_none() => key = Some(rest.short()?),
            b"StreamName" if stream_name.is_none() => stream_name = Some(rest.text()?),
            b"StreamARN" if stream_arn.is_none() => stream_arn = Some(rest.text()?),
            _ => return None,
        }
        if rest.is_last(b'}')? {
            break;
        }
    }
    rest.skip_blanks();
    let record = Found::of(key?, text?)?;
    rest.0.is_empty().then_some(One { record, stream_name, stream_arn })
}

/// What is not read yet.
struct Rest<'b>(&'b [u8]);

impl<'b> Rest<'b> {
    fn skip_blanks(&mut self) {
        while let [b' ' | b'\n' | b'\t' | b'\r', rest @ ..] = self.0 {
            self.0 = rest;
        }
    }

    fn take(&mut self, wanted: u8) -> Option<()> {
        self.skip_blanks();
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        (*first == wanted).then_some(())
    }

    /// Steps over what stands behind an item: a comma, or the bracket that ends all.
    fn is_last(&mut self, close: u8) -> Option<bool> {
        self.skip_blanks();
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        if *first == close { Some(true) } else { (*first == b',').then_some(false) }
    }

    /// A short text of printable ASCII without escapes.
    fn short(&mut self) -> Option<&'b [u8]> {
        self.take(b'"')?;
        let is_plain = |byte: &u8| matches!(byte, 0x20..=0x7E) && !matches!(byte, b'"' | b'\\');
        let length = self.0.iter().take_while(|byte| is_plain(byte)).count();
        let (text, rest) = self.0.split_at(length);
        self.0 = rest.strip_prefix(b"\"")?;
        Some(text)
    }

    fn text(&mut self) -> Option<&'b str> {
        std::str::from_utf8(self.short()?).ok()
    }

    /// The name of a member, and the colon behind it.
    fn name(&mut self) -> Option<&'b [u8]> {
        let name = self.short()?;
        self.take(b':')?;
        Some(name)
    }

    /// A text of any length, unread.
    fn long(&mut self) -> Option<&'b [u8]> {
        self.take(b'"')?;
        let (text, rest) = self.0.split_at(memchr(b'"', self.0)?);
        self.0 = &rest[1..];
        Some(text)
    }

    fn records(&mut self) -> Option<Vec<Found<'b>>> {
        self.take(b'[')?;
        let mut records = Vec::with_capacity(limits::PUT_RECORDS_COUNT_MAX);
        while records.len() < limits::PUT_RECORDS_COUNT_MAX {
            records.push(self.record()?);
            if self.is_last(b']')? {
                return Some(records);
            }
        }
        None
    }

    fn record(&mut self) -> Option<Found<'b>> {
        self.take(b'{')?;
        let (mut key, mut text) = (None, None);
        loop {
            match self.name()? {
                b"Data" if text.is_none() => text = Some(self.long()?),
                b"PartitionKey" if key.is_none() => key = Some(self.short()?),
                _ => return None,
            }
            if self.is_last(b'}')? {
                break;
            }
        }
        Found::of(key?, text?)
    }
}

impl<'b> Found<'b> {
    fn of(key: &'b [u8], text: &'b [u8]) -> Option<Self> {
        let is_sound = (1..=limits::PARTITION_KEY_CHARS_MAX).contains(&key.len()) && text.len().is_multiple_of(4);
        let padding = text.iter().rev().take(2).take_while(|byte| **byte == b'=').count();
        let bytes = (text.len() / 4 * 3).saturating_sub(padding);
        (is_sound && bytes <= limits::DATA_BYTES_MAX).then_some(Self { key, text, bytes })
    }
}

#[cfg(test)]
mod tests;
