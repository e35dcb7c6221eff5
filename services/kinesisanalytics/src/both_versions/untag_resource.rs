//! `UntagResource`.

use std::marker::PhantomData;
use std::sync::Arc;

use aws::{Call, Constraints, Operation, Required, ServiceError};
use serde::Deserialize;

use crate::KinesisAnalytics;
use crate::shapes::{Empty, Version, checks, tag};

/// Takes tags from an application; those it does not have are no error.
///
/// <https://docs.aws.amazon.com/kinesisanalytics/latest/dev/API_UntagResource.html>
/// <https://docs.aws.amazon.com/managed-flink/latest/apiv2/API_UntagResource.html>
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default, bound = "")]
pub(crate) struct UntagResource<V: Version> {
    #[serde(rename = "ResourceARN")]
    resource_arn: Required<String>,
    tag_keys: Required<Vec<String>>,
    #[serde(skip)]
    version: PhantomData<V>,
}

impl<V: Version> Operation for UntagResource<V> {
    const NAME: &'static str = "UntagResource";
    type Service = KinesisAnalytics;
    type Output = Empty;

    fn constraints(&self, check: &mut Constraints) {
        checks::application_arn(check, &self.resource_arn, V::API);
        tag::check_keys(check, &self.tag_keys);
    }

    async fn run(self, analytics: &Arc<KinesisAnalytics>, call: &Call) -> Result<Empty, ServiceError> {
        let found = analytics.find_by_arn(call, &self.resource_arn)?;
        let untagged = analytics.change(call, &found.name, |application, _| {
            application.tags.retain(|key, _| !self.tag_keys.contains(key));
            Ok(())
        });
        untagged.await?;
        Ok(Empty {})
    }
}
