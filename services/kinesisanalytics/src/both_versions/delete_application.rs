//! `DeleteApplication`.

use std::marker::PhantomData;
use std::sync::Arc;

use aws::{Call, Constraints, Operation, Required, ServiceError, Timestamp};
use serde::Deserialize;

use crate::KinesisAnalytics;
use crate::shapes::{Empty, Version, checks};

/// Deletes an application. It must be READY or RUNNING.
///
/// <https://docs.aws.amazon.com/kinesisanalytics/latest/dev/API_DeleteApplication.html>
/// <https://docs.aws.amazon.com/managed-flink/latest/apiv2/API_DeleteApplication.html>
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default, bound = "")]
pub(crate) struct DeleteApplication<V: Version> {
    application_name: Required<String>,
    create_timestamp: Required<Timestamp>,
    #[serde(skip)]
    version: PhantomData<V>,
}

impl<V: Version> Operation for DeleteApplication<V> {
    const NAME: &'static str = "DeleteApplication";
    type Service = KinesisAnalytics;
    type Output = Empty;

    fn constraints(&self, check: &mut Constraints) {
        checks::application_name(check, &self.application_name);
        check.member("createTimestamp", &self.create_timestamp);
    }

    async fn run(self, analytics: &Arc<KinesisAnalytics>, call: &Call) -> Result<Empty, ServiceError> {
        analytics.delete(call, &self.application_name, *self.create_timestamp, V::API).await?;
        Ok(Empty {})
    }
}
