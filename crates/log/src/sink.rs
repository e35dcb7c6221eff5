//! Records for streams of somebody else, as writers in the same process bring them. The server wires who has streams to
//! who writes them.

use bytes::Bytes;

/// A record for a data stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyedRecord {
    /// Its partition key: one to 256 characters.
    pub key: Bytes,
    /// Its data.
    pub data: Bytes,
}

/// What became of a record that was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// It is durable.
    Yes,
    /// It may be, or not: its shard takes no more for now, or the outcome is not known. Look, or try again.
    NotNow,
    /// The stream takes no records of that size.
    TooLarge,
}

/// What one call takes at most.
#[derive(Debug, Clone, Copy)]
pub struct CallLimits {
    /// Records.
    pub records_max: usize,
    /// Bytes of all of them.
    pub bytes_max: usize,
    /// Bytes of each.
    pub record_bytes_max: usize,
}

/// Writes records by as many calls as they need, one after the other; the answers stand in their order. `call` answers of
/// each of its records whether it is durable. What is too large is passed over.
pub async fn write_in_calls<R, E, F>(
    records: Vec<R>,
    limits: CallLimits,
    size: impl Fn(&R) -> usize,
    mut call: impl FnMut(Vec<R>) -> F,
) -> Result<Vec<Written>, E>
where
    F: Future<Output = Result<Vec<bool>, E>>,
{
    let mut written = Vec::with_capacity(records.len());
    let mut records = records.into_iter().peekable();
    while records.peek().is_some() {
        let (mut batch, mut places, mut bytes) = (Vec::new(), Vec::new(), 0);
        while let Some(record) = records.next_if(|record| {
            batch.len() < limits.records_max && (bytes == 0 || bytes + size(record) <= limits.bytes_max)
        }) {
            let fits = size(&record) <= limits.record_bytes_max;
            places.push(fits);
            if fits {
                bytes += size(&record);
                batch.push(record);
            }
        }
        let mut outcomes = call(batch).await?.into_iter();
        written.extend(places.into_iter().map(|fits| match fits.then(|| outcomes.next()).flatten() {
            Some(true) => Written::Yes,
            Some(false) => Written::NotNow,
            None => Written::TooLarge,
        }));
    }
    Ok(written)
}
