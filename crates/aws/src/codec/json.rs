//! JSON 1.0 and 1.1, with AWS's complaints about wrongly typed members.

use std::io;
use std::mem::MaybeUninit;

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::strict;
use crate::ServiceError;

pub(super) fn decode<T: DeserializeOwned>(body: &[u8]) -> Result<T, ServiceError> {
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
    let mut serializer = serde_json::Serializer::with_formatter(&mut out, Base64Bytes);
    value.serialize(&mut serializer).map_err(ServiceError::internal)?;
    // A unit output is an empty body, not `null`.
    if out == b"null" {
        out.clear();
    }
    Ok(Bytes::from(out))
}

/// Writes byte strings as base64 text, straight into the output; serde_json's own way is a list of numbers.
struct Base64Bytes;

impl serde_json::ser::Formatter for Base64Bytes {
    fn write_byte_array<W: ?Sized + io::Write>(&mut self, writer: &mut W, bytes: &[u8]) -> io::Result<()> {
        // A multiple of three, so that only the last chunk is padded.
        const CHUNK_BYTES: usize = 3 * 1024;
        let mut text = [const { MaybeUninit::uninit() }; CHUNK_BYTES / 3 * 4];
        writer.write_all(b"\"")?;
        for chunk in bytes.chunks(CHUNK_BYTES) {
            let text = base64_simd::Out::from_uninit_slice(&mut text);
            writer.write_all(base64_simd::STANDARD.encode(chunk, text))?;
        }
        writer.write_all(b"\"")
    }
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
    fn byte_strings_are_base64() {
        struct Data(Vec<u8>);
        impl Serialize for Data {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_bytes(&self.0)
            }
        }
        for length in [0, 1, 2, 3, 3071, 3072, 3073, 10_000] {
            let bytes: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
            let expected = format!("\"{}\"", base64_simd::STANDARD.encode_to_string(&bytes));
            assert_eq!(encode(&Data(bytes)).expect("encodes"), expected, "{length}");
        }
    }

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
            (r#"{"Nested":[]}"#, "Expected map or null"),
        ] {
            let error = decode::<Probe>(body.as_bytes()).expect_err(body);
            assert_eq!(error.message(), Some(expected), "{body}");
        }
        for broken in [r#"{"Name":"#, "{} {}", "", "\u{feff}{}"] {
            let error = decode::<Probe>(broken.as_bytes()).expect_err(broken);
            assert_eq!((error.code().name, error.message()), ("SerializationException", None), "{broken}");
        }
        for body in ["[]", r#"["a"]"#, "5", "null", r#""x""#] {
            let error = decode::<Probe>(body.as_bytes()).expect_err(body);
            assert_eq!((error.code().name, error.message()), ("SerializationException", None), "{body}");
        }
    }

    #[test]
    fn hostile_nesting_is_refused() {
        for open in ["[", "{\"Nested\":", "{\"Unknown\":[", "{\"List\":[["] {
            assert!(decode::<Probe>(open.repeat(200_000).as_bytes()).is_err(), "{open}");
        }
    }
}
