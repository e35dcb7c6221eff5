//! Enhanced fan-out consumers: how requests name them and how answers describe them.

use std::sync::Arc;

use aws::{Arn, Call, Constraints, Pattern, Required, ServiceError, Timestamp, wire_enum};
use serde::Serialize;

use crate::stream::Consumer;
use crate::view::StreamView;
use crate::{Kinesis, arn, errors};

wire_enum! {
    /// Where a consumer stands in its life.
    pub(crate) enum ConsumerStatus {
        Creating = "CREATING",
        Deleting = "DELETING",
        Active = "ACTIVE",
    }
}

impl Consumer {
    /// The state at an instant.
    pub(crate) fn status(&self, now_ms: u64) -> ConsumerStatus {
        match self.is_deleting {
            true => ConsumerStatus::Deleting,
            false if now_ms < self.settled_ms => ConsumerStatus::Creating,
            false => ConsumerStatus::Active,
        }
    }

    /// Whether it was deregistered and its transition is over.
    pub(crate) fn is_gone(&self, now_ms: u64) -> bool {
        self.is_deleting && now_ms >= self.settled_ms
    }

    /// Its ARN, below the stream's.
    pub(crate) fn arn(&self, stream_arn: &str) -> String {
        format!("{stream_arn}/consumer/{}:{}", self.name, self.created_s)
    }

    /// Its description, as lists have it.
    pub(crate) fn describe(&self, stream_arn: &str, now_ms: u64) -> ConsumerDescription {
        ConsumerDescription {
            consumer_name: self.name.clone(),
            consumer_arn: self.arn(stream_arn),
            consumer_status: self.status(now_ms),
            consumer_creation_timestamp: Timestamp::from_ms(self.created_s * 1000),
            stream_arn: None,
        }
    }
}

/// A consumer, in answers.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ConsumerDescription {
    pub(crate) consumer_name: String,
    #[serde(rename = "ConsumerARN")]
    pub(crate) consumer_arn: String,
    pub(crate) consumer_status: ConsumerStatus,
    pub(crate) consumer_creation_timestamp: Timestamp,
    /// Only where one consumer is described.
    #[serde(rename = "StreamARN", skip_serializing_if = "Option::is_none")]
    pub(crate) stream_arn: Option<String>,
}

static CONSUMER_NAME: std::sync::LazyLock<Pattern> = std::sync::LazyLock::new(|| Pattern::new("[a-zA-Z0-9_.-]+"));
static CONSUMER_ARN: std::sync::LazyLock<Pattern> = std::sync::LazyLock::new(|| {
    Pattern::new(r"^(arn):aws.*:kinesis:.*:\d{12}:.*stream\/[a-zA-Z0-9_.-]+\/consumer\/[a-zA-Z0-9_.-]+:[0-9]+")
});

/// `ConsumerName`.
pub(crate) fn name(check: &mut Constraints, value: &Option<String>) {
    check.member("consumerName", value).pattern(&CONSUMER_NAME).length(1..=128);
}

/// `ConsumerName` where the model requires it.
pub(crate) fn name_required(check: &mut Constraints, value: &Required<String>) {
    check.member("consumerName", value).pattern(&CONSUMER_NAME).length(1..=128);
}

/// `ConsumerARN`.
pub(crate) fn arn(check: &mut Constraints, value: &Option<String>) {
    check.member("consumerARN", value).length(1..=2048).pattern(&CONSUMER_ARN);
}

/// `ConsumerARN` where the model requires it.
pub(crate) fn arn_required(check: &mut Constraints, value: &Required<String>) {
    check.member("consumerARN", value).length(1..=2048).pattern(&CONSUMER_ARN);
}

/// The name and creation second in a consumer's ARN.
pub(crate) fn in_arn(text: &str) -> Option<(&str, u64)> {
    let (_, consumer) = Arn::parse(text)?.resource.rsplit_once("/consumer/")?;
    let (name, created_s) = consumer.rsplit_once(':')?;
    Some((name, created_s.parse().ok()?))
}

impl Kinesis {
    /// The consumer of that ARN, with its stream.
    pub(crate) async fn find_consumer_by_arn(
        &self,
        call: &Call,
        consumer_arn: &str,
    ) -> Result<(Arc<StreamView>, Consumer), ServiceError> {
        let view = self.view(call, arn::stream_of(call, consumer_arn)?).await?;
        let (name, created_s) = in_arn(consumer_arn).ok_or_else(errors::no_consumer_named)?;
        let found = view.record.consumer(name, self.now_ms()).filter(|consumer| consumer.created_s == created_s);
        let found = found.cloned().ok_or_else(|| errors::consumer_not_found(name, view.name(), call))?;
        Ok((view, found))
    }

    /// The consumer a request names by its ARN, or by its stream's ARN and its name.
    pub(crate) async fn find_consumer(
        &self,
        call: &Call,
        stream_arn: &Option<String>,
        name: &Option<String>,
        consumer_arn: &Option<String>,
    ) -> Result<(Arc<StreamView>, Consumer), ServiceError> {
        if let Some(consumer_arn) = consumer_arn {
            return self.find_consumer_by_arn(call, consumer_arn).await;
        }
        let (Some(stream_arn), Some(name)) = (stream_arn, name) else { return Err(errors::no_consumer_named()) };
        let view = self.view(call, arn::stream_of(call, stream_arn)?).await?;
        let found = view.record.consumer(name, self.now_ms()).cloned();
        let found = found.ok_or_else(|| errors::consumer_not_found(name, view.name(), call))?;
        Ok((view, found))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_tells_name_and_second() {
        let arn = "arn:aws:kinesis:us-east-1:000000000000:stream/s/consumer/c.1:1700000000";
        assert_eq!(in_arn(arn), Some(("c.1", 1_700_000_000)));
        assert_eq!(in_arn("arn:aws:kinesis:us-east-1:000000000000:stream/s"), None);
    }

    #[test]
    fn a_consumer_comes_and_goes() {
        let mut consumer = Consumer {
            name: "c".to_owned(),
            created_s: 1,
            settled_ms: 1_050,
            is_deleting: false,
            tags: Default::default(),
            policy: None,
        };
        assert_eq!(consumer.status(1_049), ConsumerStatus::Creating);
        assert_eq!(consumer.status(1_050), ConsumerStatus::Active);
        (consumer.is_deleting, consumer.settled_ms) = (true, 2_050);
        assert_eq!(consumer.status(2_049), ConsumerStatus::Deleting);
        assert!(!consumer.is_gone(2_049) && consumer.is_gone(2_050));
    }
}
