//! The heart of a run: stamps what comes, journals it, computes, and hands out what leaves.

use std::collections::HashSet;
use std::pin::pin;
use std::time::Duration;

use futures::future::maybe_done;
use futures::poll;
use tokio::sync::{mpsc, oneshot, watch};

use super::checkpoint::{Checkpoint, OutputAt};
use super::clock::StampClock;
use super::journal::{Journal, Logged, Restart};
use super::reader::{self, Ahead};
use super::recovery::Beginning;
use super::status::{State, Told};
use super::tasks::{self, Tasks};
use super::writer::{self, Message, Queue};
use super::{Application, Error, Ground, Outgoing, Polled, Will};
use crate::Rows;
use crate::graph::{Entry, Graph, Outputs};

/// How far apart checkpoints are at least.
const CHECKPOINT_INTERVAL_MIN: Duration = Duration::from_secs(1);
/// How far apart they are at most, as long as anything happens.
const CHECKPOINT_INTERVAL_MAX: Duration = Duration::from_secs(10);
/// A checkpoint may cost this part of the time.
const CHECKPOINT_SHARE: u32 = 10;
/// A restart is to take this long at most: loading the checkpoint, which takes as long as writing it, and repeating the work
/// behind it, some of which is done while the next checkpoint is on its way to the disk. What is left to five seconds is the
/// server's own start.
const RESTART_MAX: Duration = Duration::from_millis(3_500);
/// As much work is repeated at a restart, at most; a checkpoint is due earlier when more was done.
const REPEAT_MAX: Duration = Duration::from_millis(1_500);
/// However dear checkpoints are, none is due because of less work than this.
const REPEAT_MIN: Duration = Duration::from_millis(500);
/// The runner looks around at least this often.
const HEARTBEAT_MS: i64 = 1_000;
/// How long a full disk is given before the journal is tried again.
const FULL_PAUSE: Duration = Duration::from_millis(500);
/// When the clock is this close to the last stamp, the next one is waited for.
const STAMP_WAIT_MS_MAX: i64 = 5;

/// Runs an application to its end.
pub(super) async fn run(
    ground: Ground,
    application: Application,
    will: watch::Receiver<Will>,
    told: Told,
) -> Result<(), Error> {
    let (tasks, reins) = tasks::tasks(&ground.host);
    let ended = {
        let (mut life, (faults, faulty)) = (will.clone(), mpsc::channel(1));
        let work = work(Beginning { ground, tasks, told, faults }, application, will, faulty);
        tokio::select! {
            biased;
            () = given_up(&mut life) => Err(Error::Killed),
            ended = work => ended,
        }
    };
    reins.end().await;
    ended
}

async fn work(
    beginning: Beginning,
    application: Application,
    mut will: watch::Receiver<Will>,
    mut faults: mpsc::Receiver<Error>,
) -> Result<(), Error> {
    let (tasks, told) = (beginning.tasks.clone(), beginning.told.clone());
    let begin = beginning.begin(application);
    let (mut runner, source) = tokio::select! {
        biased;
        Some(fault) = faults.recv() => return Err(fault),
        begun = begin => begun?,
    };
    let mut ahead = reader::start(&tasks, source, told.clone());
    drop(tasks);
    told.announce(|status| status.state = State::Running);
    let go_on = runner.go_on(&mut ahead, &mut will);
    tokio::select! {
        biased;
        Some(fault) = faults.recv() => return Err(fault),
        ended = go_on => ended?,
    }
    drop(ahead);
    let stop = runner.stop();
    tokio::select! {
        biased;
        Some(fault) = faults.recv() => Err(fault),
        ended = stop => ended,
    }
}

/// An output, seen from where its rows are made.
pub(super) struct Output {
    pub(super) id: String,
    /// How many rows have left.
    pub(super) count: u64,
    pub(super) queue: Queue,
}

/// A checkpoint on its way to the disk.
type Saving = oneshot::Receiver<Result<(Restart, Duration), Error>>;

