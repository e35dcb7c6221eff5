//! Lists the uploads of a bucket that are under way.

use std::sync::Arc;

use s3s::S3Result;
use s3s::dto::{ListMultipartUploadsInput, ListMultipartUploadsOutput, MultipartUpload, StorageClass};

use super::Operation;
use crate::call::Call;
use crate::checksum::Algorithm;
use crate::listing::{self, Spelling};
use crate::uploads::{Line, Query};
use crate::{S3, owner, time};

/// Lists the uploads of a bucket that are under way.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html>
pub(crate) struct ListMultipartUploads;

impl Operation for ListMultipartUploads {
    const NAME: &'static str = "ListMultipartUploads";
    type Input = ListMultipartUploadsInput;
    type Output = ListMultipartUploadsOutput;

    async fn run(s3: &Arc<S3>, call: Call, input: ListMultipartUploadsInput) -> S3Result<ListMultipartUploadsOutput> {
        let bucket = s3.bucket(&call, &input.bucket, input.expected_bucket_owner.as_deref())?;
        let spelling = Spelling::new(input.encoding_type)?;
        let key_marker = input.key_marker.clone().filter(|marker| !marker.is_empty());
        let upload_marker = input.upload_id_marker.clone().filter(|marker| !marker.is_empty());
        let query = Query {
            bucket: input.bucket,
            prefix: input.prefix.clone().unwrap_or_default(),
            delimiter: input.delimiter.clone().filter(|delimiter| !delimiter.is_empty()),
            // Without a key there is nothing that an upload could be of.
            upload_marker: upload_marker.filter(|_| key_marker.is_some()),
            key_marker,
            limit: listing::limit(input.max_uploads, "max-uploads")?,
        };
        let page = s3.uploads(&query)?;
        let (mut uploads, mut prefixes) = (Vec::new(), Vec::new());
        for line in page.lines {
            match line {
                Line::Prefix(prefix) => prefixes.push(prefix),
                Line::Upload { key, upload } => uploads.push(MultipartUpload {
                    checksum_algorithm: upload.algorithm.map(Algorithm::on_wire),
                    checksum_type: upload.algorithm.map(|_| upload.kind.on_wire()),
                    initiated: Some(time::shown(upload.initiated_ms)),
                    initiator: Some(owner::initiator(&upload.initiator)),
                    key: Some(spelling.spell(&key)),
                    owner: Some(owner::of(&bucket.owner)),
                    storage_class: Some(StorageClass::from_static(StorageClass::STANDARD)),
                    upload_id: Some(upload.id),
                }),
            }
        }
        let (next_key, next_upload) = page.next.unzip();
        Ok(ListMultipartUploadsOutput {
            bucket: Some(query.bucket),
            common_prefixes: spelling.prefixes(prefixes),
            delimiter: spelling.spell_if(query.delimiter.as_deref()),
            encoding_type: spelling.name(),
            is_truncated: Some(next_key.is_some()),
            key_marker: Some(spelling.spell(input.key_marker.as_deref().unwrap_or_default())),
            max_uploads: i32::try_from(query.limit).ok(),
            next_key_marker: Some(next_key.map(|key| spelling.spell(&key)).unwrap_or_default()),
            next_upload_id_marker: Some(next_upload.flatten().unwrap_or_default()),
            prefix: Some(spelling.spell(&query.prefix)),
            request_charged: None,
            upload_id_marker: Some(input.upload_id_marker.unwrap_or_default()),
            uploads: Some(uploads),
        })
    }
}
