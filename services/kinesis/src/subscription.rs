//! Who is subscribed to which shard: one connection per fan-out consumer and shard, and its pace.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::watch;

use crate::limiter::Bucket;
use crate::limits;

/// Slots that are kept before the idle ones are dropped.
const SLOTS_KEPT: usize = 64;

/// The subscriptions of a stream.
#[derive(Debug, Default)]
pub(crate) struct Subscriptions {
    slots: Mutex<Slots>,
}

#[derive(Debug, Default)]
struct Slots {
    by_holder: HashMap<(String, u32), Slot>,
    /// At this many slots the idle ones are dropped.
    sweep_at: usize,
}

/// One consumer and shard.
#[derive(Debug)]
struct Slot {
    calls: Bucket,
    begun_at: Option<Duration>,
    /// The number of the subscription that holds the shard; it ends when this changes.
    holder: watch::Sender<u64>,
    pace: Arc<Mutex<Bucket>>,
}

impl Default for Slot {
    fn default() -> Self {
        Self {
            calls: Bucket::per_second(limits::SUBSCRIBES_PER_S),
            begun_at: None,
            holder: watch::Sender::default(),
            pace: Arc::new(Mutex::new(Bucket::per_second(limits::SHARD_BYTES_OUT_PER_S))),
        }
    }
}

/// Why a subscription cannot begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// One call per second.
    TooOften,
    /// The other one is younger than five seconds.
    InUse,
}

/// A subscription that holds its shard until another takes over.
#[derive(Debug)]
pub(crate) struct Subscription {
    number: u64,
    holder: watch::Receiver<u64>,
    pace: Option<Arc<Mutex<Bucket>>>,
}

impl Subscriptions {
    /// Begins a subscription of a consumer (`name:created`), taking the shard over from the one that holds it.
    pub(crate) fn begin(
        &self,
        consumer: &str,
        shard: u32,
        now: Duration,
        is_limited: bool,
    ) -> Result<Subscription, Refused> {
        let mut slots = self.slots.lock().expect("no panic while held");
        slots.sweep(now);
        let slot = slots.by_holder.entry((consumer.to_owned(), shard)).or_default();
        if is_limited {
            if !slot.calls.take(now, 1) {
                return Err(Refused::TooOften);
            }
            let safe = Duration::from_millis(limits::SUBSCRIPTION_SAFE_MS);
            if slot.begun_at.is_some_and(|begun_at| now.saturating_sub(begun_at) < safe) {
                return Err(Refused::InUse);
            }
        }
        slot.begun_at = Some(now);
        slot.holder.send_modify(|number| *number += 1);
        let holder = slot.holder.subscribe();
        let number = *holder.borrow();
        Ok(Subscription { number, holder, pace: is_limited.then(|| Arc::clone(&slot.pace)) })
    }
}

impl Slots {
    /// Drops what nobody holds and no rule remembers any more, once there is a lot.
    fn sweep(&mut self, now: Duration) {
        if self.by_holder.len() < self.sweep_at.max(SLOTS_KEPT) {
            return;
        }
        let remembered = Duration::from_millis(2 * limits::SUBSCRIPTION_SAFE_MS);
        self.by_holder.retain(|_, slot| {
            let is_recent = slot.begun_at.is_some_and(|begun_at| now.saturating_sub(begun_at) < remembered);
            slot.holder.receiver_count() > 0 || is_recent
        });
        self.sweep_at = self.by_holder.len() * 2;
    }
}

impl Subscription {
    /// Resolves when another subscription has taken over.
    pub(crate) async fn taken_over(&mut self) {
        // The slot stays while somebody holds a receiver; without it nobody can take over.
        if self.holder.wait_for(|number| *number != self.number).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// How long to wait before the next push.
    pub(crate) fn wait(&self, now: Duration) -> Duration {
        let pace = self.pace.as_ref().map(|pace| pace.lock().expect("no panic while held"));
        pace.map_or(Duration::ZERO, |mut pace| pace.wait(now))
    }

    /// Notes what was pushed.
    pub(crate) fn spend(&self, now: Duration, bytes: u64) {
        if let Some(pace) = &self.pace {
            let mut pace = pace.lock().expect("no panic while held");
            pace.fill(now);
            pace.spend(bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    fn at(ms: u64) -> Duration {
        Duration::from_millis(1_000_000 + ms)
    }

    #[test]
    fn a_subscription_is_safe_for_five_seconds_and_then_taken_over() {
        let subscriptions = Subscriptions::default();
        let mut first = subscriptions.begin("c:1", 0, at(0), true).expect("nobody holds the shard");
        assert_eq!(subscriptions.begin("c:1", 0, at(500), true).err(), Some(Refused::TooOften));
        assert_eq!(subscriptions.begin("c:1", 0, at(4_999), true).err(), Some(Refused::InUse));
        assert!(first.taken_over().now_or_never().is_none());
        let mut second = subscriptions.begin("c:1", 0, at(6_000), true).expect("five seconds are over");
        assert!(first.taken_over().now_or_never().is_some());
        assert!(second.taken_over().now_or_never().is_none());
        assert!(subscriptions.begin("c:1", 1, at(6_000), true).is_ok(), "another shard");
        assert!(subscriptions.begin("d:1", 0, at(6_000), true).is_ok(), "another consumer");
    }

    #[test]
    fn without_limits_the_last_one_wins_at_once() {
        let subscriptions = Subscriptions::default();
        let mut first = subscriptions.begin("c:1", 0, at(0), false).expect("nobody holds the shard");
        let second = subscriptions.begin("c:1", 0, at(0), false).expect("no limits");
        assert!(first.taken_over().now_or_never().is_some());
        second.spend(at(0), 1 << 30);
        assert_eq!(second.wait(at(0)), Duration::ZERO);
    }

    #[test]
    fn pushes_are_paced() {
        let subscriptions = Subscriptions::default();
        let subscription = subscriptions.begin("c:1", 0, at(0), true).expect("nobody holds the shard");
        subscription.spend(at(0), 4 << 20);
        let wait = subscription.wait(at(0));
        assert!(wait > Duration::from_millis(990) && wait < Duration::from_millis(1_010), "{wait:?}");
        assert_eq!(subscription.wait(at(1_010)), Duration::ZERO);
    }

    #[test]
    fn idle_slots_are_dropped() {
        let subscriptions = Subscriptions::default();
        for shard in 0..1_000 {
            let begun = subscriptions.begin("c:1", shard, at(u64::from(shard) * 1_000), true);
            drop(begun.expect("each shard is another one"));
        }
        assert!(subscriptions.slots.lock().expect("no panic").by_holder.len() <= 2 * SLOTS_KEPT);
    }
}
