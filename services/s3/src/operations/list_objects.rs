//! Lists the keys of a bucket, in the older form.

use std::sync::Arc;

use s3s::S3Result;
use s3s::dto::{ListObjectsInput, ListObjectsOutput};

use super::Operation;
use crate::call::Call;
use crate::listing::{Item, Query, Spelling};
use crate::{S3, listing};

/// Lists the keys of a bucket, in the older form.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjects.html>
pub(crate) struct ListObjects;

impl Operation for ListObjects {
    const NAME: &'static str = "ListObjects";
    type Input = ListObjectsInput;
    type Output = ListObjectsOutput;

    async fn run(s3: &Arc<S3>, call: Call, input: ListObjectsInput) -> S3Result<ListObjectsOutput> {
        let bucket = s3.bucket(&call, &input.bucket, input.expected_bucket_owner.as_deref())?;
        listing::check_attributes(input.optional_object_attributes.as_deref())?;
        let spelling = Spelling::new(input.encoding_type)?;
        let query = Query {
            bucket: input.bucket,
            prefix: input.prefix.clone().unwrap_or_default(),
            delimiter: input.delimiter.clone().filter(|delimiter| !delimiter.is_empty()),
            after: input.marker.clone().filter(|marker| !marker.is_empty()),
            limit: listing::limit(input.max_keys, "max-keys")?,
        };
        let page = s3.page(&query)?;
        let (mut contents, mut prefixes) = (Vec::new(), Vec::new());
        for item in page.items {
            match item {
                Item::Key(key, version) => {
                    contents.push(listing::line(&key, &version, &spelling, Some(&bucket.owner)));
                }
                Item::Prefix(prefix) => prefixes.push(prefix),
            }
        }
        // Without a delimiter the last key is where the client goes on.
        let next = page.next.as_deref().filter(|_| query.delimiter.is_some());
        Ok(ListObjectsOutput {
            name: Some(query.bucket),
            prefix: Some(spelling.spell(&query.prefix)),
            marker: Some(spelling.spell(input.marker.as_deref().unwrap_or_default())),
            max_keys: i32::try_from(query.limit).ok(),
            is_truncated: Some(page.next.is_some()),
            contents: Some(contents),
            common_prefixes: spelling.prefixes(prefixes),
            next_marker: spelling.spell_if(next),
            delimiter: spelling.spell_if(query.delimiter.as_deref()),
            encoding_type: spelling.name(),
            request_charged: None,
        })
    }
}
