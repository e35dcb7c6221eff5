//! What the application's SQL must have answered, computed from the stream's records in plain Rust, and what it did.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::flights::Flight;
use super::forest::{Forest, Settings};

/// The reference table, and the object that it is read from: airport, city. The fifty busiest of the data set, listed for this demo.
pub(super) const AIRPORTS: &str = include_str!("../../data/airports.csv");
/// The length of a window of counts, in milliseconds.
const WINDOW_MS: i64 = 2_000;
/// So many flights are in a sliding average.
const SLIDING_ROWS: usize = 20;
/// Only averages of so many minutes leave the application.
const LATE_MINUTES: f64 = 60.0;
/// Our reader of JSON may miss a number's last bit. Averages that differ at all differ by 1/380 or more, since at most
/// twenty whole numbers are in each.
const AVERAGE_TOLERANCE: f64 = 1e-9;
/// The airport whose flights get a score.
const SCORED_AIRPORT: &str = "ORD";
/// Plain Rust adds what a score is made of in another order, and our reader of JSON may miss its last bit. A forest with one point
/// more or less gives scores that differ by far more.
const SCORE_TOLERANCE: f64 = 1e-9;

/// A row of `CITIES`: flights of a window. Several may be of one window, when some of its flights were read late.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) struct City {
    airport: String,
    city: String,
    /// Where the window begins, in milliseconds since 1970.
    arrived_ms: i64,
    flights: usize,
}

/// A row of `LATE`.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) struct Late {
    flight: usize,
    airport: String,
    average: f64,
}

impl Late {
    fn is(&self, other: &Self) -> bool {
        let is_average = (self.average - other.average).abs() < AVERAGE_TOLERANCE;
        self.flight == other.flight && self.airport == other.airport && is_average
    }
}

/// A row of `SCORES`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) struct Score {
    flight: String,
    delay: i32,
    distance: u32,
    score: f64,
}

/// Everything that the application wrote, in the order of its streams.
#[derive(Debug, Default)]
pub(super) struct Answers {
    pub(super) cities: Vec<City>,
    pub(super) late: Vec<Late>,
    pub(super) scores: Vec<Score>,
}

/// What an output came to.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Checked {
    pub(super) rows: usize,
    /// How many answers were compared.
    pub(super) checked: usize,
    /// How many of them are not as they must be, missing and surplus ones among them.
    pub(super) wrong: usize,
}

/// The outputs, each with what it came to.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) cities: Checked,
    pub(super) late: Checked,
    pub(super) scores: Checked,
}

impl Verdict {
    /// Whether everything is as it must be.
    pub(super) fn is_clean(&self) -> bool {
        [self.cities, self.late, self.scores].iter().all(|output| output.wrong == 0)
    }
}

impl Answers {
    /// How many rows there are.
    pub(super) fn rows(&self) -> usize {
        self.cities.len() + self.late.len() + self.scores.len()
    }

    /// How many flights the windows have counted.
    pub(super) fn counted(&self) -> usize {
        self.cities.iter().map(|row| row.flights).sum()
    }

    /// Whether there are as many answers as expected, or more.
    pub(super) fn are_complete(&self, expected: &Expected) -> bool {
        self.counted() >= expected.cities.values().map(|(_, flights)| flights).sum()
            && self.late.len() >= expected.late.values().map(Vec::len).sum()
            && self.scores.len() >= expected.scored.len()
    }

    /// Compares with what was expected.
    pub(super) fn check(&self, expected: &Expected) -> Verdict {
        Verdict {
            cities: self.check_cities(expected),
            late: self.check_late(expected),
            scores: self.check_scores(expected),
        }
    }

    /// How many rows the flights of a window are told in depends on when they were read; their sum does not.
    fn check_cities(&self, expected: &Expected) -> Checked {
        let mut sums: BTreeMap<(&str, i64, &str), usize> = BTreeMap::new();
        for row in &self.cities {
            *sums.entry((&row.airport, row.arrived_ms, &row.city)).or_default() += row.flights;
        }
        let mut wrong = 0;
        for ((airport, arrived_ms), (city, flights)) in &expected.cities {
            wrong += usize::from(sums.remove(&(airport.as_str(), *arrived_ms, city.as_str())) != Some(*flights));
        }
        Checked { rows: self.cities.len(), checked: expected.cities.len(), wrong: wrong + sums.len() }
    }

