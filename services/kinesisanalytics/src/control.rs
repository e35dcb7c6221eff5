//! What both versions of the API do to applications: find, create, change, start, stop, delete.

use std::sync::Arc;

use aws::{Call, ServiceError};
use log::source::StreamSource;

use crate::application::{Application, Guard};
use crate::configuration::{Configuration, Edit, Source};
use crate::links::LinkError;
use crate::shapes::{Api, ApplicationStatus, InputStartingPosition, Tag, Tags, tag};
use crate::{KinesisAnalytics, Limits, code, errors, limits, records, running, tasks};

/// A new application.
#[derive(Debug)]
pub(crate) struct NewApplication {
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) role: Option<String>,
    pub(crate) configuration: Configuration,
    pub(crate) tags: Vec<Tag>,
}

/// What a change of the configuration does to the code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CodeCheck {
    /// It must be valid afterwards.
    Valid,
    /// It must go with the tables that there are afterwards.
    Tables,
    /// It cannot be touched by the change.
    None,
}

impl KinesisAnalytics {
    /// The application of that name in the caller's account and region.
    pub(crate) fn find(&self, call: &Call, name: &str) -> Result<Application, ServiceError> {
        let found = records::get(&self.store, &records::key(&call.account, &call.region, name))?;
        let found = found.filter(|application| !application.is_gone(self.now_ms()));
        found.ok_or_else(|| errors::not_found(name, call))
    }

    /// The application of that ARN, if it is the caller's.
    pub(crate) fn find_by_arn(&self, call: &Call, arn: &str) -> Result<Application, ServiceError> {
        let parsed = aws::Arn::parse(arn).filter(|arn| arn.service == "kinesisanalytics");
        let parsed = parsed.filter(|arn| arn.account == call.account && arn.region == call.region);
        let name = parsed.and_then(|arn| arn.resource.strip_prefix("application/"));
        self.find(call, name.ok_or_else(|| errors::not_an_application(arn))?)
    }

    /// Applications of the caller's account and region by name, after the one called `after`.
    pub(crate) fn list(
        &self,
        call: &Call,
        after: Option<&str>,
        count_max: usize,
    ) -> Result<Vec<Application>, ServiceError> {
        let (prefix, now_ms) = (records::key(&call.account, &call.region, ""), self.now_ms());
        let after = after.map(|after| format!("{prefix}{after}"));
        // What is gone and not yet forgotten is few.
        let mut found = records::list(&self.store, &prefix, after.as_deref(), usize::MAX)?;
        found.retain(|application| !application.is_gone(now_ms));
        found.truncate(count_max);
        Ok(found)
    }

    /// Makes an application.
    pub(crate) async fn create(&self, call: &Call, new: NewApplication) -> Result<Application, ServiceError> {
        code::require_valid(&new.configuration, false)?;
        let mut tags = Tags::new();
        tag::add(&mut tags, &new.tags)?;
        let _turn = self.turn.lock().await;
        let (key, now_ms) = (records::key(&call.account, &call.region, &new.name), self.now_ms());
        match records::get(&self.store, &key)? {
            Some(gone) if gone.is_gone(now_ms) => self.forget(&gone).await?,
            Some(_) => return Err(errors::exists(&new.name)),
            None => {}
        }
        self.require_room(call)?;
        let application = Application {
            name: new.name,
            account: call.account.clone(),
            region: call.region.clone(),
            id: self.host.random_u64(),
            description: new.description,
            role: new.role,
            version: 1,
            updated_from: None,
            change: 1,
            transition: ApplicationStatus::Ready,
            settled_ms: 0,
            created_ms: now_ms - now_ms % 1_000,
            updated_ms: now_ms - now_ms % 1_000,
            is_started: false,
            run: 0,
            started_ms: 0,
            begun_run: 0,
            is_waiting: false,
            failure: None,
            configuration: new.configuration,
            tags,
            maintenance_start: None,
        };
        self.commit(records::put(&application, true)).await?;
        Ok(application)
    }

    fn require_room(&self, call: &Call) -> Result<(), ServiceError> {
        let limit = limits::APPLICATIONS_MAX;
        if self.settings.limits == Limits::Aws && self.list(call, None, limit)?.len() >= limit {
            return Err(errors::too_many_applications(limit));
        }
        let limit = limits::SERVER_APPLICATIONS_MAX;
        if records::list(&self.store, "", None, limit)?.len() >= limit {
            return Err(errors::server_is_full(limit));
        }
        Ok(())
    }

    /// Changes an application's record; `change` may refuse.
    pub(crate) async fn change(
        &self,
        call: &Call,
        name: &str,
        change: impl FnOnce(&mut Application, u64) -> Result<(), ServiceError> + Send,
    ) -> Result<Application, ServiceError> {
        let _turn = self.turn.lock().await;
        let before = self.find(call, name)?;
        let mut application = before.clone();
        change(&mut application, self.now_ms())?;
        if application != before {
            application.change += 1;
            self.commit(records::put(&application, application.version != before.version)).await?;
        }
        Ok(application)
    }

