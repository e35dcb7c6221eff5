//! How long a row can be found by later rows of the other side.

use crate::plan::JoinWindow;

/// A row is found while either holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reach {
    /// For so many milliseconds, the last one included.
    pub(super) ms: Option<i64>,
    /// While it is among so many last rows of its side.
    pub(super) rows: Option<u64>,
}

impl Reach {
    /// That of the rows of one side, of both sides' windows.
    pub(super) fn new(own: Option<JoinWindow>, other: Option<JoinWindow>) -> Self {
        let own_ms = match own {
            Some(JoinWindow::RangeMs { preceding, .. }) => Some(preceding),
            Some(JoinWindow::Unbounded) => Some(i64::MAX),
            Some(JoinWindow::Rows(_)) | None => None,
        };
        // A window by time holds rows of equal ROWTIME in whichever order they come.
        let other_ms = match other {
            Some(JoinWindow::RangeMs { following, .. }) => Some(following),
            Some(JoinWindow::Unbounded) => Some(0),
            Some(JoinWindow::Rows(_)) | None => None,
        };
        let rows = match own {
            Some(JoinWindow::Rows(before)) => Some(before.saturating_add(1)),
            _ => None,
        };
        Self { ms: own_ms.max(other_ms), rows }
    }

    /// The last instant at which a row is found because of its time; its own ROWTIME if it never is.
    pub(super) fn end(self, time: i64) -> i64 {
        time.saturating_add(self.ms.unwrap_or(0))
    }

    /// Whether rows can be found at all.
    pub(super) fn is_some(self) -> bool {
        self.ms.is_some() || self.rows.is_some()
    }
}
