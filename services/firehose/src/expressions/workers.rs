//! Expressions in processes of their own, with little memory and little time.

use std::path::PathBuf;
use std::sync::Mutex;
use std::time::Duration;

use bytes::Bytes;
use futures::future::{BoxFuture, Either, select};
use host::Host;
use host::process::{Companion, limit_companion, serve_companion};
use tokio::sync::Semaphore;

use super::{Expressions, Extracted, InProcess, WORKER_ARGUMENT};
use crate::partitioning::NoKeys;

/// Processes at the same time.
const WORKERS: usize = 2;
/// How long some hundred records may take, and how long one may.
const BATCH_TIME: Duration = Duration::from_secs(5);
const RECORD_TIME: Duration = Duration::from_secs(1);
/// What a process may use: addresses, which are more than memory, and seconds of a processor for one request.
const MEMORY_BYTES: u64 = 1 << 30;
const CPU_S: u64 = 5;
/// Records in a row that end a process before the next ones of their batch are taken for lost, too.
const STRIKES_MAX: usize = 3;

/// Processes that run expressions.
pub(crate) struct Workers {
    host: Host,
    program: PathBuf,
    turns: Semaphore,
    idle: Mutex<Vec<Companion>>,
}

/// A process came to no answer.
enum NoAnswer {
    /// The expression had all the time there is.
    TimeOut,
    /// It has ended: no memory, or no end of a recursion.
    Ended,
    /// There is none: the system starts no process, or the server stops.
    Absent,
}

impl NoAnswer {
    /// Why a record has no keys.
    fn keys(&self) -> NoKeys {
        NoKeys::Failed(match self {
            Self::TimeOut => format!("it does not end within {} s", RECORD_TIME.as_secs()),
            Self::Ended => "it needs too much memory or recurses too deeply".to_owned(),
            Self::Absent => "no process runs it".to_owned(),
        })
    }

    /// Why an expression is not taken.
    fn uncompiled(&self) -> String {
        match self {
            Self::TimeOut => format!("it is not compiled within {} s", BATCH_TIME.as_secs()),
            Self::Ended => "it is too deep to be compiled".to_owned(),
            Self::Absent => "no process compiles it".to_owned(),
        }
    }
}

impl Workers {
    pub(crate) fn new(host: Host, program: PathBuf) -> Self {
        Self { host, program, turns: Semaphore::new(WORKERS), idle: Mutex::default() }
    }

    /// Asks a process, and ends it where it takes too long.
    async fn ask(&self, request: Vec<u8>, time: Duration) -> Result<Extracted, NoAnswer> {
        let _turn = self.turns.acquire().await.map_err(|_closed| NoAnswer::Absent)?;
        let idle = self.idle.lock().expect("no panic while held").pop();
        let mut companion = match idle {
            Some(companion) => companion,
            None => self.start().await?,
        };
        let killer = companion.killer();
        let asked = self.host.blocking("jq", move || {
            let answer = companion.ask(&request);
            (companion, answer)
        });
        let (companion, answer) = match select(asked, self.host.sleep(time)).await {
            Either::Left((asked, _)) => asked.map_err(|_unfinished| NoAnswer::Absent)?,
            Either::Right(_) => {
                killer.kill();
                return Err(NoAnswer::TimeOut);
            }
        };
        let answer = answer.ok().and_then(|answer| serde_json::from_slice(&answer).ok()).ok_or(NoAnswer::Ended)?;
        self.idle.lock().expect("no panic while held").push(companion);
        Ok(answer)
    }

    async fn start(&self) -> Result<Companion, NoAnswer> {
        let program = self.program.clone();
        let started = self.host.blocking("jq", move || Companion::start(&program, WORKER_ARGUMENT)).await;
        match started.map_err(|_unfinished| NoAnswer::Absent)? {
            Ok(companion) => Ok(companion),
            Err(error) => {
                tracing::error!(program = %self.program.display(), %error, "a process for jq expressions cannot start");
                Err(NoAnswer::Absent)
            }
        }
    }

    /// One record at a time, to find those that end processes.
    async fn one_by_one(&self, expression: &str, records: &[Bytes]) -> Extracted {
        let (mut found, mut strikes) = (Vec::with_capacity(records.len()), 0);
        for record in records {
            match self.ask(request(expression, std::slice::from_ref(record)), RECORD_TIME).await {
                Ok(answer) => {
                    found.extend(answer?);
                    strikes = 0;
                }
                Err(why) => {
                    found.push(Err(why.keys()));
                    strikes += 1;
                    if strikes >= STRIKES_MAX {
                        // The expression is at fault, and not the record.
                        found.resize(records.len(), Err(why.keys()));
                        break;
                    }
                }
            }
        }
        Ok(found)
    }
}

impl Expressions for Workers {
    fn keys<'a>(&'a self, expression: &'a str, records: Vec<Bytes>) -> BoxFuture<'a, Extracted> {
        Box::pin(async move {
            match self.ask(request(expression, &records), BATCH_TIME).await {
                Ok(Ok(found)) if found.len() != records.len() => Err("the answer is of other records".to_owned()),
                Ok(answer) => answer,
                Err(why) if records.is_empty() => Err(why.uncompiled()),
                Err(_) => self.one_by_one(expression, &records).await,
            }
        })
    }
}

/// What a process is asked: the expression and the records, each behind its length.
fn request(expression: &str, records: &[Bytes]) -> Vec<u8> {
    let parts = || std::iter::once(expression.as_bytes()).chain(records.iter().map(|record| &record[..]));
    let mut request = Vec::with_capacity(parts().map(|part| part.len() + 4).sum());
    for part in parts() {
        request.extend(u32::try_from(part.len()).unwrap_or(u32::MAX).to_le_bytes());
        request.extend_from_slice(part);
    }
    request
}

/// The parts of a request.
fn parts(request: &[u8]) -> Option<(&str, Vec<Bytes>)> {
    let mut rest = request;
    let mut next = || {
        let (length, behind) = rest.split_first_chunk::<4>()?;
        let (part, behind) = behind.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        rest = behind;
        Some(part)
    };
    let expression = std::str::from_utf8(next()?).ok()?;
    let records = std::iter::from_fn(next).map(Bytes::copy_from_slice).collect();
    Some((expression, records))
}

/// What the worker's process does: answers until nobody asks any more.
pub fn run_worker() -> std::io::Result<()> {
    let expressions = InProcess::default();
    serve_companion(|asked| {
        limit_companion(MEMORY_BYTES, CPU_S);
        let answer: Extracted = match parts(asked) {
            Some((expression, records)) => expressions.run(expression, &records),
            None => Err("the request is no request".to_owned()),
        };
        serde_json::to_vec(&answer).expect("keys are text")
    })
}
