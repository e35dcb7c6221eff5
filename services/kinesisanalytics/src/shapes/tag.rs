//! Tags: what they may look like and how many there may be.

use aws::{Constraints, Required, ServiceError, Tag, Tags};

use super::checks;
use crate::{errors, limits};

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
    let is_of_aws = |key: &&String| key.to_ascii_lowercase().starts_with("aws:");
    if let Some(key) = new.iter().filter_map(|tag| tag.key.as_ref()).find(is_of_aws) {
        return Err(errors::tag_of_aws(key));
    }
    let after = Tag::added(current, new);
    if after.len() > limits::TAGS_MAX {
        return Err(errors::too_many_tags());
    }
    *current = after;
    Ok(())
}
