//! Takes the one ownership there is.

use std::sync::Arc;

use s3s::S3Result;
use s3s::dto::{ObjectOwnership, PutBucketOwnershipControlsInput, PutBucketOwnershipControlsOutput};

use super::Operation;
use crate::call::Call;
use crate::{S3, errors};

/// Takes the one ownership there is.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketOwnershipControls.html>
///
/// Differs from AWS: only `BucketOwnerEnforced`.
pub(crate) struct PutBucketOwnershipControls;

impl Operation for PutBucketOwnershipControls {
    const NAME: &'static str = "PutBucketOwnershipControls";
    type Input = PutBucketOwnershipControlsInput;
    type Output = PutBucketOwnershipControlsOutput;

    async fn run(
        s3: &Arc<S3>,
        call: Call,
        input: PutBucketOwnershipControlsInput,
    ) -> S3Result<PutBucketOwnershipControlsOutput> {
        s3.bucket(&call, &input.bucket, input.expected_bucket_owner.as_deref())?;
        let rules = &input.ownership_controls.rules;
        let is_enforced = |ownership: &ObjectOwnership| ownership.as_str() == ObjectOwnership::BUCKET_OWNER_ENFORCED;
        if rules.len() != 1 {
            return Err(errors::malformed_xml());
        }
        if rules.iter().all(|rule| is_enforced(&rule.object_ownership)) {
            Ok(PutBucketOwnershipControlsOutput {})
        } else {
            Err(errors::not_implemented("Object ownership other than BucketOwnerEnforced"))
        }
    }
}
