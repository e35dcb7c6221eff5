//! The list of exceptions, which may only shrink: an entry that is not needed any more is a finding itself.

use super::Finding;

/// The list, relative to the workspace.
pub(super) const PATH: &str = "xtask/tidy-exceptions.txt";

struct Exception<'a> {
    line: usize,
    rule: &'a str,
    path: &'a str,
    /// What a limit's rule may measure at the most.
    amount: Option<usize>,
    is_used: bool,
}

/// Takes out the findings that the list allows, and adds what is wrong with the list.
///
/// A line is `rule path amount # reason`; the amount stands only where the rule is a limit.
pub(super) fn apply(findings: Vec<Finding>, list: &str) -> Vec<Finding> {
    let mut remaining = Vec::new();
    let mut exceptions = Vec::new();
    for (index, text) in list.lines().enumerate().filter(|(_, text)| !text.starts_with('#') && !text.is_empty()) {
        match read(index + 1, text) {
            Some(exception) => exceptions.push(exception),
            None => remaining.push(unreadable(index + 1)),
        }
    }
    for finding in findings {
        let matching = exceptions.iter_mut().find(|entry| entry.rule == finding.rule && entry.path == finding.path);
        match matching {
            Some(entry) if entry.amount.zip(finding.amount).is_none_or(|(allowed, found)| found <= allowed) => {
                entry.is_used = true;
                remaining.extend(lower(entry, &finding));
            }
            _ => remaining.push(finding),
        }
    }
    let unused = exceptions.iter().filter(|entry| !entry.is_used);
    remaining.extend(unused.map(|entry| {
        let sentence = format!("{} keeps the rule `{}` now: remove the exception", entry.path, entry.rule);
        Finding::new(PATH, entry.line, "exceptions", sentence)
    }));
    remaining
}

fn read(line: usize, text: &str) -> Option<Exception<'_>> {
    let (entry, reason) = text.split_once('#')?;
    let mut words = entry.split_whitespace();
    let (rule, path) = (words.next()?, words.next()?);
    let amount = words.next().map(str::parse).transpose().ok()?;
    let is_complete = !reason.trim().is_empty() && words.next().is_none();
    is_complete.then_some(Exception { line, rule, path, amount, is_used: false })
}

fn unreadable(line: usize) -> Finding {
    let sentence = "an exception reads `rule path amount # reason`, the amount only where the rule is a limit";
    Finding::new(PATH, line, "exceptions", sentence.to_owned())
}

/// A limit's exception must follow what it allows on the way down.
fn lower(entry: &Exception<'_>, finding: &Finding) -> Option<Finding> {
    let (allowed, found) = entry.amount.zip(finding.amount)?;
    let sentence = format!("{} is down to {found}: lower the exception from {allowed}", entry.path);
    (found < allowed).then(|| Finding::new(PATH, entry.line, "exceptions", sentence))
}
