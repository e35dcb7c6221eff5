//! How the time of an operator's input hangs together with the clock.

use crate::operators::over_rowtime;
use crate::plan::{Expr, Node, Order};

/// What an operator's bounds follow. The order is that of strength: of several inputs the strongest holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Clock {
    /// The clock itself.
    Follows,
    /// The clock, but with another reading of it.
    Shifted,
    /// Rows alone: time does not pass without them.
    Still,
}

impl Clock {
    /// The clock of a node's rows that get a new ROWTIME: as long as that follows the old one alone, as the key of a window does,
    /// bounds are translated, and time passes without rows.
    pub(super) fn restamped(self, rowtime: &Expr, input: &Node) -> Self {
        let follows = rowtime.order == Order::Ascending && over_rowtime(rowtime, input).is_some();
        if follows { self.max(Self::Shifted) } else { Self::Still }
    }
}
