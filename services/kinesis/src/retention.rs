//! How long records stay readable.

use aws::{Call, ServiceError};

use crate::shapes::StreamStatus;
use crate::view::StreamView;
use crate::{Kinesis, errors, limits};

const HOUR_MS: u64 = 3_600_000;

/// The hours, if retention may be that long.
pub(crate) fn require_hours(hours: i32) -> Result<u64, ServiceError> {
    match u64::try_from(hours) {
        Ok(hours @ limits::RETENTION_HOURS_DEFAULT..=limits::RETENTION_HOURS_MAX) => Ok(hours),
        Ok(hours) if hours > limits::RETENTION_HOURS_MAX => Err(errors::retention_too_long(hours)),
        _ => Err(errors::retention_too_short(hours)),
    }
}

impl Kinesis {
    /// Changes the retention of a stream; `allow` sees the hours until now. The same hours change nothing.
    pub(crate) async fn set_retention(
        &self,
        view: &StreamView,
        call: &Call,
        hours: u64,
        mut allow: impl FnMut(u64) -> Result<(), ServiceError> + Send,
    ) -> Result<(), ServiceError> {
        let (now_ms, duration_ms) = (self.now_ms(), self.settings.transition_ms());
        let change = self.change_stream(view, call, |current, record| {
            current.require_active(now_ms, call)?;
            let existing = current.retention_hours();
            allow(existing)?;
            if hours == existing {
                return Ok(log::Alteration::default());
            }
            record.begin(StreamStatus::Updating, now_ms, duration_ms);
            Ok(log::Alteration { retention_ms: Some(hours * HOUR_MS), ..Default::default() })
        });
        change.await?;
        Ok(())
    }
}
