//! Tries again with growing pauses.

use std::time::Duration;

use host::Host;

use super::Failure;
use super::status::Told;

/// The first pause.
const PAUSE_MIN: Duration = Duration::from_millis(50);
/// The longest pause.
const PAUSE_MAX: Duration = Duration::from_secs(5);

/// The pauses of one thing that is tried again and again.
pub(super) struct Patience {
    host: Host,
    told: Told,
    pause: Duration,
}

impl Patience {
    pub(super) fn new(host: &Host, told: &Told) -> Self {
        Self { host: host.clone(), told: told.clone(), pause: PAUSE_MIN }
    }

    /// Waits where it may work later; gives the reason back where it never will.
    pub(super) async fn bear(&mut self, failure: Failure) -> Result<(), String> {
        match failure {
            Failure::Gone(reason) => Err(reason),
            Failure::Later(reason) => {
                tracing::info!(reason, pause_ms = self.pause.as_millis(), "tried again after a pause");
                self.told.announce(|status| status.hindered = Some(reason));
                self.host.sleep(self.pause).await;
                self.pause = (self.pause * 2).min(PAUSE_MAX);
                Ok(())
            }
        }
    }

    /// It worked.
    pub(super) fn rest(&mut self) {
        if self.pause != PAUSE_MIN {
            self.pause = PAUSE_MIN;
            self.told.announce(|status| status.hindered = None);
        }
    }
}
