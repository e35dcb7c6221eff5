//! Says that a bucket is no website.

use std::sync::Arc;

use s3s::dto::{GetBucketWebsiteInput, GetBucketWebsiteOutput};
use s3s::{S3ErrorCode, S3Result};

use super::Operation;
use crate::call::Call;
use crate::{S3, errors};

/// Says that a bucket is no website.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketWebsite.html>
///
/// Differs from AWS: it can never be set.
pub(crate) struct GetBucketWebsite;

impl Operation for GetBucketWebsite {
    const NAME: &'static str = "GetBucketWebsite";
    type Input = GetBucketWebsiteInput;
    type Output = GetBucketWebsiteOutput;

    async fn run(s3: &Arc<S3>, call: Call, input: GetBucketWebsiteInput) -> S3Result<GetBucketWebsiteOutput> {
        let bucket = s3.bucket(&call, &input.bucket, input.expected_bucket_owner.as_deref())?;
        let sentence = "The specified bucket does not have a website configuration";
        Err(errors::not_set(S3ErrorCode::NoSuchWebsiteConfiguration, sentence, &bucket.name))
    }
}