/// An application at work.
pub(super) struct Runner {
    ground: Ground,
    tasks: Tasks,
    told: Told,
    journal: Journal,
    graph: Graph,
    outputs: Vec<Output>,
    clock: StampClock,
    /// The time of the last entry, in this run or before it.
    time: Option<i64>,
    /// How far the source was read.
    position: Vec<u8>,
    /// The number of the next entry.
    pub(super) next: u64,
    restart: Restart,
    pace: Pace,
    saving: Option<Saving>,
}

/// When the next checkpoint is due.
struct Pace {
    last: Duration,
    interval: Duration,
    /// As much work may be done between two of them.
    repeat_max: Duration,
    /// Time spent on entries since the last one.
    busy: Duration,
    /// When the last entry was done with.
    noted: Duration,
    entry_count: u64,
    /// What the one on its way has cost so far.
    cost: Duration,
}

impl Runner {
    #[expect(clippy::too_many_arguments, reason = "it is put together in two places, of what they have in common")]
    pub(super) fn new(
        ground: Ground,
        tasks: Tasks,
        told: Told,
        journal: Journal,
        graph: Graph,
        outputs: Vec<Output>,
        restart: Restart,
        checkpoint: &Checkpoint,
    ) -> Self {
        let clock = StampClock::new(&ground.host, checkpoint.time.unwrap_or(0));
        let (last, interval) = (ground.host.monotonic(), CHECKPOINT_INTERVAL_MIN);
        let (busy, repeat_max, cost) = (Duration::ZERO, REPEAT_MAX, Duration::ZERO);
        let pace = Pace { last, interval, repeat_max, busy, noted: last, entry_count: 0, cost };
        let (time, position, next) = (checkpoint.time, checkpoint.source.clone(), restart.next);
        Self { ground, tasks, told, journal, graph, outputs, clock, time, position, next, restart, pace, saving: None }
    }

    /// Works until it is told to stop.
    async fn go_on(&mut self, ahead: &mut Ahead, will: &mut watch::Receiver<Will>) -> Result<(), Error> {
        // The wall clock may have been set back since the last entry.
        self.clock = StampClock::new(&self.ground.host, self.time.unwrap_or(0));
        loop {
            if self.saving.is_none() && self.pace.is_due(self.ground.host.monotonic()) {
                let saving = self.save(false).await?;
                self.saving = Some(saving);
            }
            let now = self.clock.now();
            let deadline =
                self.graph.deadline().map(|deadline| deadline.max(self.time.map_or(i64::MIN, |time| time + 1)));
            let wake = deadline.unwrap_or(i64::MAX).min(now + HEARTBEAT_MS);
            let pause = Duration::from_millis(u64::try_from(wake - now).unwrap_or(0));
            tokio::select! {
                biased;
                // Where the handle is gone, the run ends from outside.
                () = told_to_stop(will) => return Ok(()),
                saved = saved(&mut self.saving) => self.note_saved(saved?),
                polled = ahead.recv() => match polled {
                    Some(Ok(polled)) => self.take(Some(polled)).await?,
                    Some(Err(reason)) => return Err(Error::Input(reason)),
                    None => return Err(Error::Killed),
                },
                () = self.ground.host.sleep(pause) => {
                    if deadline.is_some_and(|deadline| deadline <= self.clock.now()) {
                        self.take(None).await?;
                    }
                }
            }
        }
    }

