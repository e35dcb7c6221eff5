//! The noun object: what is known about it beside its bytes, and what requests may say about it.

use std::collections::BTreeMap;

use s3s::S3Result;
use s3s::dto;
use serde::{Deserialize, Serialize};

use crate::checksum::Checksum;
use crate::content::Content;
use crate::encryption::Encryption;
use crate::tags::Tag;
use crate::{errors, limits};

/// The content type of objects that came without one.
const CONTENT_TYPE: &str = "binary/octet-stream";
/// The coding of bodies sent in chunks, which is undone and not kept.
const CHUNKED: &str = "aws-chunked";

/// An object as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Object {
    pub(crate) size: u64,
    /// Without quotes.
    pub(crate) etag: String,
    pub(crate) content: Content,
    pub(crate) description: Description,
    /// How its bytes are encrypted, if they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) encryption: Option<Encryption>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) tags: Vec<Tag>,
    pub(crate) checksum: Option<Checksum>,
    /// How many parts it came in, if it came in parts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) part_count: Option<i32>,
    /// The upload it came by, so that completing it again is recognised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) upload_id: Option<String>,
}

/// What the writer said about an object.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Description {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) content_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cache_control: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) content_disposition: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) content_encoding: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) content_language: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) expires: Option<dto::Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) website_redirect: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) metadata: BTreeMap<String, String>,
}

impl Description {
    /// Applies the rules that all writers keep.
    pub(crate) fn checked(mut self) -> S3Result<Self> {
        let bytes = self.metadata.iter().map(|(name, value)| name.len() + value.len()).sum();
        if bytes > limits::METADATA_BYTES_MAX {
            return Err(errors::metadata_too_large(bytes));
        }
        if let Some(target) = &self.website_redirect
            && !["/", "http://", "https://"].iter().any(|beginning| target.starts_with(beginning))
        {
            return Err(errors::argument(
                "The website redirect location must have a prefix of 'http://' or 'https://' or '/'.",
                "x-amz-website-redirect-location",
                target,
            ));
        }
        self.content_encoding = self.content_encoding.and_then(|coding| without_chunks(&coding));
        Ok(self)
    }

    /// The content type, also of objects that came without one.
    pub(crate) fn shown_content_type(&self) -> String {
        self.content_type.clone().unwrap_or_else(|| CONTENT_TYPE.to_owned())
    }
}

/// The codings that are part of the object.
fn without_chunks(coding: &str) -> Option<String> {
    let kept: Vec<&str> = coding.split(',').map(str::trim).filter(|name| !name.eq_ignore_ascii_case(CHUNKED)).collect();
    let kept = kept.join(",");
    if kept.is_empty() && !coding.is_empty() { None } else { Some(kept) }
}

/// What three requests call the same without sharing a type.
macro_rules! description_of {
    ($input:expr) => {
        $crate::object::Description {
            content_type: $input.content_type.take(),
            cache_control: $input.cache_control.take(),
            content_disposition: $input.content_disposition.take(),
            content_encoding: $input.content_encoding.take(),
            content_language: $input.content_language.take(),
            expires: $input.expires.take(),
            website_redirect: $input.website_redirect_location.take(),
            metadata: $input.metadata.take().unwrap_or_default().into_iter().collect(),
        }
        .checked()
    };
}
pub(crate) use description_of;

/// Options of a write that are refused, or that change nothing.
#[derive(Debug, Default)]
pub(crate) struct Options<'r> {
    pub(crate) acl: Option<&'r str>,
    pub(crate) has_grants: bool,
    pub(crate) has_customer_key: bool,
    pub(crate) has_lock: bool,
    pub(crate) storage_class: Option<&'r str>,
}

