//! A clock that stands still until a test moves it.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::future::BoxFuture;
use host::Clock;
use tokio::sync::oneshot;

/// A clock that tests move. Wall clock and monotonic time move together, except by [`ManualClock::step_back`].
#[derive(Debug)]
pub struct ManualClock {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    now_ms: u64,
    monotonic: Duration,
    sleepers: Vec<(Duration, oneshot::Sender<()>)>,
}

impl ManualClock {
    /// A clock that shows these wall-clock milliseconds.
    pub fn new(now_ms: u64) -> Self {
        Self { state: Mutex::new(State { now_ms, monotonic: Duration::ZERO, sleepers: Vec::new() }) }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets time pass and wakes who slept until then.
    pub fn advance(&self, ms: u64) {
        let due: Vec<_> = {
            let mut state = self.lock();
            state.now_ms += ms;
            state.monotonic += Duration::from_millis(ms);
            let now = state.monotonic;
            state.sleepers.extract_if(.., |(until, _)| *until <= now).collect()
        };
        for (_, sleeper) in due {
            // It may have been woken by something else.
            let _ = sleeper.send(());
        }
    }

    /// Sets the wall clock back, as an administrator might.
    pub fn step_back(&self, ms: u64) {
        self.lock().now_ms -= ms;
    }
}

impl Clock for ManualClock {
    fn now_ms(&self) -> u64 {
        self.lock().now_ms
    }

    fn monotonic(&self) -> Duration {
        self.lock().monotonic
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        let (wake, woken) = oneshot::channel();
        let mut state = self.lock();
        let until = state.monotonic + duration;
        state.sleepers.push((until, wake));
        Box::pin(async move {
            // A dropped clock wakes nobody.
            if woken.await.is_err() {
                std::future::pending::<()>().await;
            }
        })
    }
}
