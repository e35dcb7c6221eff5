//! The books: what was sent and acknowledged, what each consumer received, and what does not match.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

/// Where the server says a record is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Place {
    pub(super) shard: String,
    pub(super) sequence_number: String,
}

/// What is at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Arrival {
    /// The flight's number.
    pub(super) number: usize,
    /// When it came there by the server's clock, in milliseconds since 1970.
    pub(super) at_ms: i64,
}

/// The producer's book, by the flights' numbers.
#[derive(Debug)]
pub(super) struct Ledger {
    /// When the last request that carried the record began, since the start of the demo.
    pub(super) sent_at: Vec<Duration>,
    /// Where the acknowledged records are.
    acknowledged: Vec<Option<Place>>,
    /// How many are acknowledged.
    pub(super) acknowledged_count: usize,
    /// How often a record was refused because its shard was full.
    pub(super) throttled: usize,
    /// How many records were sent again since it was not known what became of them.
    pub(super) in_doubt: usize,
    /// How long the answered requests took.
    pub(super) put_latencies: Vec<Duration>,
}

impl Ledger {
    pub(super) fn new(records: usize) -> Self {
        Self {
            sent_at: vec![Duration::ZERO; records],
            acknowledged: vec![None; records],
            acknowledged_count: 0,
            throttled: 0,
            in_doubt: 0,
            put_latencies: Vec::new(),
        }
    }

    /// The server has promised to keep the record at that place.
    pub(super) fn acknowledge(&mut self, number: usize, place: Place) {
        let former = self.acknowledged[number].replace(place);
        assert_eq!(former, None, "the producer sends a record again only while it is not acknowledged");
        self.acknowledged_count += 1;
    }

    /// The shard that has taken the most records, and how many.
    pub(super) fn busiest_shard(&self) -> Option<(String, usize)> {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for place in self.acknowledged.iter().flatten() {
            *counts.entry(&place.shard).or_default() += 1;
        }
        counts.into_iter().max_by_key(|(_, count)| *count).map(|(shard, count)| (shard.to_owned(), count))
    }

    /// How many records there are.
    pub(super) fn records(&self) -> usize {
        self.acknowledged.len()
    }
}

/// A consumer's book.
#[derive(Debug)]
pub(super) struct Received {
    /// What is at each place.
    places: HashMap<Place, Arrival>,
    /// How many places each record was seen at.
    copies: Vec<u32>,
    /// The newest record of each key: its number and its sequence number.
    newest: HashMap<String, (usize, String)>,
    /// How many different records have come.
    pub(super) distinct: usize,
    /// How often a place came more than once.
    pub(super) redelivered: usize,
    /// How often a record came behind a newer one of the same key.
    pub(super) out_of_order: usize,
    /// From the request to the consumer.
    pub(super) latencies: Vec<Duration>,
}

impl Received {
    pub(super) fn new(records: usize) -> Self {
        Self {
            places: HashMap::new(),
            copies: vec![0; records],
            newest: HashMap::new(),
            distinct: 0,
            redelivered: 0,
            out_of_order: 0,
            latencies: Vec::with_capacity(records),
        }
    }

    /// A record has come.
    pub(super) fn receive(&mut self, arrival: Arrival, key: &str, place: Place, latency: Duration) {
        let number = arrival.number;
        if self.places.contains_key(&place) {
            self.redelivered += 1;
            return;
        }
        let sequence_number = place.sequence_number.clone();
        self.places.insert(place, arrival);
        self.copies[number] += 1;
        let is_first_copy = self.copies[number] == 1;
        if is_first_copy {
            self.distinct += 1;
            self.latencies.push(latency);
        }
        match self.newest.get_mut(key) {
            Some((newest, newest_sequence_number)) => {
                // A second copy comes late by nature, its sequence number does not.
                let is_late = is_first_copy && number < *newest;
                if is_late || !comes_after(&sequence_number, newest_sequence_number) {
                    self.out_of_order += 1;
                }
                *newest = number.max(*newest);
                *newest_sequence_number = sequence_number;
            }
            None => {
                self.newest.insert(key.to_owned(), (number, sequence_number));
            }
        }
    }

