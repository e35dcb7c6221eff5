//! Why a caller is not believed, in the words of each protocol.

use std::borrow::Cow;

use aws::{Codec, ErrorCode, ServiceError};

/// Why a caller is not believed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Denial {
    /// No signature at all.
    Missing,
    /// A signature that lacks a part, or cannot be read.
    Incomplete(String),
    /// A signature that does not hold.
    Invalid(Cow<'static, str>),
    /// A key or token nobody issued.
    Unrecognized,
    /// A token whose time is over.
    Expired,
}

impl Denial {
    pub(super) fn invalid(message: impl Into<Cow<'static, str>>) -> Self {
        Self::Invalid(message.into())
    }

    pub(super) fn mismatch() -> Self {
        Self::invalid(
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret \
             Access Key and signing method. Consult the service documentation for details.",
        )
    }

    /// The error in the words of a protocol: JSON and query services name these differently.
    pub(crate) fn error(self, codec: Codec) -> ServiceError {
        let query = matches!(codec, Codec::Query { .. });
        let code = |json: &'static str, name: &'static str, status: u16| {
            if query { ErrorCode::with_status(name, status) } else { ErrorCode::sender(json) }
        };
        match self {
            Self::Missing if query => {
                code("", "MissingAuthenticationToken", 403).with("Request is missing Authentication Token")
            }
            Self::Missing => code("MissingAuthenticationTokenException", "", 0).with("Missing Authentication Token"),
            Self::Incomplete(message) => code("IncompleteSignatureException", "IncompleteSignature", 400).with(message),
            Self::Invalid(message) => code("InvalidSignatureException", "SignatureDoesNotMatch", 403).with(message),
            Self::Unrecognized => code("UnrecognizedClientException", "InvalidClientTokenId", 403)
                .with("The security token included in the request is invalid."),
            Self::Expired => code("ExpiredTokenException", "ExpiredToken", 403)
                .with("The security token included in the request is expired"),
        }
    }
}
