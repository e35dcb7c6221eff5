//! ListStreams.

use std::sync::Arc;

use aws::{Call, Constraints, Operation, ServiceError, Timestamp};
use serde::{Deserialize, Serialize};

use crate::shapes::{StreamModeDetails, StreamStatus};
use crate::{Kinesis, errors, limits, shapes};

/// Lists the streams of the account in the region by name, a page at a time.
///
/// <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_ListStreams.html>
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct ListStreams {
    limit: Option<i32>,
    exclusive_start_stream_name: Option<String>,
    next_token: Option<String>,
}

/// The answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListStreamsOutput {
    stream_names: Vec<String>,
    has_more_streams: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
    stream_summaries: Vec<StreamSummary>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct StreamSummary {
    stream_name: String,
    #[serde(rename = "StreamARN")]
    stream_arn: String,
    stream_status: StreamStatus,
    stream_mode_details: StreamModeDetails,
    stream_creation_timestamp: Timestamp,
}

impl Operation for ListStreams {
    const NAME: &'static str = "ListStreams";
    type Service = Kinesis;
    type Output = ListStreamsOutput;

    fn constraints(&self, check: &mut Constraints) {
        check.member("limit", &self.limit).range(1..=10_000);
        shapes::named_stream(check, "exclusiveStartStreamName", &self.exclusive_start_stream_name);
        shapes::next_token(check, &self.next_token);
    }

    async fn run(self, kinesis: &Arc<Kinesis>, call: &Call) -> Result<ListStreamsOutput, ServiceError> {
        kinesis.admit(call, Self::NAME)?;
        let now_ms = kinesis.now_ms();
        let mut after = match (self.exclusive_start_stream_name, &self.next_token) {
            (Some(_), Some(_)) => return Err(errors::not_together("ExclusiveStartStreamName", "NextToken")),
            (None, Some(token)) => {
                let after = kinesis.tokens.open::<String>(Self::NAME, token, now_ms);
                Some(after.map_err(errors::next_token)?)
            }
            (name, None) => name,
        };
        let count_max = self.limit.map_or(limits::LIST_STREAMS_MAX, |limit| limit.unsigned_abs() as usize);
        let count_max = count_max.min(limits::LIST_STREAMS_MAX);
        // One more than fits tells whether more follow.
        let mut views = Vec::new();
        while views.len() <= count_max {
            let page = kinesis.streams_after(call, after.as_deref(), count_max + 1).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.name().to_owned());
            views.extend(page);
        }
        let has_more_streams = views.len() > count_max;
        views.truncate(count_max);
        let last = views.last().filter(|_| has_more_streams);
        let next_token = last.map(|view| kinesis.tokens.seal(Self::NAME, view.name(), now_ms));
        let summary = |view: &Arc<crate::view::StreamView>| StreamSummary {
            stream_name: view.name().to_owned(),
            stream_arn: view.arn(call),
            stream_status: view.status(now_ms),
            stream_mode_details: view.mode_details(),
            stream_creation_timestamp: view.created(),
        };
        Ok(ListStreamsOutput {
            stream_names: views.iter().map(|view| view.name().to_owned()).collect(),
            has_more_streams,
            next_token,
            stream_summaries: views.iter().map(summary).collect(),
        })
    }
}