/// The same, out of requests that share no type.
macro_rules! options_of {
    ($input:expr) => {
        $crate::object::Options {
            acl: $input.acl.as_ref().map(|acl| acl.as_str()),
            has_grants: $input.grant_full_control.is_some()
                || $input.grant_read.is_some()
                || $input.grant_read_acp.is_some()
                || $input.grant_write_acp.is_some(),
            has_customer_key: $input.sse_customer_algorithm.is_some() || $input.sse_customer_key.is_some(),
            has_lock: $input.object_lock_mode.is_some()
                || $input.object_lock_legal_hold_status.is_some()
                || $input.object_lock_retain_until_date.is_some(),
            storage_class: $input.storage_class.as_ref().map(|class| class.as_str()),
        }
    };
}
pub(crate) use options_of;

impl Options<'_> {
    /// Refuses what would not be carried out.
    pub(crate) fn check(&self) -> S3Result<()> {
        match self.acl {
            None | Some(dto::ObjectCannedACL::PRIVATE | dto::ObjectCannedACL::BUCKET_OWNER_FULL_CONTROL) => {}
            Some(_) => return Err(errors::acl_not_supported()),
        }
        if self.has_grants {
            return Err(errors::acl_not_supported());
        }
        if self.has_customer_key {
            return Err(errors::not_implemented("Server-side encryption with customer-provided keys"));
        }
        if self.has_lock {
            return Err(errors::invalid_request("Bucket is missing Object Lock Configuration"));
        }
        match self.storage_class {
            None | Some(dto::StorageClass::STANDARD) => Ok(()),
            Some(
                class @ (dto::StorageClass::REDUCED_REDUNDANCY
                | dto::StorageClass::STANDARD_IA
                | dto::StorageClass::ONEZONE_IA
                | dto::StorageClass::INTELLIGENT_TIERING
                | dto::StorageClass::GLACIER
                | dto::StorageClass::GLACIER_IR
                | dto::StorageClass::DEEP_ARCHIVE),
            ) => Err(errors::not_implemented(format!("The storage class {class}"))),
            Some(class) => Err(errors::storage_class_invalid(class)),
        }
    }
}

/// Keys of new objects and uploads.
pub(crate) fn check_key(key: &str) -> S3Result<()> {
    if key.len() > limits::KEY_BYTES_MAX { Err(errors::key_too_long(key.len())) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_no_coding_of_the_object() {
        for (coding, kept) in [
            ("aws-chunked", None),
            ("aws-chunked,gzip", Some("gzip")),
            ("gzip, aws-chunked", Some("gzip")),
            ("gzip", Some("gzip")),
            ("", Some("")),
        ] {
            assert_eq!(without_chunks(coding).as_deref(), kept, "{coding}");
        }
    }

    #[test]
    fn metadata_has_a_limit() {
        let metadata = |bytes: usize| Description {
            metadata: [("name".to_owned(), "x".repeat(bytes - 4))].into(),
            ..Description::default()
        };
        assert!(metadata(2048).checked().is_ok());
        assert_eq!(metadata(2049).checked().expect_err("too large").code().as_str(), "MetadataTooLarge");
    }

    #[test]
    fn what_is_not_carried_out_is_refused() {
        let code = |options: Options<'_>| options.check().err().map(|error| error.code().as_str().to_owned());
        assert_eq!(code(Options { acl: Some("bucket-owner-full-control"), ..Options::default() }), None);
        assert_eq!(code(Options { storage_class: Some("STANDARD"), ..Options::default() }), None);
        for (options, expected) in [
            (Options { acl: Some("public-read"), ..Options::default() }, "AccessControlListNotSupported"),
            (Options { has_customer_key: true, ..Options::default() }, "NotImplemented"),
            (Options { storage_class: Some("GLACIER"), ..Options::default() }, "NotImplemented"),
            (Options { storage_class: Some("COLD"), ..Options::default() }, "InvalidStorageClass"),
            (Options { has_lock: true, ..Options::default() }, "InvalidRequest"),
        ] {
            assert_eq!(code(options).as_deref(), Some(expected));
        }
    }
}
