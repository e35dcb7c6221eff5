//! How shards are divided over the in-application streams of an input: evenly, and so that reshardings move as few keys
//! from one to another as they can.

use std::collections::BTreeMap;

use log::source::SourceShard;

use super::position::{Cursor, Lane};

/// The stream of a shard that is read from now on: that of its parent, unless another one feeds on fewer shards.
pub(super) fn choose(cursors: &BTreeMap<u32, Cursor>, parents: &[u32], count: usize) -> Lane {
    let of = lane_count(count);
    let load = |stream: u8| cursors.values().filter(|cursor| !cursor.has_ended && cursor.lane.stream == stream).count();
    let inherited = parents.iter().find_map(|parent| cursors.get(parent)).map(|cursor| cursor.lane.stream);
    let quietest = (0..of).min_by_key(|stream| (load(*stream), Some(*stream) != inherited));
    let stream = quietest.unwrap_or_default();
    Lane { stream, of }
}

/// Puts shards that are read from now on into the order in which they choose: first one child of each parent takes its
/// parent's place, then the others see where there is room.
pub(super) fn sort(due: &mut [&SourceShard]) {
    let mut heirs = BTreeMap::new();
    for shard in due.iter() {
        let first = heirs.entry(shard.parents.first().copied()).or_insert(shard.id.index);
        *first = shard.id.index.min(*first);
    }
    due.sort_by_key(|shard| (heirs.get(&shard.parents.first().copied()) != Some(&shard.id.index), shard.id.index));
}

/// The stream that a journal names for a shard. Journals of before streams were named mean the shard's index.
pub(super) fn known(lane: Lane, shard: u32, count: usize) -> Lane {
    match lane.of {
        0 => {
            let of = lane_count(count);
            let stream = u8::try_from(shard % u32::from(of)).expect("less than the count, which is a u8");
            Lane { stream, of }
        }
        _ => lane,
    }
}

/// Divides shards anew if the number of streams is not what it was when they were.
pub(super) fn divide(cursors: &mut BTreeMap<u32, Cursor>, count: usize) {
    for (index, cursor) in cursors.iter_mut() {
        cursor.lane = known(cursor.lane, *index, count);
    }
    if cursors.values().all(|cursor| cursor.lane.of == lane_count(count)) {
        return;
    }
    let mut divided = BTreeMap::new();
    for (index, cursor) in cursors.iter() {
        let lane = choose(&divided, &[], count);
        divided.insert(*index, Cursor { lane, ..*cursor });
    }
    *cursors = divided;
}

fn lane_count(count: usize) -> u8 {
    u8::try_from(count.max(1)).expect("an input feeds at most 64 streams")
}

#[cfg(test)]
mod tests {
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
        assert_eq!(
            chosen(&[(0, 1), (1, -2), (2, 2)], &[1], 2),
            2,
            "as even with the parent's stream as with the other"
        );
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
        let lanes = |cursors: &BTreeMap<u32, Cursor>| -> Vec<u8> {
            cursors.values().map(|cursor| cursor.lane.stream).collect()
        };
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
}
