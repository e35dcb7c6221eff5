//! What the service remembers of a delivery stream, stored as the annotation of the log stream that buffers it.

use std::collections::BTreeMap;

use aws::ServiceError;
use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::configuration::Destination;
use crate::shapes::{DeliveryStreamStatus, DeliveryStreamType, EncryptionStatus, KeyType};
use crate::{errors, limits};

/// What the names of this service's log streams begin with; other faces of the log have streams of their own.
pub(crate) const NAMESPACE: &str = "firehose/";
/// The one destination of every delivery stream.
pub(crate) const DESTINATION_ID: &str = "destinationId-000000000001";

/// 24 hours, in milliseconds.
const DAY_MS: u64 = 24 * 3_600_000;

/// The engine's name of a delivery stream's buffer.
pub(crate) fn engine_name(account: &str, region: &str, name: &str) -> String {
    format!("{NAMESPACE}{account}/{region}/{name}")
}

/// Everything of a delivery stream but its buffered records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DeliveryStream {
    pub(crate) name: String,
    pub(crate) account: String,
    pub(crate) region: String,
    /// Grows by one with every change of the destination; part of the names of objects.
    pub(crate) version: u64,
    /// The state the stream is in until [`DeliveryStream::settled_ms`]; afterwards it is ACTIVE (or gone, if DELETING).
    pub(crate) transition: DeliveryStreamStatus,
    /// Wall-clock milliseconds at which the transition is over.
    pub(crate) settled_ms: u64,
    /// Wall-clock milliseconds.
    pub(crate) created_ms: u64,
    /// When the destination was changed, in wall-clock milliseconds.
    pub(crate) updated_ms: Option<u64>,
    pub(crate) source: Source,
    pub(crate) encryption: Encryption,
    /// All data keys buffered records may be sealed with, wrapped; a record names its key by the index.
    #[serde(default)]
    pub(crate) data_keys: Vec<WrappedKey>,
    pub(crate) destination: Destination,
    #[serde(default)]
    pub(crate) tags: BTreeMap<String, Option<String>>,
    /// When encryption was started or stopped within the last 24 hours, in wall-clock milliseconds.
    #[serde(default)]
    pub(crate) encryption_changes: Vec<u64>,
}

/// Where records come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Source {
    /// Callers of PutRecord and PutRecordBatch.
    DirectPut {
        /// The throughput the caller expects, in MiB/s.
        hint_mib: Option<u32>,
    },
    /// A Kinesis data stream.
    Kinesis {
        stream_arn: String,
        role_arn: String,
        /// Records that arrived before this instant (wall-clock milliseconds) are not delivered.
        start_ms: u64,
    },
}

/// Encryption of buffered records.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Encryption {
    /// The entry of [`DeliveryStream::data_keys`] new records are sealed with; `None` while encryption is off.
    pub(crate) data_key: Option<u32>,
    /// Whose key it is or was; `None` until encryption was on for the first time.
    pub(crate) key_type: Option<KeyType>,
    /// The caller's key.
    pub(crate) key_arn: Option<String>,
    /// Until when it is ENABLING or DISABLING, in wall-clock milliseconds.
    pub(crate) settled_ms: u64,
}

/// A data key, readable only with the key store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct WrappedKey {
    /// The ARN of the key that wraps it.
    pub(crate) key: String,
    /// The wrapped bytes.
    pub(crate) wrapped: Bytes,
}

impl Source {
    /// The type of a delivery stream with this source.
    pub(crate) fn kind(&self) -> DeliveryStreamType {
        match self {
            Self::DirectPut { .. } => DeliveryStreamType::DirectPut,
            Self::Kinesis { .. } => DeliveryStreamType::KinesisStreamAsSource,
        }
    }
}

impl Encryption {
    /// Where it stands at an instant.
    pub(crate) fn status(&self, now_ms: u64) -> EncryptionStatus {
        match (self.data_key.is_some(), now_ms >= self.settled_ms) {
            (true, true) => EncryptionStatus::Enabled,
            (true, false) => EncryptionStatus::Enabling,
            (false, true) => EncryptionStatus::Disabled,
            (false, false) => EncryptionStatus::Disabling,
        }
    }
}

impl DeliveryStream {
    /// The delivery stream's ARN.
    pub(crate) fn arn(&self) -> String {
        format!("arn:aws:firehose:{}:{}:deliverystream/{}", self.region, self.account, self.name)
    }

    /// The state at an instant. DELETING stays until the stream is gone.
    pub(crate) fn status(&self, now_ms: u64) -> DeliveryStreamStatus {
        match self.transition {
            DeliveryStreamStatus::Deleting => DeliveryStreamStatus::Deleting,
            _ if now_ms >= self.settled_ms => DeliveryStreamStatus::Active,
            transition => transition,
        }
    }

    /// Whether the stream was deleted and its transition is over.
    pub(crate) fn is_gone(&self, now_ms: u64) -> bool {
        self.transition == DeliveryStreamStatus::Deleting && now_ms >= self.settled_ms
    }

    /// Enters a transitional state.
    pub(crate) fn begin(&mut self, transition: DeliveryStreamStatus, now_ms: u64, duration_ms: u64) {
        self.transition = transition;
        self.settled_ms = now_ms + duration_ms;
    }

    /// Refuses to begin or end encryption where there is none or where it is changing.
    pub(crate) fn require_encryptable(&self, now_ms: u64) -> Result<(), ServiceError> {
        if !matches!(self.source, Source::DirectPut { .. }) {
            return Err(errors::encryption_needs_direct_put());
        }
        match (self.status(now_ms), self.encryption.status(now_ms)) {
            (DeliveryStreamStatus::Active, EncryptionStatus::Enabled | EncryptionStatus::Disabled) => Ok(()),
            (DeliveryStreamStatus::Active, changing) => Err(errors::encryption_in_use(&self.name, changing)),
            (status, _) => Err(errors::cannot_update(&self.name, status)),
        }
    }

    /// Notes one start or stop of encryption; refuses it when there were too many within the last 24 hours.
    pub(crate) fn use_encryption_change(&mut self, now_ms: u64, is_limited: bool) -> Result<(), ServiceError> {
        self.encryption_changes.retain(|used_ms| now_ms.saturating_sub(*used_ms) < DAY_MS);
        if !is_limited {
            return Ok(());
        }
        if self.encryption_changes.len() >= limits::ENCRYPTION_CHANGES_MAX {
            return Err(errors::encryption_rate(&self.name, limits::ENCRYPTION_CHANGES_MAX));
        }
        self.encryption_changes.push(now_ms);
        Ok(())
    }

    /// The stored form.
    pub(crate) fn encode(&self) -> Bytes {
        Bytes::from(serde_json::to_vec(self).expect("maps with text keys and plain values always serialise"))
    }
}
