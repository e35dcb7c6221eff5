//! What a request says about its signature, and whether that holds.

use std::borrow::Cow;

use aws::Timestamp;
use http::HeaderMap;
use http::header::{AUTHORIZATION, DATE};
use http::request::Parts;
use subtle::ConstantTimeEq;

use super::Denial;
use crate::sigv4;

/// A signature is good this long before and after its date.
const SKEW_MS: i64 = 15 * 60 * 1000;
/// A presigned request may live this long at most.
const PRESIGNED_SECONDS_MAX: i64 = 604_800;
const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// What a request says about its signature.
#[derive(Debug)]
pub(super) struct Claim<'r> {
    pub(super) access_key: Cow<'r, str>,
    /// Date, region, service and terminator.
    pub(super) scope: Vec<Cow<'r, str>>,
    signed_headers: Cow<'r, str>,
    signature: Cow<'r, str>,
    /// The time it was signed, as written.
    signed_at: Cow<'r, str>,
    /// The life of a presigned request in seconds.
    expires: Option<Cow<'r, str>>,
    pub(super) token: Option<Cow<'r, str>>,
}

impl<'r> Claim<'r> {
    /// Reads the claim of a request; what it lacks is the error.
    pub(super) fn of(parts: &'r Parts) -> Result<Self, Denial> {
        let query = parts.uri.query().unwrap_or_default();
        let presigned = query.contains("X-Amz-Algorithm=");
        match text(&parts.headers, AUTHORIZATION.as_str()) {
            Some(_) if presigned => Err(Denial::invalid(
                "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.",
            )),
            Some(authorization) => Self::of_header(authorization, &parts.headers),
            None if presigned => Self::of_query(query, &parts.headers),
            None => Err(Denial::Missing),
        }
    }

    fn of_header(authorization: &'r str, headers: &'r HeaderMap) -> Result<Self, Denial> {
        let (algorithm, fields) = authorization.split_once(' ').unwrap_or((authorization, ""));
        let mut parts = [None; 3];
        for (key, value) in fields.split(',').filter_map(|field| field.trim().split_once('=')) {
            let Some(at) = ["Credential", "Signature", "SignedHeaders"].iter().position(|name| *name == key) else {
                continue;
            };
            // The first of a name counts.
            parts[at].get_or_insert(value.trim());
        }
        let signed_at = text(headers, "x-amz-date").or_else(|| text(headers, DATE.as_str()));
        let ([Some(credential), Some(signature), Some(signed_headers)], Some(signed_at)) = (parts, signed_at) else {
            return Err(incomplete_header(parts, signed_at, authorization));
        };
        if algorithm != ALGORITHM {
            return Err(Denial::Incomplete(format!("Unsupported AWS 'algorithm': '{algorithm}'.")));
        }
        let mut elements = credential.split('/').map(Cow::Borrowed);
        Ok(Self {
            access_key: elements.next().unwrap_or_default(),
            scope: elements.collect(),
            signed_headers: signed_headers.into(),
            signature: signature.into(),
            signed_at: signed_at.into(),
            expires: None,
            token: text(headers, "x-amz-security-token").map(Cow::Borrowed),
        })
    }

