//! Answers who owns what is put into a bucket: its owner.

use std::sync::Arc;

use s3s::S3Result;
use s3s::dto::{
    GetBucketOwnershipControlsInput, GetBucketOwnershipControlsOutput, ObjectOwnership, OwnershipControls,
    OwnershipControlsRule,
};

use super::Operation;
use crate::S3;
use crate::call::Call;

/// Answers who owns what is put into a bucket: its owner.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketOwnershipControls.html>
pub(crate) struct GetBucketOwnershipControls;

impl Operation for GetBucketOwnershipControls {
    const NAME: &'static str = "GetBucketOwnershipControls";
    type Input = GetBucketOwnershipControlsInput;
    type Output = GetBucketOwnershipControlsOutput;

    async fn run(
        s3: &Arc<S3>,
        call: Call,
        input: GetBucketOwnershipControlsInput,
    ) -> S3Result<GetBucketOwnershipControlsOutput> {
        s3.bucket(&call, &input.bucket, input.expected_bucket_owner.as_deref())?;
        let object_ownership = ObjectOwnership::from_static(ObjectOwnership::BUCKET_OWNER_ENFORCED);
        let controls = OwnershipControls { rules: vec![OwnershipControlsRule { object_ownership }] };
        Ok(GetBucketOwnershipControlsOutput { ownership_controls: Some(controls) })
    }
}
