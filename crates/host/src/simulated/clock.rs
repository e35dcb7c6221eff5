//! Time that passes only when nobody has anything to do.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures::future::BoxFuture;

use super::HELD;
use crate::Clock;

/// 2026-01-01T00:00:00Z, the wall clock of a machine that was never booted.
const WALL_START_MS: i64 = 1_767_225_600_000;

/// The clock of a simulated machine; it goes on over boots.
pub(super) struct VirtualClock {
    shared: Arc<Mutex<State>>,
}

struct State {
    now: Duration,
    wall_offset_ms: i64,
    timers: BTreeMap<(Duration, u64), Waker>,
    timer_count: u64,
}

impl Default for VirtualClock {
    fn default() -> Self {
        let state =
            State { now: Duration::ZERO, wall_offset_ms: WALL_START_MS, timers: BTreeMap::new(), timer_count: 0 };
        Self { shared: Arc::new(Mutex::new(state)) }
    }
}

impl VirtualClock {
    /// Lets a little time pass while somebody works.
    pub(super) fn advance(&self, duration: Duration) {
        let mut state = self.shared.lock().expect(HELD);
        state.now += duration;
        let due = due_timers(&mut state);
        drop(state);
        due.into_iter().for_each(Waker::wake);
    }

    /// Jumps to the next timer; `false` if nobody sleeps.
    pub(super) fn jump(&self) -> bool {
        let mut state = self.shared.lock().expect(HELD);
        let Some((&(deadline, _), _)) = state.timers.first_key_value() else { return false };
        state.now = state.now.max(deadline);
        let due = due_timers(&mut state);
        drop(state);
        due.into_iter().for_each(Waker::wake);
        true
    }

    pub(super) fn step_wall(&self, ms: i64) {
        self.shared.lock().expect(HELD).wall_offset_ms += ms;
    }
}

fn due_timers(state: &mut State) -> Vec<Waker> {
    let later = state.timers.split_off(&(state.now + Duration::from_nanos(1), 0));
    std::mem::replace(&mut state.timers, later).into_values().collect()
}

impl Clock for VirtualClock {
    fn now_ms(&self) -> u64 {
        let state = self.shared.lock().expect(HELD);
        let passed = i64::try_from(state.now.as_millis()).expect("simulations end before the year 292 million");
        u64::try_from(state.wall_offset_ms + passed).unwrap_or(0)
    }

    fn monotonic(&self) -> Duration {
        self.shared.lock().expect(HELD).now
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        let deadline = self.monotonic().saturating_add(duration);
        Box::pin(Sleep { shared: Arc::clone(&self.shared), deadline, timer: None })
    }
}

struct Sleep {
    shared: Arc<Mutex<State>>,
    deadline: Duration,
    timer: Option<u64>,
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let shared = Arc::clone(&self.shared);
        let mut state = shared.lock().expect(HELD);
        if state.now >= self.deadline {
            return Poll::Ready(());
        }
        let timer = *self.timer.get_or_insert_with(|| {
            state.timer_count += 1;
            state.timer_count
        });
        state.timers.insert((self.deadline, timer), context.waker().clone());
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(timer) = self.timer {
            self.shared.lock().expect(HELD).timers.remove(&(self.deadline, timer));
        }
    }
}
