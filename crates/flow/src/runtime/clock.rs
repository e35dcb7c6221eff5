//! The clock that rows are stamped by.

use std::time::Duration;

use host::Host;

/// The wall clock, as long as it does not go backwards: then time goes on at its usual pace until the wall clock has caught up.
pub(super) struct StampClock {
    host: Host,
    /// A moment of our time, and of the host's.
    anchor: (i64, Duration),
}

impl StampClock {
    /// A clock that shows no less than `time`.
    pub(super) fn new(host: &Host, time: i64) -> Self {
        Self { host: host.clone(), anchor: (time, host.monotonic()) }
    }

    /// Milliseconds since 1970.
    pub(super) fn now(&mut self) -> i64 {
        let wall = i64::try_from(self.host.now_ms()).unwrap_or(i64::MAX);
        let (time, moment) = self.anchor;
        let passed = self.host.monotonic().saturating_sub(moment);
        let ours = time.saturating_add(i64::try_from(passed.as_millis()).unwrap_or(i64::MAX));
        if wall <= ours {
            return ours;
        }
        self.anchor = (wall, self.host.monotonic());
        wall
    }

    /// Resolves when the clock shows `time`.
    pub(super) async fn reach(&mut self, time: i64) {
        loop {
            let left = time.saturating_sub(self.now());
            let Some(left) = u64::try_from(left).ok().filter(|left| *left > 0) else { return };
            self.host.sleep(Duration::from_millis(left)).await;
        }
    }
}
