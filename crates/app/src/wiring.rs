//! Puts a server together: the host, the data directory, the engines, the services, the gateway.

use std::net::SocketAddr;
use std::sync::Arc;

use aws::Face;
use gateway::{Auth, Hooks, Limits, Server, Tls};
use host::Host;

use crate::credentials;
use crate::{Access, Config, Failure};

/// A running server. [`Running::shutdown`] stops it in order.
#[derive(Debug)]
pub struct Running {
    server: Server,
}

impl Running {
    /// The address it listens on, with the port the system chose.
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// The endpoint for clients.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address())
    }

    /// Lets requests in flight end, then closes everything.
    pub async fn shutdown(self) {
        self.server.shutdown().await;
    }
}

/// Starts a whole server in this process.
pub async fn start(config: Config) -> Result<Running, Failure> {
    check(&config)?;
    let auth = auth(&config)?;
    let host = Host::real();
    let faces: Vec<Face> = Vec::new();
    let hooks = Hooks::default();
    let gateway = gateway::Config {
        listen: config.listen,
        auth,
        region: config.region.clone(),
        account: config.account.clone(),
        tls: Some(tls(&config)),
        limits: Limits::default(),
    };
    let server = gateway::serve(host, gateway, faces, hooks).await.map_err(|error| Failure::caused_by(&error))?;
    Ok(Running { server })
}

/// Refuses what would be dangerous or could never work, before anything is touched.
fn check(config: &Config) -> Result<(), Failure> {
    if config.auth == Access::Open && !config.listen.ip().is_loopback() && !config.insecure {
        return Err(Failure::new(format!(
            "refusing to listen on {} without checking signatures: use --auth keys, or say --insecure",
            config.listen
        )));
    }
    if !credentials::is_account(&config.account) {
        return Err(Failure::new(format!("--account must be twelve digits, not '{}'", config.account)));
    }
    Ok(())
}

fn auth(config: &Config) -> Result<Auth, Failure> {
    match (config.auth, &config.credentials) {
        (Access::Open, None) => Ok(Auth::Open),
        (Access::Open, Some(_)) => Err(Failure::new("--credentials needs --auth keys; --auth open checks nobody")),
        (Access::Keys, None) => Err(Failure::new("--auth keys needs --credentials FILE")),
        (Access::Keys, Some(path)) => Ok(Auth::Keys(Arc::new(credentials::load(path)?))),
    }
}

fn tls(config: &Config) -> Tls {
    match &config.tls {
        Some((certificate, key)) => Tls::Files { certificate: certificate.clone(), key: key.clone() },
        None => Tls::SelfSigned { directory: config.data_dir.join("tls") },
    }
}
