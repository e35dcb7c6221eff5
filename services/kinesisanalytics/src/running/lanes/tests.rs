//! Which in-application stream a shard feeds.

use super::*;

/// Cursors of shards with their streams, of `of`; those that have ended are negative.
fn cursors(of: u8, shards: &[(u32, i8)]) -> BTreeMap<u32, Cursor> {
    let cursor = |(index, stream): &(u32, i8)| {
        let lane = Lane { stream: stream.unsigned_abs() - 1, of };
        (*index, Cursor { next: 0, has_ended: *stream < 0, lane })
    };
    shards.iter().map(cursor).collect()
}

fn chosen(before: &[(u32, i8)], parents: &[u32], of: u8) -> u8 {
    choose(&cursors(of, before), parents, usize::from(of)).stream + 1
}

#[test]
fn children_stay_with_their_parents_while_that_is_even() {
    assert_eq!(chosen(&[], &[], 2), 1);
    assert_eq!(chosen(&[(0, 1)], &[], 2), 2);
    // Two shards, and 1 is split: its first child takes its place, the second makes it three to one or two to two.
    assert_eq!(chosen(&[(0, 1), (1, -2)], &[1], 2), 2);
    assert_eq!(chosen(&[(0, 1), (1, -2), (2, 2)], &[1], 2), 2, "as even with the parent's stream as with the other");
    assert_eq!(chosen(&[(0, -1), (1, 2), (2, 1), (3, 1)], &[0], 2), 2, "even is more than staying");
    // One shard for two streams, split: the second child wakes the idle one.
    assert_eq!(chosen(&[(0, -1)], &[0], 2), 1);
    assert_eq!(chosen(&[(0, -1), (1, 1)], &[0], 2), 2);
    // Merged: the first parent's stream, where both are as idle.
    assert_eq!(chosen(&[(0, -2), (1, -1)], &[0, 1], 2), 2);
}

#[test]
fn one_child_of_each_parent_chooses_first() {
    let shard = |index, parents: &[u32]| SourceShard {
        id: log::ShardId { stream: log::StreamId(1), index },
        name: String::new(),
        parents: parents.to_vec(),
        end: None,
    };
    let shards = [shard(2, &[0]), shard(3, &[0]), shard(4, &[1]), shard(5, &[1]), shard(6, &[])];
    let mut due: Vec<_> = shards.iter().collect();
    sort(&mut due);
    assert_eq!(due.iter().map(|shard| shard.id.index).collect::<Vec<_>>(), [2, 4, 6, 3, 5]);
}

#[test]
fn shards_are_divided_anew_when_the_number_of_streams_changes() {
    let lanes =
        |cursors: &BTreeMap<u32, Cursor>| -> Vec<u8> { cursors.values().map(|cursor| cursor.lane.stream).collect() };
    let mut same = cursors(2, &[(0, 1), (1, 1), (2, 1)]);
    divide(&mut same, 2);
    assert_eq!(lanes(&same), [0, 0, 0], "what was chosen stays");
    divide(&mut same, 3);
    assert_eq!(lanes(&same), [0, 1, 2]);
    divide(&mut same, 1);
    assert_eq!(lanes(&same), [0, 0, 0]);
    let mut unnamed = cursors(0, &[(0, 1), (5, 1)]);
    divide(&mut unnamed, 2);
    assert_eq!(lanes(&unnamed), [0, 1], "journals of before: the index decides");
}
