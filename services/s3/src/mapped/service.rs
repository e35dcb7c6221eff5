//! The operations of a bucket that is kept outside, as `s3s` calls them. What is not here is refused by name.

use std::sync::Arc;

use object_store::{CopyOptions, ObjectStore, ObjectStoreExt};
use s3s::dto;
use s3s::{S3, S3Request, S3Response, S3Result};

use super::forward::{self, Condition};
use super::listing::{Page, Query};
use super::{Outside, errors};
use crate::call::Call;
use crate::condition::Reading;
use crate::listing::{self, Spelling};
use crate::{errors as refusals, face, limits, object, operations};

/// The service for one bucket.
pub(crate) struct Service {
    s3: Arc<crate::S3>,
    outside: Arc<Outside>,
    /// What happens here and not outside.
    local: operations::Service,
}

type Answer<T> = S3Result<S3Response<T>>;

impl Service {
    pub(crate) fn new(s3: Arc<crate::S3>, outside: Arc<Outside>) -> Self {
        let local = operations::Service::new(Arc::clone(&s3));
        Self { s3, outside, local }
    }

    /// Splits a request, if its caller may use the bucket.
    fn open<T>(&self, request: S3Request<T>, bucket: &str, owner: Option<&str>) -> S3Result<T> {
        let (call, input) = Call::of(request)?;
        self.s3.bucket(&call, bucket, owner)?;
        Ok(input)
    }

    async fn delete(&self, key: &str) -> S3Result<()> {
        match self.outside.client.delete(&self.outside.path(key)?).await {
            // What is not there need not be deleted.
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(errors::outside(&error, key)),
        }
    }

    async fn forward(&self, bucket: &str, spooled: &str, key: &str, condition: &Condition) -> S3Result<dto::ETag> {
        let (s3, outside) = (Arc::clone(&self.s3), Arc::clone(&self.outside));
        let (bucket, spooled, key, condition) =
            (bucket.to_owned(), spooled.to_owned(), key.to_owned(), condition.clone());
        // Once it is on its way it is carried to its end, whether or not the client still waits.
        let work = async move { forward::forward(&s3, &outside, &bucket, &spooled, &key, &condition).await };
        self.s3.run_to_end(work).await.map(dto::ETag::Strong)
    }

    /// Copies within the outside store, where nothing about the object changes.
    async fn copy_there(&self, from: &str, to: &str) -> S3Result<dto::CopyObjectOutput> {
        let (from_path, to_path) = (self.outside.path(from)?, self.outside.path(to)?);
        let copied = self.outside.client.copy_opts(&from_path, &to_path, CopyOptions::default()).await;
        copied.map_err(|error| errors::outside(&error, from))?;
        let read = self.outside.read(to, None, Reading::default(), true).await?;
        let result = dto::CopyObjectResult {
            e_tag: Some(read.etag),
            last_modified: Some(read.modified),
            ..dto::CopyObjectResult::default()
        };
        Ok(dto::CopyObjectOutput { copy_object_result: Some(result), ..Default::default() })
    }
}

fn answer<T>(name: &'static str, output: T) -> Answer<T> {
    let mut response = S3Response::new(output);
    face::mark(&mut response.extensions, name);
    Ok(response)
}

/// Refuses what would have to be carried out outside, where nobody is asked for it.
fn no_encryption(algorithm: Option<&dto::ServerSideEncryption>) -> S3Result<()> {
    match algorithm {
        Some(_) => Err(errors::not_possible("Server-side encryption")),
        None => Ok(()),
    }
}

/// Refuses what an outside store has no versions for.
fn no_version(version: Option<&str>) -> S3Result<()> {
    if version.is_some_and(|version| version != crate::version::NULL) {
        return Err(errors::not_possible("A version id"));
    }
    Ok(())
}

