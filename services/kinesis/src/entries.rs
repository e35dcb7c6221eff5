//! The entries of a PutRecords call: read within limits, checked, and printed as AWS prints them.

use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};

use aws::{Blob, Constraints, Render, Required, ServiceError, Size};
use bytes::Bytes;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, SeqAccess, Visitor};

use crate::put::Incoming;
use crate::{limits, shapes};

/// One record of a PutRecords call.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Entry {
    pub(crate) data: Required<Blob>,
    explicit_hash_key: Option<String>,
    pub(crate) partition_key: Option<String>,
}

/// The entries. Beyond twice the limit they are counted out: a body of tiny ones shall not fill the memory.
#[derive(Debug, Default)]
pub(crate) struct Entries(pub(crate) Vec<Entry>);

impl Entry {
    /// Whether nothing can be wrong with it: nearly always, and far cheaper than finding out what is.
    pub(crate) fn is_plainly_sound(&self) -> bool {
        let key_bytes = self.partition_key.as_ref().map(String::len);
        key_bytes.is_none_or(|bytes| (1..=limits::PARTITION_KEY_CHARS_MAX).contains(&bytes))
            && self.explicit_hash_key.as_deref().is_none_or(shapes::is_hash_key)
            && self.data.get().is_some_and(|data| data.len() <= limits::DATA_BYTES_MAX)
    }

    /// Checks one that may be wrong.
    pub(crate) fn constraints(check: &mut Constraints, entry: &Self) {
        check.member("partitionKey", &entry.partition_key).length(1..=limits::PARTITION_KEY_CHARS_MAX);
        check.member("data", &entry.data).length(0..=limits::DATA_BYTES_MAX);
        shapes::hash_key(check, "explicitHashKey", &entry.explicit_hash_key);
    }

    /// What quotas count.
    pub(crate) fn bytes(&self) -> usize {
        self.data.len() + self.partition_key.as_ref().map_or(0, String::len)
    }

    /// The record on its way.
    pub(crate) fn into_incoming(self) -> Result<Incoming, ServiceError> {
        let hash_key = self.explicit_hash_key.as_deref().map(shapes::parse_hash_key).transpose()?;
        let key = Bytes::from(self.partition_key.unwrap_or_default());
        Ok(Incoming { key, data: self.data.into_inner().0, hash_key })
    }
}

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct EntriesVisitor;
        impl<'de> Visitor<'de> for EntriesVisitor {
            type Value = Entries;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a sequence")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Entries, A::Error> {
                let mut entries = Vec::with_capacity(list.size_hint().unwrap_or(0).min(limits::PUT_RECORDS_COUNT_MAX));
                while entries.len() < 2 * limits::PUT_RECORDS_COUNT_MAX {
                    let Some(entry) = list.next_element()? else { return Ok(Entries(entries)) };
                    entries.push(entry);
                }
                while list.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Entries(entries))
            }
        }
        deserializer.deserialize_seq(EntriesVisitor)
    }
}

impl Size for Entries {
    fn size(&self) -> usize {
        self.0.len()
    }
}

impl Render for Entries {
    fn render(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[")?;
        for (at, entry) in self.0.iter().enumerate() {
            let separator = if at == 0 { "" } else { ", " };
            // AWS prints Java's hash code of the object: eight hex digits that mean nothing to a client.
            let mut hasher = DefaultHasher::new();
            (entry.data.get().map(|data| &data.0), &entry.partition_key, &entry.explicit_hash_key).hash(&mut hasher);
            let code = hasher.finish() as u32;
            write!(f, "{separator}com.amazonaws.kinesis.v20131202.PutRecordsRequestEntry@{code:x}")?;
        }
        f.write_str("]")
    }
}
