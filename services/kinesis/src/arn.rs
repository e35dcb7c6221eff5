//! How requests name streams: by name, by ARN, or both.

use aws::{Arn, Call, ServiceError};

use crate::errors;

/// The stream name a request means. Cross-account ARNs are unknown accounts here: policies are not enforced yet.
pub(crate) fn address(call: &Call, name: &Option<String>, arn: &Option<String>) -> Result<String, ServiceError> {
    let Some(arn) = arn else {
        return name.clone().ok_or_else(errors::no_stream_named);
    };
    let in_arn = stream_of(call, arn)?;
    match name {
        Some(name) if name != in_arn => Err(errors::name_is_not_that_of_arn(name, in_arn)),
        _ => Ok(in_arn.to_owned()),
    }
}

/// The stream name inside a stream's or consumer's ARN of the caller's account and region.
pub(crate) fn stream_of<'a>(call: &Call, arn: &'a str) -> Result<&'a str, ServiceError> {
    let parsed = Arn::parse(arn).ok_or_else(errors::no_stream_named)?;
    if parsed.region != call.region {
        return Err(errors::arn_of_other_region(arn));
    }
    if parsed.account != call.account {
        return Err(errors::arn_of_unknown_account());
    }
    let resource = parsed.resource.strip_prefix("stream/").unwrap_or(parsed.resource);
    Ok(resource.split('/').next().unwrap_or_default())
}
