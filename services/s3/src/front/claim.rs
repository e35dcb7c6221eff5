//! What a request says about its signature: in its header, in its query or in the fields of a form.

use aws::Timestamp;
use http::header::AUTHORIZATION;
use http::request::Parts;
use http::{HeaderMap, HeaderName};

use super::Denial;

/// The one algorithm.
const ALGORITHM: &str = "AWS4-HMAC-SHA256";
/// A presigned request may live this long at most: a week.
const PRESIGNED_SECONDS_MAX: u64 = 604_800;
/// The parameters that a presigned request needs.
const QUERY_NEEDS: &str = "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, \
                           X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.";
const SHAPE: &str = "expecting \"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".";
/// Answered for signature version 2 where signatures are checked.
const MECHANISM: &str = "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.";

/// Where the signature stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Header,
    /// Presigned, for so many seconds.
    Query {
        expires_seconds: u64,
    },
    /// In a form, over its policy.
    Form,
}

/// Who claims to have signed, when, and what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Claim {
    pub(super) place: Place,
    pub(super) access_key: String,
    pub(super) region: String,
    /// `date/region/s3/aws4_request`
    pub(super) scope: String,
    /// Lower-case names, separated by semicolons.
    pub(super) signed_headers: String,
    pub(super) signature: String,
    pub(super) signed_at: Timestamp,
    pub(super) token: Option<String>,
}

/// What a request says about who sent it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Claimed {
    Nobody,
    V4(Claim),
    /// Signature version 2, which AWS no longer takes: only good where signatures are not checked.
    V2 {
        access_key: String,
        expires_at: Option<u64>,
    },
}

impl Claimed {
    /// Reads the claim of headers and query.
    pub(super) fn of(parts: &Parts) -> Result<Self, Denial> {
        let query = parts.uri.query().unwrap_or_default();
        let parameter = |name: &str| parameter(query, name);
        let v4 = parameter("X-Amz-Algorithm");
        let v2 = parameter("AWSAccessKeyId");
        let header = parts.headers.get(AUTHORIZATION);
        if usize::from(v4.is_some()) + usize::from(v2.is_some()) + usize::from(header.is_some()) > 1 {
            let message = "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query \
                           string parameter or the Authorization header should be specified";
            return Err(Denial::argument(message, "Authorization", "several"));
        }
        if let Some(algorithm) = v4 {
            return of_query(query, &algorithm, &parts.headers).map(Self::V4);
        }
        if let Some(access_key) = v2 {
            let expires = parameter("Expires").unwrap_or_default();
            let Ok(expires_at) = expires.parse() else {
                return Err(Denial::access(format!("Invalid date (should be seconds since epoch): {expires}")));
            };
            return Ok(Self::V2 { access_key, expires_at: Some(expires_at) });
        }
        match header.map(|value| value.to_str().unwrap_or_default()) {
            Some(value) => of_header(value, &parts.headers),
            None => Ok(Self::Nobody),
        }
    }

    /// Whether the parameters of the query say it.
    pub(super) fn is_in_query(&self) -> bool {
        match self {
            Self::Nobody => false,
            Self::V4(claim) => matches!(claim.place, Place::Query { .. }),
            Self::V2 { expires_at, .. } => expires_at.is_some(),
        }
    }

    /// Refuses what cannot be checked where signatures are.
    pub(super) fn unchecked() -> Denial {
        Denial::request(MECHANISM)
    }
}

fn of_header(value: &str, headers: &HeaderMap) -> Result<Claimed, Denial> {
    let (scheme, fields) = value.trim().split_once(' ').unwrap_or((value, ""));
    if scheme == "AWS" {
        let access_key = fields.split(':').next().unwrap_or_default().trim().to_owned();
        return Ok(Claimed::V2 { access_key, expires_at: None });
    }
    if scheme != ALGORITHM {
        return Err(if scheme.starts_with("AWS4-") {
            Denial::request(MECHANISM)
        } else {
            Denial::argument("Unsupported Authorization Type", "Authorization", value)
        });
    }
    let field = |name: &str| {
        let pairs = fields.split(',').filter_map(|field| field.trim().split_once('='));
        pairs.into_iter().find(|(key, _)| *key == name).map(|(_, value)| value.trim())
    };
    let (Some(credential), Some(signed_headers), Some(signature)) =
        (field("Credential"), field("SignedHeaders"), field("Signature"))
    else {
        return Err(Denial::malformed_header(
            "the authorization header requires three components: Credential, SignedHeaders, and Signature.",
        ));
    };
    let (access_key, scope, region, date) = scope_of(credential, &|what| Denial::malformed_header(&what))?;
    let signed_at = text(headers, "x-amz-date").and_then(Timestamp::parse_basic);
    let signed_at = signed_at.or_else(|| text(headers, "date").and_then(Timestamp::parse_http));
    let Some(signed_at) = signed_at else {
        return Err(Denial::access("AWS authentication requires a valid Date or x-amz-date header"));
    };
    if signed_at.to_basic()[..8] != date {
        let what = format!("Invalid credential date \"{date}\". This date is not the same as X-Amz-Date.");
        return Err(Denial::malformed_header(&what));
    }
    Ok(Claimed::V4(Claim {
        place: Place::Header,
        access_key,
        region,
        scope,
        signed_headers: signed_headers.to_ascii_lowercase(),
        signature: signature.to_owned(),
        signed_at,
        token: text(headers, "x-amz-security-token").map(str::to_owned),
    }))
}

