//! Copies: new objects and parts that refer to bytes that are there already.

use std::sync::Arc;

use futures::StreamExt;
use s3s::S3Result;
use s3s::dto::{self, CopySource};
use store::Changes;

use crate::bucket::Versioning;
use crate::call::Call;
use crate::checksum::{Algorithm, Checksum, Hasher, Kind};
use crate::condition::{Reading, Writing};
use crate::content::{Content, Fresh, Held, Manifest, ManifestPart, Opened, Stretch, hex};
use crate::encryption::Encryption;
use crate::multipart::Upload;
use crate::object::{Description, Object};
use crate::receiving::Received;
use crate::tags::Tag;
use crate::version::{Located, Version};
use crate::{S3, errors, limits, view};

/// What a copy is made of.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    pub(crate) bucket: String,
    pub(crate) key: String,
    pub(crate) version_id: Option<String>,
}

/// A copy that was asked for.
#[derive(Debug)]
pub(crate) struct Copying {
    pub(crate) source: Source,
    pub(crate) owner: String,
    pub(crate) bucket: String,
    pub(crate) key: String,
    pub(crate) reading: Reading,
    /// What the request says about the new object.
    pub(crate) given: Description,
    /// How the copy is to be encrypted; as the source where nobody says.
    pub(crate) encryption: Option<Encryption>,
    /// Whether that replaces what is known about the source.
    pub(crate) replaces: bool,
    /// Other tags than the source's.
    pub(crate) tags: Option<Vec<Tag>>,
    /// Another checksum than the source's.
    pub(crate) algorithm: Option<Algorithm>,
    pub(crate) condition: Writing,
}

/// What was computed over copied bytes.
#[derive(Debug, Clone)]
pub(crate) struct Sums {
    pub(crate) size: u64,
    pub(crate) etag: String,
    pub(crate) checksum: String,
}

impl Source {
    /// Reads `x-amz-copy-source`.
    pub(crate) fn read(source: &CopySource) -> S3Result<Self> {
        match source {
            CopySource::Bucket { bucket, key, version_id } => Ok(Self {
                bucket: bucket.to_string(),
                key: key.to_string(),
                version_id: version_id.as_ref().map(ToString::to_string),
            }),
            _ => Err(errors::not_implemented("Copying from access points and outposts")),
        }
    }
}

/// Bytes that were copied for a part.
pub(crate) enum Copied {
    /// Stretches that others refer to, and that are yet to be shared.
    Shared(Vec<Stretch>),
    /// Bytes of its own, because they are encrypted otherwise.
    Fresh(Fresh),
}

/// Whether the source's bytes are not encrypted as they are to be.
fn is_other(wanted: Option<&Encryption>, source: &Object) -> bool {
    wanted.is_some_and(|wanted| source.encryption.as_ref() != Some(wanted))
}

/// Whether a directive says `REPLACE`.
pub(crate) fn is_replacing(directive: Option<&str>) -> S3Result<bool> {
    match directive {
        None | Some("COPY") => Ok(false),
        Some("REPLACE") => Ok(true),
        Some(other) => Err(errors::argument("Unknown metadata directive.", "x-amz-metadata-directive", other)),
    }
}

/// `x-amz-copy-source-range`, which always has both ends.
pub(crate) fn range(text: &str) -> S3Result<std::ops::Range<u64>> {
    let refused = || {
        let sentence = "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last \
                        are the zero-based offsets of the first and last bytes to copy";
        errors::argument(sentence, "x-amz-copy-source-range", text)
    };
    match dto::Range::parse(text) {
        Ok(dto::Range::Int { first, last: Some(last) }) if first <= last => Ok(first..last.saturating_add(1)),
        _ => Err(refused()),
    }
}

impl S3 {
    /// Makes a copy; answers its version and the id of the source's.
    pub(crate) async fn copy(self: &Arc<Self>, call: &Call, copying: Copying) -> S3Result<(Version, Option<String>)> {
        // What has to be computed is computed before anybody has to wait for it; if the source is replaced
        // meanwhile, it is computed again.
        for _ in 0..limits::ATTEMPT_COUNT_MAX {
            let located = self.source(&copying.source, &copying.reading)?;
            let object = located.object(&copying.source.key, copying.source.version_id.is_some())?;
            if object.size > limits::PUT_BYTES_MAX {
                return Err(errors::copy_source_too_large());
            }
            let sums = self.sums_of_copy(object, copying.algorithm).await?;
            let Some(sums) = sums else { continue };
            let mut fresh = None;
            if is_other(copying.encryption.as_ref(), object) {
                let Some(sealed) = self.resealed(call, object, copying.encryption.as_ref()).await? else { continue };
                fresh = Some(sealed);
            }
            if let Some(version) = self.place_copy(call, &copying, &located, (&sums, fresh)).await? {
                return Ok((version, self.told_source(&copying.source, &located.version)?));
            }
        }
        Err(errors::internal("a copy's source is replaced faster than it can be copied"))
    }

