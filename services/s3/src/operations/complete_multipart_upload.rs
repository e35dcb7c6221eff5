//! Makes an object of the parts of an upload.

use std::sync::Arc;

use super::Operation;
use crate::bucket;
use crate::call::Call;
use crate::checksum::{Algorithm, Kind, Members};
use crate::condition::Writing;
use crate::encryption::Encryption;
use crate::multipart::{Found, Named};
use crate::object::Object;
use crate::version::Version;
use crate::{S3, errors, multipart, storing};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use s3s::dto::{CompleteMultipartUploadInput, CompleteMultipartUploadOutput, CompletedPart, ETag};
use s3s::{S3ErrorCode, S3Result};
use store::Changes;

/// Makes an object of the parts of an upload.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html>
pub(crate) struct CompleteMultipartUpload;

impl Operation for CompleteMultipartUpload {
    const NAME: &'static str = "CompleteMultipartUpload";
    type Input = CompleteMultipartUploadInput;
    type Output = CompleteMultipartUploadOutput;

    async fn run(
        s3: &Arc<S3>,
        call: Call,
        input: CompleteMultipartUploadInput,
    ) -> S3Result<CompleteMultipartUploadOutput> {
        let bucket = s3.bucket(&call, &input.bucket, input.expected_bucket_owner.as_deref())?;
        let condition = Writing::new(input.if_match, input.if_none_match.as_ref())?;
        let parts = input.multipart_upload.and_then(|upload| upload.parts).unwrap_or_default();
        if parts.is_empty() {
            return Err(errors::malformed_xml());
        }
        let expected = Members {
            crc32: input.checksum_crc32,
            crc32c: input.checksum_crc32c,
            crc64nvme: input.checksum_crc64nvme,
            sha1: input.checksum_sha1,
            sha256: input.checksum_sha256,
        };
        let completion = Completion {
            bucket: bucket.name.clone(),
            owner: bucket.owner.clone(),
            key: input.key.clone(),
            upload_id: input.upload_id.clone(),
            named: parts.into_iter().map(named).collect::<S3Result<_>>()?,
            condition,
            expected: expected.single()?,
            kind: Kind::of_request(input.checksum_type.as_ref())?,
            size: input.mpu_object_size.and_then(|size| u64::try_from(size).ok()),
        };
        let version = s3
            .change_upload(&bucket.name, &input.upload_id, Some(&input.key), move |s3| completion.attempt(s3))
            .await?;
        let object = version.object.as_ref().ok_or_else(|| errors::no_such_upload(&input.upload_id))?;
        let members = Members::of_checksum(object.checksum.as_ref());
        let told = Encryption::told(object.encryption.as_ref());
        Ok(CompleteMultipartUploadOutput {
            location: Some(location(&call, &input.bucket, &input.key)),
            e_tag: Some(ETag::Strong(object.etag.clone())),
            checksum_crc32: members.crc32,
            checksum_crc32c: members.crc32c,
            checksum_crc64nvme: members.crc64nvme,
            checksum_sha1: members.sha1,
            checksum_sha256: members.sha256,
            checksum_type: object.checksum.as_ref().map(|checksum| checksum.kind.on_wire()),
            version_id: storing::told_id(&bucket, &version),
            expiration: storing::expiration(&bucket, &input.key, &version)?,
            server_side_encryption: told.algorithm,
            ssekms_key_id: told.key,
            bucket_key_enabled: told.bucket_key,
            bucket: Some(input.bucket),
            key: Some(input.key),
            ..Default::default()
        })
    }
}

/// Where the object is now.
fn location(call: &Call, bucket: &str, key: &str) -> String {
    let host = call.host.as_deref().unwrap_or("s3.amazonaws.com");
    format!("http://{host}/{bucket}/{}", utf8_percent_encode(key, NON_ALPHANUMERIC))
}

