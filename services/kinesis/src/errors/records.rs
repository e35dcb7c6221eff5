//! What is said about records: about writing, reading and subscribing.

use std::fmt::Display;
use std::sync::Arc;

use aws::{Call, ServiceError, WireEnum};

use super::{
    DRY_RUN, EXPIRED_ITERATOR, INTERNAL_FAILURE, INVALID_ARGUMENT, KMS_ACCESS_DENIED, KMS_DISABLED, KMS_INVALID_STATE,
    KMS_NOT_FOUND, LIMIT_EXCEEDED, RESOURCE_IN_USE, THROUGHPUT_EXCEEDED, engine, shard_not_found, stream_not_found,
};
use crate::consumer::ConsumerStatus;
use crate::view::StreamView;
use crate::{limits, shard};

pub(crate) fn iterator_invalid() -> ServiceError {
    INVALID_ARGUMENT.with("Invalid ShardIterator.")
}

pub(crate) fn iterator_expired(created_ms: u64, now_ms: u64) -> ServiceError {
    let (created, now, tolerated) = (java_date(created_ms), java_date(now_ms), limits::ITERATOR_MS);
    EXPIRED_ITERATOR.with(format!(
        "Iterator expired. The iterator was created at time {created} while right now it is {now} which is further in \
         the future than the tolerated delay of {tolerated} milliseconds."
    ))
}

/// An instant as Java prints it: `Thu Jan 22 01:22:02 UTC 2015`.
fn java_date(ms: u64) -> String {
    let instant = i64::try_from(ms).ok().and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
    instant.unwrap_or(jiff::Timestamp::MAX).strftime("%a %b %d %H:%M:%S UTC %Y").to_string()
}

pub(crate) fn dry_run(operation: &str) -> ServiceError {
    DRY_RUN.with(format!(
        "DryRunOperation validation succeeded while calling {operation} operation.: Request would have succeeded, but \
         DryRun flag is set."
    ))
}

pub(crate) fn shard_rate_exceeded(shard: u32, stream: &str, call: &Call) -> ServiceError {
    THROUGHPUT_EXCEEDED.with(shard_rate_message(shard, stream, call))
}

/// The code and the message of an entry of PutRecords that was throttled.
pub(crate) fn entry_rate_exceeded(shard: u32, stream: &str, call: &Call) -> (&'static str, String) {
    (THROUGHPUT_EXCEEDED.name, shard_rate_message(shard, stream, call))
}

fn shard_rate_message(shard: u32, stream: &str, call: &Call) -> String {
    let (shard, account) = (shard::name(shard), &call.account);
    format!("Rate exceeded for shard {shard} in stream {stream} under account {account}.")
}

pub(crate) fn hash_key_out_of_range(key: &str) -> ServiceError {
    INVALID_ARGUMENT.with(format!(
        "Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. Specified value was {key}"
    ))
}

pub(crate) fn ordering_number_invalid(number: &str, stream: &str, call: &Call) -> ServiceError {
    let account = &call.account;
    INVALID_ARGUMENT.with(format!(
        "ExclusiveMinimumSequenceNumber {number} used in PutRecord on stream {stream} under account {account} is invalid."
    ))
}

/// ≈: AWS said `Records size exceeds 5 MB limit` while 5 MiB was the limit.
pub(crate) fn put_records_too_large() -> ServiceError {
    INVALID_ARGUMENT.with("Records size exceeds 10 MB limit")
}

pub(crate) fn start_needs_number(kind: &str, has_number: bool) -> ServiceError {
    let what = if has_number { "and also a" } else { "and no" };
    INVALID_ARGUMENT.with(format!(
        "Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and StartingSequenceNumber or (2) \
         TRIM_HORIZON or LATEST and no StartingSequenceNumber. Request specified {kind} {what} StartingSequenceNumber."
    ))
}

pub(crate) fn start_needs_timestamp() -> ServiceError {
    INVALID_ARGUMENT.with(
        "Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP. Current request has no timestamp \
         parameter.",
    )
}

pub(crate) fn start_is_in_the_future(asked_ms: i64, now_ms: u64) -> ServiceError {
    INVALID_ARGUMENT.with(format!(
        "The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. timestampInMillis: \
         {asked_ms}, currentTimestampInMillis: {now_ms}"
    ))
}

/// Where a sequence number was used, for the messages about it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NumberUse<'a> {
    pub(crate) operation: &'a str,
    pub(crate) shard: u32,
    pub(crate) stream: &'a str,
    pub(crate) call: &'a Call,
}