    /// Lets something happen: rows that came, or time that has gone by.
    async fn take(&mut self, polled: Option<Polled>) -> Result<(), Error> {
        let time = self.stamp().await;
        let range = polled.as_ref().map_or_else(Vec::new, |polled| polled.range.clone());
        let logged = Logged { time, range };
        // On its way to the disk while the operators work. Nothing leaves before it is there.
        let mut committed = pin!(maybe_done(self.journal.append(self.next, &logged)));
        let _ = poll!(&mut committed);
        let outputs = self.advance(time, polled);
        committed.as_mut().await;
        let mut result = committed.take_output().unwrap_or(Err(Error::Killed));
        while let Err(Error::Store(store::Error::Full)) = result {
            self.ground.host.sleep(FULL_PAUSE).await;
            result = self.journal.append(self.next, &logged).await;
        }
        result?;
        if matches!(outputs, Err(Error::Exhausted(_))) {
            // A recovery would only end here again. Without the entry it gets to where its records are read anew, at a later
            // time, when rows may have left their windows.
            self.journal.take_back(self.next).await?;
        }
        let outputs = outputs?;
        self.next += 1;
        self.emit(outputs, &[]).await
    }

    /// What [`take`](Self::take) did before a crash.
    pub(super) async fn repeat(
        &mut self,
        time: i64,
        polled: Option<Polled>,
        written: &[HashSet<u64>],
    ) -> Result<(), Error> {
        let outputs = self.advance(time, polled)?;
        self.next += 1;
        self.emit(outputs, written).await
    }

    /// All of the past is repeated: what comes now may be refused.
    pub(super) fn be_strict(&mut self) {
        self.graph.be_lenient(false);
    }

    /// The ROWTIME of what comes now: above the last one, and never back.
    async fn stamp(&mut self) -> i64 {
        let Some(last) = self.time else { return self.clock.now() };
        if last - self.clock.now() < STAMP_WAIT_MS_MAX {
            // Otherwise many small batches would carry the stamps away from the clock.
            self.clock.reach(last + 1).await;
        }
        self.clock.now().max(last + 1)
    }

    fn advance(&mut self, time: i64, polled: Option<Polled>) -> Result<Outputs, Error> {
        let started = self.ground.host.monotonic();
        self.time = Some(time);
        let (record_count, behind_ms) =
            polled.as_ref().map_or((0, 0), |polled| (polled.record_count, polled.behind_ms));
        let entry = match polled {
            Some(polled) => {
                self.position.clone_from(&polled.position);
                entry(time, polled)
            }
            None => Entry { time, ..Entry::default() },
        };
        let outputs = self.graph.advance(entry)?;
        let memory_bytes = self.graph.memory();
        self.told.note(|status| {
            status.record_count += record_count;
            status.failed_count += outputs.failed_count;
            status.behind_ms = behind_ms;
            status.memory_bytes = memory_bytes;
        });
        let now = self.ground.host.monotonic();
        // Where the reading is behind, the whole time since the last entry was work, most of it perhaps the source's.
        let since = if behind_ms > 0 { self.pace.noted.max(self.pace.last) } else { started };
        self.pace.busy += now.saturating_sub(since);
        self.pace.noted = now;
        self.pace.entry_count += 1;
        Ok(outputs)
    }

    /// Numbers rows and hands them to the writers; those that are `written` already are only counted.
    async fn emit(&mut self, outputs: Outputs, written: &[HashSet<u64>]) -> Result<(), Error> {
        for (index, (output, parts)) in self.outputs.iter_mut().zip(outputs.taps).enumerate() {
            if parts.is_empty() {
                continue;
            }
            let rows = Rows::concat(&parts);
            let end = output.count + rows.len() as u64;
            let mut outgoing = Outgoing { sequence: (output.count..end).collect(), rows };
            output.count = end;
            if let Some(written) = written.get(index) {
                outgoing = writer::missing(outgoing, written);
            }
            if outgoing.sequence.is_empty() {
                continue;
            }
            // A writer that is gone has said why.
            output.queue.send(Message::Rows(outgoing)).await.map_err(|_gone| Error::Killed)?;
        }
        Ok(())
    }

