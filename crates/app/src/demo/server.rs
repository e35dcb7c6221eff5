//! The server as a child process: this very program, started, killed and started again.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use super::Error;

/// A running server. Killed when dropped, unless it is let go with [`Server::leave_running`].
pub(super) struct Server {
    child: Option<Child>,
    /// Kept open: a server that prints later must not meet a broken pipe.
    _stdout: BufReader<ChildStdout>,
    pub(super) address: SocketAddr,
    pub(super) ready_after: Duration,
    place: Place,
}

/// Where a server lives.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) data_dir: PathBuf,
    pub(super) log_file: PathBuf,
}

impl Server {
    /// Starts a server on a free port.
    pub(super) fn start(place: Place) -> Result<Self, Error> {
        Self::start_on("127.0.0.1:0", place)
    }

    /// Kills the server without a warning, as a power cut would, and starts it again at the same address.
    pub(super) fn kill_and_restart(mut self) -> Result<Self, Error> {
        self.kill();
        Self::start_on(&self.address.to_string(), self.place.clone())
    }

    fn start_on(listen: &str, place: Place) -> Result<Self, Error> {
        let started = Instant::now();
        let log = OpenOptions::new().create(true).append(true).open(&place.log_file)?;
        let mut child = serve(listen, &place.data_dir, log).spawn()?;
        let mut stdout = BufReader::new(child.stdout.take().expect("the pipe was asked for"));
        let mut line = String::new();
        loop {
            line.clear();
            if stdout.read_line(&mut line)? == 0 {
                child.wait()?;
                let log = std::fs::read_to_string(&place.log_file)?;
                return Err(format!("the server did not start:\n{log}").into());
            }
            if let Some(address) = line.trim().strip_prefix("listening on http://") {
                let (address, ready_after) = (address.parse()?, started.elapsed());
                return Ok(Self { child: Some(child), _stdout: stdout, address, ready_after, place });
            }
        }
    }

    /// The process' id, as text.
    pub(super) fn pid(&self) -> String {
        self.child.as_ref().map_or_else(String::new, |child| child.id().to_string())
    }

    /// Asks the server to end and waits until it has.
    pub(super) fn stop(mut self) -> Result<(), Error> {
        if let Some(mut child) = self.child.take() {
            rustix::process::kill_process(rustix::process::Pid::from_child(&child), rustix::process::Signal::TERM)?;
            child.wait()?;
        }
        Ok(())
    }

    /// Lets the server live on after the demo.
    pub(super) fn leave_running(mut self) {
        self.child = None;
    }

    fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            // Both fail only when it has already ended.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

fn serve(listen: &str, data_dir: &Path, log: File) -> Command {
    // The running file, even when a build has replaced it meanwhile.
    let mut command = Command::new("/proc/self/exe");
    command.args(["serve", "--listen", listen, "--data-dir"]).arg(data_dir);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log);
    command
}
