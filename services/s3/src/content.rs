//! The bytes of objects: how they come in, where they stay, how they go out and when they go away.
//!
//! Small ones are rows of their own, larger ones blobs, and objects of several parts are manifests that refer to both.
//! Blobs may be referred to by many; small rows and manifests belong to one.

use std::sync::Arc;

use bytes::Bytes;
use futures::Stream;
use s3s::{S3Result, StdError};
use serde::{Deserialize, Serialize};
use store::{BlobId, Changes, NewBlob};

use crate::leases::Lease;
use crate::sealing::{Damaged, Opening, Seal};
use crate::{S3, errors, rows, sealing};

/// Where an object's or part's bytes are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Content {
    /// There are none.
    Empty,
    /// One stretch of stored bytes.
    Whole(Stretch),
    /// Several parts; their manifest's id.
    Parts(String),
}

/// Bytes of something that is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stretch {
    pub(crate) place: Place,
    /// Of the plain bytes, where they are sealed.
    pub(crate) offset: u64,
    pub(crate) len: u64,
    /// What opens the place's bytes, where they are sealed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) seal: Option<Box<Seal>>,
}

/// What bytes are stored in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Place {
    /// A row of [`rows::SMALL`].
    Small(String),
    /// A file.
    Blob(BlobId),
}

/// The parts of an object, in order.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Manifest {
    pub(crate) parts: Vec<ManifestPart>,
}

/// A part of an object.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ManifestPart {
    pub(crate) number: i32,
    pub(crate) size: u64,
    /// Its checksum by the object's algorithm, if it has one.
    pub(crate) checksum: Option<String>,
    pub(crate) stretches: Vec<Stretch>,
}

/// Bytes that have come in and that nothing refers to yet.
#[derive(Debug)]
pub(crate) enum Fresh {
    Empty,
    Small(Bytes, Option<Box<Seal>>),
    Blob(NewBlob, Option<Box<Seal>>),
}

/// Bytes as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

impl S3 {
    /// Refers to what came in, within a transaction that stores the returned content.
    pub(crate) fn keep(&self, changes: Changes, fresh: &Fresh) -> (Changes, Content) {
        match fresh {
            Fresh::Empty => (changes, Content::Empty),
            Fresh::Small(bytes, seal) => {
                let id = self.content_id();
                let stretch = Stretch::whole(Place::Small(id.clone()), bytes.len() as u64, seal);
                (changes.put(rows::SMALL, id, bytes.to_vec()), Content::Whole(stretch))
            }
            Fresh::Blob(blob, seal) => {
                let stretch = Stretch::whole(Place::Blob(blob.id()), blob.len(), seal);
                (changes.claim(blob), Content::Whole(stretch))
            }
        }
    }

    /// Refers once more to stretches that others refer to already. Small ones are copied, because their rows are
    /// nobody else's.
    pub(crate) fn share(&self, mut changes: Changes, stretches: &[Stretch]) -> S3Result<(Changes, Vec<Stretch>)> {
        let mut shared = Vec::with_capacity(stretches.len());
        for stretch in stretches {
            match &stretch.place {
                Place::Blob(id) => {
                    changes = changes.share(*id);
                    shared.push(stretch.clone());
                }
                Place::Small(id) => {
                    let copy = self.content_id();
                    // What is sealed can be opened as a whole only.
                    let (bytes, offset) = match stretch.seal {
                        Some(_) => (self.small(id)?, stretch.offset),
                        None => (self.small(id)?.slice(bounds(stretch)), 0),
                    };
                    changes = changes.put(rows::SMALL, copy.clone(), bytes.to_vec());
                    shared.push(Stretch { place: Place::Small(copy), offset, ..stretch.clone() });
                }
            }
        }
        Ok((changes, shared))
    }

    /// Stores a manifest.
    pub(crate) fn keep_manifest(&self, changes: Changes, manifest: &Manifest) -> (Changes, Content) {
        let id = self.content_id();
        (changes.put(rows::MANIFESTS, id.clone(), rows::write(manifest)), Content::Parts(id))
    }

    /// Gives up a content that is referred to no longer.
    pub(crate) fn give_up(&self, changes: Changes, content: &Content) -> S3Result<Changes> {
        Ok(match content {
            Content::Empty => changes,
            Content::Whole(stretch) => give_up_stretch(changes, stretch),
            Content::Parts(id) => {
                // Somebody may be reading it.
                let row = self.store.get(rows::MANIFESTS, id.as_bytes()).map_err(|error| errors::store(&error))?;
                let row = row.ok_or_else(|| errors::internal(format!("the manifest {id} is gone")))?;
                self.leases.doom();
                changes.delete(rows::MANIFESTS, id.as_bytes()).put(rows::DOOMED, id.as_bytes(), row)
            }
        })
    }

