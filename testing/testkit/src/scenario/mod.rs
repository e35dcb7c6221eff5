//! Scenario files: requests and the answers that are expected, as text.
//!
//! ```text
//! # limits: off
//! > kinesis CreateStream {"StreamName": "orders", "ShardCount": 1}
//! 200
//! > wait kinesis DescribeStreamSummary {"StreamName": "orders"}
//!   until {"StreamDescriptionSummary": {"StreamStatus": "ACTIVE"}}
//! > kinesis PutRecord {"StreamName": "orders", "PartitionKey": "", "Data": "aGk="}
//! 400 ValidationException
//! 1 validation error detected: Value '' at 'partitionKey' failed to satisfy constraint: …
//! > kinesis PutRecord {"StreamName": "orders", "PartitionKey": "<a*256>", "Data": "aGk="}
//! 200 {"ShardId": "shardId-000000000000", "SequenceNumber": "<sequence>"}
//! ```
//!
//! * A request's JSON may go over several lines, and so may the expected JSON.
//! * Expected objects may leave members out; lists must have the same length unless they end with `"…"`. `200` alone
//!   does not look at the body. An event stream is expected as a list of events, `[{"SubscribeToShardEvent": {…}}]`.
//! * `<name>` in expected text matches anything once and the same from then on; requests may use what was matched.
//!   `<_>` matches anything every time. `<ab*3>` is `ababab`.
//! * `wait` repeats a request until the answer is as expected, for at most [`play::WAIT_SECONDS_MAX`] seconds.
//! * `# limits: off` at the top starts the server without AWS's limits. Other lines with `#` are comments.

pub mod matching;
mod parse;
pub mod play;
mod rewrite;

pub use parse::{Expectation, Request, Scenario, Step};
pub use play::{Report, play};

use std::path::{Path, PathBuf};

/// Every scenario file of the workspace, sorted.
pub fn files() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("scenarios")];
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(&folder).into_iter().flatten();
        for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "scenario") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}
