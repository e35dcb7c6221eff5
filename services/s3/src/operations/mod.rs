//! The table: every operation that is carried out, by the name `s3s` calls it. A new one adds its `mod`, its name and
//! its line below; `s3s` answers the rest with `NotImplemented`.

mod abort_multipart_upload;
mod complete_multipart_upload;
mod copy_object;
mod create_bucket;
mod create_multipart_upload;
mod delete_bucket;
mod delete_bucket_cors;
mod delete_bucket_encryption;
mod delete_bucket_lifecycle;
mod delete_bucket_policy;
mod delete_bucket_replication;
mod delete_bucket_tagging;
mod delete_bucket_website;
mod delete_object;
mod delete_object_tagging;
mod delete_objects;
mod delete_public_access_block;
mod get_bucket_accelerate_configuration;
mod get_bucket_acl;
mod get_bucket_cors;
mod get_bucket_encryption;
mod get_bucket_lifecycle_configuration;
mod get_bucket_location;
mod get_bucket_logging;
mod get_bucket_notification_configuration;
mod get_bucket_ownership_controls;
mod get_bucket_policy;
mod get_bucket_policy_status;
mod get_bucket_replication;
mod get_bucket_request_payment;
mod get_bucket_tagging;
mod get_bucket_versioning;
mod get_bucket_website;
mod get_object;
mod get_object_acl;
mod get_object_attributes;
mod get_object_lock_configuration;
mod get_object_tagging;
mod get_public_access_block;
mod head_bucket;
mod head_object;
mod list_buckets;
mod list_multipart_uploads;
mod list_object_versions;
mod list_objects;
mod list_objects_v2;
mod list_parts;
mod operation;
mod put_bucket_acl;
mod put_bucket_encryption;
mod put_bucket_lifecycle_configuration;
mod put_bucket_notification_configuration;
mod put_bucket_ownership_controls;
mod put_bucket_tagging;
mod put_bucket_versioning;
mod put_object;
mod put_object_acl;
mod put_object_tagging;
mod upload_part;
mod upload_part_copy;

use s3s::{S3Request, S3Response, S3Result, dto};

pub(crate) use operation::{NAMES, Operation, Service};

type Answer<T> = S3Result<S3Response<T>>;

