//! `ListTagsForDeliveryStream`.

use std::sync::Arc;

use aws::{Call, Constraints, Operation, Required, ServiceError};
use serde::{Deserialize, Serialize};

use crate::shapes::{self, Tag, tag};
use crate::{Firehose, limits};

/// Lists the tags of a delivery stream by key, a page at a time.
///
/// <https://docs.aws.amazon.com/firehose/latest/APIReference/API_ListTagsForDeliveryStream.html>
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct ListTagsForDeliveryStream {
    delivery_stream_name: Required<String>,
    exclusive_start_tag_key: Option<String>,
    limit: Option<i32>,
}

/// The answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListTagsForDeliveryStreamOutput {
    tags: Vec<Tag>,
    has_more_tags: bool,
}

impl Operation for ListTagsForDeliveryStream {
    const NAME: &'static str = "ListTagsForDeliveryStream";
    type Service = Firehose;
    type Output = ListTagsForDeliveryStreamOutput;

    fn constraints(&self, check: &mut Constraints) {
        shapes::stream_name(check, &self.delivery_stream_name);
        tag::check_start_key(check, &self.exclusive_start_tag_key);
        check.member("limit", &self.limit).range(1..=50);
    }

    async fn run(self, firehose: &Arc<Firehose>, call: &Call) -> Result<ListTagsForDeliveryStreamOutput, ServiceError> {
        firehose.admit(call, Self::NAME)?;
        let view = firehose.view(call, &self.delivery_stream_name).await?;
        let count_max = self.limit.map_or(limits::LIST_TAGS_MAX, |limit| limit.unsigned_abs() as usize);
        let start = self.exclusive_start_tag_key.unwrap_or_default();
        let following = view.record.tags.iter().filter(|(key, _)| **key > start);
        let mut tags = Tag::list(following);
        let has_more_tags = tags.len() > count_max;
        tags.truncate(count_max);
        Ok(ListTagsForDeliveryStreamOutput { tags, has_more_tags })
    }
}
