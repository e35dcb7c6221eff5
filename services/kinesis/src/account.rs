//! What an account has in a region: settings and the totals that quotas count.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use aws::{Call, ServiceError, Timestamp, wire_enum};
use serde::{Deserialize, Serialize};
use store::Changes;

use crate::Limits;
use crate::shapes::{StreamMode, StreamStatus};
use crate::view::StreamView;
use crate::{Kinesis, errors, limits, stream};

const TABLE: &str = "kinesis.commitments";
/// Streams read from the engine at once.
const PAGE: usize = 1_000;
/// A commitment cannot be ended earlier, in milliseconds.
const COMMITMENT_MS_MIN: u64 = 24 * 3_600_000;

wire_enum! {
    /// Where a commitment to a minimum throughput stands.
    pub(crate) enum CommitmentStatus {
        Enabled = "ENABLED",
        Disabled = "DISABLED",
        EnabledUntilEarliestAllowedEnd = "ENABLED_UNTIL_EARLIEST_ALLOWED_END",
    }
}

/// The commitment to a minimum throughput, AWS's "on-demand Advantage". It costs nothing here; it unlocks what AWS
/// unlocks with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Commitment {
    /// Wall-clock milliseconds.
    pub(crate) started_ms: u64,
    /// When its end was asked for, in wall-clock milliseconds.
    pub(crate) disabled_ms: Option<u64>,
}

impl Commitment {
    /// The earliest end AWS allows, in wall-clock milliseconds.
    pub(crate) fn earliest_end_ms(&self) -> u64 {
        self.started_ms + COMMITMENT_MS_MIN
    }

    /// When it ends or has ended, if its end was asked for.
    pub(crate) fn end_ms(&self) -> Option<u64> {
        self.disabled_ms.map(|disabled_ms| disabled_ms.max(self.earliest_end_ms()))
    }

    /// Where it stands at an instant.
    pub(crate) fn status(&self, now_ms: u64) -> CommitmentStatus {
        match self.end_ms() {
            None => CommitmentStatus::Enabled,
            Some(end_ms) if now_ms < end_ms => CommitmentStatus::EnabledUntilEarliestAllowedEnd,
            Some(_) => CommitmentStatus::Disabled,
        }
    }
}

/// The settings of an account, in answers.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct AccountSettings {
    minimum_throughput_billing_commitment: CommitmentDescription,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct CommitmentDescription {
    status: CommitmentStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    started_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    earliest_allowed_end_at: Option<Timestamp>,
}

impl AccountSettings {
    /// The settings with this commitment, at an instant.
    pub(crate) fn of(commitment: Option<Commitment>, now_ms: u64) -> Self {
        let status = commitment.map_or(CommitmentStatus::Disabled, |commitment| commitment.status(now_ms));
        let ended = commitment.and_then(|commitment| commitment.end_ms());
        let stamp = |ms| Timestamp::from_ms(ms).whole_seconds();
        let minimum_throughput_billing_commitment = CommitmentDescription {
            status,
            started_at: commitment.map(|commitment| stamp(commitment.started_ms)),
            ended_at: ended.filter(|_| status == CommitmentStatus::Disabled).map(stamp),
            earliest_allowed_end_at: commitment.map(|commitment| stamp(commitment.earliest_end_ms())),
        };
        Self { minimum_throughput_billing_commitment }
    }
}

/// What quotas count, over all streams of an account in a region that are not being deleted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) open_shards: usize,
    pub(crate) on_demand_streams: usize,
    pub(crate) creating_streams: usize,
}

impl Kinesis {
    /// Streams of the caller's account and region by name, after the one called `after`; those that are gone left
    /// out. May be fewer than `count_max`, but none only at the end.
    pub(crate) async fn streams_after(
        &self,
        call: &Call,
        after: Option<&str>,
        count_max: usize,
    ) -> Result<Vec<Arc<StreamView>>, ServiceError> {
        let prefix = stream::engine_name(&call.account, &call.region, "");
        let mut after = after.map(|name| format!("{prefix}{name}"));
        let now_ms = self.now_ms();
        loop {
            let page = self.log.list_streams(&prefix, after.as_deref(), count_max).await.map_err(errors::engine)?;
            let Some(last) = page.last() else { return Ok(Vec::new()) };
            after = Some(last.name.clone());
            let mut views = Vec::with_capacity(page.len());
            for stream in page {
                let view = self.cached_view(stream)?;
                if !view.record.is_gone(now_ms) {
                    views.push(view);
                }
            }
            if !views.is_empty() {
                return Ok(views);
            }
        }
    }

    /// Counts what the quotas of the caller's account and region count.
    pub(crate) async fn totals(&self, call: &Call) -> Result<Totals, ServiceError> {
        let (mut totals, mut after) = (Totals::default(), None::<String>);
        let now_ms = self.now_ms();
        loop {
            let page = self.streams_after(call, after.as_deref(), PAGE).await?;
            let Some(last) = page.last() else { return Ok(totals) };
            after = Some(last.name().to_owned());
            for view in page {
                let status = view.status(now_ms);
                if status == StreamStatus::Deleting {
                    continue;
                }
                totals.open_shards += view.stream.open_shards().count();
                totals.on_demand_streams += usize::from(view.record.mode == StreamMode::OnDemand);
                totals.creating_streams += usize::from(status == StreamStatus::Creating);
            }
        }
    }

