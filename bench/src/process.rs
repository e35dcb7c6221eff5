//! The servers as child processes: started, watched through `/proc`, ended.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use crate::Error;

/// The kernel counts CPU time for user space in hundredths of a second (`USER_HZ`), on every architecture.
const TICK_MS: u64 = 10;

/// CPU time of this process so far, user and system.
pub(crate) fn own_cpu() -> Result<Duration, Error> {
    cpu("self")
}

fn cpu(process: &str) -> Result<Duration, Error> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    // The second field is the name in parentheses and may hold anything; utime and stime are fields 14 and 15.
    let fields: Vec<&str> = stat.rsplit_once(") ").ok_or("no name in stat")?.1.split(' ').collect();
    let ticks: u64 = fields[11].parse::<u64>()? + fields[12].parse::<u64>()?;
    Ok(Duration::from_millis(ticks * TICK_MS))
}

/// A running server. Killed when dropped.
pub(crate) struct Server {
    child: Child,
    /// Kept open: a server that prints later must not meet a broken pipe.
    _stdout: BufReader<ChildStdout>,
    pub(crate) address: SocketAddr,
    /// From the start of the process to its word that it listens.
    pub(crate) ready_after: Duration,
}

impl Server {
    /// Starts the real server without limits.
    pub(crate) fn millstream(program: &Path, data_dir: &Path) -> Result<Self, Error> {
        let mut command = Command::new(program);
        command.args(["serve", "--listen", "127.0.0.1:0", "--limits", "off", "--data-dir"]).arg(data_dir);
        Self::start(&mut command)
    }

    /// Starts the yardstick: this program once more.
    pub(crate) fn yardstick(file: &Path, answer_bytes: usize) -> Result<Self, Error> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args([OsStr::new("yardstick"), OsStr::new("--file"), file.as_os_str()]);
        command.args(["--answer-bytes", &answer_bytes.to_string()]);
        Self::start(&mut command)
    }

    /// Starts the yardstick for objects.
    pub(crate) fn yardstick_objects(dir: &Path) -> Result<Self, Error> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args([OsStr::new("yardstick-objects"), OsStr::new("--dir"), dir.as_os_str()]);
        Self::start(&mut command)
    }

    fn start(command: &mut Command) -> Result<Self, Error> {
        let started = Instant::now();
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
        let mut stdout = BufReader::new(child.stdout.take().expect("the pipe was asked for"));
        let mut line = String::new();
        loop {
            line.clear();
            if stdout.read_line(&mut line)? == 0 {
                return Err(format!("{command:?} ended without listening").into());
            }
            if let Some(address) = line.trim().strip_prefix("listening on http://") {
                let ready_after = started.elapsed();
                return Ok(Self { address: address.parse()?, child, _stdout: stdout, ready_after });
            }
        }
    }

    /// CPU time of all its threads so far, user and system.
    pub(crate) fn cpu(&self) -> Result<Duration, Error> {
        cpu(&self.child.id().to_string())
    }

    /// The most memory it has ever had, in MB.
    pub(crate) fn memory_peak_mb(&self) -> Result<f64, Error> {
        self.status_mb("VmHWM:")
    }

    /// The memory it has now, in MB.
    pub(crate) fn memory_mb(&self) -> Result<f64, Error> {
        self.status_mb("VmRSS:")
    }

    fn status_mb(&self, name: &str) -> Result<f64, Error> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find(|line| line.starts_with(name)).ok_or("no such line in status")?;
        let kb: f64 = line.split_whitespace().nth(1).ok_or("no number in status")?.parse()?;
        Ok(kb / 1024.0)
    }

    /// Open files and sockets.
    pub(crate) fn descriptors(&self) -> Result<usize, Error> {
        Ok(std::fs::read_dir(format!("/proc/{}/fd", self.child.id()))?.count())
    }

    /// Ends it without a chance to tidy up.
    pub(crate) fn kill(mut self) -> Result<(), Error> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Asks it to end, and waits until it has.
    pub(crate) fn terminate(mut self) -> Result<Duration, Error> {
        let asked = Instant::now();
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM)?;
        self.child.wait()?;
        Ok(asked.elapsed())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Both fail only when it has already ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
