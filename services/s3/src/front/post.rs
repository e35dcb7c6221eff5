//! A form posted to a bucket becomes a PUT of its file, and the answer to that becomes what the form asked for.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use aws::rest::{Body, Caller, Mode};
use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, ETAG, HOST, LOCATION};
use http::request::Parts;
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, Uri};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;

use super::claim::{Claim, Claimed};
use super::policy::{Policy, Sizes};
use super::signature::{self, SigningKey};
use super::{Admitted, Denial, Front, Identity, find, form};

/// What needs no encoding in a path.
const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');
/// Fields that are headers of a PUT, besides those that begin with `x-amz-`.
const HEADERS: [&str; 5] = ["cache-control", "content-disposition", "content-encoding", "content-type", "expires"];

/// How a form wants to be answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FormAnswer {
    bucket: String,
    key: String,
    location: String,
    status: StatusCode,
    redirect: Option<String>,
}

pub(super) fn is_form(parts: &Parts) -> bool {
    let content_type = parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    parts.method == Method::POST && content_type.trim_start().to_ascii_lowercase().starts_with("multipart/form-data")
}

impl Front {
    /// Admits a form whose policy allows what it wants.
    pub(super) async fn admit_form(
        &self,
        mut parts: Parts,
        body: Body,
        bucket: Option<String>,
        caller: &Caller,
    ) -> Result<Admitted, Denial> {
        let path = parts.uri.path().trim_matches('/').to_owned();
        let bucket = match bucket {
            Some(bucket) if path.is_empty() => bucket,
            None if !path.is_empty() && !path.contains('/') => path,
            _ => return Err(Denial::method()),
        };
        let content_type = parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let form::Form { fields, filename, mut file } = form::read(content_type, body).await?;
        let key = fields.get("key").ok_or_else(|| {
            let message = "Bucket POST must contain a field named 'key'.  If it is specified, please check the order \
                           of the fields.";
            Denial::argument(message, "key", "")
        })?;
        let key = key.replace("${filename}", &filename);
        let claim = Claim::of_form(|name| fields.get(name).map(String::as_str))?;
        parts.extensions.insert(self.check_form(&fields, claim.as_ref(), caller)?);
        file.sizes = self.check_policy(&fields, &bucket, caller)?;
        let answer = FormAnswer::new(&parts, &fields, &bucket, &key);
        let encoded = utf8_percent_encode(&key, PATH);
        parts.headers = headers(&fields, &parts.headers)?;
        parts.method = Method::PUT;
        let target = PathAndQuery::try_from(format!("/{bucket}/{encoded}")).map_err(|_| Denial::uri())?;
        parts.uri = Uri::from(target);
        Ok(Admitted { request: Request::from_parts(parts, Body::new(file)), form: Some(answer) })
    }

    /// Who signed the policy.
    fn check_form(
        &self,
        fields: &BTreeMap<String, String>,
        claim: Option<&Claim>,
        caller: &Caller,
    ) -> Result<Identity, Denial> {
        let Some(claim) = claim else {
            if caller.mode == Mode::Keys {
                let is_v2 = fields.contains_key("awsaccesskeyid");
                return Err(if is_v2 { Claimed::unchecked() } else { Denial::access("Access Denied") });
            }
            let access_key = fields.get("awsaccesskeyid").map_or("", String::as_str);
            let account = find(caller, access_key, None)?.account;
            return Ok(Identity { account, region: caller.region.clone() });
        };
        let key = find(caller, &claim.access_key, claim.token.as_deref())?;
        if let Some(secret) = &key.secret_key {
            let policy = fields.get("policy").map_or("", String::as_str);
            let expected = SigningKey::new(secret, &claim.scope, claim.signed_at.to_basic()).sign(policy);
            if !signature::is_same(&expected, &claim.signature) {
                return Err(Denial::mismatch(&claim.access_key, policy, &claim.signature, ""));
            }
        }
        Ok(Identity { account: key.account, region: claim.region.clone() })
    }

    fn check_policy(
        &self,
        fields: &BTreeMap<String, String>,
        bucket: &str,
        caller: &Caller,
    ) -> Result<Option<Sizes>, Denial> {
        match fields.get("policy") {
            Some(policy) => Policy::parse(policy)?.check(fields, bucket, self.now()),
            None if caller.mode == Mode::Keys => Err(Denial::access("Access Denied")),
            None => Ok(None),
        }
    }
}

