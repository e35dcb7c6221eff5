//! What a `ResourceARN` can mean here: a stream or a consumer.

use std::sync::{Arc, LazyLock};

use aws::{Arn, Call, Constraints, Pattern, Required, ServiceError};

use crate::stream::StreamRecord;
use crate::tags::Tags;
use crate::view::StreamView;
use crate::{Kinesis, arn, consumer, errors};

static RESOURCE_ARN: LazyLock<Pattern> =
    LazyLock::new(|| Pattern::new(r"arn:aws.*:kinesis:.*:\d{12}:.*(stream|channel|queue)/\S+"));

/// `ResourceARN`.
pub(crate) fn resource_arn(check: &mut Constraints, value: &Required<String>) {
    check.member("resourceARN", value).length(1..=2048).pattern(&RESOURCE_ARN);
}

/// A stream, or a consumer of it.
pub(crate) struct Resource {
    pub(crate) view: Arc<StreamView>,
    /// Name and creation second of the consumer, if it is one.
    consumer: Option<(String, u64)>,
}

impl Resource {
    /// The resource's tags in `record`, which may be newer than the view.
    pub(crate) fn tags<'r>(&self, record: &'r mut StreamRecord, call: &Call) -> Result<&'r mut Tags, ServiceError> {
        self.part(record, call, |record| &mut record.tags, |consumer| &mut consumer.tags)
    }

    /// The resource's policy in `record`, which may be newer than the view.
    pub(crate) fn policy<'r>(
        &self,
        record: &'r mut StreamRecord,
        call: &Call,
    ) -> Result<&'r mut Option<String>, ServiceError> {
        self.part(record, call, |record| &mut record.policy, |consumer| &mut consumer.policy)
    }

    fn part<'r, T>(
        &self,
        record: &'r mut StreamRecord,
        call: &Call,
        of_stream: fn(&'r mut StreamRecord) -> &'r mut T,
        of_consumer: fn(&'r mut crate::stream::Consumer) -> &'r mut T,
    ) -> Result<&'r mut T, ServiceError> {
        let Some((name, created_s)) = &self.consumer else { return Ok(of_stream(record)) };
        let mut consumers = record.consumers.iter_mut();
        let found = consumers.find(|consumer| consumer.name == *name && consumer.created_s == *created_s);
        found.map(of_consumer).ok_or_else(|| errors::consumer_not_found(name, self.view.name(), call))
    }
}

impl Kinesis {
    /// The stream or consumer of that ARN.
    pub(crate) async fn find_resource(&self, call: &Call, text: &str) -> Result<Resource, ServiceError> {
        let kind = Arn::parse(text).map_or("", |arn| arn.resource.split('/').next().unwrap_or_default());
        if kind != "stream" {
            return Err(ServiceError::not_implemented(format_args!("kinesis resource type {kind}")));
        }
        if consumer::in_arn(text).is_some() {
            let (view, consumer) = self.find_consumer_by_arn(call, text).await?;
            return Ok(Resource { view, consumer: Some((consumer.name, consumer.created_s)) });
        }
        let view = self.view(call, arn::stream_of(call, text)?).await?;
        Ok(Resource { view, consumer: None })
    }
}
