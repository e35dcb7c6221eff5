//! Reads ahead, while the rows before are being worked on.

use std::time::Duration;

use tokio::sync::mpsc;

use super::journal::{Journal, Logged};
use super::patience::Patience;
use super::status::Told;
use super::tasks::Tasks;
use super::{Error, Polled, Source, StartingPosition};

/// Polls that wait to be worked on.
const AHEAD_COUNT: usize = 2;
/// How long a poll waits for records.
const POLL_WAIT: Duration = Duration::from_secs(1);

/// What was read, or why nothing ever will be again.
pub(super) type Ahead = mpsc::Receiver<Result<Polled, String>>;

/// Starts to read where the source is.
pub(super) fn start(tasks: &Tasks, mut source: Box<dyn Source>, told: Told) -> Ahead {
    let (sender, receiver) = mpsc::channel(AHEAD_COUNT);
    let mut patience = Patience::new(tasks.host(), &told);
    tasks.spawn_thread("flow-source", async move {
        loop {
            // Nothing is read that nobody has room for.
            let Ok(room) = sender.reserve().await else { return };
            let polled = loop {
                match source.poll(POLL_WAIT).await {
                    Ok(polled) if polled.range.is_empty() => told.note(|status| status.behind_ms = polled.behind_ms),
                    Ok(polled) => break Ok(polled),
                    Err(failure) => {
                        if let Err(reason) = patience.bear(failure).await {
                            break Err(reason);
                        }
                        continue;
                    }
                }
                patience.rest();
            };
            patience.rest();
            let is_last = polled.is_err();
            room.send(polled);
            if is_last {
                return;
            }
        }
    });
    receiver
}

/// What has happened since a checkpoint, or why it cannot be found out; and in the end the source, behind all of it.
pub(super) enum Past {
    Entry(Logged, Option<Polled>),
    End(Box<dyn Source>),
}

/// Reads what has happened since a checkpoint once more, ahead of the work on it.
pub(super) fn past(
    tasks: &Tasks,
    mut source: Box<dyn Source>,
    journal: Journal,
    mut next: u64,
    mut patience: Patience,
) -> mpsc::Receiver<Result<Past, Error>> {
    let (sender, receiver) = mpsc::channel(AHEAD_COUNT);
    tasks.spawn_thread("flow-source", async move {
        loop {
            let entries = match journal.entries(next) {
                Ok(entries) if entries.is_empty() => break,
                Ok(entries) => entries,
                Err(error) => return drop(sender.send(Err(error)).await),
            };
            next += entries.len() as u64;
            for logged in entries {
                let polled = match logged.range.is_empty() {
                    true => Ok(None),
                    false => again(&mut *source, &logged.range, &mut patience).await.map(Some),
                };
                let past = polled.map(|polled| Past::Entry(logged, polled)).map_err(Error::Input);
                let is_last = past.is_err();
                if sender.send(past).await.is_err() || is_last {
                    return;
                }
            }
        }
        // Nobody waits for it when the run has ended.
        let _ = sender.send(Ok(Past::End(source))).await;
    });
    receiver
}

/// Reads a journalled range once more, however long it takes.
async fn again(source: &mut dyn Source, range: &[u8], patience: &mut Patience) -> Result<Polled, String> {
    loop {
        match source.again(range).await {
            Ok(polled) => {
                patience.rest();
                return Ok(polled);
            }
            Err(failure) => patience.bear(failure).await?,
        }
    }
}

/// Asks a source where to begin, however long it takes.
pub(super) async fn begin(
    source: &mut dyn Source,
    start: StartingPosition,
    patience: &mut Patience,
) -> Result<Vec<u8>, String> {
    loop {
        match source.begin(start).await {
            Ok(position) => {
                patience.rest();
                return Ok(position);
            }
            Err(failure) => patience.bear(failure).await?,
        }
    }
}

/// Sets a source to a position, however long it takes.
pub(super) async fn seek(source: &mut dyn Source, position: &[u8], patience: &mut Patience) -> Result<(), String> {
    while let Err(failure) = source.seek(position).await {
        patience.bear(failure).await?;
    }
    patience.rest();
    Ok(())
}
