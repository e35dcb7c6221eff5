//! Data streams for writers in the same process, without HTTP: what applications write their rows to.

use aws::Call;
use log::sink::{self, CallLimits, KeyedRecord, Written};

use crate::put::{Incoming, Outcome};
use crate::{Kinesis, limits, shapes, stream};

/// Why nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// There is no stream of that name.
    #[error("the stream does not exist")]
    NotFound,
    /// Try again later.
    #[error("writing failed: {0}")]
    Failed(String),
}

impl Kinesis {
    /// Appends records; the answers stand in their order. Shards' limits hold as for any other writer.
    pub async fn write(
        &self,
        account: &str,
        region: &str,
        name: &str,
        records: Vec<KeyedRecord>,
    ) -> Result<Vec<Written>, WriteError> {
        let failed = |error: aws::ServiceError| WriteError::Failed(error.to_string());
        let view = self.view_by_key(&stream::engine_name(account, region, name)).await.map_err(failed)?;
        let view = view.ok_or(WriteError::NotFound)?;
        let call = &Call::in_process(account, region);
        view.require_usable(self.now_ms(), call).map_err(failed)?;
        let limits = CallLimits {
            records_max: limits::PUT_RECORDS_COUNT_MAX,
            bytes_max: limits::PUT_RECORDS_BYTES_MAX,
            record_bytes_max: shapes::record_bytes_max(view.record.record_kib_max),
        };
        let (size, view) = (|record: &KeyedRecord| record.key.len() + record.data.len(), &view);
        sink::write_in_calls(records, limits, size, |batch| async move {
            let incoming = |record: KeyedRecord| Incoming { key: record.key, data: record.data, hash_key: None };
            let incoming: Vec<_> = batch.into_iter().map(incoming).collect();
            let outcomes = self.put(view, call, &incoming).await.map_err(failed)?;
            Ok(outcomes.iter().map(|outcome| matches!(outcome, Outcome::Written { .. })).collect())
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::testing::{simulate, unlimited};

    #[test]
    fn records_are_written_and_what_is_too_large_is_told() {
        simulate(unlimited(), |world| async move {
            world.make_stream("s", 2).await;
            let record = |key: &str, bytes: usize| KeyedRecord {
                key: Bytes::copy_from_slice(key.as_bytes()),
                data: vec![b'x'; bytes].into(),
            };
            let mut records: Vec<_> = (0..700).map(|n| record(&n.to_string(), 10)).collect();
            records.insert(3, record("large", 2 << 20));
            let written = world.kinesis.write("123456789012", "us-east-1", "s", records).await.unwrap();
            assert_eq!(written.len(), 701);
            assert!(written.iter().enumerate().all(|(n, one)| (*one == Written::TooLarge) == (n == 3)));
            let none = world.kinesis.write("123456789012", "us-east-1", "nobody", vec![record("k", 1)]).await;
            assert!(matches!(none, Err(WriteError::NotFound)));
        });
    }
}
