//! A `_bulk` request and its answer: a line that names index and id, a line that is the document, and a result for each.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::StatusCode;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::failure_lines;
use crate::http_client::{Answer, Error};

/// A request's body in the making.
#[derive(Default)]
pub(super) struct Bulk {
    pieces: Vec<Bytes>,
}

#[derive(Serialize)]
struct Action<'a> {
    index: Target<'a>,
}

#[derive(Serialize)]
struct Target<'a> {
    #[serde(rename = "_index")]
    index: &'a str,
    #[serde(rename = "_type", skip_serializing_if = "str::is_empty")]
    kind: &'a str,
    #[serde(rename = "_id", skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
}

impl Bulk {
    /// Adds a document that [`check`] found sound.
    pub(super) fn add(&mut self, index: &str, kind: &str, id: Option<&str>, document: &Bytes) {
        let action = Action { index: Target { index, kind, id } };
        let mut line = serde_json::to_vec(&action).expect("plain values always serialise");
        line.push(b'\n');
        self.pieces.push(Bytes::from(line));
        self.pieces.push(one_line(document));
        self.pieces.push(Bytes::from_static(b"\n"));
    }

    /// The body, complete.
    pub(super) fn into_body(self) -> Vec<Bytes> {
        self.pieces
    }
}

/// Whether a record is a document: one JSON object.
pub(super) fn check(record: &[u8]) -> Result<(), String> {
    if !record.trim_ascii_start().starts_with(b"{") {
        return Err("mapper_parsing_exception: the record is not a JSON object".to_owned());
    }
    let no_json = |error: &dyn std::fmt::Display| format!("mapper_parsing_exception: the record is not JSON: {error}");
    let text = std::str::from_utf8(record).map_err(|error| no_json(&error))?;
    serde_json::from_str::<IgnoredAny>(text).map(|_| ()).map_err(|error| no_json(&error))
}

/// The document in one line. Line breaks of JSON stand between its parts, never within: blanks do as well.
fn one_line(document: &Bytes) -> Bytes {
    if memchr::memchr2(b'\n', b'\r', document).is_none() {
        return document.clone();
    }
    document.iter().map(|byte| if matches!(byte, b'\n' | b'\r') { b' ' } else { *byte }).collect()
}

/// What became of a document.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum ResultOf {
    Taken,
    /// Too busy, or broken: to be tried again.
    Later {
        code: &'static str,
        message: String,
    },
    /// No use to try again.
    Refused {
        code: &'static str,
        message: String,
    },
}

/// What became of a request.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Judgement {
    /// A result for each document, in their order.
    Items(Vec<ResultOf>),
    /// Fewer documents may pass.
    TooLarge,
    /// Nothing is known to be taken: all of it is to be tried again.
    NotDone { code: &'static str, message: String },
}

#[derive(Deserialize)]
struct Reply {
    items: Vec<BTreeMap<String, Item>>,
}

#[derive(Deserialize)]
struct Item {
    status: u16,
    error: Option<Box<RawValue>>,
}

/// Reads the answer to a request of so many documents.
pub(super) fn judge(answer: Result<Answer, Error>, documents: usize) -> Judgement {
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) => return not_done("ConnectionFailed", &error.chain()),
    };
    match answer.status {
        StatusCode::OK => {}
        StatusCode::PAYLOAD_TOO_LARGE => return Judgement::TooLarge,
        status => return not_done(code(status.as_u16()), &String::from_utf8_lossy(&answer.body)),
    }
    let reply: Reply = match serde_json::from_slice(&answer.body) {
        Ok(reply) => reply,
        Err(error) => return not_done("500", &format!("the answer to a bulk request cannot be read: {error}")),
    };
    let items: Vec<Item> = reply.items.into_iter().filter_map(|item| item.into_values().next()).collect();
    if items.len() != documents {
        let count = items.len();
        return not_done("500", &format!("the answer has {count} results for {documents} documents"));
    }
    Judgement::Items(items.into_iter().map(result_of).collect())
}

fn result_of(item: Item) -> ResultOf {
    let message = item.error.map_or_else(|| format!("status {}", item.status), |error| error.get().to_owned());
    let (code, message) = (code(item.status), failure_lines::cut(&message).to_owned());
    match item.status {
        200..=299 => ResultOf::Taken,
        429 | 500.. => ResultOf::Later { code, message },
        _ => ResultOf::Refused { code, message },
    }
}

fn not_done(code: &'static str, message: &str) -> Judgement {
    Judgement::NotDone { code, message: failure_lines::cut(message).to_owned() }
}

/// AWS's error code is the status in digits.
fn code(status: u16) -> &'static str {
    const CODES: &[(u16, &str)] = &[
        (400, "400"),
        (401, "401"),
        (403, "403"),
        (404, "404"),
        (405, "405"),
        (406, "406"),
        (408, "408"),
        (409, "409"),
        (413, "413"),
        (415, "415"),
        (429, "429"),
        (500, "500"),
        (501, "501"),
        (502, "502"),
        (503, "503"),
        (504, "504"),
        (507, "507"),
    ];
    let found = CODES.iter().find(|(known, _)| *known == status);
    found.map_or(if status < 500 { "400" } else { "500" }, |(_, code)| code)
}

#[cfg(test)]
mod tests;
