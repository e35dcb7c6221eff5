//! RegisterStreamConsumer.

use std::sync::Arc;

use aws::{Call, Constraints, Operation, Required, ServiceError};
use serde::{Deserialize, Serialize};

use crate::Limits;
use crate::consumer::{ConsumerDescription, ConsumerStatus};
use crate::stream::Consumer;
use crate::tags::{Bearer, Tags};
use crate::{Kinesis, arn, consumer, errors, limits, shapes, tags};

/// Registers an enhanced fan-out consumer of a stream.
///
/// <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_RegisterStreamConsumer.html>
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct RegisterStreamConsumer {
    #[serde(rename = "StreamARN")]
    stream_arn: Required<String>,
    consumer_name: Required<String>,
    stream_id: Option<String>,
    tags: Option<Tags>,
}

/// The answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct RegisterStreamConsumerOutput {
    consumer: ConsumerDescription,
}

impl Operation for RegisterStreamConsumer {
    const NAME: &'static str = "RegisterStreamConsumer";
    type Service = Kinesis;
    type Output = RegisterStreamConsumerOutput;

    fn constraints(&self, check: &mut Constraints) {
        shapes::stream_arn_required(check, &self.stream_arn);
        consumer::name_required(check, &self.consumer_name);
        shapes::stream_id(check, &self.stream_id);
        tags::check_map(&mut check.member("tags", &self.tags));
    }

    async fn run(self, kinesis: &Arc<Kinesis>, call: &Call) -> Result<RegisterStreamConsumerOutput, ServiceError> {
        kinesis.admit(call, Self::NAME)?;
        let new_tags = self.tags.clone().unwrap_or_default();
        let bearer = Bearer::Resource(&self.stream_arn);
        tags::require_addable(&new_tags, bearer, call)?;
        tags::add(&mut Tags::new(), &new_tags, bearer, call)?;
        let view = kinesis.view(call, arn::stream_of(call, &self.stream_arn)?).await?;
        let (now_ms, settled_ms) = (kinesis.now_ms(), kinesis.now_ms() + kinesis.settings.transition_ms());
        let has_advantage = kinesis.has_advantage(call)?;
        let is_limited = kinesis.settings.limits == Limits::Aws;
        let count_max = match is_limited {
            true if has_advantage => limits::CONSUMERS_ADVANTAGE_MAX,
            true => limits::CONSUMERS_MAX,
            false => limits::CONSUMERS_UNLIMITED_MAX,
        };
        let change = kinesis.change_stream(&view, call, |current, record| {
            current.require_active(now_ms, call)?;
            if record.consumer(&self.consumer_name, now_ms).is_some() {
                return Err(errors::consumer_exists(&self.consumer_name, current.name(), call));
            }
            let statuses = record.consumers_at(now_ms).map(|consumer| consumer.status(now_ms));
            let creating = statuses.filter(|status| *status == ConsumerStatus::Creating).count();
            if record.consumers_at(now_ms).count() >= count_max {
                return Err(errors::too_many_consumers(count_max, current.name(), call));
            }
            if is_limited && creating >= limits::CREATING_CONSUMERS_MAX {
                let limit = limits::CREATING_CONSUMERS_MAX;
                return Err(errors::too_many_creating_consumers(limit, current.name(), call));
            }
            record.forget_consumers(now_ms);
            record.consumers.push(Consumer {
                name: (*self.consumer_name).clone(),
                created_s: (now_ms / 1000).max(record.deregistered_s_max + 1),
                settled_ms,
                is_deleting: false,
                tags: new_tags.clone(),
                policy: None,
            });
            Ok(log::Alteration::default())
        });
        let changed = change.await?;
        let registered = changed.record.consumer(&self.consumer_name, now_ms);
        let registered =
            registered.ok_or_else(|| errors::consumer_not_found(&self.consumer_name, changed.name(), call))?;
        Ok(RegisterStreamConsumerOutput { consumer: registered.describe(&changed.arn(call), now_ms) })
    }
}