    /// Gives up stretches that are referred to no longer.
    pub(crate) fn give_up_stretches(&self, changes: Changes, stretches: &[Stretch]) -> Changes {
        stretches.iter().fold(changes, give_up_stretch)
    }

    /// The manifest of an object of several parts; `None` when the object is gone.
    pub(crate) fn manifest(&self, id: &str) -> S3Result<Option<Manifest>> {
        let row = self.store.get(rows::MANIFESTS, id.as_bytes()).map_err(|error| errors::store(&error))?;
        row.map(|row| rows::read(rows::MANIFESTS, &row)).transpose()
    }

    /// The stretches of these bytes of a content; `None` when the object is gone.
    pub(crate) fn stretches(&self, content: &Content, range: std::ops::Range<u64>) -> S3Result<Option<Vec<Stretch>>> {
        let all = match content {
            Content::Empty => Vec::new(),
            Content::Whole(stretch) => vec![stretch.clone()],
            Content::Parts(id) => {
                let Some(manifest) = self.manifest(id)? else { return Ok(None) };
                manifest.parts.into_iter().flat_map(|part| part.stretches).collect()
            }
        };
        Ok(Some(cut(all, range)))
    }

    /// Keeps what a content consists of, as long as the lease is held; `None` when the object is gone. What is not in
    /// several parts needs none.
    pub(crate) fn lease(self: &Arc<Self>, content: &Content) -> S3Result<Option<Held>> {
        let Content::Parts(id) = content else { return Ok(Some(Held(None))) };
        let lease = Lease::take(self, id);
        Ok(self.manifest(id)?.map(|_| Held(Some(lease))))
    }

    /// What was opened, and the stretches behind it, one after the other.
    pub(crate) fn bytes(
        self: &Arc<Self>,
        opened: Opened,
        rest: Vec<Stretch>,
        held: Held,
    ) -> impl Stream<Item = Result<Bytes, StdError>> + Send + use<> {
        let reading = (Arc::clone(self), Some(opened), rest.into_iter(), held);
        futures::stream::try_unfold(reading, |(s3, mut opened, mut rest, held)| async move {
            loop {
                match opened.take() {
                    Some(Opened::Bytes(bytes)) => return Ok(Some((bytes, (s3, None, rest, held)))),
                    Some(Opened::Reader(mut reader)) => {
                        if let Some(piece) = reader.next().await {
                            return Ok(Some((piece?, (s3, Some(Opened::Reader(reader)), rest, held))));
                        }
                    }
                    Some(Opened::Sealed(mut reader, mut opening)) => {
                        if let Some(stored) = reader.next().await {
                            let plain = opening.add(&stored?)?;
                            let next = Some(Opened::Sealed(reader, opening));
                            if plain.is_empty() {
                                opened = next;
                                continue;
                            }
                            return Ok(Some((plain, (s3, next, rest, held))));
                        }
                        if !opening.is_complete() {
                            return Err(Damaged.into());
                        }
                    }
                    Some(Opened::Nothing) => {}
                    Some(Opened::Gone) => return Err("the object was deleted while it was being read".into()),
                    None => match rest.next() {
                        Some(stretch) => opened = Some(s3.open_stretch(&stretch).await?),
                        None => return Ok::<_, StdError>(None),
                    },
                }
            }
        })
    }

    /// Opens what is to be read, so that it stays readable whatever happens to the object afterwards.
    pub(crate) async fn open_first(&self, stretches: &[Stretch]) -> S3Result<Opened> {
        match stretches.first() {
            None => Ok(Opened::Nothing),
            Some(stretch) => self.open_stretch(stretch).await,
        }
    }