    /// Acknowledged records that did not come from where the server put them.
    pub(super) fn lost(&self, ledger: &Ledger) -> usize {
        let is_lost = |(number, place): (usize, &Option<Place>)| match place {
            Some(place) => self.places.get(place).map(|arrival| arrival.number) != Some(number),
            None => false,
        };
        ledger.acknowledged.iter().enumerate().filter(|&(number, place)| is_lost((number, place))).count()
    }

    /// All records by their sequence numbers, which follow the order of each key; copies are among them.
    pub(super) fn in_order(&self) -> Vec<Arrival> {
        let mut places: Vec<(&str, Arrival)> =
            self.places.iter().map(|(place, arrival)| (place.sequence_number.as_str(), *arrival)).collect();
        places.sort_unstable_by_key(|(sequence_number, _)| (sequence_number.len(), *sequence_number));
        places.into_iter().map(|(_, arrival)| arrival).collect()
    }

    /// Copies beyond the first, left by requests that were sent again.
    pub(super) fn duplicated(&self) -> usize {
        self.places.len() - self.distinct
    }

    /// Whether every acknowledged record came, exactly once from its place, in order.
    pub(super) fn is_clean(&self, ledger: &Ledger) -> bool {
        self.lost(ledger) == 0 && self.redelivered == 0 && self.out_of_order == 0
    }
}

/// Compares sequence numbers by value: decimal, without leading zeros.
fn comes_after(later: &str, earlier: &str) -> bool {
    (later.len(), later) > (earlier.len(), earlier)
}

/// The value below which `percent` of the sorted values lie.
pub(super) fn percentile(sorted: &[Duration], percent: f64) -> Duration {
    let last = sorted.len().saturating_sub(1);
    sorted.get((last as f64 * percent / 100.0).round() as usize).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(shard: &str, sequence_number: &str) -> Place {
        Place { shard: shard.to_owned(), sequence_number: sequence_number.to_owned() }
    }

    /// Three records of one key at 7, 8 and 10; `came` is what the consumer saw: number and place.
    fn audited(came: &[(usize, &str)]) -> (usize, usize, usize, usize) {
        let mut ledger = Ledger::new(3);
        for (number, sequence_number) in ["7", "8", "10"].into_iter().enumerate() {
            ledger.acknowledge(number, at("s", sequence_number));
        }
        let mut received = Received::new(3);
        for (number, sequence_number) in came {
            let arrival = Arrival { number: *number, at_ms: 0 };
            received.receive(arrival, "k", at("s", sequence_number), Duration::ZERO);
        }
        (received.lost(&ledger), received.duplicated(), received.redelivered, received.out_of_order)
    }

    #[test]
    fn every_kind_of_failure_is_counted() {
        for (came, expected) in [
            (vec![(0, "7"), (1, "8"), (2, "10")], (0, 0, 0, 0)),
            // Lost: never came, or something else is at its place.
            (vec![(0, "7"), (2, "10")], (1, 0, 0, 0)),
            (vec![(0, "7"), (0, "8"), (2, "10")], (1, 1, 0, 0)),
            // A copy at another place is a duplicate of a retry, and no replacement of the acknowledged one.
            (vec![(0, "5"), (0, "7"), (1, "8"), (2, "10")], (0, 1, 0, 0)),
            (vec![(0, "5"), (1, "8"), (2, "10")], (1, 0, 0, 0)),
            // The same place twice is the consumer's or the server's fault.
            (vec![(0, "7"), (1, "8"), (1, "8"), (2, "10")], (0, 0, 1, 0)),
            // Behind a newer one, by number or by sequence number.
            (vec![(1, "8"), (0, "9"), (2, "10")], (1, 0, 0, 1)),
            (vec![(0, "7"), (1, "10"), (2, "8")], (2, 0, 0, 1)),
        ] {
            assert_eq!(audited(&came), expected, "{came:?}");
        }
    }

    #[test]
    fn sequence_numbers_compare_by_value() {
        assert!(comes_after("10", "9"));
        assert!(!comes_after("9", "10"));
        assert!(!comes_after("9", "9"));
    }
}
