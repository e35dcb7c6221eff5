//! A whole server in the test's process, with a data directory of its own.

use std::io;

use millstream::{Config, Enforcement, Running};
use tempfile::TempDir;

use crate::Client;

/// A running server; everything it kept goes with it.
#[derive(Debug)]
pub struct Server {
    running: Running,
    _data: TempDir,
}

impl Server {
    /// Starts a server on a free port of loopback, with AWS's limits or without.
    pub async fn start(has_limits: bool) -> io::Result<Self> {
        let data = tempfile::tempdir()?;
        let limits = if has_limits { Enforcement::Aws } else { Enforcement::Off };
        let config = Config { limits, ..Config::for_tests(data.path()) };
        let running = millstream::start(config).await.map_err(|failure| io::Error::other(failure.to_string()))?;
        Ok(Self { running, _data: data })
    }

    /// The address for clients, as in `http://127.0.0.1:40001`.
    pub fn endpoint(&self) -> String {
        self.running.endpoint()
    }

    /// A client of this server.
    pub fn client(&self) -> io::Result<Client> {
        Client::new(&self.endpoint())
    }

    /// Lets requests in flight end, then closes everything.
    pub async fn stop(self) {
        self.running.shutdown().await;
    }
}
