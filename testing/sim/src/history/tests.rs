//! Every rule of the auditor bites: a story that keeps it passes, the same story with the rule broken does not.

use std::panic::{self, AssertUnwindSafe};

use bytes::Bytes;
use host::simulated::{Ended, Simulation};
use log::{HashRange, Sealed, Shard};

use super::*;

const STREAM: StreamId = StreamId(1);
const SHARD: ShardId = ShardId { stream: STREAM, index: 0 };

fn stream(version: u64, sealed: Option<u64>, with_child: bool) -> Stream {
    let shard = |index, parents, sealed: Option<u64>| Shard {
        id: ShardId { stream: STREAM, index },
        range: HashRange { start: 0, end: u128::MAX },
        parents,
        created_ms: 5,
        sealed: sealed.map(|end| Sealed { end, at_ms: 9 }),
    };
    let mut shards = vec![shard(0, vec![], sealed)];
    if with_child {
        shards.push(shard(1, vec![0], None));
    }
    let name = "sim/0".to_owned();
    Stream { id: STREAM, name, version, created_ms: 5, retention_ms: 1000, annotation: Bytes::new(), shards }
}

fn bounds(horizon: u64, end: u64) -> Bounds {
    Bounds { horizon, end, newest_arrival_ms: 0, sealed: false }
}

fn saw(history: &mut History, offset: u64, arrival_ms: u64, token: u64) {
    history.saw(SHARD, Seen { offset, arrival_ms, token: Some(token) });
}

/// Three records (tokens 1 to 3) at the offsets 0 to 2, arrived at 100; the time is 200.
fn three_records(history: &mut History) {
    history.note_time(200);
    history.saw_stream(&stream(1, None, false), true);
    let token = history.begin(SHARD, 3);
    history.acknowledge(token, Appended { first_offset: 0, arrival_ms: 100 });
}

/// What the auditor says about a story, if it objects.
fn objection(story: impl FnOnce(&mut History)) -> Option<String> {
    let simulation = Simulation::new(0);
    // It objects only while the machine runs.
    let told = simulation.boot(|_host| {
        let simulation = simulation.clone();
        async move {
            let mut history = History::new(simulation);
            three_records(&mut history);
            panic::catch_unwind(AssertUnwindSafe(|| story(&mut history))).err()
        }
    });
    let Ended::Finished(told) = told else { panic!("nobody ends the boot") };
    told.map(|told| told.downcast_ref::<String>().cloned().unwrap_or_default())
}

fn check(expected: Option<&str>, story: impl FnOnce(&mut History)) {
    let told = objection(story);
    match expected {
        None => assert_eq!(told, None),
        Some(words) => assert!(told.as_ref().is_some_and(|told| told.contains(words)), "{words}: {told:?}"),
    }
}

#[test]
fn every_acknowledged_record_is_there_exactly_once_at_its_place() {
    check(None, |history| {
        (0..3).for_each(|offset| saw(history, offset, 100, offset + 1));
        history.saw_bounds(SHARD, &bounds(0, 3));
        history.saw_everything(SHARD, 0, 3);
    });
    check(Some("was refused or is elsewhere"), |history| saw(history, 3, 100, 1));
    check(Some("was refused or is elsewhere"), |history| saw(history, 0, 100, 2));
    check(Some("was refused or is elsewhere"), |history| saw(history, 3, 100, 99));
    check(Some("the end was 3 and is 2"), |history| history.saw_bounds(SHARD, &bounds(0, 2)));
    check(Some("only those up to 2"), |history| history.saw_everything(SHARD, 0, 2));
    check(Some("only 3 of the records 0..4"), |history| history.saw_everything(SHARD, 0, 4));
    check(Some("has other bytes"), |history| history.saw(SHARD, Seen { offset: 0, arrival_ms: 100, token: None }));
}

