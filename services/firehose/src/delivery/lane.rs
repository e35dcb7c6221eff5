//! One way out of a delivery stream: waits, seals, delivers, moves on.

use std::sync::{Arc, Weak};
use std::time::Duration;

use host::Host;
use tokio::sync::watch;

use super::batches::Resume;
use super::records::Work;
use super::watch::{Due, Terms, Watch, pause_after};
use super::{PAUSE, Setback, carry, naming};
use crate::Firehose;
use crate::buffering::Spans;
use crate::destination::Stop;
use crate::error_log::Errors;
use crate::pipeline::Pipeline;
use crate::progress::{self, Kind, LaneId, Progress, Sealed};
use crate::source::Tap;
use crate::stream::Source;
use crate::view::StreamView;

/// Pauses between attempts grow from one second up to this.
const PAUSE_MAX: Duration = Duration::from_secs(30);

/// A lane at work. Holds the service only while it has something to do.
pub(crate) struct Lane {
    service: Weak<Firehose>,
    host: Host,
    stop: Stop,
    id: LaneId,
    /// The engine's name of the delivery stream.
    name: String,
    version: watch::Receiver<u64>,
    progress: Progress,
    watch: Watch,
    /// Attempts at the current delivery that have failed.
    attempts: u32,
    /// What became of the batches of the current delivery, where the destination makes it wait.
    resume: Resume,
    /// What is done to records, and the version of the destination that says so.
    pipeline: Option<(u64, Arc<Pipeline>)>,
    /// Partitions of the last delivery.
    partitions: u64,
    /// Whether the settings have it switched off, or had until now.
    was_off: bool,
}

/// What the lane does next.
enum Then {
    GoOn,
    /// Waits, or looks again when the configuration changes.
    Pause(Duration),
    End,
}

impl Lane {
    /// Takes up where the lane was left.
    pub(crate) fn open(firehose: &Arc<Firehose>, view: &Arc<StreamView>, kind: Kind) -> Result<Self, store::Error> {
        let id = LaneId { stream: view.stream.id, kind };
        let known = Progress::load(&firehose.store, id)?;
        let is_on = naming::output(&view.record.destination, kind).is_some();
        if known.is_some() || is_on {
            let position = known.as_ref().and_then(|known| known.positions.get(&0)).copied().unwrap_or(0);
            firehose.deliveries.advance(id.stream, kind, position);
        }
        let start_ms = match view.record.source {
            Source::DirectPut { .. } => 0,
            Source::Kinesis { start_ms, .. } => start_ms,
        };
        Ok(Self {
            service: Arc::downgrade(firehose),
            host: firehose.host.clone(),
            stop: firehose.deliveries.stop.clone(),
            id,
            name: view.stream.name.clone(),
            version: view.live.version.subscribe(),
            progress: known.unwrap_or(Progress { start_ms, ..Progress::default() }),
            watch: Watch::new(),
            attempts: 0,
            resume: Resume::default(),
            pipeline: None,
            partitions: 1,
            was_off: !is_on,
        })
    }

    /// Delivers until the delivery stream or the service is gone.
    pub(crate) async fn run(mut self) {
        loop {
            let stop = self.stop.clone();
            let then = tokio::select! {
                biased;
                () = stop.asked() => return,
                then = self.step() => then,
            };
            match then {
                Then::GoOn => {}
                Then::Pause(duration) => tokio::select! {
                    biased;
                    () = stop.asked() => return,
                    changed = self.version.changed() => if changed.is_err() { return },
                    () = self.host.sleep(duration) => {}
                },
                Then::End => return,
            }
        }
    }

    async fn step(&mut self) -> Then {
        let Some(firehose) = self.service.upgrade() else { return Then::End };
        self.version.mark_unchanged();
        let view = match firehose.view_by_key(&self.name).await {
            Ok(view) => view.filter(|view| view.stream.id == self.id.stream),
            Err(error) => {
                tracing::warn!(stream = self.name, %error, "a delivery stream could not be looked at");
                return Then::Pause(PAUSE);
            }
        };
        let Some(view) = view else { return self.end(&firehose).await };
        if self.progress.sealed.is_some() {
            return self.deliver(&firehose, &view).await;
        }
        let Some(output) = naming::output(&view.record.destination, self.id.kind) else {
            self.was_off = true;
            firehose.deliveries.retire(self.id.stream, self.id.kind);
            return Then::Pause(Duration::from_secs(3_600));
        };
        let hints = match self.id.kind {
            Kind::Primary => view.record.destination.hints(),
            Kind::Backup => output.hints,
        };
        let tap = Tap::of(&firehose, &view);
        if self.was_off
            && let Err(error) = self.switch_on(&firehose, &tap).await
        {
            tracing::warn!(stream = self.name, %error, "backups of a delivery stream do not begin yet");
            return Then::Pause(PAUSE);
        }
        let terms = Terms { hints, partitions: self.partitions };
        drop(firehose);
        let looked = tokio::select! {
            biased;
            changed = self.version.changed() => return if changed.is_err() { Then::End } else { Then::GoOn },
            looked = self.watch.look(&self.host, &tap, &self.progress, terms) => looked,
        };
        let lost = self.watch.take_lost();
        view.live.delivery.lost_records.add(lost);
        match looked {
            Ok(Due::Now) => self.seal(&view).await,
            Ok(Due::Later(wait)) => Then::Pause(wait),
            Err(error) => {
                let arn = view.record.arn();
                tracing::warn!(delivery_stream_arn = arn, %error, "the source could not be read");
                Then::Pause(pause_after(&error))
            }
        }
    }

