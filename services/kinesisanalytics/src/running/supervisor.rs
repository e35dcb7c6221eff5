//! One application's supervisor: starts, stops and restarts its run as the record says.

use std::sync::{Arc, Weak};
use std::time::Duration;

use flow::runtime::{self, Error, Ground, Running, Start, StartingPosition, State, Status};
use host::Host;
use tokio::sync::watch;

use super::build::{self, Counted};
use super::{Live, Wish};
use crate::application::Application;
use crate::error_log::{ErrorLog, Part, Trouble};
use crate::metrics::Figures;
use crate::shapes::{ApplicationStatus, InputStartingPosition};
use crate::{KinesisAnalytics, records};

/// How long a run that is to stop may take to write what is on its way.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long an application is shown STARTING or UPDATING at most although it does not get to work.
const HINDERED_MAX: Duration = Duration::from_secs(5);
/// How long to wait after a failure, at first and at most.
const PAUSE: Duration = Duration::from_millis(500);
const PAUSE_MAX: Duration = Duration::from_secs(30);

/// A run that has begun, as metrics see it.
pub(crate) struct Begun {
    status: watch::Receiver<Status>,
    counted: Counted,
}

impl Begun {
    pub(super) fn figures(&self) -> Figures {
        let status = self.status.borrow();
        Figures {
            labels: self.counted.labels.clone(),
            behind_ms: status.behind_ms,
            failed_rows: status.failed_count,
            memory_bytes: status.memory_bytes as u64,
            checkpoints: status.checkpoint_count,
            flows: self.counted.flows.clone(),
        }
    }
}

/// What runs: which start of the application, of which version.
struct Current {
    run: u64,
    version: u64,
    running: Running,
    status: watch::Receiver<Status>,
}

/// How the next run starts, if it is of the same start of the application as the last one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    /// Where the last one stopped, with another program or with empty windows.
    GoOn,
    /// As if nothing had happened.
    Recover,
    /// With empty windows, as records that a recovery needs are not there any more.
    Abandon,
}

/// Supervises one application.
pub(super) struct Supervisor {
    service: Weak<KinesisAnalytics>,
    host: Host,
    key: String,
    id: u64,
    wishes: watch::Receiver<Wish>,
    live: Arc<Live>,
    current: Option<Current>,
    /// The start of the application that a run was there of, and what comes next of it.
    last: Option<(u64, Next)>,
    pause: Duration,
    /// What tells of a start and a version of the application.
    log: Option<((u64, u64), Arc<ErrorLog>)>,
    /// When an application that waits for its run is shown as running all the same.
    shown_at: Option<Duration>,
}

/// What woke a supervisor.
enum Woken {
    Wish,
    Status,
    Time,
}

impl Supervisor {
    pub(super) fn new(
        analytics: &Arc<KinesisAnalytics>,
        application: &Application,
        wishes: watch::Receiver<Wish>,
        live: Arc<Live>,
        is_resumed: bool,
    ) -> Self {
        // What had got to work before the server ended goes on as if nothing had happened.
        let has_begun = is_resumed && application.begun_run == application.run;
        Self {
            service: Arc::downgrade(analytics),
            host: analytics.host.clone(),
            key: records::key(&application.account, &application.region, &application.name),
            id: application.id,
            wishes,
            live,
            current: None,
            last: has_begun.then_some((application.run, Next::Recover)),
            pause: PAUSE,
            log: None,
            shown_at: None,
        }
    }

    /// Supervises until the application is gone, or the server ends.
    pub(super) async fn run(mut self) {
        while self.step().await {}
        *self.live.begun() = None;
        if let Some(current) = self.current.take() {
            current.running.kill().await;
        }
    }

    /// Does what is to be done, and waits for the next thing; `false` when it is over.
    async fn step(&mut self) -> bool {
        if *self.wishes.borrow_and_update() == Wish::End {
            return false;
        }
        let Some(analytics) = self.service.upgrade() else { return false };
        let application = match records::get(&analytics.store, &self.key) {
            Ok(Some(application)) if application.id == self.id => application,
            Ok(_) => return false,
            Err(error) => {
                tracing::error!(application = self.key, %error, "an application's record cannot be read");
                return self.wait(Some(PAUSE_MAX)).await.is_some();
            }
        };
        if application.transition == ApplicationStatus::Deleting {
            return false;
        }
        let wanted = application.is_started.then_some((application.run, application.version));
        let current = self.current.as_ref().map(|current| (current.run, current.version));
        if current.is_some() && current != wanted {
            self.stop_current().await;
        }
        match wanted {
            None => self.settle(&analytics, &application).await,
            Some(_) if self.current.is_some() => self.look(&analytics, &application).await,
            Some(_) => self.start(&analytics, &application).await,
        }
        drop(analytics);
        let pause = match (&self.current, wanted) {
            (None, Some(_)) => Some(self.grow_pause()),
            (Some(_), Some(_)) => self.shown_at.map(|at| at.saturating_sub(self.host.monotonic())),
            _ => None,
        };
        self.wait(pause).await.is_some()
    }

    fn grow_pause(&mut self) -> Duration {
        let pause = self.pause;
        self.pause = (pause * 2).min(PAUSE_MAX);
        pause
    }

