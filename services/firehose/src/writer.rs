//! Delivery streams for writers in the same process, without HTTP: what applications write their rows to.

use aws::{Call, Identity, RequestId};
use bytes::Bytes;

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

/// What became of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// It is durable.
    Yes,
    /// The delivery stream takes no more for now, or the outcome is not known.
    NotNow,
    /// Delivery streams take no records of that size.
    TooLarge,
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
        let call = caller(account, region);
        let view = self.puttable(&call, name).await.map_err(|error| WriteError::Refused(error.to_string()))?;
        let mut written = Vec::with_capacity(records.len());
        let mut records = records.into_iter().peekable();
        while records.peek().is_some() {
            let (mut batch, mut places, mut bytes) = (Vec::new(), Vec::new(), 0);
            while let Some(record) = records.next_if(|record| {
                batch.len() < limits::BATCH_RECORDS_MAX
                    && (bytes == 0 || bytes + record.len() <= limits::BATCH_BYTES_MAX)
            }) {
                let fits = record.len() <= limits::RECORD_BYTES_MAX;
                places.push(fits);
                if fits {
                    bytes += record.len();
                    batch.push(record);
                }
            }
            let outcomes = self.put(&view, &call, batch).await;
            let mut outcomes = outcomes.map_err(|error| WriteError::Failed(error.to_string()))?.into_iter();
            written.extend(places.into_iter().map(|fits| match fits.then(|| outcomes.next()).flatten() {
                Some(Outcome::Written(_)) => Written::Yes,
                Some(_) => Written::NotNow,
                None => Written::TooLarge,
            }));
        }
        Ok(written)
    }
}

/// In whose name is written: the owner of the delivery stream.
fn caller(account: &str, region: &str) -> Call {
    let identity = Identity {
        account: account.to_owned(),
        region: region.to_owned(),
        caller: format!("arn:aws:iam::{account}:root"),
        access_key: account.to_owned(),
    };
    Call::new(identity, RequestId::new("in-process"))
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