/// The headers of a PUT that does what the fields say.
fn headers(fields: &BTreeMap<String, String>, original: &HeaderMap) -> Result<HeaderMap, Denial> {
    const OF_SIGNATURE: [&str; 5] =
        ["x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-signature", "x-amz-security-token"];
    let mut headers = HeaderMap::new();
    if let Some(host) = original.get(HOST) {
        headers.insert(HOST, host.clone());
    }
    for (name, value) in fields {
        let is_header = HEADERS.contains(&name.as_str()) || name.starts_with("x-amz-");
        if !is_header || OF_SIGNATURE.contains(&name.as_str()) {
            continue;
        }
        let pair = HeaderName::try_from(name.as_str()).ok().zip(HeaderValue::from_bytes(value.as_bytes()).ok());
        let (header, value) = pair.ok_or_else(|| Denial::argument("Invalid form field", "field", name))?;
        headers.insert(header, value);
    }
    if let Some(acl) = fields.get("acl").and_then(|acl| HeaderValue::from_str(acl).ok()) {
        headers.insert("x-amz-acl", acl);
    }
    if let Some(tagging) = fields.get("tagging") {
        headers.insert("x-amz-tagging", tags_header(tagging)?);
    }
    Ok(headers)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Tagging {
    tag_set: TagSet,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TagSet {
    #[serde(default)]
    tag: Vec<Tag>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Tag {
    key: String,
    value: String,
}

/// A form's tags are XML, a PUT's are a query string.
fn tags_header(xml: &str) -> Result<HeaderValue, Denial> {
    let malformed = || Denial::malformed_form("The field 'tagging' is not well-formed.");
    let tagging: Tagging = quick_xml::de::from_str(xml).map_err(|_| malformed())?;
    let mut out = form_urlencoded::Serializer::new(String::new());
    for tag in &tagging.tag_set.tag {
        out.append_pair(&tag.key, &tag.value);
    }
    HeaderValue::try_from(out.finish()).map_err(|_| malformed())
}

impl FormAnswer {
    fn new(parts: &Parts, fields: &BTreeMap<String, String>, bucket: &str, key: &str) -> Self {
        let host = parts.headers.get(HOST).and_then(|host| host.to_str().ok());
        let host = parts.uri.authority().map(|authority| authority.as_str()).or(host).unwrap_or("localhost");
        // In virtual-host style the host names the bucket already.
        let place = if parts.uri.path() == "/" { String::new() } else { format!("/{bucket}") };
        let location = format!("http://{host}{place}/{}", utf8_percent_encode(key, PATH));
        let redirect = fields.get("success_action_redirect").or_else(|| fields.get("redirect"));
        let redirect = redirect.filter(|url| url.starts_with("http://") || url.starts_with("https://"));
        let status = match fields.get("success_action_status").map(String::as_str) {
            Some("200") => StatusCode::OK,
            Some("201") => StatusCode::CREATED,
            // AWS answers everything else like this.
            _ => StatusCode::NO_CONTENT,
        };
        Self { bucket: bucket.to_owned(), key: key.to_owned(), location, status, redirect: redirect.cloned() }
    }

    /// The answer to the form, from the answer to the PUT it became; refusals stay as they are.
    pub(crate) fn of_put<B: From<Bytes>>(&self, put: Response<B>) -> Response<B> {
        if !put.status().is_success() {
            return put;
        }
        let (mut parts, _) = put.into_parts();
        let etag = parts.headers.get(ETAG).and_then(|etag| etag.to_str().ok()).unwrap_or_default().to_owned();
        parts.headers.remove(CONTENT_LENGTH);
        parts.status = self.status;
        let (mut body, mut location) = (Bytes::new(), self.location.clone());
        if let Some(redirect) = &self.redirect {
            let mut query = form_urlencoded::Serializer::new(String::new());
            query.append_pair("bucket", &self.bucket).append_pair("key", &self.key).append_pair("etag", &etag);
            let joint = if redirect.contains('?') { '&' } else { '?' };
            location = format!("{redirect}{joint}{}", query.finish());
            parts.status = StatusCode::SEE_OTHER;
        } else if self.status == StatusCode::CREATED {
            body = Bytes::from(self.document(&etag));
            parts.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/xml"));
        }
        if let Ok(location) = HeaderValue::from_str(&location) {
            parts.headers.insert(LOCATION, location);
        }
        Response::from_parts(parts, B::from(body))
    }

    fn document(&self, etag: &str) -> String {
        let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<PostResponse>");
        let fields = [("Location", &self.location), ("Bucket", &self.bucket), ("Key", &self.key)];
        for (name, text) in fields.into_iter().chain([("ETag", &etag.to_owned())]) {
            let _ = write!(xml, "<{name}>{}</{name}>", quick_xml::escape::escape(text)); // A String takes everything.
        }
        xml.push_str("</PostResponse>");
        xml
    }
}