    /// Begins a checkpoint of this very moment. It becomes durable in the background, when all rows before it have been written.
    async fn save(&mut self, stopped: bool) -> Result<Saving, Error> {
        let started = self.ground.host.monotonic();
        let graph = self.graph.save().into_pieces();
        let now = self.ground.host.monotonic();
        self.pace =
            Pace { last: now, busy: Duration::ZERO, entry_count: 0, cost: now.saturating_sub(started), ..self.pace };
        let mut barriers = Vec::with_capacity(self.outputs.len());
        for output in &self.outputs {
            let (answer, answered) = oneshot::channel();
            output.queue.send(Message::Barrier(answer)).await.map_err(|_gone| Error::Killed)?;
            barriers.push((output.id.clone(), output.count, answered));
        }
        let (time, source, next, before) = (self.time, self.position.clone(), self.next, self.restart);
        let (ground, journal, (sender, saving)) = (self.ground.clone(), self.journal.clone(), oneshot::channel());
        self.tasks.spawn("flow-checkpoint", async move {
            let mut outputs = Vec::with_capacity(barriers.len());
            for (id, count, answered) in barriers {
                // A writer that is gone has said why.
                let Ok(position) = answered.await else { return };
                outputs.push(OutputAt { id, count, position });
            }
            let started = ground.host.monotonic();
            let checkpoint = Checkpoint { graph, time, source, outputs };
            let saved = async {
                let blob = checkpoint.write(&ground.blobs).await?;
                journal.point_to(&blob, next, stopped, Some(before)).await
            };
            let saved = saved.await.map(|restart| (restart, ground.host.monotonic().saturating_sub(started)));
            // Nobody waits for it when the run has ended.
            let _ = sender.send(saved);
        });
        Ok(saving)
    }

    fn note_saved(&mut self, (restart, cost): (Restart, Duration)) {
        self.saving = None;
        self.restart = restart;
        let cost = self.pace.cost + cost;
        self.pace.interval = (cost * CHECKPOINT_SHARE).clamp(CHECKPOINT_INTERVAL_MIN, CHECKPOINT_INTERVAL_MAX);
        self.pace.repeat_max = RESTART_MAX.saturating_sub(cost * 2).clamp(REPEAT_MIN, REPEAT_MAX);
        self.told.note(|status| status.checkpoint_count += 1);
    }

    /// Writes what is on its way, and a last checkpoint.
    async fn stop(&mut self) -> Result<(), Error> {
        if self.saving.is_some() {
            let done = saved(&mut self.saving).await?;
            self.note_saved(done);
        }
        self.saving = Some(self.save(true).await?);
        let done = saved(&mut self.saving).await?;
        self.note_saved(done);
        Ok(())
    }
}

impl Pace {
    fn is_due(&self, now: Duration) -> bool {
        let elapsed = now.saturating_sub(self.last);
        let too_much = self.busy >= self.repeat_max && elapsed >= CHECKPOINT_INTERVAL_MIN;
        self.entry_count > 0 && (elapsed >= self.interval || too_much)
    }
}

/// Resolves when the application is to stop, or its handle is gone.
async fn told_to_stop(will: &mut watch::Receiver<Will>) {
    // An error tells that the handle is gone.
    let _ = will.wait_for(|will| matches!(will, Will::Stop)).await;
}

/// Resolves when the handle is gone.
async fn given_up(will: &mut watch::Receiver<Will>) {
    while will.changed().await.is_ok() {}
}

/// Resolves when a checkpoint that is on its way has become durable, or cannot.
async fn saved(saving: &mut Option<Saving>) -> Result<(Restart, Duration), Error> {
    match saving {
        Some(saving) => saving.await.unwrap_or(Err(Error::Killed)),
        None => std::future::pending().await,
    }
}

/// What a poll gave, as the graph takes it.
fn entry(time: i64, polled: Polled) -> Entry {
    let mut entry = Entry { time, ..Entry::default() };
    for arrived in polled.arrived {
        entry.rejected.extend(arrived.rejected.into_iter().map(|rejected| (rejected.record, rejected.error)));
        if arrived.count > 0 {
            entry.rows.push((arrived.stream, Rows::new(vec![time; arrived.count].into(), arrived.columns)));
        }
    }
    entry
}
