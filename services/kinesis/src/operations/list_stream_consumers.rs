//! ListStreamConsumers.

use std::sync::Arc;

use aws::{Call, Constraints, Operation, Required, ServiceError, Timestamp};
use serde::{Deserialize, Serialize};

use crate::consumer::ConsumerDescription;
use crate::{Kinesis, arn, errors, limits, shapes};

/// Lists the consumers of a stream by name, a page at a time.
///
/// <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_ListStreamConsumers.html>
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct ListStreamConsumers {
    #[serde(rename = "StreamARN")]
    stream_arn: Required<String>,
    next_token: Option<String>,
    max_results: Option<i32>,
    stream_creation_timestamp: Option<Timestamp>,
    stream_id: Option<String>,
}

/// The answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListStreamConsumersOutput {
    consumers: Vec<ConsumerDescription>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

/// Where the next page goes on.
#[derive(Debug, Serialize, Deserialize)]
struct Place {
    id: log::StreamId,
    /// The last name of the page before.
    after: String,
}

impl Operation for ListStreamConsumers {
    const NAME: &'static str = "ListStreamConsumers";
    type Service = Kinesis;
    type Output = ListStreamConsumersOutput;

    fn constraints(&self, check: &mut Constraints) {
        shapes::stream_arn_required(check, &self.stream_arn);
        shapes::next_token(check, &self.next_token);
        check.member("maxResults", &self.max_results).range(1..=10_000);
        shapes::stream_id(check, &self.stream_id);
    }

    async fn run(self, kinesis: &Arc<Kinesis>, call: &Call) -> Result<ListStreamConsumersOutput, ServiceError> {
        let now_ms = kinesis.now_ms();
        if self.next_token.is_some() && self.stream_creation_timestamp.is_some() {
            return Err(errors::not_together("NextToken", "StreamCreationTimestamp"));
        }
        let open = |token: &String| kinesis.tokens.open::<Place>(Self::NAME, token, now_ms);
        let place = self.next_token.as_ref().map(open).transpose().map_err(errors::next_token)?;
        let view = kinesis.view(call, arn::stream_of(call, &self.stream_arn)?).await?;
        kinesis.admit_stream(call, Self::NAME, view.name())?;
        let is_other = self.stream_creation_timestamp.is_some_and(|created| created.whole_seconds() != view.created());
        if is_other || place.as_ref().is_some_and(|place| place.id != view.stream.id) {
            return Err(errors::stream_not_found(view.name(), call));
        }
        let mut consumers: Vec<_> = view.record.consumers_at(now_ms).collect();
        consumers.retain(|consumer| place.as_ref().is_none_or(|place| consumer.name > place.after));
        consumers.sort_by(|a, b| a.name.cmp(&b.name));
        let count_max = self.max_results.map_or(limits::LIST_CONSUMERS_MAX, |count| count.unsigned_abs() as usize);
        let count_max = count_max.min(limits::LIST_CONSUMERS_MAX);
        let has_more = consumers.len() > count_max;
        consumers.truncate(count_max);
        let last = consumers.last().filter(|_| has_more);
        let next_token = last.map(|last| {
            let place = Place { id: view.stream.id, after: last.name.clone() };
            kinesis.tokens.seal(Self::NAME, place, now_ms)
        });
        let stream_arn = view.arn(call);
        let consumers = consumers.into_iter().map(|consumer| consumer.describe(&stream_arn, now_ms)).collect();
        Ok(ListStreamConsumersOutput { consumers, next_token })
    }
}
