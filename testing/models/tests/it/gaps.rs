//! The list of known differences from the models. It may only shrink: an entry that no longer differs is a failure.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Compares what differs with what `gaps.txt` admits under `topic`; panics with both lists of surprises.
pub(crate) fn compare(topic: &str, differences: impl IntoIterator<Item = String>) {
    let found: BTreeSet<String> = differences.into_iter().collect();
    let admitted = admitted(topic);
    let new: Vec<_> = found.iter().filter(|found| !admitted.iter().any(|entry| admits(entry, found))).collect();
    let gone: Vec<_> = admitted.iter().filter(|entry| !found.iter().any(|found| admits(entry, found))).collect();
    assert!(
        new.is_empty() && gone.is_empty(),
        "{topic}: differences that testing/models/gaps.txt does not list: {new:#?}\n\
         entries of testing/models/gaps.txt that no longer differ (remove them): {gone:#?}"
    );
}

/// An entry that ends with an asterisk admits everything that begins with what stands before it.
fn admits(entry: &str, found: &str) -> bool {
    match entry.strip_suffix('*') {
        Some(beginning) => found.starts_with(beginning),
        None => found == entry,
    }
}

/// Lines `topic: difference # reason`.
fn admitted(topic: &str) -> BTreeSet<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("gaps.txt");
    let text = fs::read_to_string(path).expect("testing/models/gaps.txt is there");
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let entries = lines.filter_map(|line| line.split_once(": ")).filter(|(found, _)| *found == topic);
    entries.map(|(_, entry)| entry.split(" # ").next().unwrap_or(entry).trim().to_owned()).collect()
}
