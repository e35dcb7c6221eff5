//! A Postgres server that records statements: enough of the protocol for logins with a password and for prepared
//! statements without parameters.

use std::sync::{Arc, Mutex};

use host::Host;
use host::simulated::{Peer, SimulatedNetwork};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// What is done with a statement.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    /// So many rows were copied.
    Copied(u32),
    /// An SQLSTATE and its message.
    Error(&'static str, &'static str),
    /// The connection breaks in the middle of it.
    Reset,
    /// Nothing ever comes.
    Hang,
}

/// A login, or a statement that was carried out or refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Event {
    Login {
        user: String,
        database: String,
        password: String,
    },
    Statement(String),
    /// The client said goodbye.
    Ended,
}

/// What happened so far.
#[derive(Clone, Default)]
pub(crate) struct Events(Arc<Mutex<Vec<Event>>>);

impl Events {
    pub(crate) fn all(&self) -> Vec<Event> {
        self.0.lock().unwrap().clone()
    }

    pub(crate) fn statements(&self) -> Vec<String> {
        let statement = |event| match event {
            Event::Statement(text) => Some(text),
            _ => None,
        };
        self.all().into_iter().filter_map(statement).collect()
    }

    fn add(&self, event: Event) {
        self.0.lock().unwrap().push(event);
    }
}

type Script = Arc<Mutex<dyn FnMut(&str) -> Answer + Send>>;

/// Serves a simulated machine's port; logins need this password, statements are answered by the script.
pub(crate) fn serve(
    host: &Host,
    network: &SimulatedNetwork,
    (machine, port): (&str, u16),
    password: &'static str,
    script: impl FnMut(&str) -> Answer + Send + 'static,
) -> Events {
    let events = Events::default();
    let kept = events.clone();
    let script: Script = Arc::new(Mutex::new(script));
    let mut listener = network.listen(machine, port);
    let spawner = host.clone();
    host.spawn("postgres", async move {
        loop {
            let session = Session { peer: listener.accept().await, events: kept.clone(), script: Arc::clone(&script) };
            spawner.spawn("session", session.run(password));
        }
    });
    events
}

/// The same for those who ask for a secure connection; without an acceptor they are told that there is none.
pub(crate) fn serve_secure(
    host: &Host,
    network: &SimulatedNetwork,
    (machine, port): (&str, u16),
    password: &'static str,
    acceptor: Option<TlsAcceptor>,
) -> Events {
    let events = Events::default();
    let kept = events.clone();
    let script: Script = Arc::new(Mutex::new(|_: &str| Answer::Copied(1)));
    let mut listener = network.listen(machine, port);
    let spawner = host.clone();
    host.spawn("postgres", async move {
        loop {
            let mut peer = listener.accept().await;
            let (events, script, acceptor) = (kept.clone(), Arc::clone(&script), acceptor.clone());
            spawner.spawn("session", async move {
                let mut asked = [0; 8];
                peer.read_exact(&mut asked).await.unwrap();
                assert_eq!(asked, [0, 0, 0, 8, 4, 210, 22, 47], "a request for a secure connection comes first");
                let Some(acceptor) = acceptor else { return peer.write_all(b"N").await.unwrap() };
                peer.write_all(b"S").await.unwrap();
                // A client that does not trust us is gone.
                let Ok(peer) = acceptor.accept(peer).await else { return };
                Session { peer, events, script }.run(password).await;
            });
        }
    });
    events
}

/// A connection that can break.
trait Wire: AsyncRead + AsyncWrite + Unpin + Send {
    fn reset(self);
}

impl Wire for Peer {
    fn reset(self) {
        Peer::reset(self);
    }
}

impl Wire for TlsStream<Peer> {
    fn reset(self) {
        self.into_inner().0.reset();
    }
}

struct Session<W> {
    peer: W,
    events: Events,
    script: Script,
}

impl<W: Wire> Session<W> {
    async fn run(mut self, password: &'static str) {
        if self.login(password).await.is_none() {
            return;
        }
        let (mut statement, mut has_failed) = (String::new(), false);
        while let Some((kind, body)) = self.message().await {
            match kind {
                b'X' => return self.events.add(Event::Ended),
                b'S' => {
                    has_failed = false;
                    self.send(b'Z', b"I").await;
                }
                // After an error everything is skipped up to the next Sync.
                _ if has_failed => {}
                b'P' => {
                    statement = texts(&body)[1].clone();
                    // A prepared statement is one statement.
                    if statement.contains(';') {
                        has_failed = true;
                        self.error("42601", "cannot insert multiple commands into a prepared statement").await;
                    } else {
                        self.send(b'1', b"").await;
                    }
                }
                b'D' => {
                    self.send(b't', &[0, 0]).await;
                    self.send(b'n', b"").await;
                }
                b'B' => self.send(b'2', b"").await,
                b'C' => self.send(b'3', b"").await,
                b'E' => {
                    self.events.add(Event::Statement(statement.clone()));
                    let answer = (self.script.lock().unwrap())(&statement);
                    match answer {
                        Answer::Copied(rows) => self.send(b'C', format!("COPY {rows}\0").as_bytes()).await,
                        Answer::Error(state, message) => {
                            has_failed = true;
                            self.error(state, message).await;
                        }
                        Answer::Reset => return self.peer.reset(),
                        Answer::Hang => std::future::pending().await,
                    }
                }
                other => panic!("message {:?}", other as char),
            }
        }
    }

    async fn login(&mut self, expected: &str) -> Option<()> {
        let len = self.peer.read_u32().await.ok()?;
        let mut startup = vec![0; len as usize - 4];
        self.peer.read_exact(&mut startup).await.ok()?;
        assert_eq!(startup[..4], [0, 3, 0, 0], "protocol 3.0, and no request for a secure connection");
        let words = texts(&startup[4..]);
        let value = |name: &str| words.iter().position(|word| word == name).map(|at| words[at + 1].clone());
        self.send(b'R', &3_u32.to_be_bytes()).await;
        let (kind, body) = self.message().await?;
        assert_eq!(kind, b'p');
        let password = texts(&body)[0].clone();
        let is_right = password == expected;
        let (user, database) = (value("user").unwrap(), value("database").unwrap());
        self.events.add(Event::Login { user, database, password });
        if !is_right {
            self.error("28P01", "password authentication failed").await;
            return None;
        }
        self.send(b'R', &0_u32.to_be_bytes()).await;
        self.send(b'Z', b"I").await;
        Some(())
    }

    async fn message(&mut self) -> Option<(u8, Vec<u8>)> {
        let kind = self.peer.read_u8().await.ok()?;
        let len = self.peer.read_u32().await.ok()?;
        let mut body = vec![0; len as usize - 4];
        self.peer.read_exact(&mut body).await.ok()?;
        Some((kind, body))
    }

    async fn send(&mut self, kind: u8, body: &[u8]) {
        let mut message = vec![kind];
        message.extend_from_slice(&(body.len() as u32 + 4).to_be_bytes());
        message.extend_from_slice(body);
        // The client may be gone.
        let _gone = self.peer.write_all(&message).await;
        let _gone = self.peer.flush().await;
    }

    async fn error(&mut self, state: &str, message: &str) {
        self.send(b'E', format!("SERROR\0C{state}\0M{message}\0\0").as_bytes()).await;
    }
}

/// The texts of a message, each of which ends with a zero.
fn texts(bytes: &[u8]) -> Vec<String> {
    bytes.split(|byte| *byte == 0).map(|text| String::from_utf8_lossy(text).into_owned()).collect()
}
