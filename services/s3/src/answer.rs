//! The last words on an answer: ids, and errors with everything that AWS writes into them.

use std::fmt::Write as _;

use aws::rest::{Body, Caller, Operation};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, Version, header};
use percent_encoding::percent_decode_str;
use s3s::S3Error;

use crate::errors;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-amz-request-id");
const EXTENDED_ID: HeaderName = HeaderName::from_static("x-amz-id-2");

/// What an answer repeats of its request.
pub(crate) struct About {
    method: Method,
    resource: String,
    request_id: String,
    extended_id: String,
    /// Whether the client waits to be told before it sends the body.
    is_waiting: bool,
}

impl About {
    pub(crate) fn of(request: &Request<Body>, caller: &Caller) -> Self {
        let hex: String = caller.request_id.bytes().filter(u8::is_ascii_hexdigit).take(16).map(char::from).collect();
        Self {
            method: request.method().clone(),
            resource: percent_decode_str(request.uri().path()).decode_utf8_lossy().into_owned(),
            request_id: hex.to_ascii_uppercase(),
            extended_id: caller.extended_id.clone(),
            is_waiting: request.headers().contains_key(header::EXPECT) && request.version() <= Version::HTTP_11,
        }
    }
}

/// An error as `s3s` would answer it.
pub(crate) fn refused(error: S3Error) -> Response<s3s::Body> {
    error.to_http_response().unwrap_or_else(|_| {
        let mut response = Response::new(s3s::Body::empty());
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        response
    })
}

/// Adds what `s3s` does not know.
pub(crate) fn finish(answered: Response<s3s::Body>, about: &About) -> Response<Body> {
    let (mut parts, body) = answered.into_parts();
    let details = details(&parts.headers);
    parts.headers.remove(errors::DETAIL);
    // `s3s` answers the status of a part only to those who read it.
    if about.method == Method::HEAD
        && parts.status == StatusCode::OK
        && parts.headers.contains_key(header::CONTENT_RANGE)
    {
        parts.status = StatusCode::PARTIAL_CONTENT;
    }
    let body = if parts.status == StatusCode::NOT_MODIFIED || (is_error(parts.status) && about.method == Method::HEAD) {
        parts.headers.remove(header::CONTENT_TYPE);
        parts.headers.remove(header::CONTENT_LENGTH);
        Body::empty()
    } else if is_error(parts.status) {
        match body.bytes() {
            Some(bytes) => {
                parts.headers.remove(header::CONTENT_LENGTH);
                parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/xml"));
                Body::from(bytes::Bytes::from(rewritten(&String::from_utf8_lossy(&bytes), &details, about)))
            }
            None => Body::new(body),
        }
    } else if parts.extensions.get() == Some(&Operation("GetObjectAttributes")) {
        // The one answer whose ETag has no quotes, which `s3s` does not know.
        match body.bytes() {
            Some(bytes) => {
                parts.headers.remove(header::CONTENT_LENGTH);
                let plain =
                    String::from_utf8_lossy(&bytes).replace("<ETag>\"", "<ETag>").replace("\"</ETag>", "</ETag>");
                Body::from(bytes::Bytes::from(plain))
            }
            None => Body::new(body),
        }
    } else {
        Body::new(body)
    };
    if about.is_waiting && is_error(parts.status) {
        // The body may never come, so nobody knows where the next request would begin: the client is to know that too.
        parts.headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    for (name, id) in [(REQUEST_ID, &about.request_id), (EXTENDED_ID, &about.extended_id)] {
        if let Ok(value) = HeaderValue::from_str(id) {
            parts.headers.insert(name, value);
        }
    }
    Response::from_parts(parts, body)
}

fn is_error(status: StatusCode) -> bool {
    status.as_u16() >= 300
}

/// The further elements that an error brought along.
fn details(headers: &HeaderMap) -> Vec<(String, String)> {
    let pair = |value: &HeaderValue| {
        let (element, text) = value.to_str().ok()?.split_once('=')?;
        Some((element.to_owned(), percent_decode_str(text).decode_utf8_lossy().into_owned()))
    };
    headers.get_all(errors::DETAIL).iter().filter_map(pair).collect()
}

/// The error document in AWS's shape.
fn rewritten(document: &str, details: &[(String, String)], about: &About) -> String {
    let code = element(document, "Code").unwrap_or_else(|| "InternalError".to_owned());
    let message = element(document, "Message").unwrap_or_else(|| sentence(&code).to_owned());
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error>");
    let mut add = |name: &str, text: &str| {
        // Writing to a String cannot fail.
        let _ = write!(out, "<{name}>{}</{name}>", escaped(text));
    };
    add("Code", &code);
    add("Message", &message);
    for (name, text) in details {
        add(name, text);
    }
    if details.is_empty() {
        add("Resource", &about.resource);
    }
    add("RequestId", &about.request_id);
    add("HostId", &about.extended_id);
    out.push_str("</Error>");
    out
}

/// The text of an element, unescaped.
fn element(document: &str, name: &str) -> Option<String> {
    let (_, rest) = document.split_once(&format!("<{name}>"))?;
    let (text, _) = rest.split_once(&format!("</{name}>"))?;
    let plain = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&apos;", "'");
    Some(plain.replace("&amp;", "&"))
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            // XML 1.0 has no spelling for these.
            control if control.is_control() && !matches!(control, '\t' | '\n' | '\r') => out.push('\u{fffd}'),
            other => out.push(other),
        }
    }
    out
}

/// AWS's sentence for codes that the protocol answers without one.
fn sentence(code: &str) -> &'static str {
    match code {
        "SignatureDoesNotMatch" => {
            "The request signature we calculated does not match the signature you provided. Check your key and signing \
             method."
        }
        "InvalidAccessKeyId" => "The AWS Access Key Id you provided does not exist in our records.",
        "AccessDenied" => "Access Denied",
        "InvalidBucketName" => "The specified bucket is not valid.",
        "InvalidURI" => "Couldn't parse the specified URI.",
        "KeyTooLongError" => "Your key is too long",
        "MissingContentLength" => "You must provide the Content-Length HTTP header.",
        "IncompleteBody" => "You did not provide the number of bytes specified by the Content-Length HTTP header",
        "MalformedXML" => "The XML you provided was not well-formed or did not validate against our published schema",
        "MaxMessageLengthExceeded" => "Your request was too big.",
        "MalformedPOSTRequest" => "The body of your POST request is not well-formed multipart/form-data.",
        "MethodNotAllowed" => "The specified method is not allowed against this resource.",
        "InternalError" => "We encountered an internal error. Please try again.",
        _ => "The request was refused.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_rewritten_in_the_shape_of_aws() {
        let about = About {
            method: Method::GET,
            resource: "/b/k".to_owned(),
            request_id: "ID".to_owned(),
            extended_id: "HOST".to_owned(),
            is_waiting: false,
        };
        let document = "<?xml version=\"1.0\"?><Error><Code>NoSuchKey</Code><Message>a &amp;lt; b</Message></Error>";
        let details = [("Key".to_owned(), "<k>&".to_owned())];
        let expected = "<Error><Code>NoSuchKey</Code><Message>a &amp;lt; b</Message><Key>&lt;k&gt;&amp;</Key>\
                        <RequestId>ID</RequestId><HostId>HOST</HostId></Error>";
        assert!(rewritten(document, &details, &about).ends_with(expected));
        let bare = rewritten("<Error><Code>InvalidURI</Code></Error>", &[], &about);
        assert!(
            bare.contains("<Message>Couldn't parse the specified URI.</Message><Resource>/b/k</Resource>"),
            "{bare}"
        );
    }
}
