//! Answers whether a bucket is there and where.

use std::sync::Arc;

use s3s::S3Result;
use s3s::dto::{HeadBucketInput, HeadBucketOutput};

use super::Operation;
use crate::S3;
use crate::call::Call;

/// Answers whether a bucket is there and where.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html>
pub(crate) struct HeadBucket;

impl Operation for HeadBucket {
    const NAME: &'static str = "HeadBucket";
    type Input = HeadBucketInput;
    type Output = HeadBucketOutput;

    async fn run(s3: &Arc<S3>, call: Call, input: HeadBucketInput) -> S3Result<HeadBucketOutput> {
        let bucket = s3.bucket(&call, &input.bucket, input.expected_bucket_owner.as_deref())?;
        Ok(HeadBucketOutput {
            bucket_region: Some(bucket.region.clone()),
            access_point_alias: Some(false),
            ..Default::default()
        })
    }
}
