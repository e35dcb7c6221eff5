//! What may not be written: debts without an issue, blanket permissions, banners, files without a reason to exist.

use super::{Finding, Source};

/// Marks of unfinished work; each names its issue.
const DEBTS: &[&str] = &["TODO", "FIXME", "XXX", "HACK"];
/// So many equal signs in a row make a banner.
const BANNER_LENGTH: usize = 5;

pub(super) fn check(source: &Source) -> Vec<Finding> {
    let mut findings = attributes(source);
    let has_reason = source.file.attrs.iter().any(|attribute| attribute.path().is_ident("doc"));
    if !has_reason {
        let sentence = "a file begins with `//!`: why it exists, in one to three lines".to_owned();
        findings.push(Finding::new(&source.path, 1, "file-document", sentence));
    }
    for (index, comment) in comments(&source.text) {
        findings.extend(comment_findings(source, index + 1, comment));
    }
    findings
}

fn comment_findings(source: &Source, line: usize, comment: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    for debt in DEBTS.iter().filter(|debt| names_debt(comment, debt)) {
        let sentence = format!("{debt} without the number of an issue, as in `{debt} #12: …`");
        findings.push(Finding::new(&source.path, line, "debt", sentence));
    }
    let mut signs = comment.trim().chars();
    let banner = signs.next().is_some_and(|sign| !sign.is_alphanumeric() && !"`|.…".contains(sign));
    if banner && comment.trim().len() >= BANNER_LENGTH && comment.trim().chars().all(|c| "=-*#/~_+".contains(c)) {
        let sentence = "a banner: let names and files divide the text".to_owned();
        findings.push(Finding::new(&source.path, line, "banner", sentence));
    }
    findings
}

fn names_debt(comment: &str, debt: &str) -> bool {
    let is_word = comment.split(|c: char| !c.is_alphanumeric()).any(|word| word == debt);
    let rest = comment.split_once(debt).map_or("", |(_, rest)| rest);
    let rest = rest.trim_start_matches([' ', '(', ':']);
    let number = rest.strip_prefix('#').is_some_and(|text| text.starts_with(|c: char| c.is_ascii_digit()));
    is_word && !number
}

/// Line comments with their line's index; text in string literals does not count.
fn comments(text: &str) -> Vec<(usize, &str)> {
    text.lines().enumerate().filter_map(|(index, line)| Some((index, comment(line)?))).collect()
}

fn comment(line: &str) -> Option<&str> {
    let mut is_quoted = false;
    let mut previous = ' ';
    for (at, letter) in line.char_indices() {
        match letter {
            '"' if previous != '\\' && previous != '\'' => is_quoted = !is_quoted,
            '/' if previous == '/' && !is_quoted => {
                let rest = &line[at + 1..];
                return Some(rest.trim_start_matches(['/', '!']));
            }
            _ => {}
        }
        previous = letter;
    }
    None
}

/// `allow` and `ignore` attributes.
fn attributes(source: &Source) -> Vec<Finding> {
    let rules = [
        ("#[allow", "allow", "`allow` outlives its reason: use `#[expect(lint, reason = \"…\")]`"),
        ("#![allow", "allow", "`allow` outlives its reason: use `#![expect(lint, reason = \"…\")]`"),
        ("#[ignore", "ignore", "a test that does not run is none: assert what is, with the issue's number"),
    ];
    let mut findings = Vec::new();
    for (index, line) in source.text.lines().enumerate() {
        for (beginning, rule, sentence) in rules {
            if line.trim_start().starts_with(beginning) {
                findings.push(Finding::new(&source.path, index + 1, rule, sentence.to_owned()));
            }
        }
    }
    findings
}

/// Whether a document in the text has a Rust example, which `cargo test --doc` would run.
pub(crate) fn has_example(text: &str) -> bool {
    let mut is_open = false;
    for line in text.lines().map(str::trim_start) {
        let Some(document) = line.strip_prefix("///").or_else(|| line.strip_prefix("//!")) else {
            is_open = false;
            continue;
        };
        let Some(language) = document.trim().strip_prefix("```") else { continue };
        if !is_open && (language.is_empty() || language.starts_with("rust")) {
            return true;
        }
        is_open = !is_open;
    }
    false
}
