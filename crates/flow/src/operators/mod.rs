//! The steps of a running program. Rows and bounds are pushed in, and what comes of them leaves through a [`Context`].
//!
//! One operator, one file. An operator is deterministic: what it emits depends on what was pushed, in which order, and on
//! [`Context::now`], which a replay repeats. It never reads a clock.

mod calculation;
mod count_distinct_items;
mod distinct;
mod epochs;
mod filter;
mod group_rank;
mod hotspots;
mod item_window;
mod items;
mod join;
pub(crate) mod keys;
mod points;
mod project;
mod random_cut_forest;
mod rowtime;
mod slide;
mod sort;
mod stagger;
mod table_function;
mod time_sort;
mod top_k_items;
mod tumble;
mod union;
mod values;

#[cfg(test)]
pub(crate) mod testing;

pub use distinct::Distinct;
pub use filter::Filter;
pub use join::join;
pub use project::Project;
pub(crate) use rowtime::over_rowtime;
pub use slide::Slide;
pub use sort::Sort;
pub use stagger::Stagger;
pub use table_function::{table_function, table_function_name};
pub use time_sort::TimeSort;
pub use tumble::Tumble;
pub use union::Union;
pub use values::Values;

use crate::row_error::RowError;
use crate::rows::Rows;
use crate::state::{Damaged, Loader, Saver};

/// A step of a running program.
pub trait Operator: Send {
    /// Takes rows of one input. Their ROWTIME is not below that input's last bound.
    fn rows(&mut self, input: usize, rows: Rows, context: &mut Context);

    /// Takes the promise that all later rows of one input have a ROWTIME of at least `bound` milliseconds.
    /// What is complete by that is emitted, and then the bound that holds for the output.
    fn bound(&mut self, input: usize, bound: i64, context: &mut Context);

    /// The lowest bound that would make it emit something, if it waits for one.
    fn deadline(&self) -> Option<i64> {
        None
    }

    /// The memory its state holds, in bytes; cheap to ask for.
    fn memory(&self) -> usize {
        0
    }

    /// Writes down its state.
    fn save(&self, _saver: &mut Saver) {}

    /// Takes the state that [`save`](Operator::save) of an equal operator wrote down.
    fn load(&mut self, _loader: &mut Loader<'_>) -> Result<(), Damaged> {
        Ok(())
    }
}

/// What leaves an operator.
#[derive(Debug, Clone, PartialEq)]
pub enum Message {
    /// Rows, never older than those before them or than the last bound.
    Rows(Rows),
    /// All later rows have at least this ROWTIME.
    Bound(i64),
}

/// A row that an operator could not carry on.
#[derive(Debug, Clone, PartialEq)]
pub struct Failed {
    /// The row as it came in.
    pub row: Rows,
    /// What is wrong with it.
    pub error: RowError,
}

/// What an operator sees of the world, and where its rows go.
#[derive(Debug)]
pub struct Context {
    now: i64,
    messages: Vec<Message>,
    failed: Vec<Failed>,
    /// How many more bytes may be emitted.
    room_bytes: usize,
    is_full: bool,
}

impl Default for Context {
    fn default() -> Self {
        Self::at(0)
    }
}

impl Context {
    /// A context at an instant (milliseconds since 1970).
    pub fn at(now: i64) -> Self {
        Self::with_room(now, usize::MAX)
    }

    /// A context at an instant that takes so many bytes of rows.
    pub fn with_room(now: i64, room_bytes: usize) -> Self {
        Self { now, messages: Vec::new(), failed: Vec::new(), room_bytes, is_full: false }
    }

    /// The instant at which the input was taken, the same in a replay.
    pub fn now(&self) -> i64 {
        self.now
    }

    /// Sends rows on; none are not sent.
    pub fn emit(&mut self, rows: Rows) {
        if rows.is_empty() {
            return;
        }
        // What views point into is shared, so only the views count.
        let bytes = rows.len() * (size_of::<i64>() + rows.columns().len() * size_of::<u128>());
        match self.room_bytes.checked_sub(bytes) {
            Some(rest) => {
                self.room_bytes = rest;
                self.messages.push(Message::Rows(rows));
            }
            None => self.is_full = true,
        }
    }

    /// Whether more was emitted than there is memory for. The application stops then, so an operator that makes many rows of
    /// one message (a join) emits them in pieces and returns as soon as this is so.
    pub fn is_full(&self) -> bool {
        self.is_full
    }

    /// How many more bytes may be emitted.
    pub(crate) fn room_bytes(&self) -> usize {
        self.room_bytes
    }

    /// Promises that all later rows have at least this ROWTIME.
    pub fn bound(&mut self, bound: i64) {
        self.messages.push(Message::Bound(bound));
    }

    /// Sends a row to the error stream instead.
    pub fn fail(&mut self, rows: &Rows, row: usize, error: RowError) {
        self.failed.push(Failed { row: rows.slice(row, 1), error });
    }

    /// Takes out what was sent on.
    pub fn take_messages(&mut self) -> Vec<Message> {
        std::mem::take(&mut self.messages)
    }

    /// Takes out the rows that failed.
    pub fn take_failed(&mut self) -> Vec<Failed> {
        std::mem::take(&mut self.failed)
    }
}
