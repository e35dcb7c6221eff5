//! From a start to the first new record.

use std::collections::HashSet;

use tokio::sync::mpsc;

use super::checkpoint::{Checkpoint, OutputAt};
use super::journal::{Journal, Restart};
use super::patience::Patience;
use super::reader::{self, Past};
use super::runner::{Output, Runner};
use super::status::Told;
use super::tasks::Tasks;
use super::writer::{self, Writer};
use super::{Application, Error, Ground, Sink, Source, Start, StartingPosition};

/// A start on its way.
pub(super) struct Beginning {
    pub(super) ground: Ground,
    pub(super) tasks: Tasks,
    pub(super) told: Told,
    pub(super) faults: mpsc::Sender<Error>,
}

/// Where reading begins.
enum From {
    /// Where the source says.
    Start(StartingPosition),
    /// Where it was.
    Position(Vec<u8>),
}

impl Beginning {
    /// Brings an application to where it reads new records.
    pub(super) async fn begin(self, application: Application) -> Result<(Runner, Box<dyn Source>), Error> {
        let journal = Journal::take_over(&self.ground.store, &application.id).await?;
        self.told.announce(|status| {
            status.generation = journal.generation();
            status.written = vec![0; application.outputs.len()];
        });
        let before = match journal.restart()? {
            Some(restart) => Some((restart, Checkpoint::read(&self.ground.blobs, restart.checkpoint).await?)),
            None => None,
        };
        let from = match (application.start, &before) {
            (Start::At(position @ (StartingPosition::Now | StartingPosition::TrimHorizon)), _) => From::Start(position),
            (Start::Recover(position), None) => From::Start(position),
            (Start::At(StartingPosition::LastStoppedPoint) | Start::Abandon, None) => {
                From::Start(StartingPosition::TrimHorizon)
            }
            (Start::Abandon, Some((_, checkpoint))) => From::Position(checkpoint.source.clone()),
            // A stop that did not get to its end is brought there first, and that is what a recovery does.
            (start, Some((restart, checkpoint))) => match matches!(start, Start::Recover(_)) || !restart.stopped {
                true if application.graph.fits(checkpoint.state()) => {
                    let (restart, checkpoint) = before.expect("matched above");
                    return self.replay(application, journal, restart, checkpoint).await;
                }
                true => {
                    tracing::warn!(application = application.id, "windows begin empty: the program is another one");
                    From::Position(checkpoint.source.clone())
                }
                false => From::Position(checkpoint.source.clone()),
            },
        };
        self.begin_empty(application, journal, from, before).await
    }

    /// Begins with empty windows. Rows are numbered on, so that none is taken for one that was written before.
    async fn begin_empty(
        self,
        mut application: Application,
        journal: Journal,
        from: From,
        before: Option<(Restart, Checkpoint)>,
    ) -> Result<(Runner, Box<dyn Source>), Error> {
        let mut patience = self.patience();
        let source = &mut *application.source;
        let position = match from {
            From::Position(position) => position,
            From::Start(start) => reader::begin(source, start, &mut patience).await.map_err(Error::Input)?,
        };
        reader::seek(source, &position, &mut patience).await.map_err(Error::Input)?;
        let mut next = before.as_ref().map_or(0, |(restart, _)| restart.next);
        loop {
            let entries = journal.entries(next)?.len() as u64;
            next += entries;
            if entries == 0 {
                break;
            }
        }
        let mut outputs = Vec::with_capacity(application.outputs.len());
        for (index, (id, mut sink)) in std::mem::take(&mut application.outputs).into_iter().enumerate() {
            let gone = |reason| Error::Output { output: id.clone(), reason };
            let mut count = 0;
            if let Some((restart, checkpoint)) = &before
                && let Some(known) = checkpoint.output(&id)
            {
                count = known.count;
                if !restart.stopped {
                    // Rows that left behind the checkpoint keep their numbers.
                    let found = writer::written(&mut *sink, &known.position, count, &mut patience).await;
                    count = found.map_err(gone)?.into_iter().fold(count, |count, number| count.max(number + 1));
                }
            }
            let at = writer::positioned(&mut *sink, &mut patience).await.map_err(gone)?;
            outputs.push((index, OutputAt { id, count, position: at }, sink));
        }
        let checkpoint = Checkpoint {
            graph: application.graph.save().into_pieces(),
            time: before.as_ref().and_then(|(_, checkpoint)| checkpoint.time),
            source: position,
            outputs: outputs.iter().map(|(_, at, _)| at.clone()).collect(),
        };
        let blob = checkpoint.write(&self.ground.blobs).await?;
        let restart = journal.point_to(&blob, next, false, before.map(|(restart, _)| restart)).await?;
        let outputs = outputs.into_iter().map(|(index, at, sink)| self.output(index, at, sink)).collect();
        let Application { graph, source, .. } = application;
        let Self { ground, tasks, told, .. } = self;
        Ok((Runner::new(ground, tasks, told, journal, graph, outputs, restart, &checkpoint), source))
    }

    /// Repeats what has happened since a checkpoint, and writes what the destinations miss of it.
    async fn replay(
        self,
        mut application: Application,
        journal: Journal,
        restart: Restart,
        checkpoint: Checkpoint,
    ) -> Result<(Runner, Box<dyn Source>), Error> {
        let mut patience = self.patience();
        let source = &mut *application.source;
        application.graph.be_lenient(true);
        application.graph.load(checkpoint.state()).map_err(|_damaged| Error::Damaged)?;
        // From here on this much memory is the operators' again.
        let checkpoint = Checkpoint { graph: Vec::new(), ..checkpoint };
        reader::seek(source, &checkpoint.source, &mut patience).await.map_err(Error::Input)?;
        let (mut outputs, mut written) = (Vec::new(), Vec::<HashSet<u64>>::new());
        for (index, (id, mut sink)) in std::mem::take(&mut application.outputs).into_iter().enumerate() {
            let at = checkpoint.output(&id).ok_or(Error::Damaged)?.clone();
            let found = writer::written(&mut *sink, &at.position, at.count, &mut patience).await;
            written.push(found.map_err(|reason| Error::Output { output: id, reason })?);
            outputs.push(self.output(index, at, sink));
        }
        let Application { graph, source, .. } = application;
        let mut past = reader::past(&self.tasks, source, journal.clone(), restart.next, patience);
        let Self { ground, tasks, told, .. } = self;
        let mut runner = Runner::new(ground, tasks, told, journal, graph, outputs, restart, &checkpoint);
        loop {
            match past.recv().await {
                Some(Ok(Past::Entry(logged, polled))) => runner.repeat(logged.time, polled, &written).await?,
                Some(Ok(Past::End(source))) => {
                    runner.be_strict();
                    return Ok((runner, source));
                }
                Some(Err(error)) => return Err(error),
                None => return Err(Error::Killed),
            }
        }
    }

    fn output(&self, index: usize, at: OutputAt, sink: Box<dyn Sink>) -> Output {
        let (told, patience) = (self.told.clone(), self.patience());
        told.note(|status| status.written[index] = at.count);
        let writer = Writer { id: at.id.clone(), index, sink, position: at.position, told, patience };
        Output { id: at.id, count: at.count, queue: writer.start(&self.tasks, self.faults.clone()) }
    }

    fn patience(&self) -> Patience {
        Patience::new(&self.ground.host, &self.told)
    }
}
