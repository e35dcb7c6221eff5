//! Data streams for writers in the same process, without HTTP: what applications write their rows to.

use aws::{Call, Identity, RequestId};
use bytes::Bytes;

use crate::put::{Incoming, Outcome};
use crate::{Kinesis, limits, shapes, stream};

/// A record that wants in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WriteRecord {
    /// Its partition key: one to 256 characters.
    pub partition_key: Bytes,
    /// Its data.
    pub data: Bytes,
}

/// What became of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// It is durable.
    Yes,
    /// Its shard takes no more for now, or the outcome is not known: look, or try again.
    NotNow,
    /// The stream takes no records of that size.
    TooLarge,
}

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
        records: Vec<WriteRecord>,
    ) -> Result<Vec<Written>, WriteError> {
        let failed = |error: aws::ServiceError| WriteError::Failed(error.to_string());
        let view = self.view_by_key(&stream::engine_name(account, region, name)).await.map_err(failed)?;
        let view = view.ok_or(WriteError::NotFound)?;
        let call = caller(account, region);
        view.require_usable(self.now_ms(), &call).map_err(failed)?;
        let bytes_max = shapes::record_bytes_max(view.record.record_kib_max);
        let mut written = Vec::with_capacity(records.len());
        let mut records = records.into_iter().peekable();
        while records.peek().is_some() {
            let (mut incoming, mut places, mut bytes) = (Vec::new(), Vec::new(), 0);
            while let Some(record) = records.next_if(|record| {
                let size = record.partition_key.len() + record.data.len();
                incoming.len() < limits::PUT_RECORDS_COUNT_MAX
                    && (bytes == 0 || bytes + size <= limits::PUT_RECORDS_BYTES_MAX)
            }) {
                let size = record.partition_key.len() + record.data.len();
                let fits = size <= bytes_max;
                places.push(fits);
                if fits {
                    bytes += size;
                    incoming.push(Incoming { key: record.partition_key, data: record.data, hash_key: None });
                }
            }
            let mut outcomes = self.put(&view, &call, &incoming).await.map_err(failed)?.into_iter();
            written.extend(places.into_iter().map(|fits| match fits.then(|| outcomes.next()).flatten() {
                Some(Outcome::Written { .. }) => Written::Yes,
                Some(_) => Written::NotNow,
                None => Written::TooLarge,
            }));
        }
        Ok(written)
    }
}

/// In whose name is written: the owner of the stream.
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
    fn records_are_written_and_what_is_too_large_is_told() {
        simulate(unlimited(), |world| async move {
            world.make_stream("s", 2).await;
            let record = |key: &str, bytes: usize| WriteRecord {
                partition_key: Bytes::copy_from_slice(key.as_bytes()),
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
