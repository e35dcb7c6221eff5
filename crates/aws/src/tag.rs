//! Tags whose values may be missing, as several services have them. What they may look like differs: each checks its own.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Render;

/// Tags by key, as they are stored: a tag may have no value.
pub type Tags = BTreeMap<String, Option<String>>;

/// A tag, in requests and answers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Tag {
    /// Its key, which constraints require.
    pub key: Option<String>,
    /// Its value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

impl Render for Tag {
    fn render(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (key, value) = (self.key.as_deref().unwrap_or("null"), self.value.as_deref().unwrap_or("null"));
        write!(f, "Tag(key={key}, value={value})")
    }
}

impl Tag {
    /// Stored tags as answers list them.
    pub fn list<'t>(tags: impl IntoIterator<Item = (&'t String, &'t Option<String>)>) -> Vec<Self> {
        tags.into_iter().map(|(key, value)| Self { key: Some(key.clone()), value: value.clone() }).collect()
    }

    /// Tags with new ones added, or with the new values of those that were there.
    pub fn added(tags: &Tags, new: &[Self]) -> Tags {
        let mut after = tags.clone();
        after.extend(new.iter().map(|tag| (tag.key.clone().unwrap_or_default(), tag.value.clone())));
        after
    }
}
