//! `ListTagsForResource`.

use std::marker::PhantomData;
use std::sync::Arc;

use aws::{Call, Constraints, Operation, Required, ServiceError};
use serde::{Deserialize, Serialize};

use crate::KinesisAnalytics;
use crate::shapes::{Tag, Version, checks};

/// Lists the tags of an application by key.
///
/// <https://docs.aws.amazon.com/kinesisanalytics/latest/dev/API_ListTagsForResource.html>
/// <https://docs.aws.amazon.com/managed-flink/latest/apiv2/API_ListTagsForResource.html>
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default, bound = "")]
pub(crate) struct ListTagsForResource<V: Version> {
    #[serde(rename = "ResourceARN")]
    resource_arn: Required<String>,
    #[serde(skip)]
    version: PhantomData<V>,
}

/// The answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListTagsForResourceOutput {
    tags: Vec<Tag>,
}

impl<V: Version> Operation for ListTagsForResource<V> {
    const NAME: &'static str = "ListTagsForResource";
    type Service = KinesisAnalytics;
    type Output = ListTagsForResourceOutput;

    fn constraints(&self, check: &mut Constraints) {
        checks::application_arn(check, &self.resource_arn, V::API);
    }

    async fn run(
        self,
        analytics: &Arc<KinesisAnalytics>,
        call: &Call,
    ) -> Result<ListTagsForResourceOutput, ServiceError> {
        let found = analytics.find_by_arn(call, &self.resource_arn)?;
        Ok(ListTagsForResourceOutput { tags: Tag::list(&found.tags) })
    }
}
