//! When buffers are delivered.

use super::*;

const MIB: u64 = 1 << 20;

fn hints(size_mib: u32, interval_s: u32) -> Hints {
    Hints { size_mib, interval_s }
}

#[test]
fn an_empty_buffer_waits_for_ever() {
    assert_eq!(Buffer::default().verdict(hints(1, 0), MIB, 1_000_000), Verdict::Empty);
}

#[test]
fn the_first_condition_that_is_met_seals() {
    let mut buffer = Buffer::default();
    buffer.add(0, 7, MIB - 1, 1_000);
    assert_eq!(buffer.verdict(hints(1, 60), MIB, 1_000), Verdict::Wait(60_000));
    assert_eq!(buffer.verdict(hints(1, 60), MIB, 60_999), Verdict::Wait(1));
    assert_eq!(buffer.verdict(hints(1, 60), MIB, 61_000), Verdict::Seal);
    buffer.add(0, 8, 1, 2_000);
    assert_eq!(buffer.verdict(hints(1, 60), MIB, 2_000), Verdict::Seal);
    assert_eq!(buffer.take(), Spans::from([(0, Span { from: 7, to: 9 })]));
    assert_eq!(buffer.verdict(hints(1, 60), MIB, 99_000), Verdict::Empty);
}

#[test]
fn the_oldest_record_of_all_shards_counts() {
    let mut buffer = Buffer::default();
    buffer.add(3, 0, 10, 5_000);
    buffer.add(1, 40, 10, 4_000);
    buffer.add(3, 1, 10, 6_000);
    assert_eq!(buffer.verdict(hints(1, 60), MIB, 6_000), Verdict::Wait(58_000));
    assert_eq!(buffer.take(), Spans::from([(1, Span { from: 40, to: 41 }), (3, Span { from: 0, to: 2 })]));
}

#[test]
fn an_interval_of_nothing_is_a_moment() {
    let mut buffer = Buffer::default();
    buffer.add(0, 0, 10, 1_000);
    assert_eq!(buffer.verdict(hints(1, 0), MIB, 1_000), Verdict::Wait(MOMENT_MS));
    assert_eq!(buffer.verdict(hints(1, 0), MIB, 1_000 + MOMENT_MS), Verdict::Seal);
}

#[test]
fn a_clock_set_back_does_not_prolong_the_interval() {
    let mut buffer = Buffer::default();
    buffer.add(0, 0, 10, 90_000);
    assert_eq!(buffer.verdict(hints(1, 60), MIB, 10), Verdict::Wait(60_000));
}

#[test]
fn buffers_grow_when_the_delivery_is_late() {
    let mut buffer = Buffer::default();
    buffer.add(0, 0, 10, 0);
    assert_eq!(buffer.size(hints(5, 60), 1, 130_000), 5 * MIB);
    assert_eq!(buffer.size(hints(5, 60), 1, 130_001), 20 * MIB);
    assert_eq!(buffer.size(hints(128, 60), 1, 130_001), 512 * MIB);
    assert_eq!(buffer.size(hints(64, 60), 500, 130_001), 64 * 500 * MIB, "what the hints ask for is not cut");
}

#[test]
fn the_size_counts_for_every_partition() {
    assert_eq!(Buffer::default().size(hints(64, 60), 3, 0), 192 * MIB);
    assert_eq!(Buffer::default().size(hints(64, 60), 0, 0), 64 * MIB);
}
