//! Deletes up to a thousand objects or versions.

use std::sync::Arc;

use futures::{StreamExt, stream};
use s3s::dto::{DeleteObjectsInput, DeleteObjectsOutput, DeletedObject, ETagCondition, Error, ObjectIdentifier};
use s3s::{S3Error, S3Result};

use super::Operation;
use crate::bucket;
use crate::call::Call;
use crate::{S3, errors, limits, version};

/// Deletes up to a thousand objects or versions.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html>
///
/// Differs from AWS: no deletion with multi-factor authentication, no conditions on size or time.
pub(crate) struct DeleteObjects;

impl Operation for DeleteObjects {
    const NAME: &'static str = "DeleteObjects";
    type Input = DeleteObjectsInput;
    type Output = DeleteObjectsOutput;

    async fn run(s3: &Arc<S3>, call: Call, input: DeleteObjectsInput) -> S3Result<DeleteObjectsOutput> {
        let bucket = s3.bucket(&call, &input.bucket, input.expected_bucket_owner.as_deref())?;
        if input.mfa.is_some() {
            return Err(errors::not_implemented("Deletion with multi-factor authentication"));
        }
        let count = input.delete.objects.len();
        if count == 0 || count > limits::DELETE_COUNT_MAX {
            return Err(errors::malformed_xml());
        }
        let is_quiet = input.delete.quiet.unwrap_or_default();
        let (mut deleted, mut failed) = (Vec::new(), Vec::new());
        // Several at once, so that they share the disk's time; answered in the order of the request.
        let deletions = input.delete.objects.into_iter().map(|object| delete(Arc::clone(s3), &bucket, object));
        let mut outcomes = stream::iter(deletions).buffered(AT_ONCE);
        while let Some(outcome) = outcomes.next().await {
            match outcome {
                Ok(object) if !is_quiet => deleted.push(object),
                Ok(_) => {}
                Err(error) => failed.push(error),
            }
        }
        Ok(DeleteObjectsOutput {
            deleted: Some(deleted),
            errors: (!failed.is_empty()).then_some(failed),
            request_charged: None,
        })
    }
}

/// Deletions under way at once.
const AT_ONCE: usize = 64;

async fn delete(s3: Arc<S3>, bucket: &bucket::Found, object: ObjectIdentifier) -> Result<DeletedObject, Error> {
    let (key, version_id) = (object.key.clone(), object.version_id.clone());
    let report = |error: S3Error| Error {
        code: Some(error.code().as_str().to_owned()),
        key: Some(key.clone()),
        message: error.message().map(str::to_owned),
        version_id: version_id.clone(),
    };
    deleted(&s3, bucket, object).await.map_err(report)
}

async fn deleted(s3: &Arc<S3>, bucket: &bucket::Found, object: ObjectIdentifier) -> S3Result<DeletedObject> {
    if object.size.is_some() || object.last_modified_time.is_some() {
        return Err(errors::not_implemented("Deletion on conditions of size or time"));
    }
    let key = object.key;
    if let Some(id) = object.version_id {
        if object.e_tag.is_some() {
            return Err(errors::not_implemented("Deletion of a version on a condition"));
        }
        let removed = s3.delete_version(&bucket.name, &bucket.owner, &key, &id).await?;
        let was_marker = removed.as_ref().is_some_and(|version| version.object.is_none());
        return Ok(DeletedObject {
            delete_marker: was_marker.then_some(true),
            delete_marker_version_id: was_marker.then(|| id.clone()),
            key: Some(key),
            version_id: Some(id),
        });
    }
    let if_match = object.e_tag.map(ETagCondition::ETag);
    let marker = s3.delete_current(&bucket.name, &bucket.owner, &key, if_match).await?;
    Ok(DeletedObject {
        delete_marker: marker.is_some().then_some(true),
        delete_marker_version_id: marker.as_ref().map(version::Version::shown_id),
        key: Some(key),
        version_id: None,
    })
}
