//! Answers who may do what with an object: its owner everything.

use std::sync::Arc;

use s3s::S3Result;
use s3s::dto::{GetObjectAclInput, GetObjectAclOutput};

use super::Operation;
use crate::call::Call;
use crate::{S3, owner};

/// Answers who may do what with an object: its owner everything.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectAcl.html>
pub(crate) struct GetObjectAcl;

impl Operation for GetObjectAcl {
    const NAME: &'static str = "GetObjectAcl";
    type Input = GetObjectAclInput;
    type Output = GetObjectAclOutput;

    async fn run(s3: &Arc<S3>, call: Call, input: GetObjectAclInput) -> S3Result<GetObjectAclOutput> {
        let bucket = s3.bucket(&call, &input.bucket, input.expected_bucket_owner.as_deref())?;

        let located = s3.locate(&input.bucket, &input.key, input.version_id.as_deref())?;
        located.object(&input.key, input.version_id.is_some())?;
        Ok(GetObjectAclOutput {
            grants: Some(owner::full_control(&bucket.owner)),
            owner: Some(owner::of(&bucket.owner)),
            request_charged: None,
        })
    }
}