#[async_trait::async_trait]
impl s3s::S3 for Service {
    async fn abort_multipart_upload(
        &self,
        request: S3Request<dto::AbortMultipartUploadInput>,
    ) -> Answer<dto::AbortMultipartUploadOutput> {
        self.run::<abort_multipart_upload::AbortMultipartUpload>(request).await
    }
    async fn complete_multipart_upload(
        &self,
        request: S3Request<dto::CompleteMultipartUploadInput>,
    ) -> Answer<dto::CompleteMultipartUploadOutput> {
        self.run::<complete_multipart_upload::CompleteMultipartUpload>(request).await
    }
    async fn copy_object(&self, request: S3Request<dto::CopyObjectInput>) -> Answer<dto::CopyObjectOutput> {
        self.run::<copy_object::CopyObject>(request).await
    }
    async fn create_bucket(&self, request: S3Request<dto::CreateBucketInput>) -> Answer<dto::CreateBucketOutput> {
        self.run::<create_bucket::CreateBucket>(request).await
    }
    async fn create_multipart_upload(
        &self,
        request: S3Request<dto::CreateMultipartUploadInput>,
    ) -> Answer<dto::CreateMultipartUploadOutput> {
        self.run::<create_multipart_upload::CreateMultipartUpload>(request).await
    }
    async fn delete_bucket(&self, request: S3Request<dto::DeleteBucketInput>) -> Answer<dto::DeleteBucketOutput> {
        self.run::<delete_bucket::DeleteBucket>(request).await
    }
    async fn delete_bucket_cors(
        &self,
        request: S3Request<dto::DeleteBucketCorsInput>,
    ) -> Answer<dto::DeleteBucketCorsOutput> {
        self.run::<delete_bucket_cors::DeleteBucketCors>(request).await
    }
    async fn delete_bucket_encryption(
        &self,
        request: S3Request<dto::DeleteBucketEncryptionInput>,
    ) -> Answer<dto::DeleteBucketEncryptionOutput> {
        self.run::<delete_bucket_encryption::DeleteBucketEncryption>(request).await
    }
    async fn delete_bucket_lifecycle(
        &self,
        request: S3Request<dto::DeleteBucketLifecycleInput>,
    ) -> Answer<dto::DeleteBucketLifecycleOutput> {
        self.run::<delete_bucket_lifecycle::DeleteBucketLifecycle>(request).await
    }
    async fn delete_bucket_policy(
        &self,
        request: S3Request<dto::DeleteBucketPolicyInput>,
    ) -> Answer<dto::DeleteBucketPolicyOutput> {
        self.run::<delete_bucket_policy::DeleteBucketPolicy>(request).await
    }
    async fn delete_bucket_replication(
        &self,
        request: S3Request<dto::DeleteBucketReplicationInput>,
    ) -> Answer<dto::DeleteBucketReplicationOutput> {
        self.run::<delete_bucket_replication::DeleteBucketReplication>(request).await
    }
    async fn delete_bucket_tagging(
        &self,
        request: S3Request<dto::DeleteBucketTaggingInput>,
    ) -> Answer<dto::DeleteBucketTaggingOutput> {
        self.run::<delete_bucket_tagging::DeleteBucketTagging>(request).await
    }
    async fn delete_bucket_website(
        &self,
        request: S3Request<dto::DeleteBucketWebsiteInput>,
    ) -> Answer<dto::DeleteBucketWebsiteOutput> {
        self.run::<delete_bucket_website::DeleteBucketWebsite>(request).await
    }
    async fn delete_object(&self, request: S3Request<dto::DeleteObjectInput>) -> Answer<dto::DeleteObjectOutput> {
        self.run::<delete_object::DeleteObject>(request).await
    }
    async fn delete_object_tagging(
        &self,
        request: S3Request<dto::DeleteObjectTaggingInput>,
    ) -> Answer<dto::DeleteObjectTaggingOutput> {
        self.run::<delete_object_tagging::DeleteObjectTagging>(request).await
    }
    async fn delete_objects(&self, request: S3Request<dto::DeleteObjectsInput>) -> Answer<dto::DeleteObjectsOutput> {
        self.run::<delete_objects::DeleteObjects>(request).await
    }
    async fn delete_public_access_block(
        &self,
        request: S3Request<dto::DeletePublicAccessBlockInput>,
    ) -> Answer<dto::DeletePublicAccessBlockOutput> {
        self.run::<delete_public_access_block::DeletePublicAccessBlock>(request).await
    }
    async fn get_bucket_accelerate_configuration(
        &self,
        request: S3Request<dto::GetBucketAccelerateConfigurationInput>,
    ) -> Answer<dto::GetBucketAccelerateConfigurationOutput> {
        self.run::<get_bucket_accelerate_configuration::GetBucketAccelerateConfiguration>(request).await
    }
    async fn get_bucket_acl(&self, request: S3Request<dto::GetBucketAclInput>) -> Answer<dto::GetBucketAclOutput> {
        self.run::<get_bucket_acl::GetBucketAcl>(request).await
    }
    async fn get_bucket_cors(&self, request: S3Request<dto::GetBucketCorsInput>) -> Answer<dto::GetBucketCorsOutput> {
        self.run::<get_bucket_cors::GetBucketCors>(request).await
    }
    async fn get_bucket_encryption(
        &self,
        request: S3Request<dto::GetBucketEncryptionInput>,
    ) -> Answer<dto::GetBucketEncryptionOutput> {
        self.run::<get_bucket_encryption::GetBucketEncryption>(request).await
    }
    async fn get_bucket_lifecycle_configuration(
        &self,
        request: S3Request<dto::GetBucketLifecycleConfigurationInput>,
    ) -> Answer<dto::GetBucketLifecycleConfigurationOutput> {
        self.run::<get_bucket_lifecycle_configuration::GetBucketLifecycleConfiguration>(request).await
    }
    async fn get_bucket_location(
        &self,
        request: S3Request<dto::GetBucketLocationInput>,
    ) -> Answer<dto::GetBucketLocationOutput> {
        self.run::<get_bucket_location::GetBucketLocation>(request).await
    }
    async fn get_bucket_logging(
        &self,
        request: S3Request<dto::GetBucketLoggingInput>,
    ) -> Answer<dto::GetBucketLoggingOutput> {
        self.run::<get_bucket_logging::GetBucketLogging>(request).await
    }
    async fn get_bucket_notification_configuration(
        &self,
        request: S3Request<dto::GetBucketNotificationConfigurationInput>,
    ) -> Answer<dto::GetBucketNotificationConfigurationOutput> {
        self.run::<get_bucket_notification_configuration::GetBucketNotificationConfiguration>(request).await
    }
    async fn get_bucket_ownership_controls(
        &self,
        request: S3Request<dto::GetBucketOwnershipControlsInput>,
    ) -> Answer<dto::GetBucketOwnershipControlsOutput> {
        self.run::<get_bucket_ownership_controls::GetBucketOwnershipControls>(request).await
    }
    async fn get_bucket_policy(
        &self,
        request: S3Request<dto::GetBucketPolicyInput>,
    ) -> Answer<dto::GetBucketPolicyOutput> {
        self.run::<get_bucket_policy::GetBucketPolicy>(request).await
    }
    async fn get_bucket_policy_status(
        &self,
        request: S3Request<dto::GetBucketPolicyStatusInput>,
    ) -> Answer<dto::GetBucketPolicyStatusOutput> {
        self.run::<get_bucket_policy_status::GetBucketPolicyStatus>(request).await
    }
    async fn get_bucket_replication(
        &self,
        request: S3Request<dto::GetBucketReplicationInput>,
    ) -> Answer<dto::GetBucketReplicationOutput> {
        self.run::<get_bucket_replication::GetBucketReplication>(request).await
    }
    async fn get_bucket_request_payment(
        &self,
        request: S3Request<dto::GetBucketRequestPaymentInput>,
    ) -> Answer<dto::GetBucketRequestPaymentOutput> {
        self.run::<get_bucket_request_payment::GetBucketRequestPayment>(request).await
    }
    async fn get_bucket_tagging(
        &self,
        request: S3Request<dto::GetBucketTaggingInput>,
    ) -> Answer<dto::GetBucketTaggingOutput> {
        self.run::<get_bucket_tagging::GetBucketTagging>(request).await
    }
    async fn get_bucket_versioning(
        &self,
        request: S3Request<dto::GetBucketVersioningInput>,
    ) -> Answer<dto::GetBucketVersioningOutput> {
        self.run::<get_bucket_versioning::GetBucketVersioning>(request).await
    }
    async fn get_bucket_website(
        &self,
        request: S3Request<dto::GetBucketWebsiteInput>,
    ) -> Answer<dto::GetBucketWebsiteOutput> {
        self.run::<get_bucket_website::GetBucketWebsite>(request).await
    }
    async fn get_object(&self, request: S3Request<dto::GetObjectInput>) -> Answer<dto::GetObjectOutput> {
        self.run::<get_object::GetObject>(request).await
    }
    async fn get_object_acl(&self, request: S3Request<dto::GetObjectAclInput>) -> Answer<dto::GetObjectAclOutput> {
        self.run::<get_object_acl::GetObjectAcl>(request).await
    }
    async fn get_object_attributes(
        &self,
        request: S3Request<dto::GetObjectAttributesInput>,
    ) -> Answer<dto::GetObjectAttributesOutput> {
        self.run::<get_object_attributes::GetObjectAttributes>(request).await
    }
    async fn get_object_lock_configuration(
        &self,
        request: S3Request<dto::GetObjectLockConfigurationInput>,
    ) -> Answer<dto::GetObjectLockConfigurationOutput> {
        self.run::<get_object_lock_configuration::GetObjectLockConfiguration>(request).await
    }
    async fn get_object_tagging(
        &self,
        request: S3Request<dto::GetObjectTaggingInput>,
    ) -> Answer<dto::GetObjectTaggingOutput> {
        self.run::<get_object_tagging::GetObjectTagging>(request).await
    }
    async fn get_public_access_block(
        &self,
        request: S3Request<dto::GetPublicAccessBlockInput>,
    ) -> Answer<dto::GetPublicAccessBlockOutput> {
        self.run::<get_public_access_block::GetPublicAccessBlock>(request).await
    }
    async fn head_bucket(&self, request: S3Request<dto::HeadBucketInput>) -> Answer<dto::HeadBucketOutput> {
        self.run::<head_bucket::HeadBucket>(request).await
    }
    async fn head_object(&self, request: S3Request<dto::HeadObjectInput>) -> Answer<dto::HeadObjectOutput> {
        self.run::<head_object::HeadObject>(request).await
    }
    async fn list_buckets(&self, request: S3Request<dto::ListBucketsInput>) -> Answer<dto::ListBucketsOutput> {
        self.run::<list_buckets::ListBuckets>(request).await
    }
    async fn list_multipart_uploads(
        &self,
        request: S3Request<dto::ListMultipartUploadsInput>,
    ) -> Answer<dto::ListMultipartUploadsOutput> {
        self.run::<list_multipart_uploads::ListMultipartUploads>(request).await
    }
    async fn list_object_versions(
        &self,
        request: S3Request<dto::ListObjectVersionsInput>,
    ) -> Answer<dto::ListObjectVersionsOutput> {
        self.run::<list_object_versions::ListObjectVersions>(request).await
    }
    async fn list_objects(&self, request: S3Request<dto::ListObjectsInput>) -> Answer<dto::ListObjectsOutput> {
        self.run::<list_objects::ListObjects>(request).await
    }
    async fn list_objects_v2(&self, request: S3Request<dto::ListObjectsV2Input>) -> Answer<dto::ListObjectsV2Output> {
        self.run::<list_objects_v2::ListObjectsV2>(request).await
    }
    async fn list_parts(&self, request: S3Request<dto::ListPartsInput>) -> Answer<dto::ListPartsOutput> {
        self.run::<list_parts::ListParts>(request).await
    }
    async fn put_bucket_encryption(
        &self,
        request: S3Request<dto::PutBucketEncryptionInput>,
    ) -> Answer<dto::PutBucketEncryptionOutput> {
        self.run::<put_bucket_encryption::PutBucketEncryption>(request).await
    }
    async fn put_bucket_acl(&self, request: S3Request<dto::PutBucketAclInput>) -> Answer<dto::PutBucketAclOutput> {
        self.run::<put_bucket_acl::PutBucketAcl>(request).await
    }
    async fn put_bucket_lifecycle_configuration(
        &self,
        request: S3Request<dto::PutBucketLifecycleConfigurationInput>,
    ) -> Answer<dto::PutBucketLifecycleConfigurationOutput> {
        self.run::<put_bucket_lifecycle_configuration::PutBucketLifecycleConfiguration>(request).await
    }
    async fn put_bucket_notification_configuration(
        &self,
        request: S3Request<dto::PutBucketNotificationConfigurationInput>,
    ) -> Answer<dto::PutBucketNotificationConfigurationOutput> {
        self.run::<put_bucket_notification_configuration::PutBucketNotificationConfiguration>(request).await
    }
    async fn put_bucket_ownership_controls(
        &self,
        request: S3Request<dto::PutBucketOwnershipControlsInput>,
    ) -> Answer<dto::PutBucketOwnershipControlsOutput> {
        self.run::<put_bucket_ownership_controls::PutBucketOwnershipControls>(request).await
    }
    async fn put_bucket_tagging(
        &self,
        request: S3Request<dto::PutBucketTaggingInput>,
    ) -> Answer<dto::PutBucketTaggingOutput> {
        self.run::<put_bucket_tagging::PutBucketTagging>(request).await
    }
    async fn put_bucket_versioning(
        &self,
        request: S3Request<dto::PutBucketVersioningInput>,
    ) -> Answer<dto::PutBucketVersioningOutput> {
        self.run::<put_bucket_versioning::PutBucketVersioning>(request).await
    }
    async fn put_object(&self, request: S3Request<dto::PutObjectInput>) -> Answer<dto::PutObjectOutput> {
        self.run::<put_object::PutObject>(request).await
    }
    async fn put_object_acl(&self, request: S3Request<dto::PutObjectAclInput>) -> Answer<dto::PutObjectAclOutput> {
        self.run::<put_object_acl::PutObjectAcl>(request).await
    }
    async fn put_object_tagging(
        &self,
        request: S3Request<dto::PutObjectTaggingInput>,
    ) -> Answer<dto::PutObjectTaggingOutput> {
        self.run::<put_object_tagging::PutObjectTagging>(request).await
    }
    async fn upload_part(&self, request: S3Request<dto::UploadPartInput>) -> Answer<dto::UploadPartOutput> {
        self.run::<upload_part::UploadPart>(request).await
    }
    async fn upload_part_copy(
        &self,
        request: S3Request<dto::UploadPartCopyInput>,
    ) -> Answer<dto::UploadPartCopyOutput> {
        self.run::<upload_part_copy::UploadPartCopy>(request).await
    }
}
