//! What an endpoint's answer means. The contract is strict: whatever does not conform to it counts as status 500.

use http::StatusCode;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::failure_lines;
use crate::http_client::{Answer, Error};

const DESTINATION_EXCEPTION: &str = "HttpEndpoint.DestinationException";
const INVALID_RESPONSE: &str = "HttpEndpoint.InvalidResponseFromDestination";

/// What became of a request.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Delivered,
    /// Status 413: permanent, and AWS does not keep the batch either.
    TooLarge,
    /// To be tried again.
    Failed {
        code: &'static str,
        message: String,
    },
}

/// The body of an answer. AWS's own example of a failure has the time as text.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    request_id: String,
    timestamp: Box<RawValue>,
}

/// Decides over the answer to a request of that id.
pub(super) fn judge(answer: Result<Answer, Error>, request_id: &str) -> Verdict {
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) => return failed(&error),
    };
    match (answer.status, fault(&answer, request_id)) {
        (StatusCode::OK, None) => Verdict::Delivered,
        (StatusCode::OK, Some(fault)) => Verdict::Failed {
            code: INVALID_RESPONSE,
            message: format!(
                "The response received from the specified endpoint is invalid: {fault}. \
                 Contact the owner of the endpoint to resolve the issue."
            ),
        },
        (StatusCode::PAYLOAD_TOO_LARGE, _) => Verdict::TooLarge,
        (_, None) => exception(&String::from_utf8_lossy(&answer.body)),
        // "As though it had a 500 status code with no body": but whoever reads the error wants to know what came.
        (status, Some(_)) => exception(&format!("{}: {}", status.as_u16(), String::from_utf8_lossy(&answer.body))),
    }
}

fn exception(response: &str) -> Verdict {
    let message = format!("Received the following response from the endpoint destination. {response}");
    Verdict::Failed { code: DESTINATION_EXCEPTION, message: failure_lines::cut(&message).to_owned() }
}

/// The first rule of the contract that an answer breaks.
fn fault(answer: &Answer, request_id: &str) -> Option<&'static str> {
    let headers = &answer.headers;
    if headers.contains_key(CONTENT_ENCODING) {
        return Some("it has a Content-Encoding");
    }
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("application/json") {
        return Some("its Content-Type is not application/json");
    }
    if !headers.contains_key(CONTENT_LENGTH) {
        return Some("it has no Content-Length");
    }
    // Serde takes lists for objects, too.
    let is_object = answer.body.trim_ascii_start().starts_with(b"{");
    let Some(body) = is_object.then(|| serde_json::from_slice::<Body>(&answer.body).ok()).flatten() else {
        return Some("its body is not a JSON object with requestId and timestamp");
    };
    if body.timestamp.get().trim_matches('"').parse::<u64>().is_err() {
        return Some("its timestamp is not a number of milliseconds");
    }
    (body.request_id != request_id).then_some("its requestId is not that of the request")
}

fn failed(error: &Error) -> Verdict {
    let (code, message) = match error {
        Error::ConnectFailed(_) | Error::ConnectTimeout(_) | Error::Tls(_) => (
            "HttpEndpoint.ConnectionFailed",
            "Unable to connect to the destination endpoint. Contact the owner of the endpoint to resolve this issue.",
        ),
        Error::AnswerTimeout(_) => (
            "HttpEndpoint.RequestTimeout",
            "The delivery timed out before a response was received and will be retried.",
        ),
        Error::ConnectionLost => (
            "HttpEndpoint.ConnectionReset",
            "Unable to maintain connection with the endpoint. Contact the owner of the endpoint to resolve this issue.",
        ),
        Error::AnswerTooLarge { .. } => (
            "HttpEndpoint.ResponseTooLarge",
            "The response received from the endpoint is too large. Contact the owner of the endpoint to resolve this \
             issue.",
        ),
        Error::InvalidAnswer => (
            INVALID_RESPONSE,
            "The response received from the specified endpoint is invalid. Contact the owner of the endpoint to \
             resolve the issue.",
        ),
    };
    Verdict::Failed { code, message: format!("{message} ({})", error.chain()) }
}

#[cfg(test)]
mod tests;
