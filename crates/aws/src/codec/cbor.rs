//! CBOR 1.1 as the Java SDK speaks it: indefinite lengths accepted, definite lengths sent.

mod read;
#[cfg(test)]
mod tests;

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::ServiceError;

pub(super) fn decode<T: DeserializeOwned>(body: &[u8]) -> Result<T, ServiceError> {
    read::read(body).map_err(|_| ServiceError::serialization(None))
}

pub(super) fn encode<T: Serialize>(value: &T) -> Result<Bytes, ServiceError> {
    let mut out = Vec::with_capacity(256);
    ciborium::into_writer(value, &mut out).map_err(|error| ServiceError::internal(error.to_string()))?;
    // A unit output is an empty body, not `null` (0xf6).
    if out == [0xf6] || out == [0x80] {
        out.clear();
    }
    Ok(Bytes::from(out))
}

pub(super) fn encode_error(error: &ServiceError) -> Bytes {
    let mut body = std::collections::BTreeMap::from([("__type", error.code().name)]);
    if let Some(message) = error.message() {
        body.insert(error.message_key(), message);
    }
    encode(&body).unwrap_or_default()
}
