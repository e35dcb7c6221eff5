//! The scores that flights must get: the application's own code over the flights in one go, in this process, without a server that could be
//! killed in between. A forest that came back from a checkpoint with one point less would give others.

use std::sync::Arc;

use arrow_array::{ArrayRef, Int32Array, StringViewArray, cast::AsArray, types::Float64Type};
use flow::Rows;
use flow::bind::{self, Environment, source_column};
use flow::graph::{Entry, Graph, Tap};
use flow::plan::{Schema, Stream};
use flow::tables::Tables;
use flow::types::DataType;

use super::Error;
use super::flights::Flight;

/// What the forest may hold.
const MEMORY_BYTES_MAX: usize = 1 << 30;
/// So many flights are scored at once.
const FLIGHTS_AT_ONCE: usize = 1_000;

/// The score of each flight, in their order.
pub(super) fn scores(code: &str, flights: &[Flight]) -> Result<Vec<f64>, Error> {
    let column = source_column;
    let columns = vec![
        column("FLIGHT", DataType::Integer),
        column("DELAY", DataType::Integer),
        column("DISTANCE", DataType::Integer),
        column("ORIGIN", DataType::Varchar(4)),
    ];
    let airports = vec![column("AIRPORT", DataType::Varchar(4)), column("CITY", DataType::Varchar(32))];
    let environment = Environment {
        streams: vec![Stream { name: "FLIGHTS_001".to_owned(), schema: Schema { columns } }],
        tables: vec![Stream { name: "AIRPORTS".to_owned(), schema: Schema { columns: airports } }],
        lone_queries: false,
    };
    let program = bind::program(code, &environment).map_err(|fault| fault.drawn(code))?;
    let tap = [Tap::Stream("SCORES".to_owned())];
    let mut graph = Graph::new(&program, &environment, &Tables::default(), &tap, MEMORY_BYTES_MAX)
        .map_err(|fault| fault.drawn(code))?;
    let place = graph.schema(0).columns.iter().position(|column| column.name == "SCORE").ok_or("there is no SCORE")?;
    let mut scores = Vec::with_capacity(flights.len());
    for (time, flights) in (1..).zip(flights.chunks(FLIGHTS_AT_ONCE)) {
        let entry = Entry { time, rows: vec![(0, rows(time, flights))], ..Entry::default() };
        for part in graph.advance(entry)?.taps.iter().flatten() {
            scores.extend(part.columns()[place].as_primitive::<Float64Type>().values());
        }
    }
    Ok(scores)
}

fn rows(time: i64, flights: &[Flight]) -> Rows {
    let numbers = |number: fn(&Flight) -> i64| -> ArrayRef {
        Arc::new(Int32Array::from_iter(flights.iter().map(|flight| i32::try_from(number(flight)).ok())))
    };
    let origins = StringViewArray::from_iter_values(flights.iter().map(|flight| &flight.origin));
    let columns = vec![
        numbers(|flight| i64::try_from(flight.number).unwrap_or(i64::MAX)),
        numbers(|flight| flight.delay_minutes.into()),
        numbers(|flight| flight.distance_miles.into()),
        Arc::new(origins) as ArrayRef,
    ];
    Rows::new(vec![time; flights.len()].into(), columns)
}
