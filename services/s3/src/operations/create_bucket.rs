//! Creates a bucket.

use std::sync::Arc;

use s3s::S3Result;
use s3s::dto::{BucketCannedACL, CreateBucketInput, CreateBucketOutput, ObjectOwnership};
use store::Changes;

use super::Operation;
use crate::bucket::{self, Bucket, Versioning};
use crate::call::Call;
use crate::{S3, errors, rows};

/// Creates a bucket.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html>
///
/// Differs from AWS: no ACLs but `private`, no object lock, no tags at creation, no directory buckets.
pub(crate) struct CreateBucket;

impl Operation for CreateBucket {
    const NAME: &'static str = "CreateBucket";
    type Input = CreateBucketInput;
    type Output = CreateBucketOutput;

    async fn run(s3: &Arc<S3>, call: Call, input: CreateBucketInput) -> S3Result<CreateBucketOutput> {
        check(&input)?;
        let configuration = input.create_bucket_configuration.as_ref();
        let constraint = configuration.and_then(|configuration| configuration.location_constraint.as_ref());
        let region = bucket::location(&call.region, constraint.map(|constraint| constraint.as_str()))?;
        let name = input.bucket;
        let output = CreateBucketOutput { location: Some(format!("/{name}")) };
        let bucket = Bucket {
            name: name.clone(),
            owner: call.account.clone(),
            region,
            created_ms: s3.host.now_ms(),
            versioning: Versioning::Unversioned,
            tags: Vec::new(),
            settings: Default::default(),
        };
        let changes = Changes::new().expect(rows::BUCKETS, name.as_bytes(), None);
        match s3.store.commit(changes.put(rows::BUCKETS, name.as_bytes(), rows::write(&bucket))).await {
            Ok(()) => Ok(output),
            Err(store::Error::Conflict) => {
                // It may be gone again by now; then the answer is as old as the conflict.
                let existing = s3.find_bucket(&name)?.ok_or_else(|| errors::bucket_exists(&name))?;
                if existing.owner != call.account {
                    Err(errors::bucket_exists(&name))
                } else if bucket::may_be_created_again(&existing, &call.region) {
                    Ok(output)
                } else {
                    Err(errors::bucket_owned_by_you(&name))
                }
            }
            Err(error) => Err(errors::store(&error)),
        }
    }
}

fn check(input: &CreateBucketInput) -> S3Result<()> {
    if !bucket::is_name(&input.bucket) {
        return Err(errors::bucket_name_invalid(&input.bucket));
    }
    if input.acl.as_ref().is_some_and(|acl| acl.as_str() != BucketCannedACL::PRIVATE) {
        return Err(errors::acl_with_ownership());
    }
    let grants = [
        input.grant_full_control.is_some(),
        input.grant_read.is_some(),
        input.grant_read_acp.is_some(),
        input.grant_write.is_some(),
        input.grant_write_acp.is_some(),
    ];
    if grants.contains(&true) {
        return Err(errors::acl_with_ownership());
    }
    let ownership = input.object_ownership.as_ref();
    if ownership.is_some_and(|ownership| ownership.as_str() != ObjectOwnership::BUCKET_OWNER_ENFORCED) {
        return Err(errors::not_implemented("Object ownership other than BucketOwnerEnforced"));
    }
    if input.object_lock_enabled_for_bucket == Some(true) {
        return Err(errors::not_implemented("Object lock"));
    }
    let configuration = input.create_bucket_configuration.as_ref();
    if configuration.is_some_and(|configuration| configuration.bucket.is_some() || configuration.location.is_some()) {
        return Err(errors::not_implemented("Directory buckets"));
    }
    Ok(())
}