    async fn open_stretch(&self, stretch: &Stretch) -> S3Result<Opened> {
        let plain = stretch.offset..stretch.offset + stretch.len;
        let opening = match &stretch.seal {
            Some(seal) => Some(Opening::new(self.sealer(seal)?, (**seal).clone(), &plain)),
            None => None,
        };
        let stored = stretch.seal.as_ref().map_or(plain.clone(), |seal| sealing::stored_range(seal.len, &plain));
        match &stretch.place {
            Place::Small(id) => Ok(match (self.find_small(id)?, opening) {
                (None, _) => Opened::Gone,
                (Some(bytes), None) => Opened::Bytes(bytes.slice(bounds(stretch))),
                (Some(bytes), Some(mut opening)) => {
                    let bounds = |at: u64| usize::try_from(at).unwrap_or(usize::MAX).min(bytes.len());
                    let stored = &bytes[bounds(stored.start)..bounds(stored.end)];
                    let plain = opening.add(stored).map_err(errors::internal)?;
                    if !opening.is_complete() {
                        return Err(errors::internal(Damaged));
                    }
                    Opened::Bytes(plain)
                }
            }),
            Place::Blob(id) => {
                let reader = self.blobs.read(*id, stored).await.map_err(|error| errors::store(&error))?;
                Ok(match (reader, opening) {
                    (None, _) => Opened::Gone,
                    (Some(reader), None) => Opened::Reader(reader),
                    (Some(reader), Some(opening)) => Opened::Sealed(reader, Box::new(opening)),
                })
            }
        }
    }

    fn small(&self, id: &str) -> S3Result<Bytes> {
        self.find_small(id)?.ok_or_else(|| errors::internal(format!("the bytes {id} are gone")))
    }

    fn find_small(&self, id: &str) -> S3Result<Option<Bytes>> {
        let row = self.store.get(rows::SMALL, id.as_bytes()).map_err(|error| errors::store(&error))?;
        Ok(row.map(Bytes::from))
    }

    fn content_id(&self) -> String {
        format!("{:016x}{:016x}", self.host.random_u64(), self.host.random_u64())
    }
}

impl Stretch {
    /// All of a place that has so many stored bytes.
    fn whole(place: Place, stored: u64, seal: &Option<Box<Seal>>) -> Self {
        let len = seal.as_ref().map_or(stored, |seal| seal.len);
        Self { place, offset: 0, len, seal: seal.clone() }
    }
}

/// The first stretch of what is to be read; nothing without one.
pub(crate) enum Opened {
    Nothing,
    Bytes(Bytes),
    Reader(store::BlobReader),
    /// The same, sealed.
    Sealed(store::BlobReader, Box<Opening>),
    /// The object was deleted or replaced meanwhile.
    Gone,
}

/// A reader's hold on what it reads.
#[derive(Debug)]
pub(crate) struct Held(#[expect(dead_code, reason = "it works by being dropped")] Option<Lease>);

fn bounds(stretch: &Stretch) -> std::ops::Range<usize> {
    let offset = usize::try_from(stretch.offset).expect("small contents are small");
    let len = usize::try_from(stretch.len).expect("small contents are small");
    offset..offset + len
}

fn give_up_stretch(changes: Changes, stretch: &Stretch) -> Changes {
    match &stretch.place {
        Place::Small(id) => changes.delete(rows::SMALL, id.as_bytes()),
        Place::Blob(id) => changes.release(*id),
    }
}

/// The bytes of a range of stretches that stand one behind the other.
fn cut(stretches: Vec<Stretch>, range: std::ops::Range<u64>) -> Vec<Stretch> {
    let mut cut = Vec::new();
    let mut position = 0;
    for stretch in stretches {
        let begin = range.start.max(position);
        let end = range.end.min(position + stretch.len);
        if begin < end {
            let offset = stretch.offset + (begin - position);
            cut.push(Stretch { offset, len: end - begin, ..stretch.clone() });
        }
        position += stretch.len;
    }
    cut
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stretch(id: &str, offset: u64, len: u64) -> Stretch {
        Stretch { place: Place::Small(id.to_owned()), offset, len, seal: None }
    }

    #[test]
    fn ranges_are_cut_out_of_stretches() {
        let all = || vec![stretch("a", 0, 10), stretch("b", 5, 10), stretch("c", 0, 1)];
        assert_eq!(cut(all(), 0..21), all());
        assert_eq!(cut(all(), 0..10), [stretch("a", 0, 10)]);
        assert_eq!(cut(all(), 9..12), [stretch("a", 9, 1), stretch("b", 5, 2)]);
        assert_eq!(cut(all(), 12..21), [stretch("b", 7, 8), stretch("c", 0, 1)]);
        assert_eq!(cut(all(), 3..3), []);
    }

    #[test]
    fn digits_are_lower_case() {
        assert_eq!(hex(&[0, 0xab, 255]), "00abff");
    }
}
