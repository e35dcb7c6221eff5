//! Holds what the destinations hold against a run without crashes.

use std::collections::BTreeMap;

use flow::Rows;
use flow::graph::Entry;

use super::destination::shown;
use super::programs::STREAM_COUNT;
use super::records;
use super::world::{Kept, World};

/// Checks every destination; gives the number of rows compared.
pub(super) fn check(world: &World) -> u64 {
    let seed = world.simulation.seed();
    let mut held = Vec::new();
    for index in 0..world.program.taps().len() {
        let mut kept = world.destination(index).clone();
        kept.sort_by_key(|kept| kept.sequence);
        let numbers: Vec<u64> = kept.iter().map(|kept| kept.sequence).collect();
        let expected: Vec<u64> = (0..kept.len() as u64).collect();
        assert_eq!(numbers, expected, "seed {seed}: each row of output {index} is there exactly once");
        held.push(kept);
    }
    check_input(world, &held[..STREAM_COUNT]);
    let expected = without_crashes(world, &held[..STREAM_COUNT]);
    for (index, (held, expected)) in held.iter().zip(&expected).enumerate() {
        let count = held.len().min(expected.len());
        for (held, expected) in held.iter().zip(expected) {
            assert_eq!(held, expected, "seed {seed}: a row of output {index} of {}", world.program.name);
        }
        assert_eq!(&held[count..], &expected[count..], "seed {seed}: rows of output {index} of {}", world.program.name);
    }
    held.iter().map(|kept| kept.len() as u64).sum()
}

/// The place of an input row in the source.
fn place(kept: &Kept) -> (usize, usize) {
    let mut values = kept.text.split('|').map(|value| value.parse::<usize>());
    let mut number = || values.next().and_then(Result::ok).expect("the first two columns are the place");
    (number(), number())
}

/// Every record became a row exactly once, in the order of its shard.
fn check_input(world: &World, held: &[Vec<Kept>]) {
    let mut next = vec![0; world.shards.len()];
    for (stream, kept) in held.iter().enumerate() {
        assert!(kept.is_sorted_by_key(|kept| kept.time), "ROWTIME never falls");
        for kept in kept {
            let (shard, at) = place(kept);
            assert_eq!((stream, at), (records::stream_of(shard), next[shard]), "rows keep their order");
            next[shard] += 1;
        }
    }
    let all: Vec<usize> = world.shards.iter().map(Vec::len).collect();
    assert_eq!(next, all, "seed {}: every record was read", world.simulation.seed());
}

/// What comes out when the rows come in at the same times and nothing happens.
fn without_crashes(world: &World, held: &[Vec<Kept>]) -> Vec<Vec<Kept>> {
    let mut arrivals: BTreeMap<i64, Vec<Vec<(usize, usize)>>> = BTreeMap::new();
    for (stream, kept) in held.iter().enumerate() {
        for kept in kept {
            arrivals.entry(kept.time).or_insert_with(|| vec![Vec::new(); held.len()])[stream].push(place(kept));
        }
    }
    let mut graph = world.program.graph();
    let mut out = vec![Vec::new(); world.program.taps().len()];
    let end_ms = i64::try_from(world.end_ms()).expect("a time of this century");
    arrivals.entry(end_ms + 100_000).or_default();
    for (time, streams) in arrivals {
        let streams = streams.iter().enumerate().filter(|(_, places)| !places.is_empty());
        let rows = streams.map(|(stream, places)| {
            let times = vec![time; places.len()];
            (stream, Rows::new(times.into(), records::columns(world, places)))
        });
        let entry = Entry { time, rows: rows.collect(), rejected: Vec::new() };
        let outputs = graph.advance(entry).expect("there is enough memory");
        for (out, parts) in out.iter_mut().zip(outputs.taps) {
            for rows in parts {
                for row in 0..rows.len() {
                    let (sequence, time) = (out.len() as u64, rows.times()[row]);
                    out.push(Kept { sequence, time, text: shown(&rows, row) });
                }
            }
        }
    }
    out
}
