//! Loads a server from many connections at once and reads what it cost.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::Error;
use crate::process::Server;
use crate::wire::{Answer, Connection};

/// What a turn cost and gave.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Cost {
    /// Answered requests.
    pub(crate) answers: u64,
    /// CPU time of the server.
    pub(crate) cpu: Duration,
    /// Wall time.
    pub(crate) wall: Duration,
}

impl std::ops::AddAssign for Cost {
    fn add_assign(&mut self, other: Self) {
        self.answers += other.answers;
        self.cpu += other.cpu;
        self.wall += other.wall;
    }
}

/// How long to load.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Turn {
    pub(crate) warm_up: Duration,
    pub(crate) measured: Duration,
}

/// Says what is wrong with an answer.
pub(crate) type Check = fn(&Answer) -> Result<(), Error>;

/// Sends each connection's prepared requests round and round.
pub(crate) async fn load(
    server: &Server,
    connections: Vec<Vec<Bytes>>,
    turn: Turn,
    check: Check,
) -> Result<Cost, Error> {
    let (answers, stop) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    let local = tokio::task::LocalSet::new();
    let mut tasks = Vec::new();
    for requests in connections {
        let (answers, stop, address) = (Arc::clone(&answers), Arc::clone(&stop), server.address);
        tasks.push(local.spawn_local(send_all(address, requests, check, answers, stop)));
    }
    local
        .run_until(async {
            tokio::time::sleep(turn.warm_up).await;
            let (before, cpu_before, started) = (answers.load(Ordering::Relaxed), server.cpu()?, Instant::now());
            tokio::time::sleep(turn.measured).await;
            let cost = Cost {
                answers: answers.load(Ordering::Relaxed) - before,
                cpu: server.cpu()? - cpu_before,
                wall: started.elapsed(),
            };
            stop.store(true, Ordering::Relaxed);
            for task in tasks {
                task.await??;
            }
            Ok(cost)
        })
        .await
}

async fn send_all(
    address: SocketAddr,
    requests: Vec<Bytes>,
    check: Check,
    answers: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
) -> Result<(), Error> {
    let mut connection = Connection::open(address).await?;
    for request in requests.iter().cycle() {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        check(&connection.call(request).await?)?;
        answers.fetch_add(1, Ordering::Relaxed);
    }
    Ok(())
}

/// The value below which `percent` of the sorted values lie.
pub(crate) fn percentile(sorted: &[Duration], percent: f64) -> Duration {
    let last = sorted.len().saturating_sub(1);
    sorted.get((last as f64 * percent / 100.0).round() as usize).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_taken_from_sorted_values() {
        let values: Vec<Duration> = (0..=100).map(Duration::from_millis).collect();
        assert_eq!(percentile(&values, 50.0), Duration::from_millis(50));
        assert_eq!(percentile(&values, 99.0), Duration::from_millis(99));
        assert_eq!(percentile(&[], 99.0), Duration::ZERO);
    }
}
