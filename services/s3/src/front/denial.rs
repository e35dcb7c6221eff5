//! Why a request is turned away before any operation sees it, in S3's words.

use std::borrow::Cow;
use std::fmt::Write as _;

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use s3s::S3Error;

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

    pub(crate) fn bucket_name(name: &str) -> Self {
        let message = "The specified bucket is not valid.";
        Self::new(StatusCode::BAD_REQUEST, "InvalidBucketName", message).with("BucketName", name)
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

    /// The answer; the gateway adds the ids.
    pub(crate) fn response(&self) -> Response<Bytes> {
        let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error>");
        let mut element = |name: &str, text: &str| {
            let _ = write!(xml, "<{name}>{}</{name}>", quick_xml::escape::escape(text)); // A String takes everything.
        };
        element("Code", &self.code);
        element("Message", &self.message);
        for (name, text) in &self.extras {
            element(name, text);
        }
        xml.push_str("</Error>");
        let mut response = Response::new(Bytes::from(xml));
        *response.status_mut() = self.status;
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/xml"));
        response
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_xml_whatever_was_sent() {
        let response = Denial::unknown_key("<a&b>").response();
        let body = String::from_utf8_lossy(response.body());
        assert_eq!(response.status(), 403);
        assert!(body.contains("<Code>InvalidAccessKeyId</Code>"), "{body}");
        assert!(body.contains("<AWSAccessKeyId>&lt;a&amp;b&gt;</AWSAccessKeyId>"), "{body}");
    }
}