    /// Makes a new version of an application. A running one takes it up.
    pub(crate) async fn edit(
        self: &Arc<Self>,
        call: &Call,
        name: &str,
        guard: Guard,
        (api, check): (Api, CodeCheck),
        edit: impl FnOnce(&mut Edit<'_>) -> Result<(), ServiceError> + Send,
    ) -> Result<Application, ServiceError> {
        let duration_ms = self.settings.transition_ms();
        let edited = self.change(call, name, |application, now_ms| {
            guard.require(application)?;
            let status = application.status(now_ms);
            if !matches!(status, ApplicationStatus::Ready | ApplicationStatus::Running) {
                return Err(errors::in_use(name, status, "READY or RUNNING"));
            }
            let version = application.version + 1;
            let Application { configuration, role, account, region, .. } = &mut *application;
            edit(&mut Edit { configuration, role, version, account, region, api })?;
            match check {
                CodeCheck::Valid => code::require_valid(&application.configuration, application.is_started)?,
                CodeCheck::Tables => code::require_still_valid(&application.configuration, application.is_started)?,
                CodeCheck::None => {}
            }
            application.next_version(now_ms);
            if application.is_started {
                application.begin(ApplicationStatus::Updating, now_ms, duration_ms);
                application.is_waiting = true;
            }
            Ok(())
        });
        let edited = edited.await?;
        if edited.is_started {
            self.supervise(&edited, false);
        }
        Ok(edited)
    }

    /// Starts an application; `positions` says where inputs begin, by their ids.
    pub(crate) async fn start(
        self: &Arc<Self>,
        call: &Call,
        name: &str,
        positions: Vec<(String, InputStartingPosition)>,
    ) -> Result<Application, ServiceError> {
        let duration_ms = self.settings.transition_ms();
        self.require_source(call, name).await?;
        let started = self.change(call, name, |application, now_ms| {
            let status = application.status(now_ms);
            if status != ApplicationStatus::Ready {
                return Err(errors::in_use(name, status, "READY"));
            }
            if application.configuration.inputs.is_empty() {
                return Err(errors::nothing_to_start(name));
            }
            let has_failed = application.failure.take().is_some();
            let configuration = &mut application.configuration;
            if has_failed && positions.is_empty() {
                // Where nothing else is said, what was in its windows is not lost.
                let ids: Vec<String> = configuration.inputs.iter().map(|input| input.id.clone()).collect();
                let resumed = InputStartingPosition::LastStoppedPoint;
                ids.iter().try_for_each(|id| configuration.set_position(id, resumed))?;
            }
            positions.iter().try_for_each(|(id, position)| configuration.set_position(id, *position))?;
            code::require_runnable(name, &application.configuration)?;
            application.is_started = true;
            application.run += 1;
            application.started_ms = now_ms;
            application.begin(ApplicationStatus::Starting, now_ms, duration_ms);
            application.is_waiting = true;
            Ok(())
        });
        let started = started.await?;
        self.runs.note_failed(&started);
        self.supervise(&started, false);
        Ok(started)
    }

    /// Refuses to start where there is nothing to read: said now, it is of more use than later in the log.
    async fn require_source(&self, call: &Call, name: &str) -> Result<(), ServiceError> {
        let application = self.find(call, name)?;
        let Some(input) = application.configuration.inputs.first() else { return Ok(()) };
        let (source, resource, place): (&dyn StreamSource, _, _) = match &input.source {
            Source::Stream(resource) => (&*self.streams, resource, resource.stream(&call.account)),
            Source::Firehose(resource) => (&*self.deliveries, resource, resource.delivery_stream(&call.account)),
        };
        let nothing = || errors::cannot_start(name, &format!("there is nothing at {}", resource.arn));
        let place = place.ok_or_else(nothing)?;
        let found = source.describe(place.account, place.region, place.name).await.map_err(ServiceError::internal)?;
        found.ok_or_else(nothing)?;
        if matches!(input.source, Source::Firehose(_)) && application.status(self.now_ms()) == ApplicationStatus::Ready
        {
            // From here on, not from when the run has got to work: what is put in between is read.
            let kept = self.deliveries.keep_for(&running::journal_id(&application), &place.into()).await;
            kept.map_err(|error| match error {
                LinkError::NotFound(reason) => errors::cannot_start(name, &reason),
                error => ServiceError::internal(error),
            })?;
        }
        Ok(())
    }

    /// Stops an application.
    pub(crate) async fn stop(self: &Arc<Self>, call: &Call, name: &str) -> Result<Application, ServiceError> {
        let duration_ms = self.settings.transition_ms();
        let stopped = self.change(call, name, |application, now_ms| {
            let status = application.status(now_ms);
            if status != ApplicationStatus::Running {
                return Err(errors::in_use(name, status, "RUNNING"));
            }
            application.is_started = false;
            application.begin(ApplicationStatus::Stopping, now_ms, duration_ms);
            application.is_waiting = true;
            Ok(())
        });
        let stopped = stopped.await?;
        self.supervise(&stopped, false);
        Ok(stopped)
    }

    /// Deletes an application, in whatever settled state it is.
    pub(crate) async fn delete(
        self: &Arc<Self>,
        call: &Call,
        name: &str,
        created: aws::Timestamp,
        api: Api,
    ) -> Result<(), ServiceError> {
        let duration_ms = self.settings.transition_ms();
        let deleted = self.change(call, name, |application, now_ms| {
            if created.ms / 1_000 != aws::Timestamp::from_ms(application.created_ms).ms / 1_000 {
                return Err(errors::other_creation(name, api));
            }
            let status = application.status(now_ms);
            if !matches!(status, ApplicationStatus::Ready | ApplicationStatus::Running) {
                return Err(errors::in_use(name, status, "READY or RUNNING"));
            }
            application.is_started = false;
            application.begin(ApplicationStatus::Deleting, now_ms, duration_ms);
            Ok(())
        });
        let deleted = deleted.await?;
        self.nudge(&deleted);
        tasks::forget_when_due(self, &deleted);
        Ok(())
    }

    /// Ends the transition that waited for the application's run, and notes that the run has got to work.
    pub(crate) async fn settle(
        &self,
        key: &str,
        seen: &Application,
        begun_run: Option<u64>,
    ) -> Result<(), ServiceError> {
        let _turn = self.turn.lock().await;
        let Some(mut application) = records::get(&self.store, key)? else { return Ok(()) };
        if application.state_matches(seen) {
            application.is_waiting = false;
            application.begun_run = begun_run.unwrap_or(application.begun_run);
            self.commit(records::put(&application, false)).await?;
        }
        Ok(())
    }

    /// Stops an application that cannot go on. Its checkpoint and its position stay.
    pub(crate) async fn fail(&self, key: &str, seen: &Application, reason: &str) -> Result<(), ServiceError> {
        let _turn = self.turn.lock().await;
        let Some(mut application) = records::get(&self.store, key)? else { return Ok(()) };
        if application.state_matches(seen) {
            application.is_started = false;
            application.is_waiting = false;
            application.change += 1;
            application.begin(ApplicationStatus::Ready, self.now_ms(), 0);
            application.failure = Some(reason.to_owned());
            self.commit(records::put(&application, false)).await?;
            self.runs.note_failed(&application);
        }
        Ok(())
    }

    /// Really deletes an application. Called with [`KinesisAnalytics::turn`] held.
    pub(crate) async fn forget(&self, application: &Application) -> Result<(), ServiceError> {
        let journal = running::journal_id(application);
        self.deliveries.stop_reading(&journal).await.map_err(ServiceError::internal)?;
        flow::runtime::forget(&self.store, &journal).await.map_err(ServiceError::internal)?;
        self.commit(
            running::forgotten(self, application)
                .map_err(|error| ServiceError::internal(std::io::Error::other(error)))?,
        )
        .await?;
        self.runs.forget_failed(application);
        self.commit(records::delete(&self.store, application)?).await
    }

    pub(crate) async fn commit(&self, changes: store::Changes) -> Result<(), ServiceError> {
        self.store.commit(changes).await.map_err(ServiceError::internal)
    }
}

impl Application {
    /// Counts one version more.
    pub(crate) fn next_version(&mut self, now_ms: u64) {
        self.updated_from = Some(self.version);
        self.version += 1;
        self.updated_ms = now_ms - now_ms % 1_000;
    }
}

impl Guard {
    /// The guard of a request that may show a version or a token.
    pub(crate) fn of(version: Option<i64>, token: Option<String>) -> Result<Self, ServiceError> {
        match (version, token) {
            (Some(version), None) => Ok(Self::Version(version)),
            (None, Some(token)) => Ok(Self::Token(token)),
            _ => Err(errors::no_version_and_no_token()),
        }
    }

    /// Refuses when the application is another one by now.
    pub(crate) fn require(&self, application: &Application) -> Result<(), ServiceError> {
        match self {
            Self::Version(said) if u64::try_from(*said) != Ok(application.version) => {
                Err(errors::version_mismatch(&application.name, application.version, *said))
            }
            Self::Token(token) if *token != application.token() => Err(errors::token_mismatch(&application.name)),
            _ => Ok(()),
        }
    }
}
