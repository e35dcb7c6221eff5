//! `TagResource`.

use std::marker::PhantomData;
use std::sync::Arc;

use aws::{Call, Constraints, Operation, Required, ServiceError};
use serde::Deserialize;

use crate::KinesisAnalytics;
use crate::shapes::{Empty, Tag, Version, checks, tag};

/// Adds tags to an application, or gives them new values.
///
/// <https://docs.aws.amazon.com/kinesisanalytics/latest/dev/API_TagResource.html>
/// <https://docs.aws.amazon.com/managed-flink/latest/apiv2/API_TagResource.html>
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default, bound = "")]
pub(crate) struct TagResource<V: Version> {
    #[serde(rename = "ResourceARN")]
    resource_arn: Required<String>,
    tags: Required<Vec<Tag>>,
    #[serde(skip)]
    version: PhantomData<V>,
}

impl<V: Version> Operation for TagResource<V> {
    const NAME: &'static str = "TagResource";
    type Service = KinesisAnalytics;
    type Output = Empty;

    fn constraints(&self, check: &mut Constraints) {
        checks::application_arn(check, &self.resource_arn, V::API);
        tag::check_required(check, &self.tags);
    }

    async fn run(self, analytics: &Arc<KinesisAnalytics>, call: &Call) -> Result<Empty, ServiceError> {
        let found = analytics.find_by_arn(call, &self.resource_arn)?;
        analytics.change(call, &found.name, |application, _| tag::add(&mut application.tags, &self.tags)).await?;
        Ok(Empty {})
    }
}
