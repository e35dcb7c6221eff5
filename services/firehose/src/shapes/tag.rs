//! Tags: what they may look like and how many there may be.

use std::sync::LazyLock;

use aws::{Constraints, Pattern, Required, ServiceError, Tag, Tags};

use super::{Form, member, require_match};
use crate::{errors, limits};

/// The model's pattern of keys, which looks ahead.
const KEY: &str = r"^(?!aws:)[\p{L}\p{Z}\p{N}_.:\/=+\-@%]*$";
static TEXT: LazyLock<Pattern> = LazyLock::new(|| Pattern::new(r"^[\p{L}\p{Z}\p{N}_.:\/=+\-@%]*$"));

fn is_key(text: &str) -> bool {
    !text.starts_with("aws:") && TEXT.matches(text)
}

fn check_key(check: &mut Constraints, name: &str, key: &Option<String>) {
    let text = key.as_deref();
    require_match(check, name, text, text.is_some_and(is_key), KEY);
    check.member(name, key).length(1..=128);
}

/// The constraints of each of `Tags`.
fn check_each(check: &mut Constraints, tags: &[Tag]) {
    check.each("tags", tags, |check, tag| {
        member(check, Form::Whole, "key", &tag.key);
        check_key(check, "key", &tag.key);
        check.member("value", &tag.value).pattern(&TEXT).length(0..=256);
    });
}

/// `Tags` where they may be left out.
pub(crate) fn check_optional(check: &mut Constraints, tags: &Option<Vec<Tag>>) {
    check.member("tags", tags).length(1..=50);
    check_each(check, tags.as_deref().unwrap_or_default());
}

/// `Tags` where the model requires them.
pub(crate) fn check_required(check: &mut Constraints, tags: &Required<Vec<Tag>>) {
    check.member("tags", tags).length(1..=50);
    check_each(check, tags.get().map(Vec::as_slice).unwrap_or_default());
}

/// `TagKeys`.
pub(crate) fn check_keys(check: &mut Constraints, keys: &Required<Vec<String>>) {
    check.member("tagKeys", keys).length(1..=50);
    if let Some(keys) = keys.get() {
        let is_wrong = |key: &&String| !(1..=128).contains(&key.chars().count()) || !is_key(key);
        if keys.iter().any(|key| is_wrong(&key)) {
            let printed = format!("'[{}]'", keys.join(", "));
            let sentence = format!(
                "Member must satisfy constraint: [Member must have length less than or equal to 128, Member must have \
                 length greater than or equal to 1, Member must satisfy regular expression pattern: {KEY}]"
            );
            check.fail("tagKeys", &printed, &sentence);
        }
    }
}

/// `ExclusiveStartTagKey`.
pub(crate) fn check_start_key(check: &mut Constraints, key: &Option<String>) {
    check_key(check, "exclusiveStartTagKey", key);
}

/// Adds tags or gives them new values, unless there would be too many.
pub(crate) fn add(current: &mut Tags, new: &[Tag], stream: &str) -> Result<(), ServiceError> {
    let after = Tag::added(current, new);
    if after.len() > limits::TAGS_MAX {
        return Err(errors::too_many_tags(stream));
    }
    *current = after;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_do_not_begin_with_aws() {
        for (key, expected) in [("a:b", true), ("aws:a", false), ("awsome", true), ("a;b", false), ("Größe ü", true)]
        {
            assert_eq!(is_key(key), expected, "{key}");
        }
    }

    #[test]
    fn fifty_tags_are_enough() {
        let tag = |n: usize| Tag { key: Some(n.to_string()), value: None };
        let many = |range: std::ops::Range<usize>| range.map(tag).collect::<Vec<_>>();
        let mut tags = Tags::new();
        add(&mut tags, &many(0..50), "s").expect("fifty");
        add(&mut tags, &many(10..20), "s").expect("known keys");
        assert!(add(&mut tags, &many(50..51), "s").is_err() && tags.len() == 50);
    }
}