#[async_trait::async_trait]
impl S3 for Service {
    async fn get_object(&self, request: S3Request<dto::GetObjectInput>) -> Answer<dto::GetObjectOutput> {
        let (bucket, owner) = (request.input.bucket.clone(), request.input.expected_bucket_owner.clone());
        let input = self.open(request, &bucket, owner.as_deref())?;
        no_version(input.version_id.as_deref())?;
        if input.part_number.is_some() {
            return Err(errors::not_possible("A read by part number"));
        }
        let reading = Reading {
            if_match: input.if_match,
            if_none_match: input.if_none_match,
            if_modified_since: input.if_modified_since,
            if_unmodified_since: input.if_unmodified_since,
        };
        let has_range = input.range.is_some();
        let mut read = self.outside.read(&input.key, input.range, reading, false).await?;
        let output = dto::GetObjectOutput {
            body: read.take_body(),
            accept_ranges: Some("bytes".to_owned()),
            content_length: read.len(),
            content_range: read.content_range(has_range),
            content_type: Some(read.description.shown_content_type()),
            cache_control: read.description.cache_control,
            content_disposition: read.description.content_disposition,
            content_encoding: read.description.content_encoding,
            content_language: read.description.content_language,
            metadata: Some(read.description.metadata.into_iter().collect()),
            e_tag: Some(read.etag),
            last_modified: Some(read.modified),
            ..Default::default()
        };
        answer("GetObject", output)
    }

    async fn head_object(&self, request: S3Request<dto::HeadObjectInput>) -> Answer<dto::HeadObjectOutput> {
        let (bucket, owner) = (request.input.bucket.clone(), request.input.expected_bucket_owner.clone());
        let input = self.open(request, &bucket, owner.as_deref())?;
        no_version(input.version_id.as_deref())?;
        if input.part_number.is_some() || input.range.is_some() {
            return Err(errors::not_possible("A head of a part or range"));
        }
        let reading = Reading {
            if_match: input.if_match,
            if_none_match: input.if_none_match,
            if_modified_since: input.if_modified_since,
            if_unmodified_since: input.if_unmodified_since,
        };
        let read = self.outside.read(&input.key, None, reading, true).await?;
        let output = dto::HeadObjectOutput {
            accept_ranges: Some("bytes".to_owned()),
            content_length: i64::try_from(read.size).ok(),
            content_type: Some(read.description.shown_content_type()),
            cache_control: read.description.cache_control,
            content_disposition: read.description.content_disposition,
            content_encoding: read.description.content_encoding,
            content_language: read.description.content_language,
            metadata: Some(read.description.metadata.into_iter().collect()),
            e_tag: Some(read.etag),
            last_modified: Some(read.modified),
            ..Default::default()
        };
        answer("HeadObject", output)
    }

    async fn put_object(&self, mut request: S3Request<dto::PutObjectInput>) -> Answer<dto::PutObjectOutput> {
        let input = &mut request.input;
        no_encryption(input.server_side_encryption.as_ref())?;
        let (bucket, key) = (input.bucket.clone(), input.key.clone());
        object::check_key(&key)?;
        self.outside.path(&key)?;
        let condition = Condition { if_match: input.if_match.take(), if_none_match: input.if_none_match.take() };
        let spooled = forward::spool_key(&self.s3);
        input.key.clone_from(&spooled);
        let mut response = self.local.put_object(request).await?;
        response.output.e_tag = Some(self.forward(&bucket, &spooled, &key, &condition).await?);
        Ok(response)
    }

    async fn delete_object(&self, request: S3Request<dto::DeleteObjectInput>) -> Answer<dto::DeleteObjectOutput> {
        let (bucket, owner) = (request.input.bucket.clone(), request.input.expected_bucket_owner.clone());
        let input = self.open(request, &bucket, owner.as_deref())?;
        no_version(input.version_id.as_deref())?;
        if input.if_match.is_some() {
            return Err(errors::not_possible("A conditional deletion"));
        }
        self.delete(&input.key).await?;
        answer("DeleteObject", dto::DeleteObjectOutput::default())
    }

    async fn delete_objects(&self, request: S3Request<dto::DeleteObjectsInput>) -> Answer<dto::DeleteObjectsOutput> {
        let (bucket, owner) = (request.input.bucket.clone(), request.input.expected_bucket_owner.clone());
        let input = self.open(request, &bucket, owner.as_deref())?;
        if input.delete.objects.is_empty() || input.delete.objects.len() > limits::DELETE_COUNT_MAX {
            return Err(refusals::malformed_xml());
        }
        let (mut deleted, mut failed) = (Vec::new(), Vec::new());
        for wanted in input.delete.objects {
            let outcome = match no_version(wanted.version_id.as_deref()) {
                Ok(()) => self.delete(&wanted.key).await,
                refused => refused,
            };
            match outcome {
                Ok(()) => deleted.push(dto::DeletedObject { key: Some(wanted.key), ..Default::default() }),
                Err(error) => failed.push(dto::Error {
                    code: Some(error.code().as_str().to_owned()),
                    key: Some(wanted.key),
                    message: error.message().map(str::to_owned),
                    version_id: None,
                }),
            }
        }
        let is_quiet = input.delete.quiet.unwrap_or_default();
        let output = dto::DeleteObjectsOutput {
            deleted: (!is_quiet && !deleted.is_empty()).then_some(deleted),
            errors: (!failed.is_empty()).then_some(failed),
            ..Default::default()
        };
        answer("DeleteObjects", output)
    }

