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
mod tests;
