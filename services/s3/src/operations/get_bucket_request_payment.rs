//! Answers who pays: the owner.

use std::sync::Arc;

use s3s::S3Result;
use s3s::dto::{GetBucketRequestPaymentInput, GetBucketRequestPaymentOutput, Payer};

use super::Operation;
use crate::S3;
use crate::call::Call;

/// Answers who pays: the owner.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketRequestPayment.html>
///
/// Differs from AWS: it can never be set.
pub(crate) struct GetBucketRequestPayment;

impl Operation for GetBucketRequestPayment {
    const NAME: &'static str = "GetBucketRequestPayment";
    type Input = GetBucketRequestPaymentInput;
    type Output = GetBucketRequestPaymentOutput;

    async fn run(
        s3: &Arc<S3>,
        call: Call,
        input: GetBucketRequestPaymentInput,
    ) -> S3Result<GetBucketRequestPaymentOutput> {
        s3.bucket(&call, &input.bucket, input.expected_bucket_owner.as_deref())?;
        Ok(GetBucketRequestPaymentOutput { payer: Some(Payer::from_static(Payer::BUCKET_OWNER)) })
    }
}
