//! Whether a row of an outer join remembers a partner until it is known whether it comes out alone.

use super::reach::Reach;
use crate::plan::{JoinWindow, LoneRows};

/// Which partners a row of one side remembers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Remembered {
    /// All.
    Always,
    /// Those that were there when it came, and those that the other side's window holds when its own ends.
    AtItsEnd {
        /// How long it can be found.
        reach: Reach,
        /// The other side's window.
        other: Option<JoinWindow>,
    },
}

impl Remembered {
    /// That of the rows of one side, of both sides' windows. A window without an end, or by a count of rows, remembers all.
    pub(super) fn new(lone_rows: LoneRows, own: Option<JoinWindow>, other: Option<JoinWindow>) -> Self {
        match (lone_rows, own) {
            (LoneRows::AsDocumented, Some(JoinWindow::RangeMs { .. })) => {
                Self::AtItsEnd { reach: Reach::new(own, other), other }
            }
            _ => Self::Always,
        }
    }

    /// Whether a row of one ROWTIME remembers a partner of another.
    pub(super) fn partner(self, time: i64, partner: i64) -> bool {
        let Self::AtItsEnd { reach, other } = self else { return true };
        let is_there_at_the_end = || match other {
            None => false,
            Some(JoinWindow::RangeMs { preceding, following }) => {
                partner <= time.saturating_add(following) || partner.saturating_add(preceding) >= reach.end(time)
            }
            Some(JoinWindow::Rows(_) | JoinWindow::Unbounded) => true,
        };
        partner <= time || is_there_at_the_end()
    }
}
