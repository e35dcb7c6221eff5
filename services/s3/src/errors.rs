//! Every code and every sentence S3 answers, beside those of the protocol itself.
//!
//! What AWS writes into further elements of an error (`Key`, `BucketName`, …) travels to the face in a header of its
//! own, because `s3s` knows only code and message.

use std::fmt;

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use s3s::{S3Error, S3ErrorCode};

/// Carries `Element=percent-encoded text` to the face, once per element; never leaves the server.
pub(crate) const DETAIL: HeaderName = HeaderName::from_static("x-millstream-detail");

fn error(code: S3ErrorCode, message: impl Into<std::borrow::Cow<'static, str>>) -> S3Error {
    S3Error::with_message(code, message)
}

/// A code that `s3s` does not list.
fn custom(code: &'static str, status: StatusCode, message: impl Into<std::borrow::Cow<'static, str>>) -> S3Error {
    let mut error = error(S3ErrorCode::Custom(code.into()), message);
    error.set_status_code(status);
    error
}

/// The same error with further elements and headers.
pub(crate) fn with(mut error: S3Error, details: &[(&str, &str)]) -> S3Error {
    let mut headers = error.headers().cloned().unwrap_or_default();
    for (element, text) in details {
        let value = format!("{element}={}", utf8_percent_encode(text, NON_ALPHANUMERIC));
        headers.append(DETAIL, HeaderValue::from_str(&value).expect("percent-encoded text is a header's value"));
    }
    error.set_headers(headers);
    error
}

/// The same error with headers.
pub(crate) fn with_headers(mut error: S3Error, more: HeaderMap) -> S3Error {
    let mut headers = error.headers().cloned().unwrap_or_default();
    headers.extend(more);
    error.set_headers(headers);
    error
}

/// Something broke on our side: the client reads a fixed sentence, the log reads the cause.
pub(crate) fn internal(cause: impl fmt::Display) -> S3Error {
    tracing::error!(%cause, "S3 could not do what it was asked for");
    error(S3ErrorCode::InternalError, "We encountered an internal error. Please try again.")
}

/// The store refused.
pub(crate) fn store(failure: &store::Error) -> S3Error {
    match failure {
        store::Error::Full => disk_full(),
        // The queue of a transaction that never gets its turn.
        store::Error::Conflict => error(S3ErrorCode::SlowDown, "Please reduce your request rate."),
        other => {
            let mut text = other.to_string();
            let mut source = std::error::Error::source(other);
            while let Some(cause) = source {
                text.push_str(": ");
                text.push_str(&cause.to_string());
                source = cause.source();
            }
            internal(text)
        }
    }
}

/// There is no room left.
pub(crate) fn disk_full() -> S3Error {
    error(S3ErrorCode::ServiceUnavailable, "The server's disk is full.")
}

/// AWS has this, we do not; never answered as success.
pub(crate) fn not_implemented(what: impl fmt::Display) -> S3Error {
    error(S3ErrorCode::NotImplemented, format!("{what} is not implemented by Millstream."))
}

/// A header whose meaning AWS itself does not carry out.
pub(crate) fn header_not_implemented(header: &str) -> S3Error {
    let sentence = "A header you provided implies functionality that is not implemented";
    with(error(S3ErrorCode::NotImplemented, sentence), &[("Header", header)])
}

pub(crate) fn no_such_bucket(bucket: &str) -> S3Error {
    with(error(S3ErrorCode::NoSuchBucket, "The specified bucket does not exist"), &[("BucketName", bucket)])
}

pub(crate) fn bucket_name_invalid(bucket: &str) -> S3Error {
    with(error(S3ErrorCode::InvalidBucketName, "The specified bucket is not valid."), &[("BucketName", bucket)])
}

pub(crate) fn bucket_owned_by_you(bucket: &str) -> S3Error {
    let sentence = "Your previous request to create the named bucket succeeded and you already own it.";
    with(error(S3ErrorCode::BucketAlreadyOwnedByYou, sentence), &[("BucketName", bucket)])
}

