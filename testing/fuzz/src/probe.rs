//! A request with every kind of member that a request can have.

use std::collections::BTreeMap;

use aws::{Blob, Lenient, Required, Timestamp, wire_enum};
use serde::{Deserialize, Serialize};

wire_enum! {
    /// Any enum.
    pub(crate) enum Colour {
        Red = "RED",
        Blue = "BLUE",
    }
}

/// Any request.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Probe {
    name: Required<String>,
    data: Option<Blob>,
    count: Option<i32>,
    long: Option<i64>,
    flag: Option<bool>,
    at: Option<Timestamp>,
    colour: Option<Lenient<Colour>>,
    tags: Option<BTreeMap<String, String>>,
    names: Option<Vec<String>>,
    entries: Option<Vec<Entry>>,
}

/// A nested structure.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Entry {
    data: Required<Blob>,
    partition_key: Option<String>,
}

/// The same members as they are sent, for seeds.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Sample {
    name: String,
    data: Blob,
    count: i32,
    flag: bool,
    at: Timestamp,
    colour: Colour,
    names: Vec<String>,
    tags: BTreeMap<String, String>,
}

/// A well-formed request.
pub(crate) fn sample() -> Sample {
    Sample {
        name: "orders".to_owned(),
        data: Blob(bytes::Bytes::from_static(b"hello")),
        count: -7,
        flag: true,
        at: Timestamp { ms: 1_700_000_000_123 },
        colour: Colour::Blue,
        names: vec!["a".to_owned(), "\u{1f600}".to_owned()],
        tags: BTreeMap::from([("k".to_owned(), "v".to_owned())]),
    }
}