    fn check_late(&self, expected: &Expected) -> Checked {
        let mut found: BTreeMap<&str, Vec<&Late>> = BTreeMap::new();
        for row in &self.late {
            found.entry(&row.airport).or_default().push(row);
        }
        let (mut checked, mut wrong) = (0, 0);
        for (airport, expected) in &expected.late {
            let found = found.remove(airport.as_str()).unwrap_or_default();
            checked += expected.len();
            wrong += differences(expected, &found, |expected, found| expected.is(found));
        }
        let surplus: usize = found.values().map(Vec::len).sum();
        Checked { rows: self.late.len(), checked, wrong: wrong + surplus }
    }

    fn check_scores(&self, expected: &Expected) -> Checked {
        let is_right = |(flight, score): &(Flight, f64), row: &Score| {
            let is_score = (row.score - score).abs() < SCORE_TOLERANCE;
            let is_flight = row.flight == flight.number.to_string();
            is_score && is_flight && row.delay == flight.delay_minutes && row.distance == flight.distance_miles
        };
        let wrong = differences(&expected.scored, &self.scores, is_right);
        Checked { rows: self.scores.len(), checked: expected.scored.len(), wrong }
    }
}

/// How many places differ, or are in one of the two lists only.
fn differences<E, F>(expected: &[E], found: &[F], is_right: impl Fn(&E, &F) -> bool) -> usize {
    let differing = expected.iter().zip(found).filter(|(expected, found)| !is_right(expected, found)).count();
    differing + expected.len().abs_diff(found.len())
}

/// What the SQL must answer.
#[derive(Debug)]
pub(super) struct Expected {
    /// By airport and window: the city and how many flights left it.
    cities: BTreeMap<(String, i64), (String, usize)>,
    /// By airport: its late averages in their order.
    late: BTreeMap<String, Vec<Late>>,
    /// The flights that get a score, in their order, with the score that a forest in plain Rust gives them.
    scored: Vec<(Flight, f64)>,
}

impl Expected {
    /// Computes it from the records in the stream and when they arrived there, copies of those that were sent again among them:
    /// SQL sees these, too. The records of one airport are in their order.
    pub(super) fn of<'a>(records: impl Iterator<Item = (&'a Flight, i64)>) -> Self {
        let mut expected = Self { cities: BTreeMap::new(), late: BTreeMap::new(), scored: Vec::new() };
        let cities: BTreeMap<&str, &str> = AIRPORTS.lines().filter_map(|line| line.split_once(',')).collect();
        let mut delays: BTreeMap<&str, Vec<i32>> = BTreeMap::new();
        let mut forest = Forest::new(Settings::DEFAULT);
        for (flight, at_ms) in records {
            let airport = flight.origin.as_str();
            if let Some(city) = cities.get(airport) {
                let window = (airport.to_owned(), at_ms.div_euclid(WINDOW_MS) * WINDOW_MS);
                let (_, flights) = expected.cities.entry(window).or_insert(((*city).to_owned(), 0));
                *flights += 1;
            }
            let delays = delays.entry(airport).or_default();
            delays.push(flight.delay_minutes);
            let last = &delays[delays.len().saturating_sub(SLIDING_ROWS)..];
            let average = f64::from(last.iter().sum::<i32>()) / last.len() as f64;
            if average >= LATE_MINUTES {
                let late = Late { flight: flight.number, airport: airport.to_owned(), average };
                expected.late.entry(airport.to_owned()).or_default().push(late);
            }
            if airport == SCORED_AIRPORT {
                let score = forest.take(&[f64::from(flight.delay_minutes), f64::from(flight.distance_miles)]);
                expected.scored.push((flight.clone(), score));
            }
        }
        expected
    }
}

/// How many of the flights leave airports of the reference table.
pub(super) fn counted_flights(flights: &[Flight]) -> usize {
    let airports: BTreeSet<&str> = AIRPORTS.lines().filter_map(|line| Some(line.split_once(',')?.0)).collect();
    flights.iter().filter(|flight| airports.contains(flight.origin.as_str())).count()
}

#[cfg(test)]
mod tests;
