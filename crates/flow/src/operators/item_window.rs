//! What the two functions share that count items: windows one behind the other, each with its result at its end.

use crate::rows::Rows;
use crate::state::{Damaged, Loader, Saver};

use super::{Context, Operator};

/// What is counted in a window.
pub(super) trait Count: Send {
    /// Takes some of the window's rows.
    fn add(&mut self, rows: &Rows);

    /// Ends the window: its result, all with the ROWTIME `end`, and nothing is counted any more.
    fn finish(&mut self, end: i64) -> Rows;

    /// The memory it holds, in bytes.
    fn memory(&self) -> usize;

    /// Writes it down.
    fn save(&self, saver: &mut Saver);

    /// Takes what was written down.
    fn load(&mut self, loader: &mut Loader<'_>) -> Result<(), Damaged>;
}

/// Windows of so many milliseconds since 1970. A window without rows has no result.
pub(super) struct ItemWindow<C> {
    length_ms: i64,
    /// When the open window ends.
    end: Option<i64>,
    count: C,
}

impl<C: Count> ItemWindow<C> {
    pub(super) fn new(seconds: u32, count: C) -> Self {
        Self { length_ms: i64::from(seconds) * 1_000, end: None, count }
    }

    fn close(&mut self, end: i64, context: &mut Context) {
        self.end = None;
        context.emit(self.count.finish(end));
    }
}

impl<C: Count> Operator for ItemWindow<C> {
    fn rows(&mut self, _input: usize, rows: Rows, context: &mut Context) {
        let mut done = 0;
        while done < rows.len() {
            let time = rows.times()[done];
            let following = time.div_euclid(self.length_ms).saturating_add(1).saturating_mul(self.length_ms);
            let end = *self.end.get_or_insert(following);
            let inside = rows.times()[done..].partition_point(|time| *time < end);
            if inside > 0 {
                self.count.add(&rows.slice(done, inside));
                done += inside;
            }
            if done < rows.len() {
                self.close(end, context);
            }
        }
    }

    fn bound(&mut self, _input: usize, bound: i64, context: &mut Context) {
        if let Some(end) = self.end.filter(|end| bound >= *end) {
            self.close(end, context);
        }
        context.bound(bound);
    }

    fn deadline(&self) -> Option<i64> {
        self.end
    }

    fn memory(&self) -> usize {
        self.count.memory()
    }

    fn save(&self, saver: &mut Saver) {
        saver.optional(self.end);
        self.count.save(saver);
    }

    fn load(&mut self, loader: &mut Loader<'_>) -> Result<(), Damaged> {
        self.end = loader.optional()?;
        self.count.load(loader)
    }
}
