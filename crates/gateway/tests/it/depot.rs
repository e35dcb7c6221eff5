//! A service of the other kind: paths say what is wanted, bodies are streams.
//!
//! `PUT /count` answers how much came; `GET /bytes/N` gives N bytes, `GET /broken/N` half of them; `HEAD /bytes/N` tells
//! how many there are; `POST /refuse` does not look at the body; `GET /who` says who asks.

use std::sync::{Arc, Mutex};

use aws::rest::{Body, BodyEnd, Caller, Key, Operation, RestFace};
use bytes::Bytes;
use futures::future::BoxFuture;
use futures::stream;
use gateway::{Config, Hooks, Server};
use http::request::Parts;
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::BodyExt;
use tokio::sync::Notify;

use crate::echo;

pub(crate) const LIMIT: u64 = 40 << 20;
const PIECE: usize = 100_000;

/// The service, and what it has seen.
#[derive(Default)]
pub(crate) struct Depot {
    /// Why the last body broke off.
    pub(crate) broken: Mutex<Option<BodyEnd>>,
    pub(crate) ended: Notify,
}

/// A running gateway before an echo and a depot.
pub(crate) async fn serve(config: Config, hooks: Hooks) -> (Server, Arc<Depot>) {
    let depot = Arc::new(Depot::default());
    let hooks = Hooks { rest: vec![Arc::new(Face(Arc::clone(&depot)))], ..hooks };
    (echo::serve(config, hooks).await.0, depot)
}

struct Face(Arc<Depot>);

impl RestFace for Face {
    fn signing_name(&self) -> &'static str {
        "depot"
    }

    fn operations(&self) -> &'static [&'static str] {
        &["Count", "Give"]
    }

    fn claims(&self, parts: &Parts) -> bool {
        parts.uri.path() != "/nobody"
    }

    fn body_bytes_max(&self, _parts: &Parts) -> u64 {
        LIMIT
    }

    fn call(&self, request: Request<Body>, caller: Caller) -> BoxFuture<'static, Response<Body>> {
        let depot = Arc::clone(&self.0);
        Box::pin(async move {
            let path = request.uri().path().to_owned();
            let mut words = path.split('/').skip(1);
            let what = words.next().unwrap_or_default();
            let number: usize = words.next().and_then(|word| word.parse().ok()).unwrap_or_default();
            match (request.method().clone(), what) {
                (Method::PUT, _) => count(&depot, request.into_body()).await,
                (Method::HEAD, "bytes") => {
                    let response = Response::builder().header(header::CONTENT_LENGTH, number);
                    response.body(Body::empty()).expect("valid")
                }
                (_, "bytes") => named("Give", give(number, None)),
                (_, "broken") => named("Give", give(number, Some(BodyEnd::Broken))),
                (_, "who") => Response::new(Body::from(Bytes::from(who(&caller)))),
                _ => {
                    let response = Response::builder().status(StatusCode::FORBIDDEN);
                    response.body(Body::from(Bytes::from(format!("not {what}")))).expect("valid")
                }
            }
        })
    }
}

fn named(operation: &'static str, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    response.extensions_mut().insert(Operation(operation));
    response
}

async fn count(depot: &Depot, mut body: Body) -> Response<Body> {
    let (mut bytes, mut sum) = (0, 0_u64);
    while let Some(frame) = body.frame().await {
        match frame {
            Ok(frame) => {
                let data = frame.into_data().unwrap_or_default();
                bytes += data.len();
                sum = data.iter().fold(sum, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(*byte)));
            }
            Err(error) => {
                let why = error.downcast_ref::<BodyEnd>().copied().expect("the gateway's own error");
                *depot.broken.lock().expect("no panic while held") = Some(why);
                depot.ended.notify_one();
                let response = Response::builder().status(StatusCode::BAD_REQUEST);
                return response.body(Body::from(Bytes::from(why.to_string()))).expect("valid");
            }
        }
    }
    named("Count", Body::from(Bytes::from(format!("{bytes} {sum}"))))
}

/// The bytes of `/bytes/N`, as a stream that may break off in the middle.
fn give(len: usize, failure: Option<BodyEnd>) -> Body {
    let promised = len;
    let end = if failure.is_some() { len / 2 } else { len };
    let pieces = (0..end).step_by(PIECE).map(move |at| Ok(Bytes::from(bytes(at, PIECE.min(end - at)))));
    Body::stream(stream::iter(pieces.chain(failure.map(Err))), promised as u64)
}

/// What `/bytes/N` gives from a position on.
pub(crate) fn bytes(at: usize, len: usize) -> Vec<u8> {
    (at..at + len).map(|at| (at / 7) as u8 ^ at as u8).collect()
}

fn who(caller: &Caller) -> String {
    let key = caller.claimed().map(|Key { secret_key, account, arn }| format!("{secret_key:?} {account} {arn}"));
    format!("{:?} {:?} {:?} {} {key:?}", caller.mode, caller.access_key, caller.session_token, caller.region)
}