    /// The bytes of a range of a copy's source, for a part of an upload, and what was computed over them.
    pub(crate) async fn copied_range(
        self: &Arc<Self>,
        call: &Call,
        source: &Source,
        reading: &Reading,
        range: Option<std::ops::Range<u64>>,
        upload: &Upload,
    ) -> S3Result<(Copied, Sums, Option<String>)> {
        for _ in 0..limits::ATTEMPT_COUNT_MAX {
            let located = self.source(source, reading)?;
            let object = located.object(&source.key, source.version_id.is_some())?;
            let range = match &range {
                None => 0..object.size,
                Some(range) if range.end > object.size => return Err(errors::copy_range_invalid(object.size)),
                Some(range) => {
                    view::resolve(dto::Range::Int { first: range.start, last: Some(range.end - 1) }, object.size)?
                }
            };
            let Some(held) = self.lease(&object.content)? else { continue };
            let Some(stretches) = self.stretches(&object.content, range)? else { continue };
            let told = self.told_source(source, &located.version)?;
            let (algorithm, encryption) = (upload.algorithm(), upload.encryption.as_ref());
            if is_other(encryption, object) {
                let received = self.resealed_stretches(call, &stretches, (encryption, algorithm), held).await?;
                let Some(received) = received else { continue };
                let (size, etag, checksum) = (received.size, received.etag(), received.checksum);
                return Ok((Copied::Fresh(received.fresh), Sums { size, etag, checksum }, told));
            }
            if let Some(sums) = self.sums(&stretches, algorithm, held).await? {
                return Ok((Copied::Shared(stretches), sums, told));
            }
        }
        Err(errors::internal("a copy's source is replaced faster than it can be copied"))
    }

    fn source(&self, source: &Source, reading: &Reading) -> S3Result<Located> {
        let located = self.locate(&source.bucket, &source.key, source.version_id.as_deref())?;
        let Some(object) = &located.version.object else {
            return Err(if source.version_id.is_some() {
                errors::copy_source_is_marker()
            } else {
                errors::no_such_key(&source.key)
            });
        };
        reading.check_source(&located.version, object)?;
        Ok(located)
    }

    /// The source's version as a copy's answer tells it.
    fn told_source(&self, source: &Source, version: &Version) -> S3Result<Option<String>> {
        let bucket = self.find_bucket(&source.bucket)?;
        let is_versioned = bucket.is_some_and(|bucket| bucket.versioning != Versioning::Unversioned);
        Ok(is_versioned.then(|| version.shown_id()))
    }

    /// What a copy's ETag and checksum are; `None` when the source went away. An object that came in one piece keeps
    /// its own, without being read.
    async fn sums_of_copy(
        self: &Arc<Self>,
        object: &Object,
        algorithm: Option<Algorithm>,
    ) -> S3Result<Option<SumsOfCopy>> {
        let kept = object.checksum.as_ref().filter(|checksum| checksum.kind == Kind::FullObject);
        let wanted = algorithm.or(object.checksum.as_ref().map(|checksum| checksum.algorithm));
        let wanted = wanted.unwrap_or(Algorithm::Crc64Nvme);
        if object.part_count.is_none()
            && let Some(kept) = kept.filter(|kept| kept.algorithm == wanted)
        {
            let sums = Sums { size: object.size, etag: object.etag.clone(), checksum: kept.value.clone() };
            return Ok(Some((wanted, sums)));
        }
        let Some(held) = self.lease(&object.content)? else { return Ok(None) };
        let Some(stretches) = self.stretches(&object.content, 0..object.size)? else { return Ok(None) };
        Ok(self.sums(&stretches, wanted, held).await?.map(|sums| (wanted, sums)))
    }

    /// Reads stretches for what is to be computed over them; `None` when they went away meanwhile.
    async fn sums(self: &Arc<Self>, stretches: &[Stretch], algorithm: Algorithm, held: Held) -> S3Result<Option<Sums>> {
        let opened = self.open_first(stretches).await?;
        if matches!(opened, Opened::Gone) {
            return Ok(None);
        }
        let (mut md5, mut hasher, mut size) = (self.lanes.stream(), Hasher::new(algorithm), 0);
        let rest = stretches.iter().skip(1).cloned().collect();
        let mut pieces = std::pin::pin!(self.bytes(opened, rest, held));
        while let Some(piece) = pieces.next().await {
            let piece = piece.map_err(errors::internal)?;
            hasher.update(&piece);
            size += piece.len() as u64;
            md5.update(piece).await;
        }
        Ok(Some(Sums { size, etag: hex(&md5.finish().await), checksum: hasher.finish() }))
    }

    /// The bytes of an object under another encryption; `None` when it went away meanwhile.
    async fn resealed(
        self: &Arc<Self>,
        call: &Call,
        object: &Object,
        encryption: Option<&Encryption>,
    ) -> S3Result<Option<Fresh>> {
        let Some(held) = self.lease(&object.content)? else { return Ok(None) };
        let Some(stretches) = self.stretches(&object.content, 0..object.size)? else { return Ok(None) };
        // Its sums are computed beside, or known.
        let how = (encryption, Algorithm::Crc64Nvme);
        let sealed = self.resealed_stretches(call, &stretches, how, held).await?;
        Ok(sealed.map(|received| received.fresh))
    }