#[test]
fn an_append_is_whole_and_where_it_was_read() {
    check(None, |history| {
        let token = history.begin(SHARD, 2);
        saw(history, 3, 100, token);
        history.acknowledge(token, Appended { first_offset: 3, arrival_ms: 100 });
    });
    check(Some("read elsewhere than acknowledged"), |history| {
        let token = history.begin(SHARD, 2);
        saw(history, 3, 100, token);
        history.acknowledge(token, Appended { first_offset: 5, arrival_ms: 100 });
    });
    check(Some("read and then refused"), |history| {
        let token = history.begin(SHARD, 2);
        saw(history, 3, 100, token);
        history.refuse(token);
    });
    check(Some("was refused or is elsewhere"), |history| {
        let token = history.begin(SHARD, 1);
        history.refuse(token);
        saw(history, 3, 100, token);
    });
    check(Some("only a part of append"), |history| {
        let token = history.begin(SHARD, 2);
        saw(history, 3, 100, token);
        history.end_boot();
        history.saw_everything(SHARD, 0, 4);
    });
    check(Some("was refused or is elsewhere"), |history| {
        let token = history.begin(SHARD, 1);
        history.end_boot();
        history.saw_everything(SHARD, 0, 3);
        history.settle();
        saw(history, 3, 100, token);
    });
}

#[test]
fn what_was_read_stays_though_nobody_acknowledged_it() {
    check(Some("the end was 4 and is 3"), |history| {
        let token = history.begin(SHARD, 1);
        saw(history, 3, 100, token);
        history.end_boot();
        history.saw_bounds(SHARD, &bounds(0, 3));
    });
}

#[test]
fn arrival_never_decreases() {
    for (arrival_ms, expected) in [(100, None), (99, Some("arrival of 3 is 99"))] {
        check(expected, |history| {
            let token = history.begin(SHARD, 1);
            history.acknowledge(token, Appended { first_offset: 3, arrival_ms });
        });
    }
}

#[test]
fn sealed_ends_do_not_move_and_children_wait_for_them() {
    check(None, |history| history.saw_stream(&stream(2, Some(3), true), true));
    check(Some("sealed at 2"), |history| history.saw_stream(&stream(2, Some(2), true), true));
    check(Some("its parent"), |history| history.saw_stream(&stream(2, None, true), true));
    check(Some("has become"), |history| {
        history.saw_stream(&stream(2, Some(3), true), true);
        history.saw_stream(&stream(3, Some(4), true), true);
    });
    check(Some("lies behind the sealed end"), |history| {
        history.saw_stream(&stream(2, Some(3), true), true);
        let token = history.begin(SHARD, 1);
        history.acknowledge(token, Appended { first_offset: 3, arrival_ms: 100 });
    });
}

#[test]
fn acknowledged_changes_of_a_stream_stay() {
    check(Some("version 2 was acknowledged, now it is 1"), |history| {
        history.saw_stream(&stream(2, Some(3), true), true);
        history.saw_stream(&stream(1, None, false), false);
    });
    check(Some("is missing"), |history| history.saw_streams(&[]));
    check(None, |history| {
        history.begin_delete(STREAM);
        history.saw_streams(&[]);
    });
    check(Some("was deleted and is back"), |history| {
        history.begin_delete(STREAM);
        history.acknowledge_delete(STREAM);
        history.saw_streams(&[STREAM]);
    });
}

#[test]
fn only_trims_and_retention_take_records_away() {
    check(Some("is gone"), |history| history.saw_bounds(SHARD, &bounds(1, 3)));
    check(None, |history| {
        history.begin_trim(SHARD, 1);
        history.saw_bounds(SHARD, &bounds(1, 3));
    });
    check(Some("is gone"), |history| {
        history.begin_trim(SHARD, 1);
        history.saw_bounds(SHARD, &bounds(2, 3));
    });
    check(None, |history| {
        history.note_time(1101);
        history.saw_bounds(SHARD, &bounds(3, 3));
    });
    check(Some("trimmed before 2, but the horizon is 1"), |history| {
        history.begin_trim(SHARD, 2);
        history.acknowledge_trim(SHARD, 2);
        history.saw_bounds(SHARD, &bounds(1, 3));
    });
}
