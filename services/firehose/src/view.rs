//! A delivery stream as requests and deliverers see it: one version, parsed.

use std::sync::Arc;

use aws::ServiceError;
use log::ShardId;

use crate::live::Live;
use crate::stream::DeliveryStream;

/// One version of a delivery stream.
#[derive(Debug)]
pub(crate) struct StreamView {
    /// The log stream that buffers it; its id is the delivery stream's identity.
    pub(crate) stream: Arc<log::Stream>,
    pub(crate) record: DeliveryStream,
    /// What is measured and counted; shared by all versions.
    pub(crate) live: Arc<Live>,
}

impl StreamView {
    pub(crate) fn parse(stream: Arc<log::Stream>, live: Arc<Live>) -> Result<Self, ServiceError> {
        let record = serde_json::from_slice(&stream.annotation).map_err(ServiceError::internal)?;
        Ok(Self { stream, record, live })
    }

    /// The one shard of the buffer.
    pub(crate) fn buffer(&self) -> ShardId {
        ShardId { stream: self.stream.id, index: 0 }
    }
}
