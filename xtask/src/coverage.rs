//! docs/coverage.md: every operation of AWS's models, and whether we have it.

use std::fmt::Write as _;
use std::fs;

use models::botocore::{self, Model};
use models::source::{self, ServiceSource};

use crate::environments;
use crate::workspace::{Outcome, Workspace};

/// The page, relative to the workspace.
pub(crate) const PATH: &str = "docs/coverage.md";
/// Where its summary stands too, between two marks.
pub(crate) const README: &str = "README.md";
const BEGIN: &str = "<!-- coverage: written by `cargo xtask coverage` -->\n";
const END: &str = "<!-- coverage: end -->";

#[derive(Debug, PartialEq, Eq)]
enum State {
    Done,
    Partial(String),
    NotImplemented,
}

struct Service {
    title: String,
    name: String,
    version: String,
    operations: Vec<(String, State)>,
}

/// Writes the page and its summary.
pub(crate) fn write(workspace: &Workspace) -> Outcome<()> {
    for (path, _, text) in pages(workspace)? {
        fs::write(workspace.root.join(path), text).map_err(|error| format!("{path}: {error}"))?;
        println!("wrote {path}");
    }
    Ok(())
}

/// Each document with its text as it is and as it must be.
pub(crate) fn pages(workspace: &Workspace) -> Outcome<Vec<(&'static str, String, String)>> {
    let data = environments::botocore_data(workspace)?;
    let sources = source::services(&workspace.root).map_err(|error| error.to_string())?;
    let mut services = Vec::new();
    for source in &sources {
        let model = Model::load(&data, &source.name).map_err(|error| format!("{}: {error}", source.name))?;
        services.push(compare(source, &model));
    }
    let stored = |path: &str| fs::read_to_string(workspace.root.join(path)).unwrap_or_default();
    let readme = with_summary(&stored(README), &summary(&services))
        .ok_or_else(|| format!("{README} lacks the marks of its coverage table: {BEGIN}{END}"))?;
    Ok(vec![(PATH, stored(PATH), render(&services)), (README, stored(README), readme)])
}

/// The text with the summary between the marks.
fn with_summary(text: &str, summary: &str) -> Option<String> {
    let (before, rest) = text.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n{summary}\n{END}{after}"))
}

fn compare(source: &ServiceSource, model: &Model) -> Service {
    let state = |name: &str| {
        let ours = source.operations.iter().find(|operation| operation.name == name);
        match ours.filter(|operation| source.table.contains(&operation.type_name)) {
            None => State::NotImplemented,
            Some(operation) => operation.difference().map_or(State::Done, State::Partial),
        }
    };
    let mut names: Vec<&str> = model.operations.iter().map(|(name, _)| name).collect();
    names.sort_unstable();
    Service {
        title: model.metadata.service_full_name.clone(),
        name: source.name.clone(),
        version: model.metadata.api_version.clone(),
        operations: names.into_iter().map(|name| (name.to_owned(), state(name))).collect(),
    }
}

fn render(services: &[Service]) -> String {
    let mut page = format!(
        "# Coverage\n\nWritten by `cargo xtask coverage` from the operation tables and from AWS's models as botocore {} \
         packages them.\nAn operation is *partial* where its document says how it differs from AWS. Operations that are \
         not implemented are refused.\n\n{}",
        botocore::VERSION,
        summary(services)
    );
    for service in services {
        let _ = write!(page, "\n## {} (`{}`, {})\n\n", service.title, service.name, service.version);
        page.push_str("| Operation | State | Differs from AWS |\n|---|---|---|\n");
        for (name, state) in &service.operations {
            // Writing to a String cannot fail.
            let _ = match state {
                State::Done => writeln!(page, "| {name} | done | |"),
                State::Partial(text) => writeln!(page, "| {name} | partial | {} |", text.replace('|', "\\|")),
                State::NotImplemented => writeln!(page, "| {name} | not implemented | |"),
            };
        }
    }
    page
}

fn summary(services: &[Service]) -> String {
    let mut table =
        "| Service | Done | Partial | Not implemented | Operations |\n|---|---:|---:|---:|---:|\n".to_owned();
    for service in services {
        let count = |wanted: fn(&State) -> bool| service.operations.iter().filter(|(_, state)| wanted(state)).count();
        // Writing to a String cannot fail.
        let _ = writeln!(
            table,
            "| {} (`{}`) | {} | {} | {} | {} |",
            service.title,
            service.name,
            count(|state| matches!(state, State::Done)),
            count(|state| matches!(state, State::Partial(_))),
            count(|state| matches!(state, State::NotImplemented)),
            service.operations.len()
        );
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_replaces_what_stands_between_its_marks() {
        let text = format!("a\n{BEGIN}old\n{END}\nb");
        let expected = format!("a\n{BEGIN}\nnew\n{END}\nb");
        assert_eq!(with_summary(&text, "new"), Some(expected.clone()));
        assert_eq!(with_summary(&expected, "new"), Some(expected));
        assert_eq!(with_summary("without", "new"), None);
    }

    #[test]
    fn the_page_counts_and_lists() {
        let operations = vec![
            ("AddTags".to_owned(), State::Done),
            ("CreateStream".to_owned(), State::Partial("a | b".to_owned())),
            ("Other".to_owned(), State::NotImplemented),
        ];
        let service =
            Service { title: "Amazon X".to_owned(), name: "x".to_owned(), version: "2013".to_owned(), operations };
        let page = render(&[service]);
        for line in [
            "| Amazon X (`x`) | 1 | 1 | 1 | 3 |",
            "## Amazon X (`x`, 2013)",
            "| AddTags | done | |",
            "| CreateStream | partial | a \\| b |",
            "| Other | not implemented | |",
        ] {
            assert!(page.lines().any(|found| found == line), "{line} in\n{page}");
        }
    }
}
