//! What the service remembers of an application.

use serde::{Deserialize, Serialize};

use crate::configuration::Configuration;
use crate::shapes::{ApplicationStatus, InputStartingPosition, Tags};

/// An application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Application {
    pub(crate) name: String,
    pub(crate) account: String,
    pub(crate) region: String,
    /// Tells it from others of the same name, before and after it.
    pub(crate) id: u64,
    pub(crate) description: Option<String>,
    /// The second version's role.
    pub(crate) role: Option<String>,
    /// Grows by one with every change of the configuration.
    pub(crate) version: u64,
    /// The version before it.
    pub(crate) updated_from: Option<u64>,
    /// Grows by one with every change at all; its token tells what a client has seen.
    pub(crate) change: u64,
    /// The state the application is in until [`Application::settled_ms`]; afterwards it is READY or RUNNING, or gone.
    pub(crate) transition: ApplicationStatus,
    /// Wall-clock milliseconds at which the transition is over.
    pub(crate) settled_ms: u64,
    /// Wall-clock milliseconds, whole seconds: that is all clients can say when they delete it.
    pub(crate) created_ms: u64,
    /// Wall-clock milliseconds.
    pub(crate) updated_ms: u64,
    /// Whether it runs, or shall.
    pub(crate) is_started: bool,
    /// How often it was started: everything that a run leaves behind bears this number.
    pub(crate) run: u64,
    /// When it was started last, in wall-clock milliseconds; 0 if that is not known.
    #[serde(default)]
    pub(crate) started_ms: u64,
    /// The last start whose run has got to work.
    #[serde(default)]
    pub(crate) begun_run: u64,
    /// Whether the transition waits for the run to begin or to end.
    #[serde(default)]
    pub(crate) is_waiting: bool,
    /// Why it has stopped without being told to; none once it is started again.
    #[serde(default)]
    pub(crate) failure: Option<String>,
    pub(crate) configuration: Configuration,
    pub(crate) tags: Tags,
    /// `HH:MM`, if it was said.
    pub(crate) maintenance_start: Option<String>,
}

/// A version of an application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Version {
    pub(crate) number: u64,
    pub(crate) created_ms: u64,
    pub(crate) updated_from: Option<u64>,
    pub(crate) role: Option<String>,
    pub(crate) configuration: Configuration,
}

/// What a request says it knows of an application that it is going to change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Guard {
    /// The version.
    Version(i64),
    /// The token.
    Token(String),
}

impl Application {
    /// Its ARN.
    pub(crate) fn arn(&self) -> String {
        format!("arn:aws:kinesisanalytics:{}:{}:application/{}", self.region, self.account, self.name)
    }

    /// The state at an instant.
    pub(crate) fn status(&self, now_ms: u64) -> ApplicationStatus {
        match self.transition {
            ApplicationStatus::Deleting => ApplicationStatus::Deleting,
            _ if self.is_waiting || now_ms < self.settled_ms => self.transition,
            _ if self.is_started => ApplicationStatus::Running,
            _ => ApplicationStatus::Ready,
        }
    }

    /// Whether it was deleted and that is over.
    pub(crate) fn is_gone(&self, now_ms: u64) -> bool {
        self.transition == ApplicationStatus::Deleting && now_ms >= self.settled_ms
    }

    /// Enters a transitional state.
    pub(crate) fn begin(&mut self, transition: ApplicationStatus, now_ms: u64, duration_ms: u64) {
        self.transition = transition;
        self.settled_ms = now_ms + duration_ms;
    }

    /// Whether it is to do what it was to do then.
    pub(crate) fn state_matches(&self, seen: &Self) -> bool {
        let state = |one: &Self| (one.id, one.run, one.version, one.is_started, one.transition);
        state(self) == state(seen)
    }

    /// What a client that has seen it now can show.
    pub(crate) fn token(&self) -> String {
        format!("{:016x}-{}", self.id, self.change)
    }

    /// Where the run begins to read.
    pub(crate) fn position(&self) -> InputStartingPosition {
        let position = self.configuration.inputs.first().and_then(|input| input.position);
        position.unwrap_or(InputStartingPosition::Now)
    }

    /// The first instant of which NOW means the records, where it does not mean the end of the stream: an application that
    /// is shown RUNNING reads what has been put since it was started, also if something kept it from reading at first.
    pub(crate) fn now_since_ms(&self) -> Option<u64> {
        (!self.is_waiting && self.started_ms > 0).then_some(self.started_ms + 1)
    }

    /// The version as it is remembered.
    pub(crate) fn as_version(&self) -> Version {
        Version {
            number: self.version,
            created_ms: self.updated_ms,
            updated_from: self.updated_from,
            role: self.role.clone(),
            configuration: self.configuration.clone(),
        }
    }
}
