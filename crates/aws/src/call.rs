//! Who is calling, where, and under which request id.

/// The circumstances of one request; everything a service may know beside the request itself.
#[derive(Debug, Clone)]
pub struct Call {
    /// The twelve-digit account that owns the resources named in the request.
    pub account: String,
    /// The region of the credential scope, for example `us-east-1`.
    pub region: String,
    /// The caller's ARN, as `GetCallerIdentity` answers it.
    pub caller: String,
    /// The access key id the request was signed with.
    pub access_key: String,
    /// The UUID answered as `x-amzn-RequestId`.
    pub request_id: String,
}

impl Call {
    /// The ARN of a resource in the caller's account and region.
    pub fn arn(&self, service: &str, resource: &str) -> String {
        format!("arn:aws:{service}:{}:{}:{resource}", self.region, self.account)
    }
}