pub(crate) fn bucket_exists(bucket: &str) -> S3Error {
    let sentence = "The requested bucket name is not available. The bucket namespace is shared by all users of the \
                    system. Please select a different name and try again.";
    with(error(S3ErrorCode::BucketAlreadyExists, sentence), &[("BucketName", bucket)])
}

pub(crate) fn bucket_not_empty(bucket: &str, versioned: bool) -> S3Error {
    let sentence = if versioned {
        "The bucket you tried to delete is not empty. You must delete all versions in the bucket."
    } else {
        "The bucket you tried to delete is not empty"
    };
    with(error(S3ErrorCode::BucketNotEmpty, sentence), &[("BucketName", bucket)])
}

pub(crate) fn access_denied() -> S3Error {
    error(S3ErrorCode::AccessDenied, "Access Denied")
}

pub(crate) fn location_illegal(constraint: Option<&str>) -> S3Error {
    let name = constraint.unwrap_or("unspecified");
    let sentence = format!(
        "The {name} location constraint is incompatible for the region specific endpoint this request was sent to."
    );
    error(S3ErrorCode::IllegalLocationConstraintException, sentence)
}

pub(crate) fn location_invalid(constraint: &str) -> S3Error {
    let sentence = "The specified location-constraint is not valid";
    with(error(S3ErrorCode::InvalidLocationConstraint, sentence), &[("LocationConstraint", constraint)])
}

pub(crate) fn no_such_key(key: &str) -> S3Error {
    with(error(S3ErrorCode::NoSuchKey, "The specified key does not exist."), &[("Key", key)])
}

pub(crate) fn no_such_version(key: &str, version: &str) -> S3Error {
    let sentence = "The specified version does not exist.";
    with(error(S3ErrorCode::NoSuchVersion, sentence), &[("Key", key), ("VersionId", version)])
}

pub(crate) fn version_id_invalid(version: &str) -> S3Error {
    argument("Invalid version id specified", "versionId", version)
}

pub(crate) fn is_delete_marker() -> S3Error {
    method_not_allowed("DeleteMarker")
}

pub(crate) fn method_not_allowed(resource: &str) -> S3Error {
    let sentence = "The specified method is not allowed against this resource.";
    with(error(S3ErrorCode::MethodNotAllowed, sentence), &[("ResourceType", resource)])
}

/// `InvalidArgument`, with the argument's name and value as AWS adds them.
pub(crate) fn argument(message: impl Into<std::borrow::Cow<'static, str>>, name: &str, value: &str) -> S3Error {
    with(error(S3ErrorCode::InvalidArgument, message), &[("ArgumentName", name), ("ArgumentValue", value)])
}

pub(crate) fn invalid_request(message: impl Into<std::borrow::Cow<'static, str>>) -> S3Error {
    error(S3ErrorCode::InvalidRequest, message)
}

pub(crate) fn malformed_xml() -> S3Error {
    let sentence = "The XML you provided was not well-formed or did not validate against our published schema";
    error(S3ErrorCode::MalformedXML, sentence)
}

pub(crate) fn key_too_long(bytes: usize) -> S3Error {
    let details = [("Size", bytes.to_string()), ("MaxSizeAllowed", crate::limits::KEY_BYTES_MAX.to_string())];
    let details = details.each_ref().map(|(name, value)| (*name, value.as_str()));
    with(error(S3ErrorCode::KeyTooLongError, "Your key is too long"), &details)
}

pub(crate) fn metadata_too_large(bytes: usize) -> S3Error {
    let details = [("Size", bytes.to_string()), ("MaxSizeAllowed", crate::limits::METADATA_BYTES_MAX.to_string())];
    let details = details.each_ref().map(|(name, value)| (*name, value.as_str()));
    let sentence = "Your metadata headers exceed the maximum allowed metadata size";
    with(error(S3ErrorCode::MetadataTooLarge, sentence), &details)
}