    /// The bytes of stretches under another encryption.
    async fn resealed_stretches(
        self: &Arc<Self>,
        call: &Call,
        stretches: &[Stretch],
        (encryption, algorithm): (Option<&Encryption>, Algorithm),
        held: Held,
    ) -> S3Result<Option<Received>> {
        let opened = self.open_first(stretches).await?;
        if matches!(opened, Opened::Gone) {
            return Ok(None);
        }
        let rest = stretches.iter().skip(1).cloned().collect();
        let body = Box::pin(self.bytes(opened, rest, held));
        let sealing = self.sealing(call, encryption).await?;
        self.receive(body, algorithm, sealing, limits::OBJECT_BYTES_MAX).await.map(Some)
    }

    /// Places a copy if its source is still what the sums were computed over.
    async fn place_copy(
        self: &Arc<Self>,
        call: &Call,
        copying: &Copying,
        located: &Located,
        (sums, fresh): (&SumsOfCopy, Option<Fresh>),
    ) -> S3Result<Option<Version>> {
        let (bucket, key, owner) = (copying.bucket.clone(), copying.key.clone(), copying.owner.clone());
        let (source, stamp) = (copying.source.clone(), located.version.stamp);
        let object = copying.object(located, sums);
        let condition = copying.condition.clone();
        let call = call.clone();
        self.change(&copying.bucket, &copying.key, move |s3| {
            let bucket = s3.bucket_again(&bucket, &owner)?;
            s3.bucket(&call, &source.bucket, None)?;
            let Ok(now) = s3.locate(&source.bucket, &source.key, source.version_id.as_deref()) else {
                return Ok((Changes::new(), None));
            };
            if now.version.stamp != stamp {
                return Ok((Changes::new(), None));
            }
            let before = s3.entry(&bucket.name, &key)?;
            condition.check(&key, before.as_ref())?;
            let kept = match &fresh {
                Some(fresh) => Some(s3.keep(Changes::new(), fresh)),
                None => s3.share_content(Changes::new(), &object.content)?,
            };
            let Some((changes, content)) = kept else { return Ok((Changes::new(), None)) };
            let object = Object { content, ..object.clone() };
            let version = s3.new_version(&bucket, before.as_ref(), Some(object));
            let changes = changes.expect(
                crate::rows::OBJECTS,
                crate::rows::in_bucket(&source.bucket, &source.key),
                Some(now.found.row),
            );
            Ok((s3.place(changes, &bucket, &key, before.as_ref(), version.clone())?, Some(version)))
        })
        .await
    }

    /// Refers once more to all bytes of a content; `None` when it is gone.
    fn share_content(&self, changes: Changes, content: &Content) -> S3Result<Option<(Changes, Content)>> {
        Ok(Some(match content {
            Content::Empty => (changes, Content::Empty),
            Content::Whole(stretch) => {
                let (changes, mut shared) = self.share(changes, std::slice::from_ref(stretch))?;
                (changes, shared.pop().map_or(Content::Empty, Content::Whole))
            }
            Content::Parts(id) => {
                // The copy is one object, whose stretches happen to be several.
                let Some(manifest) = self.manifest(id)? else { return Ok(None) };
                let all = manifest.parts.into_iter().flat_map(|part| part.stretches);
                let (changes, stretches) = self.share(changes, &all.collect::<Vec<_>>())?;
                let size = stretches.iter().map(|stretch| stretch.len).sum();
                let part = ManifestPart { number: 1, size, checksum: None, stretches };
                self.keep_manifest(changes, &Manifest { parts: vec![part] })
            }
        }))
    }
}

/// What was computed, and by which algorithm.
type SumsOfCopy = (Algorithm, Sums);

impl Copying {
    /// The new object, whose content is still the source's.
    fn object(&self, located: &Located, (algorithm, sums): &SumsOfCopy) -> Object {
        let source = located.version.object.clone().expect("a source that is a delete marker was refused");
        let mut description = if self.replaces { self.given.clone() } else { source.description };
        let encryption = self.encryption.clone().or(source.encryption);
        // A redirection is never copied.
        description.website_redirect.clone_from(&self.given.website_redirect);
        Object {
            size: source.size,
            etag: sums.etag.clone(),
            content: source.content,
            description,
            encryption,
            tags: self.tags.clone().unwrap_or(source.tags),
            checksum: Some(Checksum { algorithm: *algorithm, kind: Kind::FullObject, value: sums.checksum.clone() }),
            part_count: None,
            upload_id: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_of_sources_have_both_ends() {
        assert_eq!(range("bytes=0-9").expect("a range"), 0..10);
        for wrong in ["bytes=5-", "bytes=-5", "0-9", "bytes=9-5", "bytes=0-1,3-4"] {
            assert!(range(wrong).is_err(), "{wrong}");
        }
    }
}