    /// Waits for a wish, for a change of the run, or for some time.
    async fn wait(&mut self, pause: Option<Duration>) -> Option<Woken> {
        let host = self.host.clone();
        let time = async {
            match pause {
                Some(pause) => host.sleep(pause).await,
                None => std::future::pending().await,
            }
        };
        let status = self.current.as_mut().map(|current| &mut current.status);
        let status = async {
            if let Some(status) = status
                && status.changed().await.is_ok()
            {
                return;
            }
            std::future::pending().await
        };
        tokio::select! {
            biased;
            wish = self.wishes.changed() => wish.ok().map(|()| Woken::Wish),
            () = status => Some(Woken::Status),
            () = time => Some(Woken::Time),
        }
    }

    async fn stop_current(&mut self) {
        let Some(current) = self.current.take() else { return };
        *self.live.begun() = None;
        self.last = Some((current.run, Next::GoOn));
        if let Err(error) = current.running.stop(PATIENCE).await {
            tracing::warn!(application = self.key, %error, "an application did not stop in order");
        }
    }

    async fn start(&mut self, analytics: &Arc<KinesisAnalytics>, application: &Application) {
        let position = match application.position() {
            InputStartingPosition::Now => StartingPosition::Now,
            InputStartingPosition::TrimHorizon => StartingPosition::TrimHorizon,
            InputStartingPosition::LastStoppedPoint => StartingPosition::LastStoppedPoint,
        };
        let start = match self.last {
            Some((run, Next::Recover)) if run == application.run => Start::Recover(position),
            Some((run, Next::Abandon)) if run == application.run => Start::Abandon,
            Some((run, Next::GoOn)) if run == application.run => Start::At(StartingPosition::LastStoppedPoint),
            _ => Start::At(position),
        };
        let log = self.log(analytics, application);
        match build::build(analytics, application, start, &log).await {
            Ok((built, counted)) => {
                let (host, store) = (analytics.host.clone(), analytics.store.clone());
                let ground = Ground { host, store, blobs: analytics.blobs.clone() };
                let running = runtime::start(ground, built);
                let status = running.status();
                *self.live.begun() = Some(Begun { status: status.clone(), counted });
                self.current = Some(Current { run: application.run, version: application.version, running, status });
                self.shown_at = Some(self.host.monotonic() + HINDERED_MAX);
                self.look(analytics, application).await;
            }
            Err(Trouble { part, reason }) => {
                tracing::warn!(application = self.key, reason, "an application cannot begin yet");
                log.hindered(&part, &reason).await;
                // It is shown as running and reads nothing, as at AWS.
                self.settle(analytics, application).await;
            }
        }
    }

    /// What tells of the application as it is now.
    fn log(&mut self, analytics: &KinesisAnalytics, application: &Application) -> Arc<ErrorLog> {
        let of = (application.run, application.version);
        match &self.log {
            Some((known, log)) if *known == of => Arc::clone(log),
            _ => {
                let log = Arc::new(ErrorLog::new(&self.host, &analytics.logs, application));
                self.log = Some((of, Arc::clone(&log)));
                log
            }
        }
    }

    /// Looks how the run is going.
    async fn look(&mut self, analytics: &Arc<KinesisAnalytics>, application: &Application) {
        let Some(current) = &mut self.current else { return };
        let state = current.status.borrow_and_update().state.clone();
        match state {
            State::Starting => {
                if self.shown_at.is_some_and(|at| self.host.monotonic() >= at) {
                    self.shown_at = None;
                    self.settle(analytics, application).await;
                }
            }
            State::Running => {
                (self.shown_at, self.pause) = (None, PAUSE);
                self.last = Some((application.run, Next::Recover));
                self.settle(analytics, application).await;
            }
            State::Stopped => self.ended(None),
            State::Failed(error @ Error::Exhausted(_)) => {
                self.ended(Some(&error));
                self.fail(analytics, application, &error).await;
            }
            State::Failed(error) => {
                self.ended(Some(&error));
                if matches!(error, Error::Damaged) {
                    self.log(analytics, application).hindered(&Part::Application, &error.to_string()).await;
                }
                self.settle(analytics, application).await;
            }
        }
    }

    /// The run is over, and nobody told it to end.
    fn ended(&mut self, error: Option<&Error>) {
        let Some(current) = self.current.take() else { return };
        *self.live.begun() = None;
        let next = match error {
            Some(Error::Store(_) | Error::Killed | Error::Fenced) => Next::Recover,
            Some(Error::Input(_)) => Next::Abandon,
            _ => Next::GoOn,
        };
        self.last = Some((current.run, next));
    }

    /// The application cannot go on, and starting it again would not help: whoever has started it decides.
    async fn fail(&mut self, analytics: &KinesisAnalytics, application: &Application, error: &Error) {
        let reason = error.to_string();
        let name = &application.name;
        tracing::error!(application = name, reason, "an application has stopped, with its windows as they are");
        self.log(analytics, application).hindered(&Part::Application, &format!("it has stopped: {reason}")).await;
        if let Err(error) = analytics.fail(&self.key, application, &reason).await {
            tracing::error!(application = self.key, %error, "an application's state cannot be written");
        }
    }

    /// Ends the transition that waits for what has been done.
    async fn settle(&self, analytics: &KinesisAnalytics, application: &Application) {
        let begun = self.last.filter(|(run, _)| *run == application.run && self.current.is_some()).map(|(run, _)| run);
        let needs_settling = application.is_waiting || begun.is_some_and(|run| run != application.begun_run);
        if !needs_settling {
            return;
        }
        if let Err(error) = analytics.settle(&self.key, application, begun).await {
            tracing::error!(application = self.key, %error, "an application's state cannot be written");
        }
    }
}
