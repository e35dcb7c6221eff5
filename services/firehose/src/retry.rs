//! When a failed delivery is tried again, and when it is given up.

use std::time::Duration;

use futures::future::{Either, select};
use host::Host;

use crate::destination::Stop;

/// Pauses that are as long as this are not waited for with a batch in memory.
const LEAVING_PAUSE: Duration = Duration::from_secs(4);

/// The first pause. AWS: "an initial back-off time (1 second)".
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// The rules of one kind of destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RetryRules {
    /// What pauses, which double each time, grow to.
    pub(crate) pause_max: Duration,
    /// Whether the retry duration begins with the first attempt, or when that has failed.
    pub(crate) counts_first_attempt: bool,
    /// Whether waiting for answers uses the retry duration up.
    pub(crate) counts_waiting: bool,
}

impl RetryRules {
    /// HTTP endpoints and Splunk: pauses up to two minutes; waiting for answers does not count.
    pub(crate) const ENDPOINT: Self =
        Self { pause_max: Duration::from_secs(120), counts_first_attempt: false, counts_waiting: false };

    /// OpenSearch and Redshift: the whole time since the first attempt. AWS tries every five minutes; here the pauses
    /// grow up to that, so that short retry durations have retries in them.
    pub(crate) const DATABASE: Self =
        Self { pause_max: Duration::from_secs(300), counts_first_attempt: true, counts_waiting: true };
}

/// What one attempt came to.
pub(crate) struct Attempt<T> {
    pub(crate) result: T,
    /// How much of its time was spent waiting for the other side's answer.
    pub(crate) waited: Duration,
}

/// What follows a failed attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// The pause is over: try again.
    Again,
    /// The retry duration is used up.
    GiveUp,
    /// A stop was asked for, or there are other settings to try with.
    Stop,
    /// Let go of everything, and come again after so long.
    Leave(Duration),
}

/// The attempts at one batch that were made until now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Made {
    attempts: u32,
    /// Of the retry duration.
    spent: Duration,
    /// Whether whoever delivers stays through all pauses.
    stays: bool,
}

impl Made {
    /// No attempt yet, and whoever delivers waits through every pause.
    pub(crate) fn staying() -> Self {
        Self { stays: true, ..Self::default() }
    }
}

/// The attempts at one batch.
pub(crate) struct Retries<'a> {
    host: &'a Host,
    stop: &'a Stop,
    rules: RetryRules,
    duration: Duration,
    made: &'a mut Made,
}

impl<'a> Retries<'a> {
    /// What was `made`, and `duration` altogether to try again in.
    pub(crate) fn new(
        host: &'a Host,
        stop: &'a Stop,
        rules: RetryRules,
        duration: Duration,
        made: &'a mut Made,
    ) -> Self {
        Self { host, stop, rules, duration, made }
    }

    /// Attempts that came to an end.
    pub(crate) fn attempts_made(&self) -> u32 {
        self.made.attempts
    }

    /// Makes an attempt; `None` when a stop is asked for meanwhile. A stop that was asked for before prevents it.
    pub(crate) async fn attempt<T>(&mut self, work: impl Future<Output = Attempt<T>>) -> Option<T> {
        let started = self.host.monotonic();
        let asked = std::pin::pin!(self.stop.asked());
        let work = std::pin::pin!(work);
        let Either::Right((attempt, _)) = select(asked, work).await else { return None };
        let mut took = self.host.monotonic().saturating_sub(started);
        if !self.rules.counts_waiting {
            took = took.saturating_sub(attempt.waited);
        }
        if self.made.attempts > 0 || self.rules.counts_first_attempt {
            self.made.spent += took;
        }
        self.made.attempts += 1;
        Some(attempt.result)
    }

    /// Waits after a failed attempt, or says how long to wait elsewhere. The last pause is cut short, so that the last
    /// attempt is made when the duration ends.
    pub(crate) async fn pause(&mut self) -> Next {
        let left = self.duration.saturating_sub(self.made.spent);
        if left.is_zero() {
            return Next::GiveUp;
        }
        let pause = pause(self.made.attempts.saturating_sub(1), self.rules.pause_max, self.host.random_u64()).min(left);
        if pause >= LEAVING_PAUSE && !self.made.stays {
            self.made.spent += pause;
            return Next::Leave(pause);
        }
        let asked = std::pin::pin!(self.stop.asked());
        let outdated = std::pin::pin!(self.stop.outdated());
        match select(select(asked, outdated), self.host.sleep(pause)).await {
            Either::Left(_) => Next::Stop,
            Either::Right(_) => {
                self.made.spent += pause;
                Next::Again
            }
        }
    }
}

/// `min(max, 1 s · 2^retries) · jitter`, the jitter drawn evenly from 0.85 to 1.15.
fn pause(retries: u32, max: Duration, random: u64) -> Duration {
    let doubled = FIRST_PAUSE.saturating_mul(1_u32.checked_shl(retries).unwrap_or(u32::MAX));
    let jitter = 0.85 + 0.3 * (random >> 11) as f64 / (1_u64 << 53) as f64;
    doubled.min(max).mul_f64(jitter)
}

#[cfg(test)]
mod tests;
