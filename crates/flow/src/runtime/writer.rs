//! Appends the rows of one output, in their order and each of them once.

use std::collections::HashSet;

use arrow_array::BooleanArray;
use tokio::sync::{mpsc, oneshot};

use super::patience::Patience;
use super::status::Told;
use super::tasks::Tasks;
use super::{Error, Outgoing, Sink};
use crate::Rows;

/// Batches that wait to be appended.
const QUEUE_COUNT: usize = 8;
/// Rows that are appended at once.
const APPEND_ROWS_MAX: usize = 10_000;

/// What a writer is given.
pub(super) enum Message {
    /// Rows to be appended.
    Rows(Outgoing),
    /// Everything before was to be appended first: tells the position behind which the rest is found.
    Barrier(oneshot::Sender<Vec<u8>>),
}

/// The queue in front of a writer.
pub(super) type Queue = mpsc::Sender<Message>;

/// One output that is written.
pub(super) struct Writer {
    /// Its id.
    pub(super) id: String,
    /// Its place among the outputs.
    pub(super) index: usize,
    /// Where rows go.
    pub(super) sink: Box<dyn Sink>,
    /// Behind it everything is found that is appended from now on.
    pub(super) position: Vec<u8>,
    /// How it is going.
    pub(super) told: Told,
    /// Pauses between failures.
    pub(super) patience: Patience,
}

impl Writer {
    /// Starts to write; why it cannot go on any more goes into `faults`.
    pub(super) fn start(mut self, tasks: &Tasks, faults: mpsc::Sender<Error>) -> Queue {
        let (sender, receiver) = mpsc::channel(QUEUE_COUNT);
        tasks.spawn("flow-sink", async move {
            if let Err(reason) = self.work(receiver).await {
                // Nobody listens when the run has ended for another reason.
                let _ = faults.send(Error::Output { output: self.id, reason }).await;
            }
        });
        sender
    }

    async fn work(&mut self, mut queue: mpsc::Receiver<Message>) -> Result<(), String> {
        let mut next = queue.recv().await;
        while let Some(message) = next {
            next = match message {
                Message::Barrier(answer) => {
                    self.position = self.positioned().await?;
                    // Whoever wanted to know may have ended.
                    let _ = answer.send(self.position.clone());
                    queue.recv().await
                }
                Message::Rows(rows) => {
                    let (rows, behind) = gathered(rows, &mut queue);
                    self.append(rows).await?;
                    match behind {
                        Some(message) => Some(message),
                        None => queue.recv().await,
                    }
                }
            };
        }
        Ok(())
    }

    async fn append(&mut self, rows: Outgoing) -> Result<(), String> {
        for start in (0..rows.rows.len()).step_by(APPEND_ROWS_MAX) {
            let length = APPEND_ROWS_MAX.min(rows.rows.len() - start);
            let sequence = rows.sequence[start..start + length].to_vec();
            let last = sequence[length - 1];
            let mut piece = Outgoing { sequence, rows: rows.rows.slice(start, length) };
            while !piece.sequence.is_empty() {
                match self.sink.append(&piece).await {
                    Ok(()) => break,
                    Err(failure) => self.patience.bear(failure).await?,
                }
                // Some of them may be there.
                let written = written(&mut *self.sink, &self.position, piece.sequence[0], &mut self.patience).await?;
                piece = missing(piece, &written);
            }
            self.patience.rest();
            let index = self.index;
            self.told.note(|status| status.written[index] = last + 1);
        }
        Ok(())
    }

    async fn positioned(&mut self) -> Result<Vec<u8>, String> {
        positioned(&mut *self.sink, &mut self.patience).await
    }
}

/// Where a sink's next rows will be found, however long it takes.
pub(super) async fn positioned(sink: &mut dyn Sink, patience: &mut Patience) -> Result<Vec<u8>, String> {
    loop {
        match sink.position().await {
            Ok(position) => {
                patience.rest();
                return Ok(position);
            }
            Err(failure) => patience.bear(failure).await?,
        }
    }
}

/// Which rows are there, however long it takes to find out.
pub(super) async fn written(
    sink: &mut dyn Sink,
    position: &[u8],
    first: u64,
    patience: &mut Patience,
) -> Result<HashSet<u64>, String> {
    loop {
        match sink.written(position, first).await {
            Ok(written) => {
                patience.rest();
                return Ok(written.into_iter().collect());
            }
            Err(failure) => patience.bear(failure).await?,
        }
    }
}

/// The rows that are not there yet.
pub(super) fn missing(rows: Outgoing, written: &HashSet<u64>) -> Outgoing {
    if rows.sequence.iter().all(|number| !written.contains(number)) {
        return rows;
    }
    let mask: BooleanArray = rows.sequence.iter().map(|number| Some(!written.contains(number))).collect();
    let sequence = rows.sequence.into_iter().filter(|number| !written.contains(number)).collect();
    Outgoing { sequence, rows: rows.rows.filter(&mask) }
}

/// The rows, and those that wait behind them, as far as they are appended at once; and what stopped the gathering.
fn gathered(first: Outgoing, queue: &mut mpsc::Receiver<Message>) -> (Outgoing, Option<Message>) {
    let mut count = first.rows.len();
    let (mut sequence, mut parts, mut behind) = (first.sequence, vec![first.rows], None);
    while count < APPEND_ROWS_MAX {
        match queue.try_recv() {
            Ok(Message::Rows(more)) => {
                count += more.rows.len();
                sequence.extend(more.sequence);
                parts.push(more.rows);
            }
            Ok(barrier) => {
                behind = Some(barrier);
                break;
            }
            Err(_) => break,
        }
    }
    (Outgoing { sequence, rows: Rows::concat(&parts) }, behind)
}