/// A part as the request names it.
fn named(part: CompletedPart) -> S3Result<Named> {
    let number = part.part_number.ok_or_else(errors::malformed_xml)?;
    let etag = part.e_tag.ok_or_else(errors::malformed_xml)?.into_value();
    let members = Members {
        crc32: part.checksum_crc32,
        crc32c: part.checksum_crc32c,
        crc64nvme: part.checksum_crc64nvme,
        sha1: part.checksum_sha1,
        sha256: part.checksum_sha256,
    };
    multipart::check_number(number)?;
    Ok(Named { number, etag, checksum: members.single()? })
}

/// A completion, to be attempted until nothing changes under it.
struct Completion {
    bucket: String,
    owner: String,
    key: String,
    upload_id: String,
    named: Vec<Named>,
    condition: Writing,
    /// The whole object's checksum, where the client knows it.
    expected: Option<(Algorithm, String)>,
    kind: Option<Kind>,
    size: Option<u64>,
}

impl Completion {
    fn attempt(&self, s3: &S3) -> S3Result<(Changes, Version)> {
        let bucket = s3.bucket_again(&self.bucket, &self.owner)?;
        let found = match s3.upload(&self.bucket, &self.key, &self.upload_id) {
            Err(error) if *error.code() == S3ErrorCode::NoSuchUpload => {
                return self.completed_before(s3).map(|version| (Changes::new(), version)).ok_or(error);
            }
            found => found?,
        };
        let (changes, object) = self.object(s3, &bucket, &found)?;
        let before = s3.entry(&self.bucket, &self.key)?;
        self.condition.check(&self.key, before.as_ref())?;
        let version = s3.new_version(&bucket, before.as_ref(), Some(object));
        Ok((s3.place(changes, &bucket, &self.key, before.as_ref(), version.clone())?, version))
    }

    /// The object of an upload that has been completed already, as long as it stands there.
    fn completed_before(&self, s3: &S3) -> Option<Version> {
        let found = s3.entry(&self.bucket, &self.key).ok()??;
        let is_ours = |object: &Object| object.upload_id.as_ref() == Some(&self.upload_id);
        found.entry.current.object.as_ref().is_some_and(is_ours).then_some(found.entry.current)
    }

    fn object(&self, s3: &S3, bucket: &bucket::Found, found: &Found) -> S3Result<(Changes, Object)> {
        let upload = &found.upload;
        if self.kind.is_some_and(|kind| kind != upload.kind) {
            let sentence = "The upload was created using another checksum type than the complete request names.";
            return Err(errors::invalid_request(sentence));
        }
        if let (Some(algorithm), Kind::Composite) = (upload.algorithm, upload.kind)
            && let Some(part) = self.named.iter().find(|part| part.checksum.is_none())
        {
            return Err(errors::invalid_request(format!(
                "The upload was created using a {} checksum. The complete request must include the checksum for each \
                 part. It was missing for part {} in the request.",
                algorithm.name().to_ascii_lowercase(),
                part.number
            )));
        }
        let parts = s3.all_parts(&upload.id)?;
        let whole = multipart::assemble(upload, &parts, &self.named)?;
        if let Some((algorithm, value)) = &self.expected
            && (*algorithm != whole.checksum.algorithm || *value != whole.checksum.value)
        {
            return Err(errors::bad_checksum(algorithm.name()));
        }
        if self.size.is_some_and(|size| size != whole.size) {
            let sentence = "The provided 'x-amz-mp-object-size' header value does not match what was computed.";
            return Err(errors::invalid_request(sentence));
        }
        let changes = s3.end_upload(Changes::new(), &bucket.name, &self.key, found, &parts, &whole.manifest);
        let (changes, content) = s3.keep_manifest(changes, &whole.manifest);
        let object = Object {
            size: whole.size,
            etag: whole.etag,
            content,
            description: upload.description.clone(),
            encryption: upload.encryption.clone(),
            tags: upload.tags.clone(),
            checksum: Some(whole.checksum),
            part_count: i32::try_from(whole.manifest.parts.len()).ok(),
            upload_id: Some(upload.id.clone()),
        };
        Ok((changes, object))
    }
}
