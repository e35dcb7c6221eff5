//! Tags of streams and consumers: what they may look like and how many there may be.

use std::collections::BTreeMap;

use aws::{Call, Constraints, Member, Required, ServiceError};
use serde::Serialize;

use crate::errors;

/// Tags of one resource.
const TAGS_MAX: usize = 50;

/// Tags by key.
pub(crate) type Tags = BTreeMap<String, String>;

/// A tag, in answers.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Tag {
    pub(crate) key: String,
    pub(crate) value: String,
}

/// All tags, in byte order of their keys.
pub(crate) fn list(tags: &Tags) -> Vec<Tag> {
    tags.iter().map(|(key, value)| Tag { key: key.clone(), value: value.clone() }).collect()
}

/// The constraints of a `Tags` member.
pub(crate) fn check_map(member: &mut Member<'_, '_, Tags>) {
    member.length(1..=200).keys_length(1..=128).values_length(0..=256);
}

/// The constraints of `TagKeys`.
pub(crate) fn check_keys(check: &mut Constraints, keys: &Required<Vec<String>>) {
    check.member("tagKeys", keys).length(1..=50).each_length(1..=128);
}

/// What tags belong to, as error messages name it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Bearer<'a> {
    /// Operations that name a stream.
    Stream(&'a str),
    /// Operations that name a resource by ARN.
    Resource(&'a str),
}

/// Refuses texts that no tag may have.
pub(crate) fn require_text<'t>(
    texts: impl Iterator<Item = &'t String> + Clone,
    keys: impl IntoIterator<Item = &'t String>,
    act: &str,
    bearer: Bearer<'_>,
    call: &Call,
) -> Result<(), ServiceError> {
    if keys.into_iter().any(|key| key.starts_with("aws:")) {
        return Err(errors::system_tags());
    }
    let allowed = |c: char| c.is_alphanumeric() || c.is_whitespace() || "_./=+-%@".contains(c);
    if texts.clone().any(|text| !text.chars().all(allowed)) {
        return Err(errors::tag_characters());
    }
    // AWS's two rules contradict each other on this one.
    if texts.clone().any(|text| text.contains('%')) {
        return Err(errors::tag_percent(act, bearer, call));
    }
    Ok(())
}

/// Refuses tags that may not be added to anything.
pub(crate) fn require_addable(tags: &Tags, bearer: Bearer<'_>, call: &Call) -> Result<(), ServiceError> {
    require_text(tags.keys().chain(tags.values()), tags.keys(), "add tags to", bearer, call)
}

/// Refuses keys that may not be removed from anything.
pub(crate) fn require_removable(keys: &[String], bearer: Bearer<'_>, call: &Call) -> Result<(), ServiceError> {
    require_text(keys.iter(), keys, "remove tags from", bearer, call)
}

/// Adds tags, unless there would be too many.
pub(crate) fn add(current: &mut Tags, new: &Tags, bearer: Bearer<'_>, call: &Call) -> Result<(), ServiceError> {
    let more = new.keys().filter(|key| !current.contains_key(*key)).count();
    if current.len() + more > TAGS_MAX {
        return Err(errors::too_many_tags(bearer, call));
    }
    current.extend(new.iter().map(|(key, value)| (key.clone(), value.clone())));
    Ok(())
}

#[cfg(test)]
mod tests {
    use aws::{Identity, RequestId};

    use super::*;

    fn call() -> Call {
        let account = "000000000000".to_owned();
        let text = String::new;
        let identity = Identity { account, region: "us-east-1".to_owned(), caller: text(), access_key: text() };
        Call::new(identity, RequestId::new(""))
    }

    #[test]
    fn texts_are_refused_in_the_words_of_aws() {
        let illegal = "Failed to add tags to stream s under account 000000000000 because some tags contained illegal \
                       characters. The allowed characters are Unicode letters, white-spaces, '_',',','/','=','+','-','@'.";
        let invalid = "Some tags contain invalid characters. Valid characters: Unicode letters, digits, white space, \
                       _ . / = + - % @.";
        let system = "Some tag keys in the request started with 'aws:'. System tags cannot be modified.";
        for (key, value, expected) in [
            ("a", "b", None),
            ("Größe ü_./=+-@", "", None),
            ("a;", "b", Some(invalid)),
            ("a", "ü\u{1F600}", Some(invalid)),
            ("a%", "b", Some(illegal)),
            ("aws:a", "b", Some(system)),
        ] {
            let tags = Tags::from([(key.to_owned(), value.to_owned())]);
            let refused = require_addable(&tags, Bearer::Stream("s"), &call()).err();
            assert_eq!(refused.as_ref().and_then(ServiceError::message), expected, "{key}={value}");
        }
    }

    #[test]
    fn fifty_tags_are_enough() {
        let many = |range: std::ops::Range<u32>| range.map(|n| (n.to_string(), String::new())).collect::<Tags>();
        let mut tags = many(0..49);
        add(&mut tags, &many(40..50), Bearer::Stream("s"), &call()).expect("fifty keys in all");
        let refused = add(&mut tags, &many(50..51), Bearer::Stream("s"), &call());
        assert!(refused.is_err() && tags.len() == 50);
    }
}
