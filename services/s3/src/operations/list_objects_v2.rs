//! Lists the keys of a bucket.

use std::sync::Arc;

use s3s::S3Result;
use s3s::dto::{ListObjectsV2Input, ListObjectsV2Output};

use super::Operation;
use crate::call::Call;
use crate::listing::{Item, Query, Spelling};
use crate::{S3, listing};

/// Lists the keys of a bucket.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html>
pub(crate) struct ListObjectsV2;

impl Operation for ListObjectsV2 {
    const NAME: &'static str = "ListObjectsV2";
    type Input = ListObjectsV2Input;
    type Output = ListObjectsV2Output;

    async fn run(s3: &Arc<S3>, call: Call, input: ListObjectsV2Input) -> S3Result<ListObjectsV2Output> {
        let bucket = s3.bucket(&call, &input.bucket, input.expected_bucket_owner.as_deref())?;
        listing::check_attributes(input.optional_object_attributes.as_deref())?;
        let spelling = Spelling::new(input.encoding_type)?;
        let after = match &input.continuation_token {
            Some(token) => Some(listing::of_token(token)?),
            None => input.start_after.clone().filter(|after| !after.is_empty()),
        };
        let query = Query {
            bucket: input.bucket,
            prefix: input.prefix.clone().unwrap_or_default(),
            delimiter: input.delimiter.clone().filter(|delimiter| !delimiter.is_empty()),
            after,
            limit: listing::limit(input.max_keys, "max-keys")?,
        };
        let page = s3.page(&query)?;
        let owner = input.fetch_owner.unwrap_or_default().then_some(bucket.owner.as_str());
        let count = page.items.len();
        let (mut contents, mut prefixes) = (Vec::new(), Vec::new());
        for item in page.items {
            match item {
                Item::Key(key, version) => contents.push(listing::line(&key, &version, &spelling, owner)),
                Item::Prefix(prefix) => prefixes.push(prefix),
            }
        }
        Ok(ListObjectsV2Output {
            name: Some(query.bucket),
            prefix: Some(spelling.spell(&query.prefix)),
            max_keys: i32::try_from(query.limit).ok(),
            key_count: i32::try_from(count).ok(),
            continuation_token: input.continuation_token,
            is_truncated: Some(page.next.is_some()),
            next_continuation_token: page.next.as_deref().map(listing::token),
            contents: Some(contents),
            common_prefixes: spelling.prefixes(prefixes),
            delimiter: spelling.spell_if(query.delimiter.as_deref()),
            encoding_type: spelling.name(),
            start_after: spelling.spell_if(input.start_after.as_deref()),
            request_charged: None,
        })
    }
}
