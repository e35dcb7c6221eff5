//! Puts a server together: the host, the data directory, the engines, the services, the gateway.

use std::net::SocketAddr;
use std::sync::Arc;

use aws::Face;
use gateway::{Auth, Hooks, Limits, Server, SessionRefused, Tls};
use host::Host;
use store::Store;
use sts::{Sts, TokenRefused};

use crate::credentials;
use crate::{Access, Config, Failure};

/// A running server. [`Running::shutdown`] stops it in order.
#[derive(Debug)]
pub struct Running {
    server: Server,
    /// Last, so that another process gets in only when everything else is closed.
    _lock: log::DirectoryLock,
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
    let lock = log::lock_directory(&host, &config.data_dir).map_err(|error| Failure::caused_by(&error))?;
    let store = Store::open(&host, &config.data_dir).map_err(|error| Failure::caused_by(&error))?;
    let sts = sts::Settings { any_account: config.auth == Access::Open };
    let sts = Sts::open(&host, &store, sts).await.map_err(|error| Failure::caused_by(&error))?;
    let faces: Vec<Face> = vec![sts::face(Arc::clone(&sts))];
    let hooks = Hooks { sessions: Some(Arc::new(Sessions(sts))), ..Hooks::default() };
    let gateway = gateway::Config {
        listen: config.listen,
        auth,
        region: config.region.clone(),
        account: config.account.clone(),
        tls: Some(tls(&config)),
        limits: Limits::default(),
    };
    let server = gateway::serve(host, gateway, faces, hooks).await.map_err(|error| Failure::caused_by(&error))?;
    Ok(Running { server, _lock: lock })
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

/// The temporary credentials of STS, as the gateway asks for them.
struct Sessions(Arc<Sts>);

impl gateway::Sessions for Sessions {
    fn open(&self, access_key: &str, token: &str, now_ms: u64) -> Result<gateway::Session, SessionRefused> {
        match self.0.session(access_key, token, now_ms) {
            Ok(sts::Session { secret_key, account, caller }) => Ok(gateway::Session { secret_key, account, caller }),
            Err(TokenRefused::Unknown) => Err(SessionRefused::Unknown),
            Err(TokenRefused::Expired) => Err(SessionRefused::Expired),
        }
    }
}