pub(crate) fn entity_too_large(bytes: u64, bytes_max: u64) -> S3Error {
    let details = [("ProposedSize", bytes.to_string()), ("MaxSizeAllowed", bytes_max.to_string())];
    let details = details.each_ref().map(|(name, value)| (*name, value.as_str()));
    with(error(S3ErrorCode::EntityTooLarge, "Your proposed upload exceeds the maximum allowed size"), &details)
}

pub(crate) fn entity_too_small(part_number: i32, bytes: u64, etag: &str) -> S3Error {
    let details = [
        ("ProposedSize", bytes.to_string()),
        ("MinSizeAllowed", crate::limits::PART_BYTES_MIN.to_string()),
        ("PartNumber", part_number.to_string()),
        ("ETag", etag.to_owned()),
    ];
    let details = details.each_ref().map(|(name, value)| (*name, value.as_str()));
    let sentence = "Your proposed upload is smaller than the minimum allowed size";
    with(error(S3ErrorCode::EntityTooSmall, sentence), &details)
}

pub(crate) fn bad_digest() -> S3Error {
    error(S3ErrorCode::BadDigest, "The Content-MD5 you specified did not match what we received.")
}

pub(crate) fn bad_checksum(algorithm: &str) -> S3Error {
    error(S3ErrorCode::BadDigest, format!("The {algorithm} you specified did not match the calculated checksum."))
}

pub(crate) fn checksum_invalid(header: &str) -> S3Error {
    invalid_request(format!("Value for {header} header is invalid."))
}

pub(crate) fn digest_invalid() -> S3Error {
    error(S3ErrorCode::InvalidDigest, "The Content-MD5 you specified was invalid.")
}

pub(crate) fn incomplete_body() -> S3Error {
    let sentence = "You did not provide the number of bytes specified by the Content-Length HTTP header";
    error(S3ErrorCode::IncompleteBody, sentence)
}

pub(crate) fn body_too_slow() -> S3Error {
    let sentence = "Your socket connection to the server was not read from or written to within the timeout period. \
                    Idle connections will be closed.";
    error(S3ErrorCode::RequestTimeout, sentence)
}

pub(crate) fn precondition_failed(condition: &str) -> S3Error {
    let sentence = "At least one of the pre-conditions you specified did not hold";
    with(error(S3ErrorCode::PreconditionFailed, sentence), &[("Condition", condition)])
}

pub(crate) fn not_modified(headers: HeaderMap) -> S3Error {
    with_headers(error(S3ErrorCode::NotModified, "Not Modified"), headers)
}

pub(crate) fn range_invalid(requested: &str, size: u64) -> S3Error {
    let details = [("RangeRequested", requested), ("ActualObjectSize", &size.to_string())];
    with(error(S3ErrorCode::InvalidRange, "The requested range is not satisfiable"), &details)
}

pub(crate) fn part_number_invalid() -> S3Error {
    custom("InvalidPartNumber", StatusCode::RANGE_NOT_SATISFIABLE, "The requested partnumber is not satisfiable")
}

pub(crate) fn no_such_upload(upload: &str) -> S3Error {
    let sentence = "The specified upload does not exist. The upload ID may be invalid, or the upload may have been \
                    aborted or completed.";
    with(error(S3ErrorCode::NoSuchUpload, sentence), &[("UploadId", upload)])
}

pub(crate) fn part_invalid(upload: &str, part_number: i32, etag: &str) -> S3Error {
    let sentence = "One or more of the specified parts could not be found.  The part may not have been uploaded, or \
                    the specified entity tag may not match the part's entity tag.";
    let details = [("UploadId", upload), ("PartNumber", &part_number.to_string()), ("ETag", etag)];
    with(error(S3ErrorCode::InvalidPart, sentence), &details)
}

pub(crate) fn part_order_invalid(upload: &str) -> S3Error {
    let sentence = "The list of parts was not in ascending order. Parts must be ordered by part number.";
    with(error(S3ErrorCode::InvalidPartOrder, sentence), &[("UploadId", upload)])
}

