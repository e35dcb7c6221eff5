//! JSON 1.0 and 1.1, with AWS's complaints about wrongly typed members.

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::ServiceError;

pub(super) fn decode<T: DeserializeOwned>(body: &[u8]) -> Result<T, ServiceError> {
    serde_json::from_slice(body).map_err(|error| {
        let message = error.is_data().then(|| complaint(&error.to_string())).flatten();
        ServiceError::serialization(message)
    })
}

pub(super) fn encode<T: Serialize>(value: &T) -> Result<Bytes, ServiceError> {
    let mut out = Vec::with_capacity(256);
    serde_json::to_writer(&mut out, value).map_err(ServiceError::internal)?;
    // A unit output is an empty body, not `null`.
    if out == b"null" {
        out.clear();
    }
    Ok(Bytes::from(out))
}

pub(super) fn encode_error(error: &ServiceError) -> Bytes {
    let mut body = serde_json::Map::new();
    body.insert("__type".to_owned(), error.code().name.into());
    if let Some(message) = error.message() {
        body.insert(error.message_key().to_owned(), message.into());
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
        Target::List => "Expected list or null".to_owned(),
        Target::Map => "Expected map or null".to_owned(),
        Target::Scalar(_) if is("sequence") => "Start of list found where not expected".to_owned(),
        Target::Scalar(_) if is("map") => "Start of structure or map found where not expected.".to_owned(),
        Target::Scalar("Boolean") if is("string") => {
            let value = found.trim_start_matches("string ").trim_matches('"').to_uppercase();
            format!("'{value}' can not be converted to an Boolean")
        }
        Target::Scalar(name) => {
            let article = if name.starts_with("milli") { "" } else { "an " };
            format!("class {} can not be converted to {article}{name}", java_class(found))
        }
    })
}

enum Target {
    List,
    Map,
    Scalar(&'static str),
}

fn target(expected: &str) -> Target {
    match expected {
        "a string" | "a Blob" | "string or map" | "a borrowed string" => Target::Scalar("String"),
        "a boolean" => Target::Scalar("Boolean"),
        "i64" | "u64" => Target::Scalar("Long"),
        "i8" | "u8" | "i16" | "u16" | "i32" | "u32" => Target::Scalar("Integer"),
        "f32" | "f64" => Target::Scalar("Double"),
        "milliseconds since epoch" => Target::Scalar("milliseconds since epoch"),
        text if text.starts_with("a sequence") => Target::List,
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

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::{Blob, Required, Timestamp};

    #[derive(Debug, Default, Deserialize)]
    #[serde(rename_all = "PascalCase", default)]
    struct Probe {
        name: Required<String>,
        count: Option<i32>,
        flag: Option<bool>,
        data: Option<Blob>,
        at: Option<Timestamp>,
        list: Option<Vec<String>>,
        nested: Option<Inner>,
    }

    #[derive(Debug, Default, Deserialize)]
    #[serde(default)]
    struct Inner {}

    #[test]
    fn wrong_types_read_as_aws_says() {
        for (body, expected) in [
            (
                r#"{"Name":5}"#,
                "class com.amazon.coral.value.json.numbers.TruncatingBigNumber can not be converted to an String",
            ),
            (r#"{"Name":[]}"#, "Start of list found where not expected"),
            (r#"{"Name":{}}"#, "Start of structure or map found where not expected."),
            (r#"{"Count":true}"#, "class java.lang.Boolean can not be converted to an Integer"),
            (r#"{"Count":"5"}"#, "class java.lang.String can not be converted to an Integer"),
            (r#"{"Flag":"yes"}"#, "'YES' can not be converted to an Boolean"),
            (
                r#"{"Data":"abc"}"#,
                "'abc' can not be converted to a Blob: Base64 encoded length is expected a multiple of 4 bytes but found: 3",
            ),
            (r#"{"Data":"a~bc"}"#, "'a~bc' can not be converted to a Blob: Invalid Base64 character: '~'"),
            (r#"{"At":"x"}"#, "class java.lang.String can not be converted to milliseconds since epoch"),
            (r#"{"List":5}"#, "Expected list or null"),
            (r#"{"Nested":"x"}"#, "Expected map or null"),
        ] {
            let error = decode::<Probe>(body.as_bytes()).expect_err(body);
            assert_eq!(error.message(), Some(expected), "{body}");
        }
        let broken = decode::<Probe>(br#"{"Name":"#).expect_err("truncated");
        assert_eq!(broken.message(), None);
    }
}
