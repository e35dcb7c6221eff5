//! Why a request is turned away before any operation sees it, in S3's words.

use std::borrow::Cow;

use http::StatusCode;
use s3s::{S3Error, S3ErrorCode};

use crate::errors;

/// An error answer of S3: a code, a sentence and the elements that some errors carry beside them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Denial {
    status: StatusCode,
    code: Cow<'static, str>,
    message: String,
    extras: Vec<(&'static str, String)>,
}

impl Denial {
    fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code: code.into(), message: message.into(), extras: Vec::new() }
    }

    fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.extras.push((name, value.into()));
        self
    }

    #[cfg(test)]
    pub(crate) fn code(&self) -> &str {
        &self.code
    }

    #[cfg(test)]
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    pub(crate) fn access(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "AccessDenied", message)
    }

    pub(crate) fn argument(message: impl Into<String>, name: &'static str, value: impl Into<String>) -> Self {
        let refused = Self::new(StatusCode::BAD_REQUEST, "InvalidArgument", message);
        refused.with("ArgumentName", name).with("ArgumentValue", value)
    }

    pub(crate) fn request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "InvalidRequest", message)
    }

    pub(crate) fn malformed_header(what: &str) -> Self {
        let message = format!("The authorization header is malformed; {what}");
        Self::new(StatusCode::BAD_REQUEST, "AuthorizationHeaderMalformed", message)
    }

    pub(crate) fn malformed_query(what: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "AuthorizationQueryParametersError", what)
    }

    pub(crate) fn malformed_form(what: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "MalformedPOSTRequest", what)
    }

    pub(crate) fn too_skewed(request: &str, server: &str, skew_ms: i64) -> Self {
        let message = "The difference between the request time and the current time is too large.";
        let refused = Self::new(StatusCode::FORBIDDEN, "RequestTimeTooSkewed", message);
        let refused = refused.with("RequestTime", request).with("ServerTime", server);
        refused.with("MaxAllowedSkewMilliseconds", skew_ms.to_string())
    }

    pub(crate) fn expired(seconds: u64, expires: &str, server: &str) -> Self {
        let refused = Self::access("Request has expired").with("X-Amz-Expires", seconds.to_string());
        refused.with("Expires", expires).with("ServerTime", server)
    }

    pub(crate) fn unknown_key(access_key: &str) -> Self {
        let message = "The AWS Access Key Id you provided does not exist in our records.";
        Self::new(StatusCode::FORBIDDEN, "InvalidAccessKeyId", message).with("AWSAccessKeyId", access_key)
    }

    pub(crate) fn unknown_token(token: &str) -> Self {
        let message = "The provided token is malformed or otherwise invalid.";
        Self::new(StatusCode::BAD_REQUEST, "InvalidToken", message).with("Token-0", token)
    }

    pub(crate) fn expired_token(token: &str) -> Self {
        let message = "The provided token has expired.";
        Self::new(StatusCode::BAD_REQUEST, "ExpiredToken", message).with("Token-0", token)
    }

    pub(crate) fn mismatch(access_key: &str, to_sign: &str, given: &str, canonical: &str) -> Self {
        let message = "The request signature we calculated does not match the signature you provided. \
                       Check your key and signing method.";
        let refused = Self::new(StatusCode::FORBIDDEN, "SignatureDoesNotMatch", message);
        let refused = refused.with("AWSAccessKeyId", access_key).with("StringToSign", to_sign);
        refused.with("SignatureProvided", given).with("CanonicalRequest", canonical)
    }

    pub(crate) fn unsigned_header(name: &str) -> Self {
        Self::access("There were headers present in the request which were not signed").with("HeadersNotSigned", name)
    }

    pub(crate) fn length_missing() -> Self {
        let message = "You must provide the Content-Length HTTP header.";
        Self::new(StatusCode::LENGTH_REQUIRED, "MissingContentLength", message)
    }

    pub(crate) fn too_long() -> Self {
        Self::new(StatusCode::BAD_REQUEST, "MaxMessageLengthExceeded", "Your request was too big.")
    }

    pub(crate) fn method() -> Self {
        let message = "The specified method is not allowed against this resource.";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed", message)
    }

    pub(crate) fn uri() -> Self {
        Self::new(StatusCode::BAD_REQUEST, "InvalidURI", "Couldn't parse the specified URI.")
    }

    pub(crate) fn policy_document(what: impl std::fmt::Display) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "InvalidPolicyDocument", format!("Invalid Policy: {what}"))
    }

    pub(crate) fn policy(what: impl std::fmt::Display) -> Self {
        Self::access(format!("Invalid according to Policy: {what}"))
    }

    pub(crate) fn fields_too_large() -> Self {
        let message = "Your POST request fields preceding the upload file were too large.";
        Self::new(StatusCode::BAD_REQUEST, "MaxPostPreDataLengthExceeded", message)
    }

    pub(crate) fn not_implemented(what: &str) -> Self {
        let message = format!("{what} is not implemented by Millstream");
        Self::new(StatusCode::NOT_IMPLEMENTED, "NotImplemented", message)
    }
}

impl From<Denial> for S3Error {
    fn from(denial: Denial) -> Self {
        let Ok(code) = denial.code.parse::<S3ErrorCode>();
        let mut error = Self::with_message(code, denial.message);
        error.set_status_code(denial.status);
        let details: Vec<(&str, &str)> = denial.extras.iter().map(|(name, text)| (*name, text.as_str())).collect();
        errors::with(error, &details)
    }
}

impl From<S3Error> for Denial {
    fn from(error: S3Error) -> Self {
        Self {
            status: error.status_code().unwrap_or(StatusCode::BAD_REQUEST),
            code: error.code().as_str().to_owned().into(),
            message: error.message().unwrap_or_default().to_owned(),
            extras: Vec::new(),
        }
    }
}
