//! How the time of an operator's input hangs together with the clock.

use crate::plan::{Expr, ExprKind};

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
    /// The clock of rows that get a new ROWTIME.
    pub(super) fn restamped(self, rowtime: &Expr) -> Self {
        if looks_at_columns(rowtime) { Self::Still } else { self.max(Self::Shifted) }
    }
}

fn looks_at_columns(expression: &Expr) -> bool {
    match expression.kind {
        ExprKind::Column(_) => true,
        _ => expression.parts().into_iter().any(looks_at_columns),
    }
}
