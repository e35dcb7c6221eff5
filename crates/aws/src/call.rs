//! Who is calling, where, and under which request id.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

/// Whoever signed a request, and where what the request names is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The twelve-digit account that owns the resources named in the request.
    pub account: String,
    /// The region of the credential scope, for example `us-east-1`.
    pub region: String,
    /// The caller's ARN, as `GetCallerIdentity` answers it.
    pub caller: String,
    /// The access key id the request was signed with.
    pub access_key: String,
}

/// The circumstances of one request; everything a service may know beside the request itself. Reads as an
/// [`Identity`], which requests of one caller share.
#[derive(Debug, Clone)]
pub struct Call {
    identity: Arc<Identity>,
    /// The UUID answered as `x-amzn-RequestId`.
    pub request_id: RequestId,
}

impl Call {
    /// A request of that caller.
    pub fn new(identity: impl Into<Arc<Identity>>, request_id: RequestId) -> Self {
        Self { identity: identity.into(), request_id }
    }

    /// A request of another service in the same process, in the name of the account that owns what it is about.
    pub fn in_process(account: &str, region: &str) -> Self {
        let identity = Identity {
            account: account.to_owned(),
            region: region.to_owned(),
            caller: format!("arn:aws:iam::{account}:root"),
            access_key: account.to_owned(),
        };
        Self::new(identity, RequestId::new("in-process"))
    }

    /// The ARN of a resource in the caller's account and region.
    pub fn arn(&self, service: &str, resource: &str) -> String {
        format!("arn:aws:{service}:{}:{}:{resource}", self.region, self.account)
    }
}

impl Deref for Call {
    type Target = Identity;

    fn deref(&self) -> &Identity {
        &self.identity
    }
}

/// Other calls of the same caller keep their identity.
impl DerefMut for Call {
    fn deref_mut(&mut self) -> &mut Identity {
        Arc::make_mut(&mut self.identity)
    }
}

/// The characters of a UUID.
const ID_CHARS: usize = 36;

/// Names one request: a UUID, or something shorter.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RequestId {
    text: [u8; ID_CHARS],
    length: u8,
}

impl RequestId {
    /// An id of at most 36 bytes; what is longer is cut.
    pub fn new(id: &str) -> Self {
        let end = id.floor_char_boundary(ID_CHARS);
        let mut text = [0; ID_CHARS];
        text[..end].copy_from_slice(&id.as_bytes()[..end]);
        Self { text, length: u8::try_from(end).expect("cut to 36 bytes") }
    }

    /// The id as text.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.text[..usize::from(self.length)]).expect("cut between characters")
    }
}

impl Deref for RequestId {
    type Target = str;

    fn deref(&self) -> &str {
        self.text()
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_cut_between_characters() {
        assert_eq!(RequestId::new("id-1").text(), "id-1");
        assert_eq!(RequestId::new(&"é".repeat(18)).text(), "é".repeat(18));
        assert_eq!(RequestId::new(&format!("x{}", "é".repeat(18))).text(), format!("x{}", "é".repeat(17)));
    }
}
