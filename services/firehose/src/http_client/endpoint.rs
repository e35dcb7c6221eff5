//! Where requests go: a configured URL, taken apart once.

use std::net::IpAddr;

use base64_simd::STANDARD;
use http::header::{AUTHORIZATION, HOST};
use http::{HeaderMap, HeaderValue, Uri};

/// A machine's port, and how it is spoken to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Origin {
    pub(crate) is_secure: bool,
    /// A name, or an address without brackets.
    pub(crate) machine: String,
    pub(crate) port: u16,
}

/// Why a URL cannot be an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum EndpointError {
    /// No absolute URL with a host.
    #[error("the URL is malformed")]
    Malformed,
    /// Neither https, nor http to this machine.
    #[error("the URL must begin with https://; http:// is for loopback addresses only")]
    Insecure,
}

/// An endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Endpoint {
    origin: Origin,
    /// As it was configured, with the query; begins with a slash.
    path: String,
    host: HeaderValue,
    /// From `user:password@` in front of the host.
    authorization: Option<HeaderValue>,
}

impl Endpoint {
    /// Takes a URL apart. `https://` to anybody; `http://` only to this machine, where nobody listens in.
    pub(crate) fn parse(url: &str) -> Result<Self, EndpointError> {
        let uri: Uri = url.parse().map_err(|_| EndpointError::Malformed)?;
        let authority = uri.authority().ok_or(EndpointError::Malformed)?;
        let machine = authority.host().trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
        let is_secure = match uri.scheme_str() {
            Some("https") => true,
            Some("http") if is_loopback(&machine) => false,
            Some("http") => return Err(EndpointError::Insecure),
            _ => return Err(EndpointError::Malformed),
        };
        if machine.is_empty() {
            return Err(EndpointError::Malformed);
        }
        let port = authority.port_u16().unwrap_or(if is_secure { 443 } else { 80 });
        let (user, address) = match authority.as_str().rsplit_once('@') {
            Some((user, address)) => (Some(user), address),
            None => (None, authority.as_str()),
        };
        let path = uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
        let path = if path.starts_with('/') { path } else { format!("/{path}") };
        Ok(Self {
            origin: Origin { is_secure, machine, port },
            path,
            host: HeaderValue::from_str(address).map_err(|_| EndpointError::Malformed)?,
            authorization: user.map(basic),
        })
    }

    /// Where connections go.
    pub(crate) fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The configured path without its query and without a slash at its end.
    pub(crate) fn base_path(&self) -> &str {
        let path = self.path.split('?').next().unwrap_or_default();
        path.trim_end_matches('/')
    }

    /// What the request line says.
    pub(super) fn uri(&self, path: Option<&str>) -> Uri {
        let text = path.unwrap_or(&self.path);
        text.parse().expect("the path of a valid URL, and what is put behind it, is a valid request target")
    }

    /// Adds the headers that say who asks whom.
    pub(super) fn sign(&self, headers: &mut HeaderMap) {
        headers.insert(HOST, self.host.clone());
        if let Some(authorization) = &self.authorization {
            headers.entry(AUTHORIZATION).or_insert_with(|| authorization.clone());
        }
    }
}

/// Whether a name or address is this machine's own.
pub(crate) fn is_loopback(machine: &str) -> bool {
    match machine.parse::<IpAddr>() {
        Ok(address) => address.is_loopback(),
        Err(_) => machine == "localhost" || machine.ends_with(".localhost"),
    }
}

fn basic(user: &str) -> HeaderValue {
    let decoded: Vec<u8> = percent_encoding::percent_decode_str(user).collect();
    let text = format!("Basic {}", STANDARD.encode_to_string(decoded));
    let mut value = HeaderValue::from_str(&text).expect("base64 is visible ASCII");
    value.set_sensitive(true);
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_taken_apart() {
        for (url, secure, machine, port, path) in [
            ("https://a.example/x/y?z=1", true, "a.example", 443, "/x/y?z=1"),
            ("https://A.Example:8443", true, "a.example", 8443, "/"),
            ("https://a.example?k=v", true, "a.example", 443, "/?k=v"),
            ("http://127.0.0.1:9/p", false, "127.0.0.1", 9, "/p"),
            ("http://[::1]:9/p", false, "::1", 9, "/p"),
            ("http://splunk.localhost/", false, "splunk.localhost", 80, "/"),
        ] {
            let endpoint = Endpoint::parse(url).unwrap();
            let origin = Origin { is_secure: secure, machine: machine.to_owned(), port };
            assert_eq!((&endpoint.origin, endpoint.path.as_str()), (&origin, path), "{url}");
        }
    }

    #[test]
    fn what_is_no_endpoint_is_refused() {
        for (url, error) in [
            ("http://a.example/", EndpointError::Insecure),
            ("http://127.0.0.1.example/", EndpointError::Insecure),
            ("ftp://127.0.0.1/", EndpointError::Malformed),
            ("/path", EndpointError::Malformed),
            ("https://", EndpointError::Malformed),
            ("https://a b/", EndpointError::Malformed),
        ] {
            assert_eq!(Endpoint::parse(url), Err(error), "{url}");
        }
    }

    #[test]
    fn users_are_not_part_of_the_host() {
        let endpoint = Endpoint::parse("https://me:p%40ss@a.example:9200/").unwrap();
        let mut headers = HeaderMap::new();
        endpoint.sign(&mut headers);
        assert_eq!(headers[HOST], "a.example:9200");
        assert_eq!(headers[AUTHORIZATION], "Basic bWU6cEBzcw==");
    }
}
