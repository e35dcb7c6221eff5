//! Takes the one list that changes nothing, and refuses all others.

use std::sync::Arc;

use s3s::S3Result;
use s3s::dto::{BucketCannedACL, PutBucketAclInput, PutBucketAclOutput};

use super::Operation;
use crate::call::Call;
use crate::{S3, errors};

/// Takes the one list that changes nothing, and refuses all others.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketAcl.html>
///
/// Differs from AWS: only the canned list `private`, as with the ownership `BucketOwnerEnforced`.
pub(crate) struct PutBucketAcl;

impl Operation for PutBucketAcl {
    const NAME: &'static str = "PutBucketAcl";
    type Input = PutBucketAclInput;
    type Output = PutBucketAclOutput;

    async fn run(s3: &Arc<S3>, call: Call, input: PutBucketAclInput) -> S3Result<PutBucketAclOutput> {
        s3.bucket(&call, &input.bucket, input.expected_bucket_owner.as_deref())?;
        let is_private = input.acl.as_ref().is_some_and(|acl| acl.as_str() == BucketCannedACL::PRIVATE);
        let has_grants = input.access_control_policy.is_some()
            || input.grant_full_control.is_some()
            || input.grant_read.is_some()
            || input.grant_read_acp.is_some()
            || input.grant_write.is_some()
            || input.grant_write_acp.is_some();
        if is_private && !has_grants { Ok(PutBucketAclOutput {}) } else { Err(errors::acl_not_supported()) }
    }
}
