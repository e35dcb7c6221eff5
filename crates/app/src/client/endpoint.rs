//! Where a server is, and as whom its client speaks.

use std::net::SocketAddr;
use std::path::Path;

use aws::Timestamp;
use gateway::Signed;
use host::Host;
use hyper::header::{AUTHORIZATION, HeaderValue};
use hyper::http::request::Parts;

use super::tls::Tls;
use crate::Failure;

/// Which headers a signature covers.
const SIGNED_HEADERS: &str = "content-type;host;x-amz-date;x-amz-target";
/// Which headers the signature of a request to S3 covers.
const SIGNED_HEADERS_S3: &str = "host;x-amz-content-sha256;x-amz-date";
/// The same, with the token of temporary keys, which S3 wants to be covered.
const SIGNED_HEADERS_S3_TOKEN: &str = "host;x-amz-content-sha256;x-amz-date;x-amz-security-token";
/// The digest of a request without a body.
const EMPTY_DIGEST: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// An access key. Debugging does not show the secret.
#[derive(Clone)]
pub(crate) struct Keys {
    /// The key's public half.
    pub(crate) access_key: String,
    /// The other half.
    pub(crate) secret: String,
    /// For keys that are valid for a while only.
    pub(crate) session_token: Option<String>,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keys").field("access_key", &self.access_key).finish_non_exhaustive()
    }
}

/// A server.
#[derive(Debug, Clone)]
pub(crate) struct Endpoint {
    address: SocketAddr,
    host: String,
    region: String,
    /// None for `http://`.
    tls: Option<Tls>,
    /// None for servers in open mode, which take any signature.
    keys: Option<Keys>,
}

impl Endpoint {
    /// A server in open mode.
    pub(crate) fn open(address: SocketAddr) -> Self {
        Self { address, host: address.to_string(), region: "us-east-1".to_owned(), tls: None, keys: None }
    }

    /// The server at an URL such as `http://127.0.0.1:4566`. Certificates of `https://` may come from an authority of a file.
    pub(crate) async fn of(
        url: &str,
        region: &str,
        keys: Option<Keys>,
        ca_file: Option<&Path>,
    ) -> Result<Self, Failure> {
        let Authority { host, machine, port, is_secure } = authority(url)?;
        let tls = is_secure.then(|| Tls::of(machine, ca_file)).transpose()?;
        let with_port = format!("{machine}:{port}");
        let not_found = |why: &str| Failure::new(format!("{url}: {why}"));
        let mut addresses = tokio::net::lookup_host(&with_port).await.map_err(|error| not_found(&error.to_string()))?;
        let address = addresses.next().ok_or_else(|| not_found("the name has no address"))?;
        Ok(Self { address, host: host.to_owned(), region: region.to_owned(), tls, keys })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    pub(super) fn tls(&self) -> Option<&Tls> {
        self.tls.as_ref()
    }

    /// An `Authorization` that says whom it is from and proves nothing.
    pub(crate) fn claim(&self, signing_name: &str, day: &str) -> String {
        format!(
            "AWS4-HMAC-SHA256 Credential=DEMO/{day}/{}/{signing_name}/aws4_request, SignedHeaders=host;x-amz-date, \
             Signature=0",
            self.region
        )
    }

    /// Signs a request, as far as there are keys.
    pub(crate) fn sign(&self, signing_name: &str, parts: &mut Parts, body: &[u8]) {
        self.sign_as(signing_name, SIGNED_HEADERS, parts, body);
    }

    /// Signs a request without a body to S3, as far as there are keys.
    pub(crate) fn sign_for_s3(&self, parts: &mut Parts) {
        parts.headers.insert("x-amz-content-sha256", HeaderValue::from_static(EMPTY_DIGEST));
        let has_token = self.keys.as_ref().is_some_and(|keys| keys.session_token.is_some());
        self.sign_as("s3", if has_token { SIGNED_HEADERS_S3_TOKEN } else { SIGNED_HEADERS_S3 }, parts, b"");
    }

    fn sign_as(&self, signing_name: &str, signed_headers: &str, parts: &mut Parts, body: &[u8]) {
        let signed_at = Timestamp::from_ms(Host::real().now_ms()).to_basic();
        parts.headers.insert("x-amz-date", text(&signed_at));
        let authorization = match &self.keys {
            None => self.claim(signing_name, &signed_at[..8]),
            Some(keys) => {
                let scope = format!("{}/{}/{signing_name}/aws4_request", &signed_at[..8], self.region);
                if let Some(token) = &keys.session_token {
                    parts.headers.insert("x-amz-security-token", text(token));
                }
                let (secret, path_as_sent) = (&keys.secret, signing_name == "s3");
                let signed =
                    Signed { secret, scope: &scope, signed_at: &signed_at, signed_headers, parts, path_as_sent, body };
                signed.authorization(&keys.access_key)
            }
        };
        parts.headers.insert(AUTHORIZATION, text(&authorization));
    }
}

/// A header's value; what cannot be one (a key with a line feed) is left out, and the server refuses the rest.
fn text(value: &str) -> HeaderValue {
    HeaderValue::from_str(value).unwrap_or_else(|_| HeaderValue::from_static(""))
}

/// What an URL says about its server.
#[derive(Debug, PartialEq, Eq)]
struct Authority<'u> {
    /// As the `Host` header has it.
    host: &'u str,
    machine: &'u str,
    port: u16,
    is_secure: bool,
}

fn authority(url: &str) -> Result<Authority<'_>, Failure> {
    let (rest, is_secure) = match (url.strip_prefix("https://"), url.strip_prefix("http://")) {
        (Some(rest), _) => (rest, true),
        (None, Some(rest)) => (rest, false),
        (None, None) => (url, false),
    };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if host.is_empty() || host.contains(['@', ' ']) {
        return Err(Failure::new(format!("'{url}' is not an address such as http://127.0.0.1:4566")));
    }
    let with_port = host.rsplit_once(':').and_then(|(machine, port)| Some((machine, port.parse::<u16>().ok()?)));
    let (machine, port) = with_port.unwrap_or((host, if is_secure { 443 } else { 80 }));
    Ok(Authority { host, machine, port, is_secure })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_url_says_where_the_server_is() {
        for (url, host, machine, port, is_secure) in [
            ("http://127.0.0.1:4566", "127.0.0.1:4566", "127.0.0.1", 4566, false),
            ("http://localhost:4566/", "localhost:4566", "localhost", 4566, false),
            ("127.0.0.1:1", "127.0.0.1:1", "127.0.0.1", 1, false),
            ("http://[::1]:4566/x?y", "[::1]:4566", "[::1]", 4566, false),
            ("http://streams.example", "streams.example", "streams.example", 80, false),
            ("https://[::1]", "[::1]", "[::1]", 443, true),
            ("https://streams.example/", "streams.example", "streams.example", 443, true),
            ("https://127.0.0.1:4566", "127.0.0.1:4566", "127.0.0.1", 4566, true),
        ] {
            assert_eq!(authority(url).expect(url), Authority { host, machine, port, is_secure });
        }
        for url in ["", "http://", "https://", "http://user@host"] {
            assert!(authority(url).is_err(), "{url}");
        }
    }
}
