//! Where a server is, and as whom its client speaks.

use std::net::SocketAddr;

use aws::Timestamp;
use gateway::Signed;
use host::Host;
use hyper::header::{AUTHORIZATION, HeaderValue};
use hyper::http::request::Parts;

use crate::Failure;

/// Which headers a signature covers.
const SIGNED_HEADERS: &str = "content-type;host;x-amz-date;x-amz-target";

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
    /// None for servers in open mode, which take any signature.
    keys: Option<Keys>,
}

impl Endpoint {
    /// A server in open mode.
    pub(crate) fn open(address: SocketAddr) -> Self {
        Self { address, host: address.to_string(), region: "us-east-1".to_owned(), keys: None }
    }

    /// The server at an URL such as `http://127.0.0.1:4566`.
    pub(crate) async fn of(url: &str, region: &str, keys: Option<Keys>) -> Result<Self, Failure> {
        let host = authority(url)?;
        let with_port = if host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok()) {
            host.to_owned()
        } else {
            format!("{host}:80")
        };
        let not_found = |why: &str| Failure::new(format!("{url}: {why}"));
        let mut addresses = tokio::net::lookup_host(&with_port).await.map_err(|error| not_found(&error.to_string()))?;
        let address = addresses.next().ok_or_else(|| not_found("the name has no address"))?;
        Ok(Self { address, host: host.to_owned(), region: region.to_owned(), keys })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    /// An `Authorization` that says whom it is from and proves nothing.
    pub(crate) fn claim(&self, signing_name: &str) -> String {
        format!(
            "AWS4-HMAC-SHA256 Credential=DEMO/20260101/{}/{signing_name}/aws4_request, SignedHeaders=host;x-amz-date, \
             Signature=0",
            self.region
        )
    }

    /// Signs a request, as far as there are keys.
    pub(crate) fn sign(&self, signing_name: &str, parts: &mut Parts, body: &[u8]) {
        let signed_at = Timestamp::from_ms(Host::real().now_ms()).to_basic();
        parts.headers.insert("x-amz-date", text(&signed_at));
        let authorization = match &self.keys {
            None => self.claim(signing_name),
            Some(keys) => {
                let scope = format!("{}/{}/{signing_name}/aws4_request", &signed_at[..8], self.region);
                if let Some(token) = &keys.session_token {
                    parts.headers.insert("x-amz-security-token", text(token));
                }
                let secret = &keys.secret;
                let signed = Signed {
                    secret,
                    scope: &scope,
                    signed_at: &signed_at,
                    signed_headers: SIGNED_HEADERS,
                    parts,
                    body,
                };
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

fn authority(url: &str) -> Result<&str, Failure> {
    if url.starts_with("https://") {
        return Err(Failure::new(format!("{url}: this client does not speak TLS; name the server's http:// address")));
    }
    let rest = url.strip_prefix("http://").unwrap_or(url);
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if host.is_empty() || host.contains(['@', ' ']) {
        return Err(Failure::new(format!("'{url}' is not an address such as http://127.0.0.1:4566")));
    }
    Ok(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_url_says_where_the_server_is() {
        for (url, host) in [
            ("http://127.0.0.1:4566", "127.0.0.1:4566"),
            ("http://localhost:4566/", "localhost:4566"),
            ("127.0.0.1:1", "127.0.0.1:1"),
            ("http://[::1]:4566/x?y", "[::1]:4566"),
        ] {
            assert_eq!(authority(url).expect(url), host);
        }
        for url in ["", "http://", "https://127.0.0.1:4566", "http://user@host"] {
            assert!(authority(url).is_err(), "{url}");
        }
    }
}
