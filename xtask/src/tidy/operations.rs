//! Every operation has its link, its scenario, its row in the table, and its true line on the coverage page.

use models::source::{self, OperationSource, ServiceSource};

use super::Finding;
use crate::coverage;
use crate::workspace::{Outcome, Workspace};

pub(super) fn check(workspace: &Workspace) -> Outcome<Vec<Finding>> {
    let services = source::services(&workspace.root).map_err(|error| error.to_string())?;
    let mut findings = Vec::new();
    for service in &services {
        for operation in &service.operations {
            let path = operation.path.strip_prefix(&workspace.root).unwrap_or(&operation.path).to_string_lossy();
            let stem = operation.path.file_stem().unwrap_or_default().to_string_lossy();
            let scenario = format!("testing/scenarios/{}/{stem}.scenario", service.name);
            let has_scenario = workspace.root.join(&scenario).is_file();
            findings.extend(judge(service, operation, &path, has_scenario.then_some(()).ok_or(scenario)));
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