    /// A lane that is switched on later begins at that moment; what comes from then on is kept for it.
    async fn switch_on(&mut self, firehose: &Firehose, tap: &Tap) -> Result<(), Setback> {
        self.progress = Progress { start_ms: firehose.now_ms(), ..Progress::default() };
        if let Tap::Buffer { shard, .. } = tap {
            let position = tap.locate(*shard, self.progress.start_ms).await?;
            self.progress.source = Some(shard.stream.0);
            self.progress.positions.insert(shard.index, position);
            firehose.deliveries.advance(self.id.stream, self.id.kind, position);
        }
        let saved = self.progress.save(&firehose.store, self.id).await;
        saved.map_err(|error| Setback::Settings(error.to_string()))?;
        self.watch = Watch::new();
        self.was_off = false;
        Ok(())
    }

    /// Writes down what is to be delivered, so that it can be delivered again.
    async fn seal(&mut self, view: &StreamView) -> Then {
        let Some(firehose) = self.service.upgrade() else { return Then::End };
        let oldest_ms = self.watch.buffer.oldest_ms().unwrap_or_else(|| firehose.now_ms());
        let source = self.watch.source().map(|source| source.0);
        if self.id.kind == Kind::Primary {
            view.live.delivery.behind(self.watch.behind_ms(firehose.now_ms()));
        }
        if self.progress.source != source {
            self.progress.positions.clear();
            self.progress.source = source;
        }
        let mut seed = [0; 16];
        firehose.host.fill_random(&mut seed);
        // Shards that the data stream has forgotten never come again.
        self.progress.positions.retain(|shard, _| self.watch.follows(*shard));
        let spans: Spans = self.watch.seal();
        let (version, destination) = (view.record.version, view.record.destination.clone());
        self.progress.sealed = Some(Sealed { seed: crate::hex(&seed), spans, oldest_ms, version, destination });
        (self.attempts, self.resume) = (0, Resume::default());
        self.save(&firehose).await
    }

    /// Carries the sealed delivery out, once.
    async fn deliver(&mut self, firehose: &Arc<Firehose>, view: &Arc<StreamView>) -> Then {
        if self.resume.is_retry() && self.adopt(view) {
            return self.save(firehose).await;
        }
        let Some(sealed) = &self.progress.sealed.clone() else { return Then::GoOn };
        let tap = Tap::of(firehose, view);
        let kind = self.id.kind;
        let pipeline = self.pipeline(firehose, sealed, tap.is_data_stream());
        let source = log::StreamId(self.progress.source.unwrap_or(self.id.stream.0));
        let gone = view.live.version.subscribe();
        // Those who read data streams have to have described them.
        let described = tap.describe().await.map_err(Setback::from);
        let delivered = match described {
            Ok(_) => {
                let work = Work { firehose, view, tap: &tap, source, sealed, pipeline: &pipeline };
                let stop = self.stop.with_settings(self.version.clone());
                let resume = &mut self.resume;
                let delivered = tokio::select! {
                    biased;
                    () = is_gone(gone) => None,
                    delivered = carry::deliver(work, kind, resume, &stop) => Some(delivered),
                };
                match delivered {
                    Some(delivered) => delivered,
                    None => return self.end(firehose).await,
                }
            }
            Err(setback) => Err(setback),
        };
        match delivered {
            Ok(delivery) => {
                view.live.delivery.delivered(kind, sealed, &delivery, self.host.now_ms());
                let way = (&sealed.destination, kind);
                firehose.error_log.write(&view.record, way, &delivery.errors).await;
                self.partitions = delivery.partitions.max(1);
                (self.attempts, self.resume) = (0, Resume::default());
                self.progress.complete();
                self.commit(firehose, &tap).await
            }
            Err(Setback::Paused(pause)) => Then::Pause(pause),
            Err(Setback::Stopped) if self.stop.is_asked() => Then::End,
            Err(Setback::Stopped) => self.renew(firehose).await,
            Err(setback) => {
                view.live.delivery.failed(kind, &sealed.destination);
                self.set_back(firehose, view, &setback).await
            }
        }
    }

