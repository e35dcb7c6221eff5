//! Takes the lists that change nothing, and refuses all others.

use std::sync::Arc;

use s3s::S3Result;
use s3s::dto::{ObjectCannedACL, PutObjectAclInput, PutObjectAclOutput};

use super::Operation;
use crate::call::Call;
use crate::{S3, errors};

/// Takes the lists that change nothing, and refuses all others.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectAcl.html>
///
/// Differs from AWS: only the canned lists `private` and `bucket-owner-full-control`, as with the ownership `BucketOwnerEnforced`.
pub(crate) struct PutObjectAcl;

impl Operation for PutObjectAcl {
    const NAME: &'static str = "PutObjectAcl";
    type Input = PutObjectAclInput;
    type Output = PutObjectAclOutput;

    async fn run(s3: &Arc<S3>, call: Call, input: PutObjectAclInput) -> S3Result<PutObjectAclOutput> {
        s3.bucket(&call, &input.bucket, input.expected_bucket_owner.as_deref())?;
        let located = s3.locate(&input.bucket, &input.key, input.version_id.as_deref())?;
        located.object(&input.key, input.version_id.is_some())?;
        let changes_nothing = input.acl.as_ref().is_some_and(|acl| {
            matches!(acl.as_str(), ObjectCannedACL::PRIVATE | ObjectCannedACL::BUCKET_OWNER_FULL_CONTROL)
        });
        let has_grants = input.access_control_policy.is_some()
            || input.grant_full_control.is_some()
            || input.grant_read.is_some()
            || input.grant_read_acp.is_some()
            || input.grant_write.is_some()
            || input.grant_write_acp.is_some();
        if changes_nothing && !has_grants {
            Ok(PutObjectAclOutput::default())
        } else {
            Err(errors::acl_not_supported())
        }
    }
}
