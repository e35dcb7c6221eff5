//! Where an application's rows go.

use futures::future::BoxFuture;

use super::Failure;
use crate::Rows;

/// One output of an application. One task owns it and calls it again after each answer only, so that rows stay in order.
pub trait Sink: Send {
    /// Appends rows; they are durable when it resolves. After a failure any part of them may be there: the runtime looks with
    /// [`written`](Sink::written) what is missing, waits a little, and appends that.
    fn append<'a>(&'a mut self, rows: &'a Outgoing) -> BoxFuture<'a, Result<(), Failure>>;

    /// A position such that everything appended from now on is found behind it.
    fn position(&mut self) -> BoxFuture<'_, Result<Vec<u8>, Failure>>;

    /// Which of the application's rows are there behind a position, by their sequence numbers in any order, as far as they are
    /// not below `first`. Also what an older generation of this application is just writing has to be counted or fenced off.
    ///
    /// A destination that cannot be read back answers with nothing, and gets some rows twice after a crash: at least once.
    fn written<'a>(&'a mut self, position: &'a [u8], first: u64) -> BoxFuture<'a, Result<Vec<u64>, Failure>>;
}

/// Rows on their way out, with the number that each of them has among all rows of this output since the application was created.
/// The same row gets the same number in every replay.
#[derive(Debug, Clone, PartialEq)]
pub struct Outgoing {
    /// A number for each row, ascending; not all are there when some rows were already written.
    pub sequence: Vec<u64>,
    /// The rows, with the columns of the stream that the output is configured on.
    pub rows: Rows,
}
