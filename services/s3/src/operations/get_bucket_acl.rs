//! Answers who may do what with a bucket: its owner everything.

use std::sync::Arc;

use s3s::S3Result;
use s3s::dto::{GetBucketAclInput, GetBucketAclOutput};

use super::Operation;
use crate::call::Call;
use crate::{S3, owner};

/// Answers who may do what with a bucket: its owner everything.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketAcl.html>
pub(crate) struct GetBucketAcl;

impl Operation for GetBucketAcl {
    const NAME: &'static str = "GetBucketAcl";
    type Input = GetBucketAclInput;
    type Output = GetBucketAclOutput;

    async fn run(s3: &Arc<S3>, call: Call, input: GetBucketAclInput) -> S3Result<GetBucketAclOutput> {
        let bucket = s3.bucket(&call, &input.bucket, input.expected_bucket_owner.as_deref())?;
        Ok(GetBucketAclOutput {
            grants: Some(owner::full_control(&bucket.owner)),
            owner: Some(owner::of(&bucket.owner)),
        })
    }
}
