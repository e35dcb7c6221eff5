//! The noun tag: pairs of words on buckets and objects, and the rules they keep.

use percent_encoding::percent_decode_str;
use s3s::{S3Result, dto};
use serde::{Deserialize, Serialize};

use crate::{errors, limits};

/// A tag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tag {
    pub(crate) key: String,
    pub(crate) value: String,
}

/// The tags of a header `x-amz-tagging`, which are spelled like a query.
pub(crate) fn of_header(text: &str) -> S3Result<Vec<Tag>> {
    let decode = |text: &str| {
        let spaced = text.replace('+', " ");
        percent_decode_str(&spaced).decode_utf8().map(|text| text.into_owned())
    };
    let pair = |pair: &str| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let refused = |_| errors::argument(HEADER_MALFORMED, "x-amz-tagging", text);
        Ok(Tag { key: decode(key).map_err(refused)?, value: decode(value).map_err(refused)? })
    };
    let tags: Vec<Tag> = text.split('&').filter(|pair| !pair.is_empty()).map(pair).collect::<S3Result<_>>()?;
    check(&tags, limits::OBJECT_TAG_COUNT_MAX, "Object tags cannot be greater than 10")?;
    Ok(tags)
}

const HEADER_MALFORMED: &str = "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query \
                                parameters without tag name duplicates.";

/// The tags of an object's or bucket's tag set.
pub(crate) fn of_set(set: dto::Tagging, count_max: usize, too_many: &'static str) -> S3Result<Vec<Tag>> {
    let tag = |tag: dto::Tag| Tag { key: tag.key.unwrap_or_default(), value: tag.value.unwrap_or_default() };
    let tags: Vec<Tag> = set.tag_set.into_iter().map(tag).collect();
    check(&tags, count_max, too_many)?;
    Ok(tags)
}

/// Tags as the wire shows them.
pub(crate) fn to_set(tags: &[Tag]) -> Vec<dto::Tag> {
    let tag = |tag: &Tag| dto::Tag { key: Some(tag.key.clone()), value: Some(tag.value.clone()) };
    tags.iter().map(tag).collect()
}

fn check(tags: &[Tag], count_max: usize, too_many: &'static str) -> S3Result<()> {
    if tags.len() > count_max {
        return Err(errors::too_many_tags(too_many));
    }
    for (index, tag) in tags.iter().enumerate() {
        let key_chars = tag.key.chars().count();
        if key_chars == 0 || key_chars > limits::TAG_KEY_CHARS_MAX || !tag.key.chars().all(is_allowed) {
            return Err(errors::tag_invalid("The TagKey you have provided is invalid"));
        }
        if tag.value.chars().count() > limits::TAG_VALUE_CHARS_MAX || !tag.value.chars().all(is_allowed) {
            return Err(errors::tag_invalid("The TagValue you have provided is invalid"));
        }
        if tag.key.starts_with("aws:") {
            return Err(errors::tag_invalid("System tags cannot be added/updated by requester"));
        }
        if tags[..index].iter().any(|earlier| earlier.key == tag.key) {
            return Err(errors::tag_invalid("Cannot provide multiple Tags with the same key"));
        }
    }
    Ok(())
}

fn is_allowed(letter: char) -> bool {
    letter.is_alphanumeric() || letter.is_whitespace() || "_.:/=+-@".contains(letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_read_as_queries() {
        let tags = of_header("team=data+lake&empty&a%2Fb=%C3%BC").expect("good tags");
        let pairs: Vec<_> = tags.iter().map(|tag| (tag.key.as_str(), tag.value.as_str())).collect();
        assert_eq!(pairs, [("team", "data lake"), ("empty", ""), ("a/b", "ü")]);
    }

    #[test]
    fn bad_tags_are_refused() {
        let many: Vec<String> = (0..11).map(|number| format!("k{number}=v")).collect();
        for (header, code) in [
            ("a=1&a=2", "InvalidTag"),
            ("aws:x=1", "InvalidTag"),
            ("=1", "InvalidTag"),
            ("a=%3C", "InvalidTag"),
            ("a=%FF", "InvalidArgument"),
            (many.join("&").as_str(), "BadRequest"),
        ] {
            let refused = of_header(header).expect_err(header);
            assert_eq!(refused.code().as_str(), code, "{header}");
        }
    }
}