    async fn copy_object(&self, mut request: S3Request<dto::CopyObjectInput>) -> Answer<dto::CopyObjectOutput> {
        if ["if-match", "if-none-match"].iter().any(|name| request.headers.contains_key(*name)) {
            return Err(errors::not_possible("A conditional copy"));
        }
        let input = &mut request.input;
        no_encryption(input.server_side_encryption.as_ref())?;
        let dto::CopySource::Bucket { bucket: source, key: from, version_id, .. } = &input.copy_source else {
            return Err(errors::not_possible("A copy from an access point"));
        };
        let (source, from) = (source.to_string(), from.to_string());
        let (bucket, to) = (input.bucket.clone(), input.key.clone());
        if self.s3.mapped.find(&source).is_none() {
            // From here to there: what is copied here first is carried outside like any write.
            object::check_key(&to)?;
            self.outside.path(&to)?;
            let spooled = forward::spool_key(&self.s3);
            input.key.clone_from(&spooled);
            let mut response = self.local.copy_object(request).await?;
            let etag = self.forward(&bucket, &spooled, &to, &Condition::default()).await?;
            if let Some(result) = &mut response.output.copy_object_result {
                result.e_tag = Some(etag);
            }
            return Ok(response);
        }
        no_version(version_id.as_deref())?;
        let is_conditional = input.copy_source_if_match.is_some()
            || input.copy_source_if_none_match.is_some()
            || input.copy_source_if_modified_since.is_some()
            || input.copy_source_if_unmodified_since.is_some();
        let replaces = |directive: Option<&str>| directive == Some("REPLACE");
        let changes = replaces(input.metadata_directive.as_ref().map(dto::MetadataDirective::as_str))
            || replaces(input.tagging_directive.as_ref().map(dto::TaggingDirective::as_str));
        if source != bucket || is_conditional || changes {
            return Err(errors::not_possible(
                "A copy from another mapped bucket, or one that is conditional or changes metadata",
            ));
        }
        self.open(request, &bucket, None)?;
        let output = self.copy_there(&from, &to).await?;
        answer("CopyObject", output)
    }

    async fn list_objects_v2(&self, request: S3Request<dto::ListObjectsV2Input>) -> Answer<dto::ListObjectsV2Output> {
        let (bucket, owner) = (request.input.bucket.clone(), request.input.expected_bucket_owner.clone());
        let input = self.open(request, &bucket, owner.as_deref())?;
        let spelling = Spelling::new(input.encoding_type)?;
        let prefix = input.prefix.unwrap_or_default();
        let delimiter = input.delimiter.filter(|delimiter| !delimiter.is_empty());
        let limit = listing::limit(input.max_keys, "max-keys")?;
        let token = input.continuation_token.as_deref().map(listing::of_token).transpose()?;
        let after = input.start_after.as_deref().filter(|after| !after.is_empty() && token.is_none());
        let query = Query { prefix: &prefix, delimiter: delimiter.as_deref(), after, token, limit };
        let page = self.outside.list(query).await?;
        let count = page.count();
        let output = dto::ListObjectsV2Output {
            name: Some(bucket),
            prefix: Some(spelling.spell(&prefix)),
            max_keys: i32::try_from(limit).ok(),
            key_count: count,
            continuation_token: input.continuation_token,
            is_truncated: Some(page.token.is_some()),
            next_continuation_token: page.token.as_deref().map(listing::token),
            contents: Some(page.lines(&spelling)),
            common_prefixes: spelling.prefixes(page.prefixes),
            delimiter: spelling.spell_if(delimiter.as_deref()),
            encoding_type: spelling.name(),
            start_after: spelling.spell_if(input.start_after.as_deref()),
            request_charged: None,
        };
        answer("ListObjectsV2", output)
    }

