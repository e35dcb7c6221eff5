//! The protocols: one set of serde structs in, any wire format out.

mod cbor;
mod json;
mod query;
mod strict;

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::ServiceError;
use crate::pieces::ListFrame;

/// A wire format, chosen from a request's headers and answered in kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Codec {
    /// `application/x-amz-json-1.0`
    Json10,
    /// `application/x-amz-json-1.1`
    Json11,
    /// `application/x-amz-cbor-1.1`
    Cbor,
    /// `application/x-www-form-urlencoded` in, XML out; the namespace is the service's.
    Query {
        /// The `xmlns` of answers.
        namespace: &'static str,
    },
}

impl Codec {
    /// The `Content-Type` of answers.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Json10 => "application/x-amz-json-1.0",
            Self::Json11 => "application/x-amz-json-1.1",
            Self::Cbor => "application/x-amz-cbor-1.1",
            Self::Query { .. } => "text/xml",
        }
    }

    /// Reads a request. Every failure is a `SerializationException` in AWS's words.
    pub fn decode<T: DeserializeOwned>(self, body: &[u8]) -> Result<T, ServiceError> {
        match self {
            Self::Json10 | Self::Json11 => json::decode(body),
            Self::Cbor => cbor::decode(body),
            Self::Query { .. } => query::decode(body),
        }
    }

    /// Writes an answer. Unit outputs give an empty body in JSON and CBOR.
    pub fn encode<T: Serialize>(self, operation: &str, output: &T, request_id: &str) -> Result<Bytes, ServiceError> {
        match self {
            Self::Query { namespace } => query::encode(operation, namespace, output, request_id),
            _ => self.encode_plain(output),
        }
    }

    /// What stands around the items of a list, with the members behind it.
    pub(crate) fn list_frame<T: Serialize>(
        self,
        name: &str,
        count: usize,
        rest: &T,
    ) -> Result<ListFrame, ServiceError> {
        match self {
            Self::Json10 | Self::Json11 => json::list_frame(name, rest),
            Self::Cbor => cbor::list_frame(name, count, rest),
            Self::Query { .. } => Err(ServiceError::internal("XML is not written piece by piece")),
        }
    }

    /// Adds an item of a list.
    pub(crate) fn write_item<T: Serialize>(
        self,
        is_first: bool,
        item: &T,
        out: &mut Vec<u8>,
    ) -> Result<(), ServiceError> {
        match self {
            Self::Cbor => cbor::write(item, out),
            _ => json::write_item(is_first, item, out),
        }
    }

    /// How many bytes an item of a list takes, with what parts it from the one before.
    pub fn item_bytes<T: Serialize>(self, is_first: bool, item: &T) -> Result<u64, ServiceError> {
        match self {
            Self::Cbor => cbor::item_bytes(item),
            _ => json::item_bytes(is_first, item),
        }
    }

    /// How many bytes a text takes as a value.
    pub fn text_bytes(self, text: &str) -> u64 {
        match self {
            Self::Cbor => cbor::string_bytes(text.len()),
            _ => json::text_bytes(text),
        }
    }

    /// How many bytes a blob of this length takes as a value.
    pub fn blob_bytes(self, length: usize) -> u64 {
        match self {
            Self::Cbor => cbor::string_bytes(length),
            _ => json::blob_bytes(length),
        }
    }

    /// Writes a value without a protocol's envelope.
    pub(crate) fn encode_plain<T: Serialize>(self, value: &T) -> Result<Bytes, ServiceError> {
        match self {
            Self::Cbor => cbor::encode(value),
            _ => json::encode(value),
        }
    }

    /// Writes an error body: `__type` and `message` in JSON and CBOR, `ErrorResponse` in XML.
    pub fn encode_error(self, error: &ServiceError, request_id: &str) -> Bytes {
        match self {
            Self::Query { namespace } => query::encode_error(error, namespace, request_id),
            Self::Cbor => cbor::encode_error(error),
            _ => json::encode_error(error),
        }
    }

    /// The payload of an exception frame: only the message.
    pub(crate) fn encode_exception_message(self, message: &str) -> Bytes {
        let map = std::collections::BTreeMap::from([("message", message)]);
        self.encode_plain(&map).unwrap_or_default()
    }
}