    /// Refuses with LimitExceededException when `more` open shards are more than the account may have. Called with
    /// [`Kinesis::quota_turn`] held.
    pub(crate) async fn require_shards(&self, call: &Call, more: usize) -> Result<(), ServiceError> {
        if more == 0 || self.settings.limits == Limits::Off {
            return Ok(());
        }
        let (open, limit) = (self.totals(call).await?.open_shards, self.settings.shard_limit);
        if open + more > limit as usize {
            return Err(errors::shard_quota(open, limit, more, call));
        }
        Ok(())
    }

    /// Refuses with LimitExceededException when the account may not create another stream now. Called with
    /// [`Kinesis::quota_turn`] held.
    pub(crate) async fn require_streams(&self, call: &Call, mode: StreamMode) -> Result<(), ServiceError> {
        if self.settings.limits == Limits::Off {
            return Ok(());
        }
        if self.totals(call).await?.creating_streams >= limits::CREATING_STREAMS_MAX {
            return Err(errors::too_many_creating(limits::CREATING_STREAMS_MAX, call));
        }
        if mode == StreamMode::OnDemand { self.require_on_demand(call).await } else { Ok(()) }
    }

    /// Refuses with LimitExceededException when the account has all the on-demand streams it may have. Called with
    /// [`Kinesis::quota_turn`] held.
    pub(crate) async fn require_on_demand(&self, call: &Call) -> Result<(), ServiceError> {
        let limit = limits::ON_DEMAND_STREAMS_MAX;
        if self.settings.limits == Limits::Aws && self.totals(call).await?.on_demand_streams >= limit {
            return Err(errors::on_demand_quota(limit, call));
        }
        Ok(())
    }

    /// Refuses to give one stream more open shards than the server wants to keep in memory, whatever the limits.
    pub(crate) fn require_sane_shards(&self, shards: usize) -> Result<(), ServiceError> {
        let is_sane = shards <= limits::STREAM_SHARDS_MAX;
        if is_sane { Ok(()) } else { Err(errors::too_many_shards_in_stream(shards, limits::STREAM_SHARDS_MAX)) }
    }

    /// Makes room for `more` shards, or refuses: anybody can have many accounts. Called with [`Kinesis::quota_turn`]
    /// held.
    pub(crate) async fn require_room(&self, more: usize) -> Result<(), ServiceError> {
        let limit = limits::SERVER_SHARDS_MAX;
        if self.shards_made.load(Ordering::Relaxed) + more > limit {
            // Shards go without a word to us, so what was made is not what is there.
            self.shards_made.store(self.count_all_shards().await?, Ordering::Relaxed);
        }
        if self.shards_made.load(Ordering::Relaxed) + more > limit {
            return Err(errors::server_is_full(limit));
        }
        self.shards_made.fetch_add(more, Ordering::Relaxed);
        Ok(())
    }

    async fn count_all_shards(&self) -> Result<usize, ServiceError> {
        let (mut count, mut after) = (0, None::<String>);
        loop {
            let page =
                self.log.list_streams(stream::NAMESPACE, after.as_deref(), PAGE).await.map_err(errors::engine)?;
            let Some(last) = page.last() else { return Ok(count) };
            after = Some(last.name.clone());
            count += page.iter().map(|stream| stream.shards.len()).sum::<usize>();
        }
    }

    /// The account's commitment in the region, if it ever made one.
    pub(crate) fn commitment(&self, call: &Call) -> Result<Option<Commitment>, ServiceError> {
        let stored = self.store.get(TABLE, &commitment_key(call)).map_err(ServiceError::internal)?;
        stored.map(|bytes| serde_json::from_slice(&bytes).map_err(ServiceError::internal)).transpose()
    }

    /// Stores the account's commitment in the region.
    pub(crate) async fn set_commitment(&self, call: &Call, commitment: Commitment) -> Result<(), ServiceError> {
        let bytes = serde_json::to_vec(&commitment).expect("numbers always serialise");
        let changes = Changes::new().put(TABLE, commitment_key(call), bytes);
        self.store.commit(changes).await.map_err(ServiceError::internal)
    }

    /// Whether the account may use what AWS gives to on-demand Advantage accounts.
    pub(crate) fn has_advantage(&self, call: &Call) -> Result<bool, ServiceError> {
        let commitment = self.commitment(call)?;
        Ok(commitment.is_some_and(|commitment| commitment.status(self.now_ms()) != CommitmentStatus::Disabled))
    }

    /// Forgets all commitments.
    pub(crate) async fn forget_commitments(&self) -> Result<(), ServiceError> {
        use std::ops::Bound::Unbounded;
        loop {
            let page = self.store.scan(TABLE, Unbounded, Unbounded, PAGE).map_err(ServiceError::internal)?;
            if page.is_empty() {
                return Ok(());
            }
            let changes = page.into_iter().fold(Changes::new(), |changes, (key, _)| changes.delete(TABLE, key));
            self.store.commit(changes).await.map_err(ServiceError::internal)?;
        }
    }
}

fn commitment_key(call: &Call) -> Vec<u8> {
    format!("{}/{}", call.account, call.region).into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commitment_lasts_a_day_at_least() {
        let day = COMMITMENT_MS_MIN;
        let open = Commitment { started_ms: 1_000, disabled_ms: None };
        let early = Commitment { disabled_ms: Some(2_000), ..open };
        let late = Commitment { disabled_ms: Some(day + 5_000), ..open };
        for (commitment, now_ms, expected) in [
            (open, 9 * day, CommitmentStatus::Enabled),
            (early, 2_000, CommitmentStatus::EnabledUntilEarliestAllowedEnd),
            (early, day + 1_000, CommitmentStatus::Disabled),
            (late, day + 5_000, CommitmentStatus::Disabled),
        ] {
            assert_eq!(commitment.status(now_ms), expected, "{commitment:?} at {now_ms}");
        }
    }
}
