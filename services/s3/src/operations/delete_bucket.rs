//! Deletes an empty bucket.

use std::ops::Bound;
use std::sync::Arc;

use s3s::S3Result;
use s3s::dto::{DeleteBucketInput, DeleteBucketOutput};
use store::Changes;

use super::Operation;
use crate::bucket::Versioning;
use crate::call::Call;
use crate::{S3, errors, rows};

/// Deletes an empty bucket.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucket.html>
pub(crate) struct DeleteBucket;

impl Operation for DeleteBucket {
    const NAME: &'static str = "DeleteBucket";
    type Input = DeleteBucketInput;
    type Output = DeleteBucketOutput;

    async fn run(s3: &Arc<S3>, call: Call, input: DeleteBucketInput) -> S3Result<DeleteBucketOutput> {
        let found = s3.bucket(&call, &input.bucket, input.expected_bucket_owner.as_deref())?;
        let (s3, owner) = (Arc::clone(s3), found.owner.clone());
        s3.run_to_end({
            let s3 = Arc::clone(&s3);
            async move {
                // Nobody writes into it while it is looked through.
                let _alone = s3.locks.whole_bucket(&input.bucket).await;
                s3.commit(|s3| {
                    let found = s3.bucket_again(&input.bucket, &owner)?;
                    let first = rows::in_bucket(&found.name, "");
                    let end = rows::after_prefix(&first).expect("a bucket's name has a successor");
                    let (from, end) = (Bound::Included(first.as_slice()), Bound::Excluded(end.as_slice()));
                    let objects = s3.store.scan(rows::OBJECTS, from, end, 1).map_err(|error| errors::store(&error))?;
                    if !objects.is_empty() {
                        let is_versioned = found.versioning != Versioning::Unversioned;
                        return Err(errors::bucket_not_empty(&found.name, is_versioned));
                    }
                    let changes = Changes::new().expect(rows::BUCKETS, found.name.as_bytes(), Some(found.row.clone()));
                    let changes = s3.end_uploads_of(changes, &found.name)?;
                    Ok((changes.delete(rows::BUCKETS, found.name.as_bytes()), ()))
                })
                .await
            }
        })
        .await?;
        Ok(DeleteBucketOutput {})
    }
}