impl NumberUse<'_> {
    pub(crate) fn invalid(&self, number: impl Display) -> ServiceError {
        INVALID_ARGUMENT.with(format!("{}.", self.complaint(number)))
    }

    pub(crate) fn of_another_stream(&self, number: impl Display) -> ServiceError {
        INVALID_ARGUMENT.with(format!("{} because it did not come from this stream.", self.complaint(number)))
    }

    pub(crate) fn of_another_shard(&self, encoded: u32) -> ServiceError {
        let (encoded, shard) = (shard::name(encoded), shard::name(self.shard));
        INVALID_ARGUMENT.with(format!(
            "Invalid StartingSequenceNumber. It encodes {encoded}, while it was used in a call to a shard with {shard}"
        ))
    }

    fn complaint(&self, number: impl Display) -> String {
        let Self { operation, stream, .. } = self;
        let (shard, account) = (shard::name(self.shard), &self.call.account);
        format!(
            "StartingSequenceNumber {number} used in {operation} on shard {shard} in stream {stream} under account \
             {account} is invalid"
        )
    }
}

/// An engine error about a stream that was there a moment ago.
pub(crate) fn stream_engine(error: log::Error, view: &StreamView, call: &Call) -> ServiceError {
    match error {
        log::Error::NotFound => stream_not_found(view.name(), call),
        error => engine(error),
    }
}

/// An engine error about a shard that was there a moment ago.
pub(crate) fn shard_engine(error: log::Error, shard: u32, view: &StreamView, call: &Call) -> ServiceError {
    match error {
        log::Error::NotFound => shard_not_found(&shard::name(shard), view.name(), call),
        error => engine(error),
    }
}

/// A record that the engine could not take.
pub(crate) fn not_written(error: &Arc<log::Error>) -> ServiceError {
    INTERNAL_FAILURE.with(not_written_message(error)).caused_by(Arc::clone(error))
}

/// The code and the message of an entry of PutRecords that the engine could not take.
pub(crate) fn entry_not_written(error: &log::Error) -> (&'static str, String) {
    (INTERNAL_FAILURE.name, not_written_message(error).to_owned())
}

/// AWS's sentence, except where the operator can do something about it.
fn not_written_message(error: &log::Error) -> &'static str {
    match error {
        log::Error::Unavailable { .. } => {
            "The server's disk does not accept writes at the moment, for example because it is full. Nothing was \
             written. Try again later."
        }
        log::Error::Throttled { .. } => {
            "Too many writes are waiting for the disk. Nothing was written. Try again later."
        }
        log::Error::Sealed { .. } => "The shard was closed while the record was on its way. Try again.",
        _ => "Internal Service Failure",
    }
}

/// A key that cannot be used; ≈: the sentences are those of KMS.
pub(crate) fn kms(error: keys::Error, key: &str) -> ServiceError {
    match error {
        keys::Error::NotFound if key.contains("alias/") => KMS_NOT_FOUND.with(format!("Alias {key} is not found.")),
        keys::Error::NotFound => KMS_NOT_FOUND.with(format!("Key '{key}' does not exist")),
        keys::Error::Disabled => KMS_DISABLED.with(format!("{key} is disabled.")),
        keys::Error::PendingDeletion => KMS_INVALID_STATE.with(format!("{key} is pending deletion.")),
        keys::Error::WrongKey { .. } => {
            let message = format!("{key} cannot be used: the master key file of the server does not open it.");
            KMS_ACCESS_DENIED.with(message).caused_by(error)
        }
        error => ServiceError::internal(error),
    }
}

/// ≈: as clients have quoted it in public bug reports.
pub(crate) fn subscription_in_use(consumer: &str, view: &StreamView, shard: u32, call: &Call) -> ServiceError {
    let (account, stream, shard) = (&call.account, view.name(), shard::name(shard));
    RESOURCE_IN_USE
        .with(format!("Another active subscription exists for this consumer: {account}:{stream}:{consumer}:{shard}"))
}

/// ≈: as clients have quoted it in public bug reports.
pub(crate) fn subscribed_too_often(consumer_arn: &str, shard: u32) -> ServiceError {
    let shard = shard::name(shard);
    LIMIT_EXCEEDED.with(format!("Rate exceeded for consumer {consumer_arn} and shard {shard}"))
}

/// ≈: in the words AWS uses for streams.
pub(crate) fn consumer_not_active(consumer: &str, stream: &str, status: ConsumerStatus, call: &Call) -> ServiceError {
    let (account, status) = (&call.account, status.name());
    RESOURCE_IN_USE.with(format!(
        "Consumer {consumer} under stream {stream} under account {account} not ACTIVE, instead in state {status}"
    ))
}
