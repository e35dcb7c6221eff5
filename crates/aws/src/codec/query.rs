//! The query protocol: form-encoded requests, XML answers.

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::ServiceError;

pub(super) fn decode<T: DeserializeOwned>(_body: &[u8]) -> Result<T, ServiceError> {
    Err(ServiceError::serialization(None))
}

pub(super) fn encode<T: Serialize>(
    _operation: &str,
    _namespace: &str,
    _output: &T,
    _request_id: &str,
) -> Result<Bytes, ServiceError> {
    Err(ServiceError::serialization(None))
}

pub(super) fn encode_error(_error: &ServiceError, _namespace: &str, _request_id: &str) -> Bytes {
    Bytes::new()
}
