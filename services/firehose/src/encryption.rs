//! Buffered records that are encrypted at rest: sealed under a data key of the delivery stream, which is wrapped by a
//! key of the store.
//!
//! A sealed record is bound to its buffer; a header says which of the delivery stream's data keys opens it.

use std::sync::Arc;

use aws::{Arn, ServiceError};
use bytes::Bytes;
use keys::Scope;
use log::{NewRecord, RecordBatches, ShardId};

use crate::shapes::KeyType;
use crate::stream::{DeliveryStream, WrappedKey};
use crate::view::StreamView;
use crate::{Firehose, errors};

/// The header that names the data key, as a little-endian `u32`.
const DATA_KEY: &[u8] = b"k";
/// The key of those who leave the choice to AWS.
const OWNED_ALIAS: &str = "alias/aws/firehose";

/// Seals new records of a delivery stream.
#[derive(Debug)]
pub(crate) struct Sealer {
    sealer: Arc<keys::Sealer>,
    data_key: Bytes,
}

impl Sealer {
    /// The record as it is stored.
    pub(crate) fn seal(&self, shard: ShardId, data: &[u8]) -> NewRecord {
        let value = Bytes::from(self.sealer.seal(data, &binding(shard)));
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

/// Records that were opened, by their position in what was read.
#[derive(Debug, Default)]
pub(crate) struct Opened {
    /// Empty when none was sealed.
    plain: Vec<Option<Bytes>>,
}

impl Opened {
    /// The data of the record at a position, if it was sealed; its value as it was read is the data otherwise.
    pub(crate) fn get(&self, at: usize) -> Option<&Bytes> {
        self.plain.get(at)?.as_ref()
    }
}

fn scope_of(record: &DeliveryStream) -> Scope<'_> {
    Scope { account: &record.account, region: &record.region }
}

impl Firehose {
    /// What new records are sealed with; `None` where encryption is off.
    pub(crate) fn sealer(&self, view: &StreamView) -> Result<Option<Sealer>, ServiceError> {
        let Some(data_key) = view.record.encryption.data_key else { return Ok(None) };
        let sealer = self.data_key_sealer(view, data_key)?;
        Ok(Some(Sealer { sealer, data_key: Bytes::copy_from_slice(&data_key.to_le_bytes()) }))
    }

    /// Opens what is sealed of `batches`, which were read from the delivery stream's buffer.
    pub(crate) async fn open_records(
        &self,
        view: &StreamView,
        batches: &RecordBatches,
    ) -> Result<Opened, ServiceError> {
        let is_sealed = |record: log::RecordView<'_>| record.headers().any(|(name, _)| name == DATA_KEY);
        if !batches.iter().any(is_sealed) {
            return Ok(Opened::default());
        }
        // Encryption may have been started after the view was taken.
        let newer = self.view_by_key(&view.stream.name).await?;
        let view = newer.as_deref().filter(|newer| newer.stream.id == view.stream.id).unwrap_or(view);
        let binding = binding(view.buffer());
        let mut plain = Vec::with_capacity(batches.len());
        for record in batches.iter() {
            let header = record.headers().find(|(name, _)| *name == DATA_KEY);
            let Some((_, data_key)) = header else {
                plain.push(None);
                continue;
            };
            let data_key = u32::from_le_bytes(data_key.try_into().map_err(ServiceError::internal)?);
            let sealer = self.data_key_sealer(view, data_key)?;
            let opened = sealer.open(record.value, &binding).map_err(ServiceError::internal)?;
            plain.push(Some(Bytes::from(opened)));
        }
        Ok(Opened { plain })
    }

    fn data_key_sealer(&self, view: &StreamView, data_key: u32) -> Result<Arc<keys::Sealer>, ServiceError> {
        let place = usize::try_from(data_key).map_err(ServiceError::internal)?;
        let wrapped = view.record.data_keys.get(place);
        let wrapped = wrapped.ok_or_else(|| ServiceError::internal("a record names a data key that is not there"))?;
        let sealer = self.keys.sealer(scope_of(&view.record), &wrapped.wrapped);
        sealer.map_err(|error| errors::kms(error, &wrapped.key))
    }

    /// Makes a data key under the caller's key, or under the service's own.
    pub(crate) async fn make_data_key(
        &self,
        account: &str,
        region: &str,
        key_arn: Option<&str>,
    ) -> Result<WrappedKey, ServiceError> {
        let (scope, shown) = (Scope { account, region }, key_arn.unwrap_or(OWNED_ALIAS));
        let refused = |error| errors::kms(error, shown);
        let name = match key_arn.map(Arn::parse) {
            None => OWNED_ALIAS,
            Some(Some(arn)) if arn.account == account && arn.region == region => arn.resource,
            // Keys of other accounts and regions are not here.
            Some(_) => return Err(refused(keys::Error::NotFound)),
        };
        let key = self.keys.resolve(scope, name).await.map_err(refused)?;
        let data_key = self.keys.generate_data_key(scope, &key.id).map_err(refused)?;
        let key = format!("arn:aws:kms:{region}:{account}:key/{}", key.id);
        Ok(WrappedKey { key, wrapped: Bytes::from(data_key.wrapped) })
    }
}

impl DeliveryStream {
    /// Has new records sealed under a data key; the one of the same key that is there already, if there is one.
    pub(crate) fn seal_with(
        &mut self,
        made: &WrappedKey,
        key_type: KeyType,
        settled_ms: u64,
    ) -> Result<(), ServiceError> {
        let known = self.data_keys.iter().position(|data_key| data_key.key == made.key);
        if known.is_none() && self.data_keys.len() >= crate::limits::DATA_KEYS_MAX {
            return Err(errors::too_many_data_keys(crate::limits::DATA_KEYS_MAX, &self.name));
        }
        let at = known.unwrap_or_else(|| {
            self.data_keys.push(made.clone());
            self.data_keys.len() - 1
        });
        self.encryption.data_key = Some(u32::try_from(at).map_err(ServiceError::internal)?);
        self.encryption.key_type = Some(key_type);
        self.encryption.key_arn = (key_type == KeyType::CustomerManagedCmk).then(|| made.key.clone());
        self.encryption.settled_ms = settled_ms;
        Ok(())
    }
}
