//! A server in the test process: the face over a directory of its own.

use std::path::Path;
use std::sync::Arc;

use aws::rest::{Body, Caller, Key, KeyRefused, Keys, Mode, RestFace};
use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt;
use s3::{Face, Parts, S3, Settings};
use store::{Blobs, Store};

pub(crate) const ACCOUNT: &str = "123456789012";

/// Everybody acts in the account that their key names, or in the usual one.
struct Anybody;

impl Keys for Anybody {
    fn find(&self, access_key: &str, _session_token: Option<&str>) -> Result<Key, KeyRefused> {
        let account = if access_key.len() == 12 { access_key } else { ACCOUNT };
        Ok(Key { secret_key: None, account: account.to_owned(), arn: format!("arn:aws:iam::{account}:root") })
    }
}

/// A running service.
pub(crate) struct Server {
    pub(crate) s3: Arc<S3>,
    pub(crate) blobs: Blobs,
    pub(crate) store: Store,
    face: Face,
    dir: tempfile::TempDir,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("text")
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("plain"))
    }

    /// The texts of all elements of this name.
    pub(crate) fn all(&self, element: &str) -> Vec<String> {
        let (open, close) = (format!("<{element}>"), format!("</{element}>"));
        let pieces = self.text().split(&open).skip(1);
        pieces.map(|piece| piece.split(&close).next().unwrap_or_default().to_owned()).collect()
    }

    /// The text of the first element of this name.
    pub(crate) fn one(&self, element: &str) -> String {
        self.all(element).into_iter().next().unwrap_or_else(|| panic!("no {element} in {}", self.text()))
    }

    /// Fails unless the answer has this status.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{:?} {}", self.headers, String::from_utf8_lossy(&self.body));
        self
    }

    /// Fails unless it is this error.
    #[track_caller]
    pub(crate) fn expect_error(self, status: u16, code: &str) -> Self {
        let answer = self.expect(status);
        assert_eq!(answer.one("Code"), code, "{}", answer.text());
        answer
    }
}

impl Server {
    pub(crate) fn start() -> Self {
        Self::start_in(tempfile::tempdir().expect("a directory"))
    }

    fn start_in(dir: tempfile::TempDir) -> Self {
        let (s3, store, blobs) = open(dir.path());
        Self { face: Face::new(Arc::clone(&s3)), s3, store, blobs, dir }
    }

    /// The same directory again, as after a restart.
    pub(crate) fn restart(self) -> Self {
        let Self { s3, blobs, store, face, dir } = self;
        drop((s3, blobs, store, face));
        Self::start_in(dir)
    }

    /// A server with a bucket.
    pub(crate) async fn with_bucket(name: &str) -> Self {
        let server = Self::start();
        server.put(&format!("/{name}"), "").await.expect(200);
        server
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Answer {
        self.send_as("", "us-east-1", method, path, headers, body).await
    }

    pub(crate) async fn send_as(
        &self,
        access_key: &str,
        region: &str,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Answer {
        let body = body.into();
        let mut request = Request::builder().method(method).uri(path).header("host", "127.0.0.1:4566");
        request = request.header("content-length", body.len());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if !access_key.is_empty() {
            let credential = format!("{access_key}/20200101/{region}/s3/aws4_request");
            let authorization = format!("AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=00");
            request = request.header("authorization", authorization).header("x-amz-date", "20200101T000000Z");
            request = request.header("x-amz-content-sha256", "UNSIGNED-PAYLOAD");
        }
        let request = request.body(Body::from(body)).expect("a request");
        let caller = Caller {
            mode: Mode::Open,
            access_key: (!access_key.is_empty()).then(|| access_key.to_owned()),
            session_token: None,
            region: region.to_owned(),
            request_id: "00112233-4455-6677-8899-aabbccddeeff".to_owned(),
            extended_id: "extended".to_owned(),
            keys: Arc::new(Anybody),
        };
        let (parts, body) = self.face.call(request, caller).await.into_parts();
        let body = body.collect().await.expect("a whole body").to_bytes();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    pub(crate) async fn put(&self, path: &str, body: impl Into<Bytes>) -> Answer {
        self.send(Method::PUT, path, &[], body).await
    }

    pub(crate) async fn put_with(&self, path: &str, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Answer {
        self.send(Method::PUT, path, headers, body).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], "").await
    }

    pub(crate) async fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.send(Method::GET, path, headers, "").await
    }

    pub(crate) async fn head(&self, path: &str) -> Answer {
        self.send(Method::HEAD, path, &[], "").await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, &[], "").await
    }

    pub(crate) async fn post(&self, path: &str, body: impl Into<Bytes>) -> Answer {
        self.send(Method::POST, path, &[], body).await
    }

    /// How many rows a table has.
    pub(crate) fn row_count(&self, table: &str) -> usize {
        use std::ops::Bound::Unbounded;
        self.store.scan(table, Unbounded, Unbounded, usize::MAX).expect("readable").len()
    }
}

fn open(dir: &Path) -> (Arc<S3>, Store, Blobs) {
    let host = host::Host::real();
    let store = Store::open(&host, dir).expect("a store");
    let blobs = Blobs::open(&host, dir, &store).expect("blobs");
    let keys = keys::Keys::open(&host, store.clone(), &dir.join("master.key"));
    let parts = Parts { host, store: store.clone(), blobs: blobs.clone(), keys };
    (S3::open(parts, Settings::default()), store, blobs)
}

/// Bytes that are all different for a while.
pub(crate) fn bytes(len: usize) -> Bytes {
    (0..len).map(|at| (at * 31 + at / 251) as u8).collect::<Vec<u8>>().into()
}
