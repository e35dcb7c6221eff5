//! The documents that a newcomer looks for are there, and their links lead somewhere.

use std::fs;
use std::path::Path;

use super::Finding;
use crate::workspace::{Outcome, Workspace};

const DOCUMENTS: &[&str] = &[
    "README.md",
    "ARCHITECTURE.md",
    "STYLE.md",
    "CONTRIBUTING.md",
    "GLOSSARY.md",
    "LICENSE-MIT",
    "LICENSE-APACHE",
    "docs/coverage.md",
];

pub(super) fn check(workspace: &Workspace) -> Outcome<Vec<Finding>> {
    let mut findings = Vec::new();
    for name in DOCUMENTS {
        let path = workspace.root.join(name);
        match fs::read_to_string(&path) {
            Ok(text) if name.ends_with(".md") => findings.extend(broken_links(name, &text, &workspace.root)),
            Ok(_) => {}
            Err(_) => findings.push(Finding::new(name, 1, "documents", "this document is missing".to_owned())),
        }
    }
    for package in &workspace.packages {
        let folder = package.folder();
        let named = fs::read_to_string(workspace.root.join("ARCHITECTURE.md")).unwrap_or_default();
        let name = folder.rsplit('/').next().unwrap_or(&folder);
        if !named.contains(name) {
            let sentence = format!("`{folder}` is not on the map");
            findings.push(Finding::new("ARCHITECTURE.md", 1, "documents", sentence));
        }
    }
    Ok(findings)
}

/// Links of the form `](path)` whose file is not there.
fn broken_links(name: &str, text: &str, root: &Path) -> Vec<Finding> {
    let folder = root.join(name).parent().unwrap_or(root).to_owned();
    let mut findings = Vec::new();
    for (index, line) in text.lines().enumerate() {
        for rest in line.split("](").skip(1) {
            let target = rest.split([')', '#']).next().unwrap_or_default();
            let is_local = !target.is_empty() && !target.contains("://");
            if is_local && !folder.join(target).exists() {
                let sentence = format!("the link to `{target}` leads nowhere");
                findings.push(Finding::new(name, index + 1, "documents", sentence));
            }
        }
    }
    findings
}
