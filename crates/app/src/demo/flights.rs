//! The data set: departures of January 2001 in the order of their schedule, inside the binary.

use std::io::Read;

use flate2::read::GzDecoder;
use serde::{Deserialize, Serialize};

use super::Error;

/// 200,000 flights as compressed CSV; see the README beside the file for source and licence.
const ARCHIVE: &[u8] = include_bytes!("../../data/flights/flights-2001-01.csv.gz");

/// A flight, as it travels through the stream. The airport of origin is its partition key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Flight {
    /// Its place in the data set, from 0.
    pub(super) number: usize,
    scheduled: String,
    pub(super) delay_minutes: i32,
    pub(super) distance_miles: u32,
    pub(super) origin: String,
    destination: String,
}

/// The first `count` flights.
pub(super) fn load(count: usize) -> Result<Vec<Flight>, Error> {
    let mut text = String::new();
    GzDecoder::new(ARCHIVE).read_to_string(&mut text)?;
    text.lines().skip(1).take(count).enumerate().map(|(number, line)| parse(number, line)).collect()
}

fn parse(number: usize, line: &str) -> Result<Flight, Error> {
    let fields: Vec<&str> = line.split(',').collect();
    let [scheduled, delay, distance, origin, destination] = fields[..] else {
        return Err(format!("line {} of the data set is damaged", number + 2).into());
    };
    Ok(Flight {
        number,
        scheduled: scheduled.to_owned(),
        delay_minutes: delay.parse()?,
        distance_miles: distance.parse()?,
        origin: origin.to_owned(),
        destination: destination.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_archive_holds_two_hundred_thousand_flights_in_the_order_of_their_schedule() {
        let flights = load(usize::MAX).unwrap();
        assert_eq!(flights.len(), 200_000);
        assert!(flights.is_sorted_by_key(|flight| flight.scheduled.clone()));
        assert_eq!(parse(0, "2001-01-01T00:01,33,2176,LAS,PHL").unwrap(), flights[0]);
    }
}
