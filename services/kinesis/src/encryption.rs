//! Records that are encrypted at rest: sealed under a data key of the stream, which is wrapped by a key of the store.
//!
//! A sealed record has no key; its value is partition key and data together, sealed with AES-256-GCM and bound to its
//! shard; a header says which of the stream's data keys opens it.

use std::sync::Arc;

use aws::{Arn, ServiceError};
use bytes::Bytes;
use keys::Scope;
use log::{NewRecord, RecordBatches, ShardId};

use crate::stream::{self, WrappedKey};
use crate::view::StreamView;
use crate::{Kinesis, errors};

/// The header that names the data key, as a little-endian `u32`.
const DATA_KEY: &[u8] = b"k";

/// Seals new records of a stream.
#[derive(Debug)]
pub(crate) struct Sealer {
    sealer: Arc<keys::Sealer>,
    data_key: Bytes,
}

impl Sealer {
    /// The record as it is stored.
    pub(crate) fn seal(&self, shard: ShardId, key: &[u8], data: &[u8]) -> NewRecord {
        let key_bytes = u16::try_from(key.len()).expect("256 characters have at most 1,024 bytes");
        let plain = [&key_bytes.to_le_bytes(), key, data].concat();
        let value = Bytes::from(self.sealer.seal(&plain, &binding(shard)));
        NewRecord { key: Bytes::new(), value, headers: vec![(Bytes::from_static(DATA_KEY), self.data_key.clone())] }
    }
}

/// What a sealed record is bound to, so that it cannot be moved to another place.
fn binding(shard: ShardId) -> [u8; 12] {
    let mut bytes = [0; 12];
    bytes[..8].copy_from_slice(&shard.stream.0.to_le_bytes());
    bytes[8..].copy_from_slice(&shard.index.to_le_bytes());
    bytes
}

/// Records that were opened, by their position in an answer.
#[derive(Debug, Default)]
pub(crate) struct Opened {
    /// Empty when none was sealed.
    plain: Vec<Option<Vec<u8>>>,
}

impl Opened {
    /// Key and data of the record at a position, if it was sealed.
    pub(crate) fn get(&self, at: usize) -> Option<(&[u8], &[u8])> {
        split(self.plain.get(at)?.as_ref()?)
    }

    /// Lets go of a record.
    pub(crate) fn forget(&mut self, at: usize) {
        if let Some(plain) = self.plain.get_mut(at) {
            *plain = None;
        }
    }
}

/// Partition key and data of what was sealed together.
fn split(plain: &[u8]) -> Option<(&[u8], &[u8])> {
    let (key_bytes, rest) = plain.split_first_chunk::<2>()?;
    rest.split_at_checked(usize::from(u16::from_le_bytes(*key_bytes)))
}

impl Kinesis {
    /// What new records of the stream are sealed with; `None` where encryption is off.
    pub(crate) fn sealer(&self, view: &StreamView) -> Result<Option<Sealer>, ServiceError> {
        let Some(encryption) = &view.record.encryption else { return Ok(None) };
        let sealer = self.data_key_sealer(view, encryption.data_key)?;
        Ok(Some(Sealer { sealer, data_key: Bytes::copy_from_slice(&encryption.data_key.to_le_bytes()) }))
    }

    /// Opens what is sealed of `batches`, which were read from `shard`.
    pub(crate) async fn open_records(
        &self,
        view: &StreamView,
        shard: ShardId,
        batches: &RecordBatches,
    ) -> Result<Opened, ServiceError> {
        let sealed = |record: log::RecordView<'_>| record.headers().any(|(name, _)| name == DATA_KEY);
        if !batches.has_headers || !batches.iter().any(sealed) {
            return Ok(Opened::default());
        }
        // Encryption may have been started after the view was taken.
        let newer = self.view_by_key(&view.stream.name).await?;
        self.open_all(newer.as_deref().unwrap_or(view), shard, batches)
    }

    fn open_all(&self, view: &StreamView, shard: ShardId, batches: &RecordBatches) -> Result<Opened, ServiceError> {
        let binding = binding(shard);
        let mut last: Option<(u32, Arc<keys::Sealer>)> = None;
        let mut plain = Vec::with_capacity(batches.len());
        for record in batches.iter() {
            let header = record.headers().find(|(name, _)| *name == DATA_KEY);
            let Some((_, data_key)) = header else {
                plain.push(None);
                continue;
            };
            let data_key = u32::from_le_bytes(data_key.try_into().map_err(ServiceError::internal)?);
            let sealer = match last.take() {
                Some((known, sealer)) if known == data_key => sealer,
                _ => self.data_key_sealer(view, data_key)?,
            };
            let opened = sealer.open(record.value, &binding).map_err(ServiceError::internal)?;
            if split(&opened).is_none() {
                return Err(ServiceError::internal("a sealed record is shorter than its partition key"));
            }
            plain.push(Some(opened));
            last = Some((data_key, sealer));
        }
        Ok(Opened { plain })
    }

    fn data_key_sealer(&self, view: &StreamView, data_key: u32) -> Result<Arc<keys::Sealer>, ServiceError> {
        let place = usize::try_from(data_key).map_err(ServiceError::internal)?;
        let wrapped = view.record.data_keys.get(place);
        let wrapped = wrapped.ok_or_else(|| ServiceError::internal("a record names a data key that is not there"))?;
        let sealer = self.keys.sealer(scope_of(view), &wrapped.wrapped);
        sealer.map_err(|error| errors::kms(error, &wrapped.key))
    }

    /// Makes a data key under the key a caller has named by id, ARN, alias or alias ARN.
    pub(crate) async fn make_data_key(&self, view: &StreamView, key_id: &str) -> Result<WrappedKey, ServiceError> {
        let scope = scope_of(view);
        let name = match Arn::parse(key_id) {
            // Keys of other accounts and regions are not here.
            Some(arn) if arn.account != scope.account || arn.region != scope.region => {
                return Err(errors::kms(keys::Error::NotFound, key_id));
            }
            Some(arn) => arn.resource,
            None => key_id,
        };
        let refused = |error| errors::kms(error, key_id);
        let key = self.keys.resolve(scope, name).await.map_err(refused)?;
        let data_key = self.keys.generate_data_key(scope, &key.id).map_err(refused)?;
        let arn = format!("arn:aws:kms:{}:{}:key/{}", scope.region, scope.account, key.id);
        Ok(WrappedKey { key: arn, wrapped: Bytes::from(data_key.wrapped) })
    }
}

/// The account and region of a stream's keys: those of the stream.
fn scope_of(view: &StreamView) -> Scope<'_> {
    let (account, region) = stream::owner_of(&view.stream.name);
    Scope { account, region }
}
