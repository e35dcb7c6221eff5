//! Delivery streams for writers in the same process, without HTTP: what applications write their rows to.

use aws::Call;
use bytes::Bytes;
use log::sink::{self, CallLimits, Written};

use crate::put::Outcome;
use crate::{Firehose, limits};

/// Why nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// There is no such delivery stream, or it takes no records from callers.
    #[error("{0}")]
    Refused(String),
    /// Try again later.
    #[error("writing failed: {0}")]
    Failed(String),
}

impl Firehose {
    /// Puts records into a delivery stream, as PutRecordBatch does; the answers stand in their order.
    pub async fn write(
        &self,
        account: &str,
        region: &str,
        name: &str,
        records: Vec<Bytes>,
    ) -> Result<Vec<Written>, WriteError> {
        let call = &Call::in_process(account, region);
        let view = &self.puttable(call, name).await.map_err(|error| WriteError::Refused(error.to_string()))?;
        let limits = CallLimits {
            records_max: limits::BATCH_RECORDS_MAX,
            bytes_max: limits::BATCH_BYTES_MAX,
            record_bytes_max: limits::RECORD_BYTES_MAX,
        };
        sink::write_in_calls(records, limits, Bytes::len, |batch| async move {
            let outcomes = self.put(view, call, batch).await;
            let outcomes = outcomes.map_err(|error| WriteError::Failed(error.to_string()))?;
            Ok(outcomes.iter().map(|outcome| matches!(outcome, Outcome::Written(_))).collect())
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{simulate, unlimited};

    #[test]
    fn records_are_written_into_streams_that_take_them() {
        simulate(unlimited(), |world| async move {
            world.make_stream("lake").await;
            let records: Vec<_> = (0..700).map(|n| Bytes::from(format!("{n}\n"))).collect();
            let written = world.firehose.write("123456789012", "us-east-1", "lake", records.clone()).await.unwrap();
            assert_eq!(written, vec![Written::Yes; 700]);
            let none = world.firehose.write("123456789012", "us-east-1", "nobody", records).await;
            assert!(matches!(none, Err(WriteError::Refused(_))));
        });
    }
}