    fn of_query(query: &'r str, headers: &'r HeaderMap) -> Result<Self, Denial> {
        let parameter = |name: &str| {
            let found = form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name);
            found.map(|(_, value)| value).filter(|value| !value.is_empty())
        };
        const NEEDED: [&str; 5] =
            ["X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature", "X-Amz-SignedHeaders", "X-Amz-Date"];
        let [Some(algorithm), Some(credential), Some(signature), Some(signed_headers), Some(signed_at)] =
            NEEDED.map(&parameter)
        else {
            let missing = NEEDED.iter().filter(|name| parameter(name).is_none());
            let sentences: String =
                missing.map(|name| format!("AWS query-string parameters must include '{name}'. ")).collect();
            return Err(Denial::Incomplete(format!("{sentences}Re-examine the query-string parameters.")));
        };
        if algorithm != ALGORITHM {
            return Err(Denial::Incomplete(format!("Unsupported AWS 'algorithm': '{algorithm}'.")));
        }
        let mut elements = credential.split('/').map(|element| Cow::Owned(element.to_owned()));
        let header_token = || text(headers, "x-amz-security-token").map(Cow::Borrowed);
        Ok(Self {
            access_key: elements.next().unwrap_or_default(),
            scope: elements.collect(),
            signed_headers,
            signature,
            signed_at,
            expires: Some(parameter("X-Amz-Expires").unwrap_or_default()),
            token: parameter("X-Amz-Security-Token").or_else(header_token),
        })
    }

    /// Whether the signature is right, for this service, now.
    pub(super) fn check(
        &self,
        parts: &Parts,
        body: &[u8],
        service: &str,
        secret: &str,
        now_ms: u64,
    ) -> Result<(), Denial> {
        self.check_scope(service)?;
        self.check_time(Timestamp::from_ms(now_ms))?;
        let signed = |name: &str| self.signed_headers.split(';').any(|header| header.eq_ignore_ascii_case(name));
        if !signed("host") && !signed(":authority") {
            return Err(Denial::invalid("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."));
        }
        // What chooses the operation must not be exchangeable.
        if parts.headers.contains_key("x-amz-target") && !signed("x-amz-target") {
            return Err(Denial::invalid("'X-Amz-Target' must be a 'SignedHeader' in the AWS Authorization."));
        }
        let content_hash = text(&parts.headers, "x-amz-content-sha256").unwrap_or_default();
        if content_hash.starts_with("STREAMING-") {
            return Err(Denial::invalid("Chunked payload signing is not implemented by Millstream for this service."));
        }
        let expected = sigv4::signature(&sigv4::Signed {
            secret,
            scope: &self.scope.join("/"),
            signed_at: &self.signed_at_basic()?.to_basic(),
            signed_headers: &self.signed_headers,
            parts,
            path_as_sent: false,
            body,
        });
        let given = sigv4::unhex(&self.signature).ok_or_else(Denial::mismatch)?;
        if bool::from(expected.ct_eq(&given)) { Ok(()) } else { Err(Denial::mismatch()) }
    }

    fn check_scope(&self, service: &str) -> Result<(), Denial> {
        let [date, _region, scoped, terminator] = self.scope.as_slice() else {
            let given: Vec<&str> = std::iter::once(&self.access_key).chain(&self.scope).map(|part| &**part).collect();
            return Err(Denial::Incomplete(format!(
                "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '{}'",
                given.join("/")
            )));
        };
        if terminator != "aws4_request" {
            return Err(Denial::invalid(format!(
                "Credential should be scoped with a valid terminator: 'aws4_request', not '{terminator}'. "
            )));
        }
        if scoped != service {
            return Err(Denial::invalid(format!("Credential should be scoped to correct service: '{service}'. ")));
        }
        let day = self.signed_at_basic()?.to_basic();
        if **date != day[..8] {
            return Err(Denial::invalid(format!(
                "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '{date}' != \
                 '{}', from '{}'.",
                &day[..8],
                self.signed_at
            )));
        }
        Ok(())
    }

    fn check_time(&self, now: Timestamp) -> Result<(), Denial> {
        let signed_at = self.signed_at_basic()?;
        let shifted = |ms: i64| Timestamp { ms: now.ms.saturating_add(ms) }.to_basic();
        if signed_at.ms > now.ms.saturating_add(SKEW_MS) {
            return Err(Denial::invalid(format!(
                "Signature not yet current: {} is still later than {} ({} + 15 min.)",
                signed_at.to_basic(),
                shifted(SKEW_MS),
                now.to_basic()
            )));
        }
        let life_ms = match &self.expires {
            None => SKEW_MS,
            Some(seconds) => match seconds.parse::<i64>() {
                Ok(seconds) if (1..=PRESIGNED_SECONDS_MAX).contains(&seconds) => seconds * 1000,
                _ => {
                    return Err(Denial::Incomplete(format!(
                        "X-Amz-Expires must be between 1 and {PRESIGNED_SECONDS_MAX} seconds, got '{seconds}'"
                    )));
                }
            },
        };
        if signed_at.ms.saturating_add(life_ms) < now.ms {
            return Err(Denial::invalid(format!(
                "Signature expired: {} is now earlier than {} ({} - {} min.)",
                signed_at.to_basic(),
                shifted(-life_ms),
                now.to_basic(),
                life_ms / 60_000
            )));
        }
        Ok(())
    }

    fn signed_at_basic(&self) -> Result<Timestamp, Denial> {
        let parsed = Timestamp::parse_basic(&self.signed_at).or_else(|| Timestamp::parse_http(&self.signed_at));
        parsed.ok_or_else(|| {
            Denial::Incomplete(format!(
                "Date must be in ISO-8601 'basic format'. Got '{}'. See http://en.wikipedia.org/wiki/ISO_8601",
                self.signed_at
            ))
        })
    }
}

/// The access key id and the session token of a request that is signed with version 2, which only S3 still takes.
pub(super) fn of_version_2(parts: &Parts) -> (Option<String>, Option<String>) {
    let query = parts.uri.query().unwrap_or_default();
    let parameter = |name: &str| {
        let found = form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name);
        found.map(|(_, value)| value.into_owned())
    };
    let header = text(&parts.headers, AUTHORIZATION.as_str()).and_then(|value| value.strip_prefix("AWS "));
    match header.and_then(|value| value.trim().split_once(':')) {
        Some((access_key, _)) => {
            (Some(access_key.to_owned()), text(&parts.headers, "x-amz-security-token").map(str::to_owned))
        }
        None if query.contains("AWSAccessKeyId=") => (parameter("AWSAccessKeyId"), parameter("x-amz-security-token")),
        None => (None, None),
    }
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// One sentence for each part that is missing, then the header itself.
fn incomplete_header(parts: [Option<&str>; 3], signed_at: Option<&str>, authorization: &str) -> Denial {
    let mut message = String::new();
    for (name, part) in ["Credential", "Signature", "SignedHeaders"].iter().zip(parts) {
        if part.is_none() {
            message.push_str(&format!("Authorization header requires '{name}' parameter. "));
        }
    }
    if signed_at.is_none() {
        message.push_str("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ");
    }
    Denial::Incomplete(format!("{message}Authorization={authorization}"))
}
