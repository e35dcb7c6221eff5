//! The limits in virtual time.

use super::*;

const MIB: u64 = 1 << 20;

fn at(ms: u64) -> Duration {
    Duration::from_secs(1_000) + Duration::from_millis(ms)
}

fn admitted(limit: &mut WriteLimit, now: Duration, sizes: impl IntoIterator<Item = u64>) -> usize {
    limit.begin(now);
    sizes.into_iter().filter(|bytes| limit.admit(*bytes)).count()
}

#[test]
fn a_second_takes_a_mebibyte_of_small_records() {
    let mut limit = WriteLimit::default();
    assert_eq!(admitted(&mut limit, at(0), [10_240; 500]), 103);
    assert_eq!(admitted(&mut limit, at(0), [10_240; 500]), 0);
    let passed: usize = (1..=100).map(|tick| admitted(&mut limit, at(tick * 100), [10_240; 50])).sum();
    assert_eq!(passed, 1024, "10 s at 1 MiB/s");
}

#[test]
fn a_second_takes_a_thousand_records() {
    let mut limit = WriteLimit::default();
    assert_eq!(admitted(&mut limit, at(0), [1; 1_500]), 1_000);
    assert_eq!(admitted(&mut limit, at(500), [1; 1_500]), 500);
    assert_eq!(admitted(&mut limit, at(500), [1; 1]), 0);
}

#[test]
fn large_records_burst_as_captured_from_aws() {
    let mut limit = WriteLimit::default();
    assert_eq!(admitted(&mut limit, at(0), [9 * MIB]), 1);
    assert_eq!(admitted(&mut limit, at(200), [3 * MIB, 3 * MIB, 3 * MIB, 64]), 4);
    assert_eq!(admitted(&mut limit, at(400), [2 * MIB, 64]), 1, "the tank is in debt, small records still pass");
}

#[test]
fn large_records_average_out() {
    let mut limit = WriteLimit::default();
    let bytes: u64 = (0..600).map(|tick| admitted(&mut limit, at(tick * 100), [5 * MIB]) as u64 * 5).sum();
    // 60 s at 1 MiB/s, the tank's 10 MiB, the standard bucket stays full, one record into debt.
    assert!((65..=75).contains(&bytes), "{bytes} MiB");
}

#[test]
fn five_reads_a_second() {
    let mut limit = ReadLimit::default();
    assert_eq!((0..10).filter(|_| limit.admit(at(0))).count(), 5);
    assert!(!limit.admit(at(150)));
    assert!(limit.admit(at(200)));
}

#[test]
fn a_page_of_ten_mebibytes_closes_the_shard_for_five_seconds() {
    let mut limit = ReadLimit::default();
    assert!(limit.admit(at(0)));
    limit.spend(10 * MIB);
    assert!(!limit.admit(at(4_999)));
    assert!(limit.admit(at(5_001)));
}

#[test]
fn smaller_pages_close_the_shard_until_the_second_is_over() {
    let mut limit = ReadLimit::default();
    for _ in 0..2 {
        assert!(limit.admit(at(0)));
        limit.spend(MIB + MIB / 2);
    }
    assert!(!limit.admit(at(400)));
    assert!(limit.admit(at(501)));
}

#[test]
fn time_that_stands_still_or_goes_back_gives_nothing() {
    let mut bucket = Bucket::per_second(2);
    assert!(bucket.take(at(1_000), 2));
    assert!(!bucket.take(at(0), 1));
    assert!(!bucket.take(at(1_000), 1));
    bucket.spend(4);
    let wait = bucket.wait(at(1_000));
    assert!(!bucket.has_any(at(2_900)) && wait > Duration::from_millis(1_999));
    assert!(bucket.has_any(at(1_000) + wait));
}
