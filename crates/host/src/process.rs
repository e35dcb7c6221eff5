//! What this process uses, as the kernel counts it, and processes that work for it.

mod companion;

use std::time::Duration;

pub use companion::{Companion, CompanionKiller, limit_companion, serve_companion};

/// Clock ticks per second of `/proc`; fixed for user space on Linux.
const TICKS_PER_SECOND: u64 = 100;
/// Bytes per page of `/proc/self/statm`.
const PAGE_BYTES: u64 = 4096;

/// Memory and time of this process.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Memory that is resident.
    pub resident_bytes: u64,
    /// Time spent on all processors, in user and kernel mode.
    pub cpu: Duration,
}

/// Asks the kernel; zeros where it does not say.
pub fn usage() -> Usage {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    Usage { resident_bytes: resident_bytes(&statm).unwrap_or_default(), cpu: cpu(&stat).unwrap_or_default() }
}

/// Lets this process have as many files and connections open as the system allows it; many systems start programs with
/// far fewer.
pub fn allow_open_files() {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    let raised = rustix::process::Rlimit { current: limit.maximum, maximum: limit.maximum };
    if let Err(error) = rustix::process::setrlimit(rustix::process::Resource::Nofile, raised) {
        tracing::warn!(%error, allowed = limit.current, "the number of open files stays low");
    }
}

fn resident_bytes(statm: &str) -> Option<u64> {
    let pages: u64 = statm.split(' ').nth(1)?.parse().ok()?;
    Some(pages * PAGE_BYTES)
}

fn cpu(stat: &str) -> Option<Duration> {
    // The command's name, in parentheses, may contain spaces.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let kernel: u64 = fields.next()?.parse().ok()?;
    Some(Duration::from_millis((user + kernel) * 1000 / TICKS_PER_SECOND))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_behind_a_strange_name() {
        let stat = "7 (a) b) S 1 7 7 0 -1 4194304 101 0 0 0 150 50 0 0 20 0 3 0 9 1 2";
        assert_eq!(cpu(stat), Some(Duration::from_secs(2)));
        assert_eq!(resident_bytes("100 25 3 1 0 9 0\n"), Some(25 * 4096));
        assert_eq!((cpu(""), resident_bytes("")), (None, None));
    }

    #[test]
    fn more_files_may_be_open_afterwards() {
        allow_open_files();
        let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
        assert_eq!(limit.current, limit.maximum);
    }

    #[test]
    fn this_process_uses_memory() {
        assert!(usage().resident_bytes > 0);
    }
}