fn of_query(query: &str, algorithm: &str, headers: &HeaderMap) -> Result<Claim, Denial> {
    let needed = ["X-Amz-Credential", "X-Amz-Signature", "X-Amz-Date", "X-Amz-SignedHeaders", "X-Amz-Expires"];
    let [Some(credential), Some(signature), Some(date), Some(signed_headers), Some(expires)] =
        needed.map(|name| parameter(query, name))
    else {
        return Err(Denial::malformed_query(QUERY_NEEDS));
    };
    if algorithm != ALGORITHM {
        return Err(Denial::malformed_query("X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256\""));
    }
    let malformed =
        |what: String| Denial::malformed_query(format!("Error parsing the X-Amz-Credential parameter; {what}"));
    let (access_key, scope, region, day) = scope_of(&credential, &malformed)?;
    let Some(signed_at) = Timestamp::parse_basic(&date) else {
        let what = "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"";
        return Err(Denial::malformed_query(what));
    };
    if date[..8] != day {
        let what = format!("Invalid credential date \"{day}\". This date is not the same as X-Amz-Date: \"{date}\".");
        return Err(Denial::malformed_query(what));
    }
    if expires.starts_with('-') {
        return Err(Denial::malformed_query("X-Amz-Expires must be non-negative"));
    }
    let Ok(expires_seconds) = expires.parse() else {
        return Err(Denial::malformed_query("X-Amz-Expires should be a number"));
    };
    if expires_seconds > PRESIGNED_SECONDS_MAX {
        return Err(Denial::malformed_query(
            "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than \
             604800 seconds",
        ));
    }
    let token = parameter(query, "X-Amz-Security-Token");
    Ok(Claim {
        place: Place::Query { expires_seconds },
        access_key,
        region,
        scope,
        signed_headers: signed_headers.to_ascii_lowercase(),
        signature,
        signed_at,
        token: token.or_else(|| text(headers, "x-amz-security-token").map(str::to_owned)),
    })
}

impl Claim {
    /// Reads the claim of a form; `None` when nobody signed it.
    pub(super) fn of_form<'f>(field: impl Fn(&str) -> Option<&'f str>) -> Result<Option<Self>, Denial> {
        let Some(signature) = field("x-amz-signature") else { return Ok(None) };
        let needed = |name: &'static str| {
            let message = format!(
                "Bucket POST must contain a field named '{name}'.  If it is specified, please check \
                                   the order of the fields."
            );
            field(name).ok_or_else(|| Denial::argument(message, name, ""))
        };
        needed("policy")?;
        if needed("x-amz-algorithm")? != ALGORITHM {
            return Err(Denial::request(MECHANISM));
        }
        let malformed =
            |what: String| Denial::malformed_query(format!("Error parsing the X-Amz-Credential parameter; {what}"));
        let (access_key, scope, region, day) = scope_of(needed("x-amz-credential")?, &malformed)?;
        let date = needed("x-amz-date")?;
        let signed_at = Timestamp::parse_basic(date).filter(|_| date[..8] == day).ok_or_else(|| {
            Denial::malformed_query("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"")
        })?;
        let signature = signature.to_owned();
        let token = field("x-amz-security-token").map(str::to_owned);
        let signed_headers = String::new();
        Ok(Some(Self { place: Place::Form, access_key, region, scope, signed_headers, signature, signed_at, token }))
    }

    /// Whether a header is among the signed ones.
    pub(super) fn covers(&self, name: &HeaderName) -> bool {
        self.signed_headers.split(';').any(|signed| signed == name.as_str())
    }
}

/// The access key id, the scope, its region and its date.
fn scope_of(credential: &str, refuse: &dyn Fn(String) -> Denial) -> Result<(String, String, String, String), Denial> {
    let malformed = || refuse(format!("the Credential is mal-formed; {SHAPE}"));
    // An access key id may itself hold slashes; the scope is the last four elements.
    let mut elements: Vec<&str> = credential.rsplitn(5, '/').collect();
    elements.reverse();
    let [access_key, date, region, service, terminator] = elements[..] else { return Err(malformed()) };
    if access_key.is_empty() {
        return Err(malformed());
    }
    if terminator != "aws4_request" {
        return Err(refuse(format!("incorrect terminator \"{terminator}\". This endpoint uses \"aws4_request\".")));
    }
    if service != "s3" {
        return Err(refuse(format!("incorrect service \"{service}\". This endpoint belongs to \"s3\".")));
    }
    if date.len() != 8 || !date.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(refuse(format!(
            "incorrect date format \"{date}\". This date in the credential must be in the format \"yyyyMMdd\"."
        )));
    }
    let letters = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if region.is_empty() || region.len() > 32 || !region.bytes().all(letters) {
        return Err(refuse(format!("the region '{region}' is wrong")));
    }
    let scope = format!("{date}/{region}/{service}/{terminator}");
    Ok((access_key.to_owned(), scope, region.to_owned(), date.to_owned()))
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// The first value of a query parameter.
fn parameter(query: &str, name: &str) -> Option<String> {
    // Most requests are not presigned: nothing is decoded for them.
    if !query.contains(name) {
        return None;
    }
    form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}
