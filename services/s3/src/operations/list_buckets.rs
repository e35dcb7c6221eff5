//! Lists the buckets of an account.

use std::ops::Bound;
use std::sync::Arc;

use s3s::S3Result;
use s3s::dto::{Bucket, ListBucketsInput, ListBucketsOutput};

use super::Operation;
use crate::call::Call;
use crate::{S3, bucket, errors, limits, listing, owner, rows, time};

/// Lists the buckets of an account.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html>
pub(crate) struct ListBuckets;

impl Operation for ListBuckets {
    const NAME: &'static str = "ListBuckets";
    type Input = ListBucketsInput;
    type Output = ListBucketsOutput;

    async fn run(s3: &Arc<S3>, call: Call, input: ListBucketsInput) -> S3Result<ListBucketsOutput> {
        let limit = match input.max_buckets {
            None => usize::MAX,
            Some(count) if (1..=limits::BUCKET_PAGE_MAX).contains(&count) => usize::try_from(count).unwrap_or(1),
            Some(count) => {
                let sentence = "Argument max-buckets must be an integer between 1 and 10000";
                return Err(errors::argument(sentence, "max-buckets", &count.to_string()));
            }
        };
        let mut from = match &input.continuation_token {
            Some(token) => Bound::Excluded(listing::of_token(token)?.into_bytes()),
            None => Bound::Unbounded,
        };
        let prefix = input.prefix.as_deref().unwrap_or_default();
        let mut buckets: Vec<Bucket> = Vec::new();
        let mut next = None;
        'pages: loop {
            let page = s3.store.scan(rows::BUCKETS, from.as_ref().map(Vec::as_slice), Bound::Unbounded, PAGE);
            let page = page.map_err(|error| errors::store(&error))?;
            let Some((last, _)) = page.last() else { break };
            from = Bound::Excluded(last.clone());
            for (_, row) in page {
                let found: bucket::Bucket = rows::read(rows::BUCKETS, &row)?;
                let in_region = input.bucket_region.as_ref().is_none_or(|region| *region == found.region);
                if found.owner != call.account || !found.name.starts_with(prefix) || !in_region {
                    continue;
                }
                if buckets.len() == limit {
                    next = buckets.last().and_then(|bucket| bucket.name.as_deref()).map(listing::token);
                    break 'pages;
                }
                buckets.push(Bucket {
                    name: Some(found.name),
                    creation_date: Some(time::shown(found.created_ms)),
                    bucket_region: Some(found.region),
                });
            }
        }
        Ok(ListBucketsOutput {
            buckets: Some(buckets),
            continuation_token: next,
            owner: Some(owner::of(&call.account)),
            prefix: input.prefix,
        })
    }
}

/// Rows that are read at once.
const PAGE: usize = 256;
