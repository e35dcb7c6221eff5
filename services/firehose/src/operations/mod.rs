//! The table. A new operation adds its `mod` and its `with`.

mod create_delivery_stream;
mod delete_delivery_stream;
mod describe_delivery_stream;
mod list_delivery_streams;
mod list_tags_for_delivery_stream;
mod put_record;
mod put_record_batch;
mod start_delivery_stream_encryption;
mod stop_delivery_stream_encryption;
mod tag_delivery_stream;
mod untag_delivery_stream;
mod update_destination;

use aws::Operations;

use crate::Firehose;

pub(crate) fn table() -> Operations<Firehose> {
    Operations::new()
        .with::<put_record_batch::PutRecordBatch>()
        .with::<put_record::PutRecord>()
        .with::<create_delivery_stream::CreateDeliveryStream>()
        .with::<delete_delivery_stream::DeleteDeliveryStream>()
        .with::<describe_delivery_stream::DescribeDeliveryStream>()
        .with::<list_delivery_streams::ListDeliveryStreams>()
        .with::<list_tags_for_delivery_stream::ListTagsForDeliveryStream>()
        .with::<start_delivery_stream_encryption::StartDeliveryStreamEncryption>()
        .with::<stop_delivery_stream_encryption::StopDeliveryStreamEncryption>()
        .with::<tag_delivery_stream::TagDeliveryStream>()
        .with::<untag_delivery_stream::UntagDeliveryStream>()
        .with::<update_destination::UpdateDestination>()
}

/// Operations of AWS's model that come later: none.
pub(crate) const NOT_IMPLEMENTED: &[&str] = &[];
