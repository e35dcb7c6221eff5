//! A service that says what it heard, waits to be told, and streams what it is given.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use aws::{
    Blob, Call, Constraints, ErrorCode, Event, EventStream, Face, Operation, Operations, Protocol, Required,
    ServiceError, StreamOperation, Timestamp,
};
use futures::StreamExt;
use gateway::{Auth, Config, Hooks, Limits, Server, Tls};
use host::Host;
use serde::{Deserialize, Serialize};
use tokio::sync::{Notify, mpsc};

/// What the operations share with the test.
#[derive(Default)]
pub(crate) struct Echo {
    /// How many `Wait`s have begun, and how many have ended.
    pub(crate) begun: AtomicU64,
    pub(crate) ended: AtomicU64,
    pub(crate) changed: Notify,
    /// Lets one `Wait` go on.
    pub(crate) go: Notify,
    /// What `Listen` streams.
    pub(crate) events: Mutex<Option<mpsc::Receiver<Said>>>,
}

impl Echo {
    /// Waits until a counter has reached a number.
    pub(crate) async fn until(&self, counter: impl Fn(&Self) -> u64, number: u64) {
        loop {
            let changed = self.changed.notified();
            if counter(self) >= number {
                return;
            }
            changed.await;
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Say {
    text: Required<String>,
    data: Option<Blob>,
    at: Option<Timestamp>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Said {
    pub(crate) text: String,
    pub(crate) data: Option<Blob>,
    pub(crate) at: Option<Timestamp>,
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) caller: String,
}

impl Event for Said {
    fn event_type(&self) -> &'static str {
        "Said"
    }
}

impl Operation for Say {
    const NAME: &'static str = "Say";
    const BODY_BYTES_MAX: usize = 1 << 20;
    type Service = Echo;
    type Output = Said;

    fn constraints(&self, check: &mut Constraints) {
        check.member("text", &self.text).length(1..=1 << 20);
    }

    async fn run(self, _echo: &Arc<Echo>, call: &Call) -> Result<Said, ServiceError> {
        if *self.text == "fail" {
            return Err(ServiceError::internal("a secret cause"));
        }
        Ok(Said {
            text: self.text.into_inner(),
            data: self.data,
            at: self.at,
            account: call.account.clone(),
            region: call.region.clone(),
            caller: call.caller.clone(),
        })
    }
}

#[derive(Debug, Default, Deserialize)]
struct Wait {}

impl Operation for Wait {
    const NAME: &'static str = "Wait";
    const BODY_BYTES_MAX: usize = 1_000;
    type Service = Echo;
    type Output = ();

    fn constraints(&self, _check: &mut Constraints) {}

    async fn run(self, echo: &Arc<Echo>, _call: &Call) -> Result<(), ServiceError> {
        echo.begun.fetch_add(1, Ordering::SeqCst);
        echo.changed.notify_waiters();
        echo.go.notified().await;
        echo.ended.fetch_add(1, Ordering::SeqCst);
        echo.changed.notify_waiters();
        Ok(())
    }
}

#[derive(Debug, Default, Deserialize)]
struct Listen {}

impl StreamOperation for Listen {
    const NAME: &'static str = "Listen";
    type Service = Echo;
    type Event = Said;

    fn constraints(&self, _check: &mut Constraints) {}

    async fn open(self, echo: &Arc<Echo>, _call: &Call) -> Result<EventStream<Said>, ServiceError> {
        let busy = || ErrorCode::sender("ResourceInUseException").with("somebody listens already");
        let events = echo.events.lock().expect("no panic while held").take().ok_or_else(busy)?;
        let events = futures::stream::unfold(events, |mut events| async move {
            let said = events.recv().await?;
            let said = if said.text == "fail" { Err(ErrorCode::sender("Broken").with("it broke")) } else { Ok(said) };
            Some((said, events))
        });
        Ok(events.boxed())
    }
}

fn face(echo: Arc<Echo>) -> Face {
    let protocol = Protocol {
        signing_name: "echo",
        target_prefix: Some("Echo_20200101"),
        query_version: Some("2020-01-01"),
        query_namespace: Some("urn:echo"),
        not_implemented: &["Sing"],
    };
    Face::new(echo, protocol, Operations::new().with::<Say>().with::<Wait>().with_stream::<Listen>())
}

/// The configuration most tests use: any port, anybody.
pub(crate) fn config() -> Config {
    Config {
        listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        auth: Auth::Open,
        region: "us-east-1".to_owned(),
        account: "000000000000".to_owned(),
        tls: None,
        limits: Limits::default(),
    }
}

/// A running gateway before an [`Echo`].
pub(crate) async fn serve(config: Config, hooks: Hooks) -> (Server, Arc<Echo>) {
    let echo = Arc::new(Echo::default());
    let server = gateway::serve(Host::real(), config, vec![face(Arc::clone(&echo))], hooks).await.expect("starts");
    (server, echo)
}

/// With everything as most tests want it.
pub(crate) async fn serve_plain() -> (Server, Arc<Echo>) {
    serve(config(), Hooks::default()).await
}

/// With a certificate of its own making.
pub(crate) async fn serve_tls(directory: &Path) -> (Server, Arc<Echo>) {
    let tls = Some(Tls::SelfSigned { directory: directory.to_owned() });
    serve(Config { tls, ..config() }, Hooks::default()).await
}
