//! What a boot shall be like: how long, how busy, which accidents.

use fastrand::Rng;

/// One boot.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    /// How the boot ends, unless an accident is faster.
    pub(crate) end: End,
    /// Virtual milliseconds until then.
    pub(crate) lasts_ms: u64,
    /// Tasks that append.
    pub(crate) writers: usize,
    /// The longest pause between two appends of a task, in virtual milliseconds.
    pub(crate) pause_ms_max: u64,
    /// The power fails during this file operation, counted from the boot.
    pub(crate) cut_power_after: Option<u64>,
    /// This sync fails, counted from the boot.
    pub(crate) fail_sync_after: Option<u64>,
    /// This write fails half-way, counted from the boot.
    pub(crate) fail_write_after: Option<u64>,
    /// For a while there is room for this many more bytes only.
    pub(crate) room_bytes: Option<u64>,
    /// The power fails after the process is dead.
    pub(crate) lose_power_after: bool,
}

/// How a boot ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// The log is closed in order.
    Close,
    /// The process is killed while it works.
    Kill,
}

impl Plan {
    /// Whether the disk itself fails, so that the log may refuse to go on.
    pub(crate) fn disk_fails(&self) -> bool {
        self.fail_sync_after.is_some() || self.fail_write_after.is_some()
    }

    /// The last boot of a run has no accidents and is closed in order, so that everything must be right at its end.
    pub(crate) fn draw(random: &mut Rng, is_last: bool) -> Self {
        let mut plan = Self {
            end: if random.bool() { End::Close } else { End::Kill },
            lasts_ms: random.u64(1..=8) * random.u64(1..=2000),
            writers: random.usize(1..=4),
            pause_ms_max: [5, 50, 400][random.usize(..3)],
            cut_power_after: None,
            fail_sync_after: None,
            fail_write_after: None,
            room_bytes: None,
            lose_power_after: random.bool(),
        };
        if is_last {
            return Self { end: End::Close, lasts_ms: plan.lasts_ms.min(2000), lose_power_after: true, ..plan };
        }
        match random.u8(..10) {
            0..=4 => plan.cut_power_after = Some(skewed(random, 1500)),
            5..=6 => plan.fail_sync_after = Some(skewed(random, 150)),
            7..=8 => plan.room_bytes = Some(random.u64(0..=60) * 8192),
            _ if !plan.lasts_ms.is_multiple_of(3) => plan.fail_write_after = Some(plan.lasts_ms % 400 + 1),
            _ => {}
        }
        plan
    }
}

/// Small numbers more often than large ones, since a start is where most can go wrong.
fn skewed(random: &mut Rng, max: u64) -> u64 {
    let upper = random.u64(1..=max);
    random.u64(1..=upper)
}
