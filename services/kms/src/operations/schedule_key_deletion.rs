//! `ScheduleKeyDeletion`.

use std::sync::Arc;

use aws::{Call, Constraints, Operation, Required, ServiceError, Timestamp};
use keys::State;
use serde::{Deserialize, Serialize};

use crate::shapes::KeyState;
use crate::{Kms, errors, key_arn, limits, scope, shapes};

const DAY_MS: u64 = 24 * 3_600_000;

/// Deletes a key after some days; it cannot be used from now on.
///
/// <https://docs.aws.amazon.com/kms/latest/APIReference/API_ScheduleKeyDeletion.html>
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct ScheduleKeyDeletion {
    key_id: Required<String>,
    pending_window_in_days: Option<i32>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ScheduleKeyDeletionOutput {
    key_id: String,
    deletion_date: Timestamp,
    key_state: KeyState,
    pending_window_in_days: i32,
}

impl Operation for ScheduleKeyDeletion {
    const NAME: &'static str = "ScheduleKeyDeletion";
    type Service = Kms;
    type Output = ScheduleKeyDeletionOutput;

    fn constraints(&self, check: &mut Constraints) {
        shapes::key_id(check, &self.key_id);
        // The model says 1 to 365, the page of the operation and the service 7 to 30.
        let days = i64::from(limits::PENDING_DAYS_MIN)..=i64::from(limits::PENDING_DAYS_MAX);
        check.member("pendingWindowInDays", &self.pending_window_in_days).range(days);
    }

    async fn run(self, kms: &Arc<Kms>, call: &Call) -> Result<ScheduleKeyDeletionOutput, ServiceError> {
        let key = kms.find_by_id(call, &self.key_id)?;
        let days = self.pending_window_in_days.unwrap_or(limits::PENDING_DAYS_MAX);
        let wait_ms = u64::from(days.unsigned_abs()) * DAY_MS;
        let scheduled = kms.keys.schedule_deletion(scope(call), &key.id, wait_ms).await;
        let key = scheduled.map_err(|error| errors::refused(error, &key.id, call))?;
        let State::PendingDeletion { at_ms } = key.state else {
            return Err(ServiceError::internal("a scheduled deletion left the key as it was"));
        };
        Ok(ScheduleKeyDeletionOutput {
            key_id: key_arn(call, &key.id),
            deletion_date: Timestamp::from_ms(at_ms),
            key_state: KeyState::PendingDeletion,
            pending_window_in_days: days,
        })
    }
}
