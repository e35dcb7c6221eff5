//! Tags: what they may look like and how many there may be.

use std::collections::BTreeMap;
use std::fmt;

use aws::{Constraints, Render, Required, ServiceError};
use serde::{Deserialize, Serialize};

use super::checks;
use crate::{errors, limits};

/// Tags by key, as they are stored: a tag may have no value.
pub(crate) type Tags = BTreeMap<String, Option<String>>;

/// A tag, in requests and answers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Tag {
    pub(crate) key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) value: Option<String>,
}

impl Render for Tag {
    fn render(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (key, value) = (self.key.as_deref().unwrap_or("null"), self.value.as_deref().unwrap_or("null"));
        write!(f, "Tag(key={key}, value={value})")
    }
}

fn check_each(check: &mut Constraints, tags: &[Tag]) {
    check.each("tags", tags, |check, tag| {
        checks::required(check, "key", &tag.key).length(1..=128);
        check.member("value", &tag.value).length(0..=256);
    });
}

/// `Tags` where they may be left out.
pub(crate) fn check_optional(check: &mut Constraints, tags: &Option<Vec<Tag>>) {
    check.member("tags", tags).length(1..=200);
    check_each(check, tags.as_deref().unwrap_or_default());
}

/// `Tags` where the model requires them.
pub(crate) fn check_required(check: &mut Constraints, tags: &Required<Vec<Tag>>) {
    check.member("tags", tags).length(1..=200);
    check_each(check, tags.get().map(Vec::as_slice).unwrap_or_default());
}

/// `TagKeys`.
pub(crate) fn check_keys(check: &mut Constraints, keys: &Required<Vec<String>>) {
    check.member("tagKeys", keys).length(1..=200).each_length(1..=128);
}

/// Adds tags or gives them new values, unless there would be too many.
pub(crate) fn add(current: &mut Tags, new: &[Tag]) -> Result<(), ServiceError> {
    let mut after = current.clone();
    for tag in new {
        let key = tag.key.clone().unwrap_or_default();
        if key.to_ascii_lowercase().starts_with("aws:") {
            return Err(errors::tag_of_aws(&key));
        }
        after.insert(key, tag.value.clone());
    }
    if after.len() > limits::TAGS_MAX {
        return Err(errors::too_many_tags());
    }
    *current = after;
    Ok(())
}

/// Tags as answers list them.
pub(crate) fn list(tags: &Tags) -> Vec<Tag> {
    tags.iter().map(|(key, value)| Tag { key: Some(key.clone()), value: value.clone() }).collect()
}
