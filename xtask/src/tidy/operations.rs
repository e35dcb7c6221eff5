//! Every operation has its link, its scenario, its row in the table, and its true line on the coverage page.

use std::fs;

use models::source::{self, OperationSource, ServiceSource};

use super::Finding;
use crate::coverage;
use crate::workspace::{Outcome, Workspace};

/// Where tests with real clients are.
const CLIENTS: &str = "testing/clients";

pub(super) fn check(workspace: &Workspace) -> Outcome<Vec<Finding>> {
    let services = source::services(&workspace.root).map_err(|error| error.to_string())?;
    let mut findings = Vec::new();
    for service in &services {
        let clients = if service.is_rest { client_tests(workspace, &service.name)? } else { String::new() };
        for operation in &service.operations {
            let path = operation.path.strip_prefix(&workspace.root).unwrap_or(&operation.path).to_string_lossy();
            let stem = operation.path.file_stem().unwrap_or_default().to_string_lossy();
            let (is_tried, scenario) = if service.is_rest {
                (is_tried(&clients, &operation.name), format!("in {CLIENTS}, where a file for {} has it", service.name))
            } else {
                let scenario = format!("testing/scenarios/{}/{stem}.scenario", service.name);
                (workspace.root.join(&scenario).is_file(), scenario)
            };
            findings.extend(judge(service, operation, &path, is_tried.then_some(()).ok_or(scenario)));
        }
    }
    for (path, stored, expected) in coverage::pages(workspace)? {
        if stored != expected {
            let line = stored.lines().zip(expected.lines()).take_while(|(a, b)| a == b).count() + 1;
            let sentence = "the coverage table is not what the sources say: run `cargo xtask coverage`".to_owned();
            findings.push(Finding::new(path, line, "coverage", sentence));
        }
    }
    Ok(findings)
}

/// The texts of the client tests of a service, whose files are named after it.
fn client_tests(workspace: &Workspace, service: &str) -> Outcome<String> {
    let mut texts = String::new();
    let mut folders = vec![workspace.root.join(CLIENTS)];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        for entry in entries {
            let path = entry.map_err(|error| error.to_string())?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if path.is_dir() {
                if name != "node_modules" {
                    folders.push(path);
                }
            } else if name.split(['_', '.', '-']).any(|word| word == service) {
                texts.push_str(&fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?);
            }
        }
    }
    Ok(texts)
}

/// Whether clients' tests call an operation, as Python, the command line or JavaScript spell it.
pub(super) fn is_tried(tests: &str, name: &str) -> bool {
    let words = |separator: char| {
        let mut text = String::new();
        for letter in name.chars() {
            if letter.is_ascii_uppercase() && !text.is_empty() {
                text.push(separator);
            }
            text.push(letter.to_ascii_lowercase());
        }
        text
    };
    let spellings = [words('_'), words('-'), format!("{name}Command")];
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    spellings.iter().any(|spelling| {
        tests.match_indices(spelling.as_str()).any(|(at, found)| {
            let before = tests[..at].bytes().next_back().is_some_and(is_part);
            let after = tests[at + found.len()..].bytes().next().is_some_and(is_part);
            !before && !after
        })
    })
}

pub(super) fn judge(
    service: &ServiceSource,
    operation: &OperationSource,
    path: &str,
    scenario: Result<(), String>,
) -> Vec<Finding> {
    let name = &operation.name;
    let mut findings = Vec::new();
    if !operation.has_link() {
        let sentence = format!("`{name}` does not link AWS's page of it (…/API_{name}.html)");
        findings.push(Finding::new(path, 1, "operation-link", sentence));
    }
    if let Err(missing) = scenario {
        findings.push(Finding::new(path, 1, "operation-scenario", format!("`{name}` has no scenario {missing}")));
    }
    if !service.table.contains(&operation.type_name) {
        let sentence = format!("`{name}` is not in the table of {}", service.name);
        findings.push(Finding::new(path, 1, "operation-table", sentence));
    }
    findings
}
