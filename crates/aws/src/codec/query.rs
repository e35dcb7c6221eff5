//! The query protocol: form-encoded requests, XML answers.
//!
//! <https://smithy.io/2.0/aws/protocols/aws-query-protocol.html>

mod form;
#[cfg(test)]
mod tests;
mod xml;

use std::fmt::Write as _;

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{ErrorMember, ServiceError};

pub(super) fn decode<T: DeserializeOwned>(body: &[u8]) -> Result<T, ServiceError> {
    form::decode(body).map_err(|error| ServiceError::serialization(Some(error.to_string())))
}

pub(super) fn encode<T: Serialize>(
    operation: &str,
    namespace: &str,
    output: &T,
    request_id: &str,
) -> Result<Bytes, ServiceError> {
    let mut out = format!("<{operation}Response xmlns=\"{namespace}\">\n");
    let before = out.len();
    xml::write_element(&mut out, &format!("{operation}Result"), output)
        .map_err(|error| ServiceError::internal(error.to_string()))?;
    if out.len() > before {
        out.push('\n');
    }
    // Writing to a String cannot fail.
    let _ = write!(
        out,
        "<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata>\n</{operation}Response>\n"
    );
    Ok(Bytes::from(out))
}

pub(super) fn encode_error(error: &ServiceError, namespace: &str, request_id: &str) -> Bytes {
    let fault = if error.code().status < 500 { "Sender" } else { "Receiver" };
    let mut out = format!("<ErrorResponse xmlns=\"{namespace}\">\n<Error><Type>{fault}</Type><Code>");
    xml::escape(&mut out, query_name(error.code().name));
    out.push_str("</Code>");
    if let Some(message) = error.message() {
        element(&mut out, "Message", message);
    }
    for (name, member) in error.members() {
        let texts = match member {
            ErrorMember::Text(text) => {
                element(&mut out, name, text);
                continue;
            }
            ErrorMember::Texts(texts) => texts,
        };
        // Writing to a String cannot fail.
        let _ = write!(out, "<{name}>");
        texts.iter().for_each(|text| element(&mut out, "member", text));
        let _ = write!(out, "</{name}>");
    }
    // Writing to a String cannot fail.
    let _ = write!(out, "</Error>\n<RequestId>{request_id}</RequestId>\n</ErrorResponse>\n");
    Bytes::from(out)
}

fn element(out: &mut String, name: &str, text: &str) {
    // Writing to a String cannot fail.
    let _ = write!(out, "<{name}>");
    xml::escape(out, text);
    let _ = write!(out, "</{name}>");
}

/// Errors that every protocol has, under the names they have in this one.
fn query_name(name: &str) -> &str {
    match name {
        "ValidationException" => "ValidationError",
        "SerializationException" => "MalformedInput",
        other => other,
    }
}
