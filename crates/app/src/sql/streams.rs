//! What the terminal asks a server about its streams.

use serde::Deserialize;
use serde_json::json;

use crate::client::{CallError, Client};

/// A shard.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Shard {
    /// Its id.
    pub(super) shard_id: String,
    parent_shard_id: Option<String>,
    sequence_number_range: SequenceNumbers,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SequenceNumbers {
    ending_sequence_number: Option<String>,
}

impl Shard {
    /// Whether records can still come.
    pub(super) fn is_open(&self) -> bool {
        self.sequence_number_range.ending_sequence_number.is_none()
    }

    /// Whether the shard that it was split from is among these: then it is read behind that one.
    pub(super) fn has_parent_in(&self, all: &[Shard]) -> bool {
        all.iter().any(|other| Some(&other.shard_id) == self.parent_shard_id.as_ref())
    }
}

/// The names of all streams.
pub(super) async fn names(client: &mut Client) -> Result<Vec<String>, CallError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Page {
        stream_names: Vec<String>,
        has_more_streams: bool,
    }
    let mut all: Vec<String> = Vec::new();
    loop {
        let body = match all.last() {
            Some(last) => json!({"ExclusiveStartStreamName": last}),
            None => json!({}),
        };
        let page: Page = client.call_patiently("ListStreams", &body).await?;
        let is_last = !page.has_more_streams || page.stream_names.is_empty();
        all.extend(page.stream_names);
        if is_last {
            return Ok(all);
        }
    }
}

/// The shards of a stream.
pub(super) async fn shards(client: &mut Client, stream: &str) -> Result<Vec<Shard>, CallError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Page {
        shards: Vec<Shard>,
        next_token: Option<String>,
    }
    let mut all = Vec::new();
    let mut body = json!({"StreamName": stream});
    loop {
        let page: Page = client.call_patiently("ListShards", &body).await?;
        all.extend(page.shards);
        match page.next_token {
            Some(token) => body = json!({"NextToken": token}),
            None => return Ok(all),
        }
    }
}
