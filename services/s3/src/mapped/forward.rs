//! Carrying what is spooled here to the outside store.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use futures::{Stream, StreamExt};
use object_store::{
    Attribute, AttributeValue, Attributes, MultipartUpload, ObjectStore, PutMode, PutMultipartOptions, PutOptions,
    PutPayload, PutResult, TagSet, UpdateVersion,
};
use s3s::dto::ETagCondition;
use s3s::{S3Result, StdError};

use super::{Outside, errors};
use crate::object::{Description, Object};
use crate::plain::Scope;
use crate::{S3, errors as refusals, stamp};

/// Objects up to this size go in one request, larger ones in parts of it.
const PART_BYTES: usize = 16 << 20;
/// The spool's keys begin so; no client's key comes there, since these objects are gone before anybody asks.
const SPOOL: &str = "\u{1}spool/";

/// A key for what is only here until it is outside.
pub(crate) fn spool_key(s3: &S3) -> String {
    format!("{SPOOL}{}", stamp::id(&s3.host, s3.host.now_ms()))
}

/// What must be true outside for a write.
#[derive(Debug, Clone, Default)]
pub(super) struct Condition {
    pub(super) if_match: Option<ETagCondition>,
    pub(super) if_none_match: Option<ETagCondition>,
}

impl Condition {
    fn mode(&self) -> S3Result<PutMode> {
        match (&self.if_match, &self.if_none_match) {
            (None, None) => Ok(PutMode::Overwrite),
            (None, Some(condition)) if condition.is_any() => Ok(PutMode::Create),
            (Some(condition), None) => {
                let etag = condition.as_etag().map(|etag| format!("\"{}\"", etag.value()));
                let etag = etag.ok_or_else(|| refusals::header_not_implemented("If-Match"))?;
                Ok(PutMode::Update(UpdateVersion { e_tag: Some(etag), version: None }))
            }
            _ => Err(refusals::header_not_implemented("If-None-Match")),
        }
    }
}

/// Carries the object at the local key `spooled` to `key` outside and takes it away here, whatever comes of it; answers
/// the ETag outside.
pub(super) async fn forward(
    s3: &Arc<S3>,
    outside: &Arc<Outside>,
    bucket: &str,
    spooled: &str,
    key: &str,
    condition: &Condition,
) -> S3Result<String> {
    let carried = carry(s3, outside, bucket, spooled, key, condition).await;
    let gone = s3.delete_current(bucket, &outside.account, spooled, None).await;
    let etag = carried?;
    gone?;
    Ok(etag)
}

/// The same, unconditionally.
pub(crate) async fn carry_out(
    s3: &Arc<S3>,
    outside: &Arc<Outside>,
    bucket: &str,
    spooled: &str,
    key: &str,
) -> S3Result<String> {
    forward(s3, outside, bucket, spooled, key, &Condition::default()).await
}

async fn carry(
    s3: &Arc<S3>,
    outside: &Arc<Outside>,
    bucket: &str,
    spooled: &str,
    key: &str,
    condition: &Condition,
) -> S3Result<String> {
    let path = outside.path(key)?;
    let mode = condition.mode()?;
    let located = s3.locate(bucket, spooled, None)?;
    let object = located.object(spooled, false)?.clone();
    let attributes = attributes(&object.description)?;
    let tags = tag_set(&object);
    let scope = Scope { account: outside.account.clone(), region: String::new(), bucket: bucket.to_owned() };
    let _slot = outside.forwards.acquire().await.map_err(refusals::internal)?;
    let (_, bytes) = s3.get_here(&scope, spooled, None).await?;
    let mut bytes = Box::pin(bytes);
    let sent = if object.size <= PART_BYTES as u64 {
        let payload = next_part(&mut bytes).await?.unwrap_or_default();
        let options = PutOptions { mode, tags, attributes, ..PutOptions::default() };
        outside.client.put_opts(&path, PutPayload::from(payload), options).await
    } else if matches!(mode, PutMode::Overwrite) {
        let options = PutMultipartOptions { tags, attributes, ..PutMultipartOptions::default() };
        match outside.client.put_multipart_opts(&path, options).await {
            Ok(upload) => in_parts(upload, &mut bytes).await?,
            Err(error) => Err(error),
        }
    } else {
        return Err(errors::not_possible("A conditional write of more than 16 MiB"));
    };
    let sent = sent.map_err(|error| errors::outside(&error, key))?;
    Ok(sent.e_tag.unwrap_or_default().trim_matches('"').to_owned())
}

type Sent = Result<PutResult, object_store::Error>;

async fn in_parts(
    mut upload: Box<dyn MultipartUpload>,
    bytes: &mut (impl Stream<Item = Result<Bytes, StdError>> + Unpin),
) -> S3Result<Sent> {
    loop {
        let part = match next_part(bytes).await {
            Ok(Some(part)) => part,
            Ok(None) => break,
            Err(error) => {
                give_up(upload.as_mut()).await;
                return Err(error);
            }
        };
        if let Err(error) = upload.put_part(PutPayload::from(part)).await {
            give_up(upload.as_mut()).await;
            return Ok(Err(error));
        }
    }
    let done = upload.complete().await;
    if done.is_err() {
        give_up(upload.as_mut()).await;
    }
    Ok(done)
}

async fn give_up(upload: &mut dyn MultipartUpload) {
    if let Err(error) = upload.abort().await {
        tracing::warn!(%error, "an upload to an outside store could not be given up");
    }
}

/// The next bytes that make up a part; `None` behind the last one.
async fn next_part(bytes: &mut (impl Stream<Item = Result<Bytes, StdError>> + Unpin)) -> S3Result<Option<Bytes>> {
    let mut part = BytesMut::new();
    while part.len() < PART_BYTES {
        match bytes.next().await {
            // Pieces are small, so a part is hardly larger than it should be.
            Some(piece) => part.extend_from_slice(&piece.map_err(refusals::internal)?),
            None => break,
        }
    }
    Ok((!part.is_empty()).then(|| part.freeze()))
}

fn attributes(description: &Description) -> S3Result<Attributes> {
    if description.expires.is_some() || description.website_redirect.is_some() {
        return Err(errors::not_possible("The header Expires or x-amz-website-redirect-location"));
    }
    let pairs = [
        (Attribute::ContentType, &description.content_type),
        (Attribute::CacheControl, &description.cache_control),
        (Attribute::ContentDisposition, &description.content_disposition),
        (Attribute::ContentEncoding, &description.content_encoding),
        (Attribute::ContentLanguage, &description.content_language),
    ];
    let mut attributes = Attributes::new();
    for (attribute, value) in pairs {
        if let Some(value) = value {
            attributes.insert(attribute, AttributeValue::from(value.clone()));
        }
    }
    for (name, value) in &description.metadata {
        attributes.insert(Attribute::Metadata(name.clone().into()), AttributeValue::from(value.clone()));
    }
    Ok(attributes)
}

fn tag_set(object: &Object) -> TagSet {
    let mut tags = TagSet::default();
    for tag in &object.tags {
        tags.push(&tag.key, &tag.value);
    }
    tags
}