pub(crate) fn tag_invalid(message: &'static str) -> S3Error {
    error(S3ErrorCode::InvalidTag, message)
}

pub(crate) fn acl_not_supported() -> S3Error {
    error(S3ErrorCode::AccessControlListNotSupported, "The bucket does not allow ACLs")
}

pub(crate) fn storage_class_invalid(class: &str) -> S3Error {
    let sentence = "The storage class you specified is not valid";
    with(error(S3ErrorCode::InvalidStorageClass, sentence), &[("StorageClassRequested", class)])
}

pub(crate) fn copy_to_itself() -> S3Error {
    invalid_request(
        "This copy request is illegal because it is trying to copy an object to itself without changing the object's \
         metadata, storage class, website redirect location or encryption attributes.",
    )
}

/// What a bucket has not been given, in AWS's words for it.
pub(crate) fn not_set(code: S3ErrorCode, sentence: &'static str, bucket: &str) -> S3Error {
    let mut error = error(code, sentence);
    error.set_status_code(StatusCode::NOT_FOUND);
    with(error, &[("BucketName", bucket)])
}

/// Why a key of KMS cannot be used.
pub(crate) fn kms(error: &keys::Error, key: &str) -> S3Error {
    let (code, sentence) = match error {
        keys::Error::NotFound => ("KMS.NotFoundException", format!("Key '{key}' does not exist")),
        keys::Error::Disabled => ("KMS.DisabledException", format!("{key} is disabled.")),
        keys::Error::PendingDeletion => ("KMS.KMSInvalidStateException", format!("{key} is pending deletion.")),
        error => return internal(error.to_string()),
    };
    custom(code, StatusCode::BAD_REQUEST, sentence)
}

pub(crate) fn too_many_tags(sentence: &'static str) -> S3Error {
    custom("BadRequest", StatusCode::BAD_REQUEST, sentence)
}

pub(crate) fn acl_with_ownership() -> S3Error {
    let sentence = "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting";
    error(S3ErrorCode::InvalidBucketAclWithObjectOwnership, sentence)
}

pub(crate) fn malformed_trailer() -> S3Error {
    custom(
        "MalformedTrailerError",
        StatusCode::BAD_REQUEST,
        "The request contained trailing data that was not well-formed or did not conform to our published schema.",
    )
}

pub(crate) fn payload_differs() -> S3Error {
    let sentence = "The provided 'x-amz-content-sha256' header does not match what was computed.";
    custom("XAmzContentSHA256Mismatch", StatusCode::BAD_REQUEST, sentence)
}

pub(crate) fn chunk_signature_differs() -> S3Error {
    let sentence = "The request signature we calculated does not match the signature you provided. Check your key and \
                    signing method.";
    error(S3ErrorCode::SignatureDoesNotMatch, sentence)
}

pub(crate) fn versioning_incomplete() -> S3Error {
    let sentence = "The Versioning element must be specified";
    error(S3ErrorCode::IllegalVersioningConfigurationException, sentence)
}

pub(crate) fn copy_source_too_large() -> S3Error {
    invalid_request("The specified copy source is larger than the maximum allowable size for a copy source: 5368709120")
}

pub(crate) fn copy_range_invalid(size: u64) -> S3Error {
    invalid_request(format!(
        "The specified copy range is invalid for the source object size: the source has {size} bytes"
    ))
}

pub(crate) fn copy_source_is_marker() -> S3Error {
    invalid_request("The source of a copy request may not specifically refer to a delete marker by version id.")
}

pub(crate) fn checksum_type_differs(asked: &str, claimed: &str) -> S3Error {
    invalid_request(format!(
        "Checksum Type mismatch occurred, expected checksum Type: {}, actual checksum Type: {}",
        asked.to_ascii_lowercase(),
        claimed.to_ascii_lowercase()
    ))
}
