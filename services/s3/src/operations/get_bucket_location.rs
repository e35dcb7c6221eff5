//! Answers the region of a bucket.

use std::sync::Arc;

use s3s::S3Result;
use s3s::dto::{BucketLocationConstraint, GetBucketLocationInput, GetBucketLocationOutput};

use super::Operation;
use crate::S3;
use crate::call::Call;

/// Answers the region of a bucket.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html>
pub(crate) struct GetBucketLocation;

impl Operation for GetBucketLocation {
    const NAME: &'static str = "GetBucketLocation";
    type Input = GetBucketLocationInput;
    type Output = GetBucketLocationOutput;

    async fn run(s3: &Arc<S3>, call: Call, input: GetBucketLocationInput) -> S3Result<GetBucketLocationOutput> {
        let bucket = s3.bucket(&call, &input.bucket, input.expected_bucket_owner.as_deref())?;
        // The oldest region has no name here.
        let region = Some(bucket.region.clone()).filter(|region| region != "us-east-1");
        Ok(GetBucketLocationOutput { location_constraint: region.map(BucketLocationConstraint::from) })
    }
}
