//! The table: every operation that is carried out, by the name `s3s` calls it. A new one adds its `mod`, its name and
//! its line below; `s3s` answers the rest with `NotImplemented`.

mod create_bucket;

use std::sync::Arc;

use futures::future::FutureExt;
use s3s::dto;
use s3s::{S3Request, S3Response, S3Result};

use crate::S3;
use crate::call::Call;
use crate::face;

/// What one operation is: its name on the wire, what comes in, what goes out, what happens.
pub(crate) trait Operation {
    const NAME: &'static str;
    type Input: Send;
    type Output: Send;

    fn run(s3: &Arc<S3>, call: Call, input: Self::Input) -> impl Future<Output = S3Result<Self::Output>> + Send;
}

/// Names of all operations of the table.
pub(crate) const NAMES: &[&str] = &[create_bucket::CreateBucket::NAME];

/// The service as `s3s` calls it.
pub(crate) struct Service(Arc<S3>);

impl Service {
    pub(crate) fn new(s3: Arc<S3>) -> Self {
        Self(s3)
    }

    async fn run<O: Operation>(&self, request: S3Request<O::Input>) -> S3Result<S3Response<O::Output>> {
        let (call, input) = Call::of(request)?;
        let output = O::run(&self.0, call, input).boxed().await?;
        let mut response = S3Response::new(output);
        face::mark(&mut response.extensions, O::NAME);
        Ok(response)
    }
}

#[async_trait::async_trait]
impl s3s::S3 for Service {
    async fn create_bucket(
        &self,
        request: S3Request<dto::CreateBucketInput>,
    ) -> S3Result<S3Response<dto::CreateBucketOutput>> {
        self.run::<create_bucket::CreateBucket>(request).await
    }
}
