//! The entries of a PutRecords call: read within limits, checked, and printed as AWS prints them.
//!
//! Keys and data of all entries share a few allocations: hundreds of small records arrive at once, and each would
//! otherwise cost several.

use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};

use aws::{Blob, Constraints, Render, Required, ServiceError, Size};
use bytes::Bytes;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::put::Incoming;
use crate::{limits, shapes};

/// The entries. Beyond twice the limit they are counted out: a body of tiny ones shall not fill the memory.
#[derive(Debug, Default)]
pub(crate) struct Entries {
    list: Vec<Entry>,
    chunks: Vec<Bytes>,
}

/// One record, whose bytes lie in the chunks.
#[derive(Debug, Default)]
struct Entry {
    data: Option<Span>,
    explicit_hash_key: Option<String>,
    partition_key: Option<Span>,
}

/// Some bytes of a chunk.
#[derive(Debug, Clone, Copy)]
struct Span {
    chunk: u32,
    start: u32,
    end: u32,
}

impl Span {
    fn len(self) -> usize {
        (self.end - self.start) as usize
    }
}

impl Entry {
    /// Whether nothing can be wrong with it: nearly always, and far cheaper than finding out what is.
    fn is_plainly_sound(&self) -> bool {
        self.partition_key.is_none_or(|key| (1..=limits::PARTITION_KEY_CHARS_MAX).contains(&key.len()))
            && self.explicit_hash_key.as_deref().is_none_or(shapes::is_hash_key)
            && self.data.is_some_and(|data| data.len() <= limits::DATA_BYTES_MAX)
    }

    /// What quotas count.
    fn bytes(&self) -> usize {
        self.data.map_or(0, Span::len) + self.partition_key.map_or(0, Span::len)
    }
}

impl Entries {
    /// Checks each entry against the model.
    pub(crate) fn constraints(&self, check: &mut Constraints) {
        if self.list.iter().all(Entry::is_plainly_sound) {
            return;
        }
        check.each("records", &self.list, |check, entry| {
            check.member("partitionKey", &self.key_text(entry)).length(1..=limits::PARTITION_KEY_CHARS_MAX);
            check.member("data", &self.blob(entry)).length(0..=limits::DATA_BYTES_MAX);
            shapes::hash_key(check, "explicitHashKey", &entry.explicit_hash_key);
        });
    }

    /// Checks what the model cannot say because it depends on the stream. One bad entry refuses the whole call. ≈: that
    /// AWS answers as for the model's own limits.
    pub(crate) fn stream_constraints(&self, check: &mut Constraints, needs_key: bool, record_kib_max: u32) {
        let bytes_max = shapes::record_bytes_max(record_kib_max);
        let lacks_key = |entry: &Entry| needs_key && entry.partition_key.is_none();
        if !self.list.iter().any(|entry| lacks_key(entry) || entry.bytes() > bytes_max) {
            return;
        }
        check.each("records", &self.list, |check, entry| {
            if lacks_key(entry) {
                check.fail("partitionKey", "null", "Member must not be null");
            }
            let key_bytes = entry.partition_key.map_or(0, Span::len);
            shapes::record_bytes(check, key_bytes, &self.blob(entry), record_kib_max);
        });
    }

    /// What quotas count of all entries.
    pub(crate) fn bytes(&self) -> usize {
        self.list.iter().map(Entry::bytes).sum()
    }

    /// The records on their way.
    pub(crate) fn incoming(&self) -> Result<Vec<Incoming>, ServiceError> {
        let incoming = |entry: &Entry| {
            let hash_key = entry.explicit_hash_key.as_deref().map(shapes::parse_hash_key).transpose()?;
            let key = entry.partition_key.map(|key| self.slice(key)).unwrap_or_default();
            Ok(Incoming { key, data: entry.data.map(|data| self.slice(data)).unwrap_or_default(), hash_key })
        };
        self.list.iter().map(incoming).collect()
    }

    fn slice(&self, span: Span) -> Bytes {
        self.chunks[span.chunk as usize].slice(span.start as usize..span.end as usize)
    }

    /// The data as constraints want it.
    fn blob(&self, entry: &Entry) -> Required<Blob> {
        entry.data.map(|data| Required::new(Blob(self.slice(data)))).unwrap_or_default()
    }

    /// The key as constraints want it.
    fn key_text(&self, entry: &Entry) -> Option<String> {
        entry.partition_key.map(|key| String::from_utf8_lossy(&self.slice(key)).into_owned())
    }
}

impl Size for Entries {
    fn size(&self) -> usize {
        self.list.len()
    }
}

