//! `ListTagsForResource`.

use std::sync::Arc;

use aws::{Call, Constraints, Operation, Required, ServiceError};
use serde::{Deserialize, Serialize};

use crate::KinesisAnalytics;
use crate::shapes::{Api, Tag, checks, tag};

/// Lists the tags of an application by key.
///
/// <https://docs.aws.amazon.com/kinesisanalytics/latest/dev/API_ListTagsForResource.html>
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct ListTagsForResource {
    #[serde(rename = "ResourceARN")]
    resource_arn: Required<String>,
}

/// The answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListTagsForResourceOutput {
    tags: Vec<Tag>,
}

impl Operation for ListTagsForResource {
    const NAME: &'static str = "ListTagsForResource";
    type Service = KinesisAnalytics;
    type Output = ListTagsForResourceOutput;

    fn constraints(&self, check: &mut Constraints) {
        checks::application_arn(check, &self.resource_arn, Api::V1);
    }

    async fn run(
        self,
        analytics: &Arc<KinesisAnalytics>,
        call: &Call,
    ) -> Result<ListTagsForResourceOutput, ServiceError> {
        let found = analytics.find_by_arn(call, &self.resource_arn)?;
        Ok(ListTagsForResourceOutput { tags: tag::list(&found.tags) })
    }
}
