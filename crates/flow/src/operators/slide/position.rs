//! FIRST_VALUE, LAST_VALUE, NTH_VALUE and LAG: the value of one row in the window.

use super::call::{Answer, State, Step};
use super::lane::Lane;
use super::values::{Native, Stored};
use crate::state::{Damaged, Loader, Saver};

/// Which row is meant.
pub(super) struct Place {
    pub(super) which: Which,
    /// How far from there; 0 is the row itself.
    pub(super) place: u64,
    /// Rows with NULL are passed over.
    pub(super) ignore_nulls: bool,
    /// Whether something else than NULL is said of a row that is not there.
    pub(super) defaults: bool,
    /// Nothing leaves.
    pub(super) endless: bool,
}

/// Where counting begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    /// The oldest row.
    FromFirst,
    /// The newest row.
    FromLast,
    /// The current row, which counts even if it is NULL.
    BeforeCurrent,
}

pub(super) struct Position<T> {
    lane: Lane<T>,
    /// Whether the newest row holds a NULL.
    null_now: bool,
}

impl<T: Stored> Default for Position<T> {
    fn default() -> Self {
        Self { lane: Lane::default(), null_now: false }
    }
}

impl<T: Native> Position<T> {
    /// How many rows that may be meant are there.
    fn counted(&self, place: &Place) -> u64 {
        if place.ignore_nulls { self.lane.values().len() as u64 } else { self.lane.rows() }
    }
}

impl<T: Native> State for Position<T> {
    type Settings = Place;
    type Value = T;
    type Answer = T;

    fn step(&mut self, place: &Place, step: Step, value: Option<T>) {
        self.null_now = value.is_none();
        if place.endless && place.ignore_nulls && value.is_none() {
            return;
        }
        if place.endless {
            // The first rows stay the first; the numbers of those behind them do not matter.
            if place.which == Which::FromFirst && self.counted(place) > place.place {
                return;
            }
        } else {
            self.lane.leave_before(step.first, drop);
        }
        self.lane.push(value);
        if place.which != Which::FromFirst {
            while self.counted(place) > place.place + 1 {
                self.lane.leave();
            }
        }
    }

    fn answer(&self, place: &Place) -> Answer<T> {
        let beyond = if place.defaults { Answer::Default } else { Answer::Null };
        if place.which == Which::BeforeCurrent && place.place == 0 && self.null_now {
            return Answer::Null;
        }
        let passed = u64::from(!(place.ignore_nulls && place.which == Which::BeforeCurrent && self.null_now));
        let place_in_lane = match place.which {
            Which::FromFirst => Some(place.place),
            Which::FromLast | Which::BeforeCurrent => self.counted(place).checked_sub(place.place + passed),
        };
        let Some(place_in_lane) = place_in_lane else { return beyond };
        let found = if place.ignore_nulls {
            let value = usize::try_from(place_in_lane).ok().and_then(|place| self.lane.values().get(place));
            value.map(Some)
        } else {
            self.lane.row(place_in_lane)
        };
        match found {
            None => beyond,
            Some(None) => Answer::Null,
            Some(Some(value)) => Answer::Value(value.clone()),
        }
    }

    fn memory(&self) -> usize {
        self.lane.memory()
    }

    fn save(&self, saver: &mut Saver) {
        self.lane.save(saver);
        saver.count(usize::from(self.null_now));
    }

    fn load(loader: &mut Loader<'_>) -> Result<Self, Damaged> {
        Ok(Self { lane: Lane::load(loader)?, null_now: loader.count()? != 0 })
    }
}
