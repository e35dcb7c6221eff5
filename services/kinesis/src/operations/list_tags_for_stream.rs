//! ListTagsForStream.

use std::sync::Arc;

use aws::{Call, Constraints, Operation, ServiceError};
use serde::{Deserialize, Serialize};

use crate::tags::Tag;
use crate::{Kinesis, limits, shapes, tags};

/// Lists the tags of a stream in byte order of their keys, a page at a time.
///
/// <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_ListTagsForStream.html>
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct ListTagsForStream {
    stream_name: Option<String>,
    exclusive_start_tag_key: Option<String>,
    limit: Option<i32>,
    #[serde(rename = "StreamARN")]
    stream_arn: Option<String>,
    stream_id: Option<String>,
}

/// The answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListTagsForStreamOutput {
    tags: Vec<Tag>,
    has_more_tags: bool,
}

impl Operation for ListTagsForStream {
    const NAME: &'static str = "ListTagsForStream";
    type Service = Kinesis;
    type Output = ListTagsForStreamOutput;

    fn constraints(&self, check: &mut Constraints) {
        shapes::stream_name(check, &self.stream_name);
        check.member("exclusiveStartTagKey", &self.exclusive_start_tag_key).length(1..=128);
        check.member("limit", &self.limit).range(1..=50);
        shapes::stream_arn(check, &self.stream_arn);
        shapes::stream_id(check, &self.stream_id);
    }

    async fn run(self, kinesis: &Arc<Kinesis>, call: &Call) -> Result<ListTagsForStreamOutput, ServiceError> {
        kinesis.admit(call, Self::NAME)?;
        let view = kinesis.find_stream(call, &self.stream_name, &self.stream_arn).await?;
        let count_max = self.limit.map_or(limits::LIST_TAGS_MAX, |limit| limit.unsigned_abs() as usize);
        let mut page = tags::list(&view.record.tags);
        page.retain(|tag| self.exclusive_start_tag_key.as_ref().is_none_or(|after| tag.key > *after));
        let has_more_tags = page.len() > count_max;
        page.truncate(count_max);
        Ok(ListTagsForStreamOutput { tags: page, has_more_tags })
    }
}
