//! Instants as S3 shows them: in whole seconds, in headers and lists alike.

use std::time::{Duration, SystemTime};

use s3s::dto::Timestamp;

/// Milliseconds since 1970 as S3 shows them.
pub(crate) fn shown(at_ms: u64) -> Timestamp {
    Timestamp::from(SystemTime::UNIX_EPOCH + Duration::from_secs(at_ms / 1000))
}

/// In the form of HTTP's headers.
pub(crate) fn http_date(at_ms: u64) -> String {
    let mut text = Vec::new();
    let format = s3s::dto::TimestampFormat::HttpDate;
    shown(at_ms).format(format, &mut text).expect("every instant of the clock can be written");
    String::from_utf8(text).expect("dates are plain text")
}
