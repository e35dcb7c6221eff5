//! What an operation is, which there are, and the way of a request to its own.

use std::sync::Arc;

use futures::future::FutureExt;
use s3s::{S3Request, S3Response, S3Result};

use crate::S3;
use crate::call::Call;
use crate::face;

/// What one operation is: its name on the wire, what comes in, what goes out, what happens.
pub(crate) trait Operation {
    const NAME: &'static str;
    type Input: Send;
    type Output: Send;

    fn run(s3: &Arc<S3>, call: Call, input: Self::Input) -> impl Future<Output = S3Result<Self::Output>> + Send;
}

/// Names of all operations of the table.
pub(crate) const NAMES: &[&str] = &[
    super::abort_multipart_upload::AbortMultipartUpload::NAME,
    super::complete_multipart_upload::CompleteMultipartUpload::NAME,
    super::copy_object::CopyObject::NAME,
    super::create_bucket::CreateBucket::NAME,
    super::create_multipart_upload::CreateMultipartUpload::NAME,
    super::delete_bucket::DeleteBucket::NAME,
    super::delete_bucket_cors::DeleteBucketCors::NAME,
    super::delete_bucket_encryption::DeleteBucketEncryption::NAME,
    super::delete_bucket_lifecycle::DeleteBucketLifecycle::NAME,
    super::delete_bucket_policy::DeleteBucketPolicy::NAME,
    super::delete_bucket_replication::DeleteBucketReplication::NAME,
    super::delete_bucket_tagging::DeleteBucketTagging::NAME,
    super::delete_bucket_website::DeleteBucketWebsite::NAME,
    super::delete_object::DeleteObject::NAME,
    super::delete_object_tagging::DeleteObjectTagging::NAME,
    super::delete_objects::DeleteObjects::NAME,
    super::delete_public_access_block::DeletePublicAccessBlock::NAME,
    super::get_bucket_accelerate_configuration::GetBucketAccelerateConfiguration::NAME,
    super::get_bucket_acl::GetBucketAcl::NAME,
    super::get_bucket_cors::GetBucketCors::NAME,
    super::get_bucket_encryption::GetBucketEncryption::NAME,
    super::get_bucket_lifecycle_configuration::GetBucketLifecycleConfiguration::NAME,
    super::get_bucket_location::GetBucketLocation::NAME,
    super::get_bucket_logging::GetBucketLogging::NAME,
    super::get_bucket_notification_configuration::GetBucketNotificationConfiguration::NAME,
    super::get_bucket_ownership_controls::GetBucketOwnershipControls::NAME,
    super::get_bucket_policy::GetBucketPolicy::NAME,
    super::get_bucket_policy_status::GetBucketPolicyStatus::NAME,
    super::get_bucket_replication::GetBucketReplication::NAME,
    super::get_bucket_request_payment::GetBucketRequestPayment::NAME,
    super::get_bucket_tagging::GetBucketTagging::NAME,
    super::get_bucket_versioning::GetBucketVersioning::NAME,
    super::get_bucket_website::GetBucketWebsite::NAME,
    super::get_object::GetObject::NAME,
    super::get_object_acl::GetObjectAcl::NAME,
    super::get_object_attributes::GetObjectAttributes::NAME,
    super::get_object_lock_configuration::GetObjectLockConfiguration::NAME,
    super::get_object_tagging::GetObjectTagging::NAME,
    super::get_public_access_block::GetPublicAccessBlock::NAME,
    super::head_bucket::HeadBucket::NAME,
    super::head_object::HeadObject::NAME,
    super::list_buckets::ListBuckets::NAME,
    super::list_multipart_uploads::ListMultipartUploads::NAME,
    super::list_object_versions::ListObjectVersions::NAME,
    super::list_objects::ListObjects::NAME,
    super::list_objects_v2::ListObjectsV2::NAME,
    super::list_parts::ListParts::NAME,
    super::put_bucket_acl::PutBucketAcl::NAME,
    super::put_bucket_encryption::PutBucketEncryption::NAME,
    super::put_bucket_lifecycle_configuration::PutBucketLifecycleConfiguration::NAME,
    super::put_bucket_notification_configuration::PutBucketNotificationConfiguration::NAME,
    super::put_bucket_ownership_controls::PutBucketOwnershipControls::NAME,
    super::put_bucket_tagging::PutBucketTagging::NAME,
    super::put_bucket_versioning::PutBucketVersioning::NAME,
    super::put_object::PutObject::NAME,
    super::put_object_acl::PutObjectAcl::NAME,
    super::put_object_tagging::PutObjectTagging::NAME,
    super::upload_part::UploadPart::NAME,
    super::upload_part_copy::UploadPartCopy::NAME,
];

/// The service as `s3s` calls it.
pub(crate) struct Service(Arc<S3>);

impl Service {
    pub(crate) fn new(s3: Arc<S3>) -> Self {
        Self(s3)
    }

    pub(super) async fn run<O: Operation>(&self, request: S3Request<O::Input>) -> S3Result<S3Response<O::Output>> {
        let (call, input) = Call::of(request)?;
        let output = O::run(&self.0, call, input).boxed().await?;
        let mut response = S3Response::new(output);
        face::mark(&mut response.extensions, O::NAME);
        Ok(response)
    }
}