    /// The steps of a delivery; put together once for each version of the destination.
    fn pipeline(&mut self, firehose: &Firehose, sealed: &Sealed, is_data_stream: bool) -> Arc<Pipeline> {
        if let Some((version, pipeline)) = &self.pipeline
            && *version == sealed.version
        {
            return Arc::clone(pipeline);
        }
        let pipeline = match (self.id.kind, sealed.destination.processing()) {
            (Kind::Primary, Some(processing)) => {
                Pipeline::new(processing.steps(), is_data_stream, &firehose.expressions)
            }
            (Kind::Primary, None) => Pipeline::new(Vec::new(), is_data_stream, &firehose.expressions),
            (Kind::Backup, _) => Pipeline::raw(),
        };
        let pipeline = Arc::new(pipeline);
        self.pipeline = Some((sealed.version, Arc::clone(&pipeline)));
        pipeline
    }

    /// Moves the position for good, and lets go of what nobody needs any more.
    async fn commit(&mut self, firehose: &Firehose, tap: &Tap) -> Then {
        while let Then::Pause(pause) = self.save(firehose).await {
            self.host.sleep(pause).await;
        }
        if let (false, Some(position)) = (tap.is_data_stream(), self.progress.positions.get(&0)) {
            let delivered = firehose.deliveries.advance(self.id.stream, self.id.kind, *position);
            if !firehose.readers.contains(self.id.stream) {
                tap.trim(delivered).await;
            }
        }
        Then::GoOn
    }

    /// A failed attempt: said aloud, and tried again with the settings as they are then.
    async fn set_back(&mut self, firehose: &Firehose, view: &StreamView, setback: &Setback) -> Then {
        let mut causes = setback.to_string();
        let mut cause = std::error::Error::source(setback);
        while let Some(deeper) = cause {
            causes = format!("{causes}: {deeper}");
            cause = deeper.source();
        }
        tracing::warn!(
            delivery_stream_arn = view.record.arn(),
            delivery_stream_version_id = view.record.version,
            error_code = setback.code(),
            message = causes,
            "a delivery has failed and will be tried again"
        );
        if let Some(sealed) = &self.progress.sealed {
            let mut errors = Errors::default();
            errors.note(setback.code(), &causes);
            firehose.error_log.write(&view.record, (&sealed.destination, self.id.kind), &errors).await;
        }
        let pause = Duration::from_secs(1 << self.attempts.min(10)).min(PAUSE_MAX);
        self.attempts += 1;
        match self.adopt(view) {
            true => self.save(firehose).await,
            false => Then::Pause(pause),
        }
    }

    /// There are other settings, and a destination did not take anything with those at work: goes on with the others.
    async fn renew(&mut self, firehose: &Firehose) -> Then {
        let Ok(Some(view)) = firehose.view_by_key(&self.name).await else { return Then::GoOn };
        match self.adopt(&view) {
            true => self.save(firehose).await,
            false => Then::GoOn,
        }
    }

    /// Takes the current settings for the sealed delivery, where it has older ones.
    fn adopt(&mut self, view: &StreamView) -> bool {
        let (version, destination) = (view.record.version, &view.record.destination);
        let Some(sealed) = &mut self.progress.sealed else { return false };
        if sealed.version == version || naming::output(destination, self.id.kind).is_none() {
            return false;
        }
        sealed.version = version;
        sealed.destination = destination.clone();
        self.resume = Resume::default();
        true
    }

    async fn save(&mut self, firehose: &Firehose) -> Then {
        match self.progress.save(&firehose.store, self.id).await {
            Ok(()) => Then::GoOn,
            Err(store::Error::Closed) => Then::End,
            Err(error) => {
                tracing::warn!(stream = self.name, %error, "the progress of a delivery stream could not be stored");
                Then::Pause(PAUSE)
            }
        }
    }

    /// The delivery stream is gone.
    async fn end(&mut self, firehose: &Firehose) -> Then {
        firehose.deliveries.forget(self.id.stream);
        if let Err(error) = progress::forget(&firehose.store, self.id.stream).await {
            // Swept at the next start.
            tracing::debug!(stream = self.name, %error, "the progress of a deleted delivery stream is left behind");
        }
        Then::End
    }
}

/// Resolves once the delivery stream is gone.
async fn is_gone(mut version: watch::Receiver<u64>) {
    // An error says that nobody knows the stream any more.
    let _gone = version.wait_for(|version| *version == u64::MAX).await;
}
