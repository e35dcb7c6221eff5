//! How far everybody is, as bars.

use indicatif::ProgressBar;

use super::answers::counted_flights;
use super::flights::Flight;
use super::screen::{Screen, count};
use super::story::{By, Shared};

/// The bars of producer, consumers, lake and SQL.
pub(super) struct Bars {
    put: ProgressBar,
    polled: ProgressBar,
    pushed: ProgressBar,
    lake: ProgressBar,
    sql: ProgressBar,
}

impl Bars {
    pub(super) fn new(screen: &Screen, flights: &[Flight]) -> Self {
        let records = flights.len();
        Self {
            put: screen.bar("put", records),
            polled: screen.bar(By::Polling.name(), records),
            pushed: screen.bar(By::FanOut.name(), records),
            lake: screen.bar("s3", records),
            sql: screen.bar("sql", counted_flights(flights)),
        }
    }

    pub(super) fn draw(&self, shared: &Shared) {
        let ledger = shared.ledger.borrow();
        self.put.set_position(ledger.acknowledged_count as u64);
        self.put.set_message(format!("{} over a shard's limit", count(ledger.throttled)));
        self.polled.set_position(shared.polled.borrow().distinct as u64);
        self.pushed.set_position(shared.pushed.borrow().distinct as u64);
        let lake = shared.lake.borrow();
        self.lake.set_position(lake.distinct as u64);
        self.lake.set_message(format!("{} objects", count(lake.objects)));
        let answers = shared.answers.borrow();
        self.sql.set_position(answers.counted() as u64);
        self.sql.set_message(format!("{} rows", count(answers.rows())));
    }
}
