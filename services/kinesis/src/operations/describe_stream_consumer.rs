//! DescribeStreamConsumer.

use std::sync::Arc;

use aws::{Call, Constraints, Operation, ServiceError};
use serde::{Deserialize, Serialize};

use crate::consumer::ConsumerDescription;
use crate::{Kinesis, consumer, shapes};

/// Describes a consumer.
///
/// <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DescribeStreamConsumer.html>
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct DescribeStreamConsumer {
    #[serde(rename = "StreamARN")]
    stream_arn: Option<String>,
    consumer_name: Option<String>,
    #[serde(rename = "ConsumerARN")]
    consumer_arn: Option<String>,
    stream_id: Option<String>,
}

/// The answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DescribeStreamConsumerOutput {
    consumer_description: ConsumerDescription,
}

impl Operation for DescribeStreamConsumer {
    const NAME: &'static str = "DescribeStreamConsumer";
    type Service = Kinesis;
    type Output = DescribeStreamConsumerOutput;

    fn constraints(&self, check: &mut Constraints) {
        shapes::stream_arn(check, &self.stream_arn);
        consumer::name(check, &self.consumer_name);
        consumer::arn(check, &self.consumer_arn);
        shapes::stream_id(check, &self.stream_id);
    }

    async fn run(self, kinesis: &Arc<Kinesis>, call: &Call) -> Result<DescribeStreamConsumerOutput, ServiceError> {
        let found = kinesis.find_consumer(call, &self.stream_arn, &self.consumer_name, &self.consumer_arn).await?;
        let (view, consumer) = found;
        kinesis.admit_stream(call, Self::NAME, view.name())?;
        let stream_arn = view.arn(call);
        let mut consumer_description = consumer.describe(&stream_arn, kinesis.now_ms());
        consumer_description.stream_arn = Some(stream_arn);
        Ok(DescribeStreamConsumerOutput { consumer_description })
    }
}
