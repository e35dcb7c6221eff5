//! S3 as the gateway sees it: which requests are its own, and the way of a request through `s3s` and back.

use std::sync::Arc;

use aws::rest::{Body, Caller, Operation, RestFace};
use futures::future::BoxFuture;
use http::request::Parts;
use http::{Request, Response, header};
use s3s::dto;
use s3s::service::S3ServiceBuilder;

use crate::front::Admitted;
use crate::operations::{self, Service};
use crate::{S3, answer, limits, mapped};

/// The service's face.
#[derive(Clone)]
pub struct Face {
    s3: Arc<S3>,
}

impl Face {
    /// A face of the service.
    pub fn new(s3: Arc<S3>) -> Self {
        Self { s3 }
    }
}

impl std::fmt::Debug for Face {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Face")
    }
}

impl RestFace for Face {
    fn signing_name(&self) -> &'static str {
        "s3"
    }

    fn operations(&self) -> &'static [&'static str] {
        operations::NAMES
    }

    fn claims(&self, _parts: &Parts) -> bool {
        // Whatever is no other service's: paths are keys here, and anything can be one.
        true
    }

    fn body_bytes_max(&self, _parts: &Parts) -> u64 {
        // Chunks with their signatures are longer than what they carry.
        limits::PUT_BYTES_MAX + limits::PUT_BYTES_MAX / 8
    }

    fn call(&self, request: Request<Body>, caller: Caller) -> BoxFuture<'static, Response<Body>> {
        let s3 = Arc::clone(&self.s3);
        Box::pin(async move {
            let about = answer::About::of(&request, &caller);
            let answered = respond(s3, request, &caller).await;
            answer::finish(answered, &about)
        })
    }
}

/// What `s3s` answers with our operations behind it.
async fn respond(s3: Arc<S3>, request: Request<Body>, caller: &Caller) -> Response<s3s::Body> {
    let Admitted { request, form } = match s3.front.admit(request, caller).await {
        Ok(admitted) => admitted,
        Err(denial) => return answer::refused(denial.into()),
    };
    let mut request = request.map(s3s::Body::http_body);
    // AWS answers the whole object where a range makes no sense or names several.
    let range = request.headers().get(header::RANGE).and_then(|range| range.to_str().ok());
    if range.is_none_or(|range| dto::Range::parse(range).is_err()) {
        request.headers_mut().remove(header::RANGE);
    }
    let bucket = request.uri().path()[1..].split('/').next().unwrap_or_default();
    let service = match s3.mapped.find(bucket).map(Arc::clone) {
        Some(outside) => S3ServiceBuilder::new(mapped::Service::new(s3, outside)).build(),
        None => {
            if let Some(error) = copies_from_outside(&s3, &request) {
                return answer::refused(error);
            }
            S3ServiceBuilder::new(Service::new(s3)).build()
        }
    };
    match service.call(request).await {
        Ok(response) => match form {
            Some(form) => form.of_put(response),
            None => response,
        },
        Err(error) => {
            let error: s3s::StdError = error.into();
            answer::refused(crate::errors::internal(error))
        }
    }
}

/// Refuses a copy out of a bucket that is kept outside into one that is kept here.
fn copies_from_outside<B>(s3: &S3, request: &Request<B>) -> Option<s3s::S3Error> {
    let source = request.headers().get("x-amz-copy-source")?.to_str().ok()?;
    let bucket = source.trim_start_matches('/').split(['/', '%']).next().unwrap_or_default();
    s3.mapped.find(bucket)?;
    Some(crate::errors::not_implemented(
        "A copy from a bucket that is mapped onto an outside store into another bucket",
    ))
}

/// Tells the metrics which operation an answer belongs to.
pub(crate) fn mark(extensions: &mut http::Extensions, name: &'static str) {
    extensions.insert(Operation(name));
}
