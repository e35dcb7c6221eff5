//! JSON 1.0 and 1.1, with AWS's complaints about wrongly typed members.

mod plain;
#[cfg(test)]
mod tests;
mod write;

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::strict;
use crate::ServiceError;
use crate::pieces::ListFrame;

pub(super) fn decode<T: DeserializeOwned>(body: &[u8]) -> Result<T, ServiceError> {
    // Three quarters of its base64, at most.
    if let Ok(decoded) = plain::read(body) {
        return Ok(decoded);
    }
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let decoded = strict::deserialize(&mut deserializer).and_then(|value| deserializer.end().map(|()| value));
    decoded.map_err(|error| {
        // To a body that is no object at all AWS says nothing more.
        let is_object = body.trim_ascii_start().first() == Some(&b'{');
        let message = (error.is_data() && is_object).then(|| complaint(&error.to_string())).flatten();
        ServiceError::serialization(message)
    })
}

pub(super) fn encode<T: Serialize>(value: &T) -> Result<Bytes, ServiceError> {
    let mut out = Vec::with_capacity(256);
    write::write(value, &mut out).map_err(ServiceError::internal)?;
    // A unit output is an empty body, not `null`.
    if out == b"null" {
        out.clear();
    }
    Ok(Bytes::from(out))
}

/// What stands around the items of a list that is an answer's first member.
pub(super) fn list_frame<T: Serialize>(name: &str, rest: &T) -> Result<ListFrame, ServiceError> {
    let rest = encode(rest)?;
    let members = rest.strip_prefix(b"{").ok_or_else(|| ServiceError::internal("members are no structure"))?;
    let comma: &[u8] = if members == b"}" { b"" } else { b"," };
    let tail = [b"]", comma, members].concat();
    Ok(ListFrame { head: format!("{{\"{name}\":[").into_bytes(), tail })
}

/// Adds an item of a list.
pub(super) fn write_item<T: Serialize>(is_first: bool, item: &T, out: &mut Vec<u8>) -> Result<(), ServiceError> {
    if !is_first {
        out.push(b',');
    }
    write::write(item, out).map_err(ServiceError::internal)
}

/// How many bytes [`write_item`] adds.
pub(super) fn item_bytes<T: Serialize>(is_first: bool, item: &T) -> Result<u64, ServiceError> {
    let mut length = write::Length(u64::from(!is_first));
    write::write(item, &mut length).map_err(ServiceError::internal)?;
    Ok(length.0)
}

/// How many bytes a text takes with its quotes and escapes.
pub(super) fn text_bytes(text: &str) -> u64 {
    let mut length = write::Length::default();
    write::put_text(text, &mut length);
    length.0
}

/// How many bytes a blob takes as base64 with its quotes.
pub(super) fn blob_bytes(length: usize) -> u64 {
    length.div_ceil(3) as u64 * 4 + 2
}

pub(super) fn encode_error(error: &ServiceError) -> Bytes {
    let mut body = serde_json::Map::new();
    body.insert("__type".to_owned(), error.code().name.into());
    if let Some(message) = error.message() {
        body.insert(error.message_key().to_owned(), message.into());
    }
    for (name, member) in error.members() {
        let member = serde_json::to_value(member).expect("text and lists of text have a JSON form");
        body.insert((*name).to_owned(), member);
    }
    Bytes::from(serde_json::Value::Object(body).to_string())
}

/// Turns serde's sentence about a wrong type into AWS's. `None` where AWS says nothing.
fn complaint(text: &str) -> Option<String> {
    // Our own types bring AWS's words along, between markers.
    if let Some(own) = text.split('\u{1}').nth(1) {
        return Some(own.to_owned());
    }
    let rest = text.strip_prefix("invalid type: ").or_else(|| text.strip_prefix("invalid value: "))?;
    let (found, expected) = rest.split_once(", expected ")?;
    let expected = expected.split(" at line ").next().unwrap_or(expected);
    let target = target(expected);
    let is = |kind: &str| found.starts_with(kind);
    Some(match target {
        _ if is("sequence") => "Start of list found where not expected".to_owned(),
        _ if is("map") => "Start of structure or map found where not expected.".to_owned(),
        Target::List => "Expected list or null".to_owned(),
        Target::Map => "Expected map or null".to_owned(),
        Target::Structure => "Expected null".to_owned(),
        Target::Scalar("Boolean") if is("string") => {
            let value = found.trim_start_matches("string ").trim_matches('"').to_uppercase();
            format!("'{value}' can not be converted to an Boolean")
        }
        Target::Scalar(name) => {
            let article = match name {
                "Blob" => "a ",
                "milliseconds since epoch" => "",
                _ => "an ",
            };
            format!("class {} can not be converted to {article}{name}", java_class(found))
        }
    })
}

enum Target {
    List,
    Map,
    Structure,
    Scalar(&'static str),
}

fn target(expected: &str) -> Target {
    match expected {
        "a string" | "string or map" | "a borrowed string" => Target::Scalar("String"),
        "a Blob" => Target::Scalar("Blob"),
        "a boolean" => Target::Scalar("Boolean"),
        "i64" | "u64" => Target::Scalar("Long"),
        "i8" | "u8" | "i16" | "u16" | "i32" | "u32" => Target::Scalar("Integer"),
        "f32" | "f64" => Target::Scalar("Double"),
        "milliseconds since epoch" => Target::Scalar("milliseconds since epoch"),
        text if text.starts_with("a sequence") => Target::List,
        text if text.starts_with("struct ") => Target::Structure,
        _ => Target::Map,
    }
}

fn java_class(found: &str) -> &'static str {
    match found.split(' ').next().unwrap_or_default() {
        "string" => "java.lang.String",
        "boolean" => "java.lang.Boolean",
        _ => "com.amazon.coral.value.json.numbers.TruncatingBigNumber",
    }
}