    async fn list_objects(&self, request: S3Request<dto::ListObjectsInput>) -> Answer<dto::ListObjectsOutput> {
        let (bucket, owner) = (request.input.bucket.clone(), request.input.expected_bucket_owner.clone());
        let input = self.open(request, &bucket, owner.as_deref())?;
        let spelling = Spelling::new(input.encoding_type)?;
        let prefix = input.prefix.unwrap_or_default();
        let delimiter = input.delimiter.filter(|delimiter| !delimiter.is_empty());
        let limit = listing::limit(input.max_keys, "max-keys")?;
        let after = input.marker.as_deref().filter(|after| !after.is_empty());
        let query = Query { prefix: &prefix, delimiter: delimiter.as_deref(), after, token: None, limit };
        let page: Page = self.outside.list(query).await?;
        let next = page.last().filter(|_| page.token.is_some()).map(|last| spelling.spell(last));
        let output = dto::ListObjectsOutput {
            name: Some(bucket),
            prefix: Some(spelling.spell(&prefix)),
            marker: Some(spelling.spell(input.marker.as_deref().unwrap_or_default())),
            max_keys: i32::try_from(limit).ok(),
            is_truncated: Some(page.token.is_some()),
            next_marker: next,
            contents: Some(page.lines(&spelling)),
            common_prefixes: spelling.prefixes(page.prefixes),
            delimiter: spelling.spell_if(delimiter.as_deref()),
            encoding_type: spelling.name(),
            request_charged: None,
        };
        answer("ListObjects", output)
    }

    async fn complete_multipart_upload(
        &self,
        mut request: S3Request<dto::CompleteMultipartUploadInput>,
    ) -> Answer<dto::CompleteMultipartUploadOutput> {
        let input = &mut request.input;
        let (bucket, key) = (input.bucket.clone(), input.key.clone());
        let condition = Condition { if_match: input.if_match.take(), if_none_match: input.if_none_match.take() };
        let mut response = self.local.complete_multipart_upload(request).await?;
        response.output.e_tag = Some(self.forward(&bucket, &key, &key, &condition).await?);
        Ok(response)
    }

    async fn create_multipart_upload(
        &self,
        request: S3Request<dto::CreateMultipartUploadInput>,
    ) -> Answer<dto::CreateMultipartUploadOutput> {
        no_encryption(request.input.server_side_encryption.as_ref())?;
        self.outside.path(&request.input.key)?;
        self.local.create_multipart_upload(request).await
    }

    async fn upload_part(&self, request: S3Request<dto::UploadPartInput>) -> Answer<dto::UploadPartOutput> {
        self.local.upload_part(request).await
    }

    async fn upload_part_copy(
        &self,
        request: S3Request<dto::UploadPartCopyInput>,
    ) -> Answer<dto::UploadPartCopyOutput> {
        if let dto::CopySource::Bucket { bucket, .. } = &request.input.copy_source
            && self.s3.mapped.find(bucket).is_some()
        {
            return Err(errors::not_possible("A copy of a part from an object"));
        }
        self.local.upload_part_copy(request).await
    }

    async fn list_parts(&self, request: S3Request<dto::ListPartsInput>) -> Answer<dto::ListPartsOutput> {
        self.local.list_parts(request).await
    }

    async fn list_multipart_uploads(
        &self,
        request: S3Request<dto::ListMultipartUploadsInput>,
    ) -> Answer<dto::ListMultipartUploadsOutput> {
        self.local.list_multipart_uploads(request).await
    }

    async fn abort_multipart_upload(
        &self,
        request: S3Request<dto::AbortMultipartUploadInput>,
    ) -> Answer<dto::AbortMultipartUploadOutput> {
        self.local.abort_multipart_upload(request).await
    }

    async fn head_bucket(&self, request: S3Request<dto::HeadBucketInput>) -> Answer<dto::HeadBucketOutput> {
        self.local.head_bucket(request).await
    }

    async fn get_bucket_location(
        &self,
        request: S3Request<dto::GetBucketLocationInput>,
    ) -> Answer<dto::GetBucketLocationOutput> {
        self.local.get_bucket_location(request).await
    }

    async fn create_bucket(&self, request: S3Request<dto::CreateBucketInput>) -> Answer<dto::CreateBucketOutput> {
        self.local.create_bucket(request).await
    }
}
