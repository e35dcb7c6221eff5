//! The rules of STYLE.md that a machine can check. Every finding reads `path:line: sentence`.

mod calls;
mod documents;
mod exceptions;
mod layers;
mod names;
mod operations;
mod sizes;
mod words;

use std::fmt;
use std::fs;
use std::path::Path;

use crate::workspace::{Outcome, Workspace};

pub(crate) use words::has_example;

/// Something to change.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Finding {
    path: String,
    line: usize,
    /// The rule's name, as the list of exceptions spells it.
    rule: &'static str,
    /// What was measured, where the rule is a limit; exceptions may allow more and only shrink.
    amount: Option<usize>,
    sentence: String,
}

impl Finding {
    fn new(path: &str, line: usize, rule: &'static str, sentence: String) -> Self {
        Self { path: path.to_owned(), line, rule, amount: None, sentence }
    }

    fn of(mut self, amount: usize) -> Self {
        self.amount = Some(amount);
        self
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.sentence)
    }
}

/// A Rust file of the workspace.
struct Source {
    /// Relative to the root, with `/` between names.
    path: String,
    text: String,
    file: syn::File,
}

impl Source {
    fn parse(path: &str, text: &str) -> Result<Self, Finding> {
        let file = syn::parse_file(text).map_err(|error| {
            Finding::new(path, error.span().start().line, "parse", format!("this is not Rust: {error}"))
        })?;
        Ok(Self { path: path.to_owned(), text: text.to_owned(), file })
    }

    /// Whether the whole file is only there for tests, or to be looked at.
    fn is_test(&self) -> bool {
        let in_folder = self.path.split('/').any(|name| name == "tests" || name == "examples");
        in_folder || self.path.ends_with("/tests.rs") || self.path.starts_with("testing/")
    }
}

/// Checks everything; prints the findings.
pub(crate) fn run(workspace: &Workspace) -> Outcome<()> {
    let mut findings = Vec::new();
    let mut sources = Vec::new();
    for path in rust_files(&workspace.root)? {
        let text = fs::read_to_string(workspace.root.join(&path)).map_err(|error| format!("{path}: {error}"))?;
        match Source::parse(&path, &text) {
            Ok(source) => sources.push(source),
            Err(finding) => findings.push(finding),
        }
    }
    findings.extend(sources.iter().flat_map(check_source));
    findings.extend(layers::check(&workspace.packages, |path| {
        fs::read_to_string(workspace.root.join(path)).unwrap_or_default()
    }));
    findings.extend(operations::check(workspace)?);
    findings.extend(documents::check(workspace)?);
    let exceptions = fs::read_to_string(workspace.root.join(exceptions::PATH)).unwrap_or_default();
    let mut findings = exceptions::apply(findings, &exceptions);
    findings.sort();
    for finding in &findings {
        println!("{finding}");
    }
    match findings.len() {
        0 => {
            println!("tidy: {} files, nothing to change", sources.len());
            Ok(())
        }
        count => Err(format!("tidy: {count} to change in {} files", sources.len())),
    }
}

/// The rules that see one file at a time.
fn check_source(source: &Source) -> Vec<Finding> {
    let mut findings = sizes::check(source);
    findings.extend(names::check(source));
    findings.extend(words::check(source));
    findings.extend(calls::check(source));
    findings
}

/// All Rust files below the root, without what is built or installed.
fn rust_files(root: &Path) -> Outcome<Vec<String>> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        for entry in entries {
            let path = entry.map_err(|error| error.to_string())?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if path.is_dir() {
                if !name.starts_with('.') && name != "target" && name != "node_modules" {
                    folders.push(path);
                }
            } else if name.ends_with(".rs") {
                let relative = path.strip_prefix(root).unwrap_or(&path);
                found.push(relative.to_string_lossy().replace('\\', "/"));
            }
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests;
