//! Where reading begins: the rules GetShardIterator and SubscribeToShard share.

use aws::{Call, ServiceError, Timestamp, WireEnum};
use log::{Position, Shard};

use crate::errors::NumberUse;
use crate::sequence::{Decoded, SequenceNumber};
use crate::shapes::ShardIteratorType;
use crate::view::StreamView;
use crate::{Kinesis, errors};

/// What a request says about where to begin.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Start<'a> {
    pub(crate) kind: ShardIteratorType,
    pub(crate) number: Option<&'a str>,
    pub(crate) timestamp: Option<Timestamp>,
}

impl Start<'_> {
    /// Refuses contradictions that the request alone shows.
    fn check(&self, now_ms: u64) -> Result<(), ServiceError> {
        use ShardIteratorType::{AfterSequenceNumber, AtSequenceNumber, AtTimestamp, Latest, TrimHorizon};
        match (self.kind, self.number, self.timestamp) {
            (TrimHorizon | Latest, Some(_), _) => Err(errors::start_needs_number(self.kind.name(), true)),
            (AtSequenceNumber | AfterSequenceNumber, None, _) => {
                Err(errors::start_needs_number(self.kind.name(), false))
            }
            (AtTimestamp, _, None) => Err(errors::start_needs_timestamp()),
            (AtTimestamp, _, Some(at)) if i128::from(at.ms) > i128::from(now_ms) => {
                Err(errors::start_is_in_the_future(at.ms, now_ms))
            }
            _ => Ok(()),
        }
    }
}

impl Kinesis {
    /// The offset to begin with. Places before the horizon give the horizon.
    pub(crate) async fn begin_at(
        &self,
        view: &StreamView,
        shard: &Shard,
        start: Start<'_>,
        operation: &str,
        call: &Call,
    ) -> Result<u64, ServiceError> {
        start.check(self.now_ms())?;
        let located = match start.kind {
            ShardIteratorType::TrimHorizon => self.log.locate(shard.id, Position::Horizon).await,
            ShardIteratorType::Latest => self.log.locate(shard.id, Position::Latest).await,
            ShardIteratorType::AtTimestamp => {
                let at_ms = start.timestamp.map_or(0, |at| u64::try_from(at.ms).unwrap_or(0));
                self.log.locate(shard.id, Position::AtTime(at_ms)).await
            }
            ShardIteratorType::AtSequenceNumber | ShardIteratorType::AfterSequenceNumber => {
                let text = start.number.unwrap_or_default();
                let used = NumberUse { operation, shard: shard.id.index, stream: view.name(), call };
                let decoded = number_of_shard(view, shard, text, used)?;
                let is_after = start.kind == ShardIteratorType::AfterSequenceNumber;
                let bounds = self.log.bounds(shard.id).await;
                let bounds = bounds.map_err(|error| errors::shard_engine(error, shard.id.index, view, call))?;
                return place_of(decoded, is_after, bounds).ok_or_else(|| used.invalid(text));
            }
        };
        located.map_err(|error| errors::shard_engine(error, shard.id.index, view, call))
    }
}

/// Reads a sequence number that must come from this shard of this stream.
fn number_of_shard(view: &StreamView, shard: &Shard, text: &str, used: NumberUse<'_>) -> Result<Decoded, ServiceError> {
    let number = SequenceNumber::parse(text).ok_or_else(|| used.invalid(text))?;
    let decoded = number.decode().ok_or_else(|| used.invalid(number.normalized()))?;
    if decoded.shard != shard.id.index {
        return Err(used.of_another_shard(decoded.shard));
    }
    if decoded.version != 2 || decoded.created_s != view.shard_created_s(shard) {
        return Err(used.of_another_stream(number.normalized()));
    }
    Ok(decoded)
}

/// The offset a number means; `None` for places the shard has not reached.
///
/// A heartbeat's ContinuationSequenceNumber is the number of the last record with the time of the heartbeat, so that
/// going on after it works like going on after the record.
fn place_of(number: Decoded, is_after: bool, bounds: log::Bounds) -> Option<u64> {
    if number.is_end() {
        return bounds.sealed.then_some(bounds.end);
    }
    let offset = if is_after { number.index } else { number.offset().unwrap_or(0) };
    (offset <= bounds.end).then(|| offset.max(bounds.horizon))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_mean_places_within_the_shard() {
        let bounds = |sealed| log::Bounds { horizon: 3, end: 10, newest_arrival_ms: 0, sealed };
        let number = |index| Decoded { version: 2, created_s: 0, shard: 0, index, time_s: 0 };
        for (index, is_after, sealed, expected) in [
            (5, false, false, Some(4)),
            (5, true, false, Some(5)),
            (0, false, false, Some(3)),
            (0, true, false, Some(3)),
            (1, true, false, Some(3)),
            (10, true, false, Some(10)),
            (11, false, false, Some(10)),
            (11, true, false, None),
            (1 << 40, false, false, None),
            (0x7fff_ffff_ffff_ffff, false, false, None),
            (0x7fff_ffff_ffff_ffff, true, true, Some(10)),
        ] {
            assert_eq!(place_of(number(index), is_after, bounds(sealed)), expected, "{index} {is_after} {sealed}");
        }
    }
}
