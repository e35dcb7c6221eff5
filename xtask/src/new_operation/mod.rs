//! `cargo xtask new-operation`: drafts an operation file and its scenario from AWS's model; from then on they are ours.

mod names;
mod request;
mod scenario;
mod shapes;
mod table;

use std::fs;
use std::path::Path;

use models::botocore::{Model, OperationModel};

use crate::environments;
use crate::workspace::{Outcome, Workspace};

/// Drafts the files of one operation and lists it in the table.
pub(crate) fn write(workspace: &Workspace, service: &str, operation: &str) -> Outcome<()> {
    let data = environments::botocore_data(workspace)?;
    let model = Model::load(&data, service).map_err(|error| format!("{service}: {error}"))?;
    for path in draft(&workspace.root, &model, service, operation)? {
        println!("{path}");
    }
    Ok(())
}

/// Writes below `root`; answers the paths that it wrote.
fn draft(root: &Path, model: &Model, service: &str, operation: &str) -> Outcome<Vec<String>> {
    let modelled = model.operations.get(operation).ok_or_else(|| format!("{service} has no operation {operation}"))?;
    if is_event_stream(model, modelled) {
        return Err(format!("{operation} answers with an event stream, which is written by hand: see StreamOperation"));
    }
    let stem = names::snake(operation);
    let table_path = format!("services/{service}/src/operations/mod.rs");
    let operation_path = format!("services/{service}/src/operations/{stem}.rs");
    let scenario_path = format!("testing/scenarios/{service}/{stem}.scenario");
    if let Some(taken) = [&operation_path, &scenario_path].into_iter().find(|path| root.join(path).exists()) {
        return Err(format!("{taken} is there already"));
    }
    let table = fs::read_to_string(root.join(&table_path)).map_err(|error| format!("{table_path}: {error}"))?;
    let service_type = table::service_type(&table).ok_or_else(|| format!("{table_path} has no `Operations<…>`"))?;
    let file = request::file(model, service, &service_type, operation, modelled);
    let drafts = [
        (operation_path, file),
        (scenario_path, scenario::file(model, service, operation, modelled)),
        (table_path, table::with_row(&table, &stem, operation)),
    ];
    for (path, text) in &drafts {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap_or(root)).map_err(|error| error.to_string())?;
        fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(drafts.into_iter().map(|(path, _)| path).collect())
}

fn is_event_stream(model: &Model, operation: &OperationModel) -> bool {
    let Some(output) = operation.output.as_ref().map(|output| model.shape(&output.shape)) else { return false };
    output.members.iter().any(|(_, member)| model.shape(&member.shape).eventstream)
}

/// Where AWS documents the operation.
fn link(service: &str, operation: &str) -> String {
    // Some services keep their API reference elsewhere than below their signing name.
    let folder = if service == "sts" { "STS" } else { service };
    format!("https://docs.aws.amazon.com/{folder}/latest/APIReference/API_{operation}.html")
}

#[cfg(test)]
mod tests;