impl Render for Entries {
    fn render(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[")?;
        for (at, entry) in self.list.iter().enumerate() {
            let separator = if at == 0 { "" } else { ", " };
            // AWS prints Java's hash code of the object: eight hex digits that mean nothing to a client.
            let mut hasher = DefaultHasher::new();
            (entry.data.map(|data| self.slice(data)), self.key_text(entry), &entry.explicit_hash_key).hash(&mut hasher);
            let code = hasher.finish() as u32;
            write!(f, "{separator}com.amazonaws.kinesis.v20131202.PutRecordsRequestEntry@{code:x}")?;
        }
        f.write_str("]")
    }
}

/// Collects the bytes of entries, in chunks that grow with what comes.
#[derive(Debug, Default)]
struct Arena {
    full: Vec<Bytes>,
    open: Vec<u8>,
}

/// Sizes of chunks, in bytes; larger only for a single larger record.
const CHUNK_BYTES: std::ops::RangeInclusive<usize> = 4 << 10..=256 << 10;

impl Arena {
    /// Where to append so many bytes.
    fn room(&mut self, bytes: usize) -> &mut Vec<u8> {
        if self.open.capacity() - self.open.len() < bytes {
            let next = (2 * self.open.capacity()).clamp(*CHUNK_BYTES.start(), *CHUNK_BYTES.end());
            let full = std::mem::replace(&mut self.open, Vec::with_capacity(next.max(bytes)));
            self.full.push(Bytes::from(full));
        }
        &mut self.open
    }

    /// What was appended to the open chunk since it had `start` bytes.
    fn span(&self, start: usize) -> Span {
        let narrow = |number: usize| u32::try_from(number).expect("a body is far smaller than 4 GiB");
        Span { chunk: narrow(self.full.len()), start: narrow(start), end: narrow(self.open.len()) }
    }

    fn finish(mut self) -> Vec<Bytes> {
        self.full.push(Bytes::from(self.open));
        self.full
    }
}

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ListVisitor;
        impl<'de> Visitor<'de> for ListVisitor {
            type Value = Entries;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a sequence")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Entries, A::Error> {
                let mut arena = Arena::default();
                let mut list = Vec::new();
                while list.len() < 2 * limits::PUT_RECORDS_COUNT_MAX {
                    let Some(entry) = elements.next_element_seed(EntrySeed(&mut arena))? else { break };
                    list.push(entry);
                }
                while elements.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Entries { list, chunks: arena.finish() })
            }
        }
        deserializer.deserialize_seq(ListVisitor)
    }
}

/// Reads one entry.
struct EntrySeed<'a>(&'a mut Arena);

#[derive(Deserialize)]
#[serde(field_identifier)]
enum Member {
    Data,
    ExplicitHashKey,
    PartitionKey,
    #[serde(other)]
    Other,
}

impl<'de> DeserializeSeed<'de> for EntrySeed<'_> {
    type Value = Entry;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Entry, D::Error> {
        deserializer.deserialize_struct("Entry", &["Data", "ExplicitHashKey", "PartitionKey"], self)
    }
}

impl<'de> Visitor<'de> for EntrySeed<'_> {
    type Value = Entry;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("struct Entry")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Entry, A::Error> {
        let mut entry = Entry::default();
        while let Some(member) = members.next_key()? {
            match member {
                Member::Data => entry.data = members.next_value_seed(SpanSeed::new(&mut *self.0, true))?,
                Member::ExplicitHashKey => entry.explicit_hash_key = members.next_value()?,
                Member::PartitionKey => {
                    entry.partition_key = members.next_value_seed(SpanSeed::new(&mut *self.0, false))?;
                }
                Member::Other => drop(members.next_value::<IgnoredAny>()?),
            }
        }
        Ok(entry)
    }
}

/// Reads a text or a blob, which may be absent.
struct SpanSeed<'a> {
    arena: &'a mut Arena,
    is_blob: bool,
    /// The format has no bytes: blobs are base64.
    is_text: bool,
}

impl<'a> SpanSeed<'a> {
    fn new(arena: &'a mut Arena, is_blob: bool) -> Self {
        Self { arena, is_blob, is_text: false }
    }
}

impl<'de> DeserializeSeed<'de> for SpanSeed<'_> {
    type Value = Option<Span>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<Span>, D::Error> {
        deserializer.deserialize_option(self)
    }
}

impl<'de> Visitor<'de> for SpanSeed<'_> {
    type Value = Option<Span>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_blob { "a Blob" } else { "a string" })
    }

    fn visit_none<E: Error>(self) -> Result<Option<Span>, E> {
        Ok(None)
    }

    fn visit_unit<E: Error>(self) -> Result<Option<Span>, E> {
        Ok(None)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<Span>, D::Error> {
        let is_text = deserializer.is_human_readable();
        match (self.is_blob, is_text) {
            (true, true) => deserializer.deserialize_newtype_struct(Blob::NAME, Self { is_text, ..self }),
            (true, false) => deserializer.deserialize_byte_buf(self),
            (false, _) => deserializer.deserialize_str(self),
        }
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<Span>, D::Error> {
        deserializer.deserialize_str(self)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Option<Span>, E> {
        let room = self.arena.room(text.len());
        let start = room.len();
        if self.is_blob {
            Blob::decode_text(text, room).map_err(E::custom)?;
        } else {
            room.extend_from_slice(text.as_bytes());
        }
        Ok(Some(self.arena.span(start)))
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Option<Span>, E> {
        let room = self.arena.room(bytes.len());
        let start = room.len();
        if self.is_text {
            Blob::decode_unread(bytes, room).map_err(E::custom)?;
        } else {
            room.extend_from_slice(bytes);
        }
        Ok(Some(self.arena.span(start)))
    }
}
