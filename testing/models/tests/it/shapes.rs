//! Names: operations, request members, required members and error codes.

use std::path::Path;

use models::botocore::{self, Model};
use models::source::{self, OperationSource, ServiceSource};

use crate::gaps;

/// Codes that every AWS service may answer, whatever its own model says.
const SHARED_ERRORS: &[&str] = &[
    "AccessDenied",
    "AccessDeniedException",
    "ExpiredTokenException",
    "IncompleteSignature",
    "InternalFailure",
    "InvalidAction",
    "InvalidClientTokenId",
    "InvalidParameterValue",
    "MissingParameter",
    "NotImplementedException",
    "SerializationException",
    "ThrottlingException",
    "UnrecognizedClientException",
    "ValidationError",
    "ValidationException",
];

/// The services with their models.
pub(crate) fn services() -> Vec<(ServiceSource, Model)> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let environment = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("venv");
    let data = botocore::data_folder(&environment).expect("the Python environment is made");
    let services = source::services(&workspace).expect("the services' sources are readable");
    services
        .into_iter()
        .map(|service| {
            let model = Model::load(&data, &service.name).expect("botocore has a model of every service we have");
            (service, model)
        })
        .collect()
}

#[test]
fn every_service_has_an_operation_table() {
    let names: Vec<String> = services().into_iter().map(|(service, _)| service.name).collect();
    for expected in ["firehose", "kinesis", "kinesisanalytics", "kinesisanalyticsv2", "kms", "sts"] {
        assert!(names.iter().any(|name| name == expected), "{expected} is missing in {names:?}");
    }
}

#[test]
fn operations_and_tables_name_operations_of_the_model() {
    let mut differences = Vec::new();
    for (service, model) in services() {
        for operation in &service.operations {
            if model.operations.get(&operation.name).is_none() {
                differences.push(format!("{} {} is not in the model", service.name, operation.name));
            }
            if !service.table.contains(&operation.type_name) {
                differences.push(format!("{} {} is not in the table", service.name, operation.name));
            }
        }
        for row in &service.table {
            if !service.operations.iter().any(|operation| operation.type_name == *row) {
                differences.push(format!("{} {row} is in the table without an operation file", service.name));
            }
        }
    }
    gaps::compare("operation", differences);
}

#[test]
fn request_members_are_the_members_of_the_model() {
    let differences = compare_structures(|model, operation| {
        let shape = model.operations.get(&operation.name)?.input.as_ref()?.shape.as_str();
        Some((shape.to_owned(), operation.type_name.clone()))
    });
    gaps::compare("member", differences);
}

#[test]
fn answers_have_the_members_of_the_model() {
    let differences = compare_structures(|model, operation| {
        let shape = model.operations.get(&operation.name)?.output.as_ref()?.shape.as_str();
        Some((shape.to_owned(), operation.output.clone()?))
    });
    gaps::compare("answer", differences);
}

/// Compares one structure of each operation with its shape, and what is nested in it.
fn compare_structures(select: impl Fn(&Model, &OperationSource) -> Option<(String, String)>) -> Vec<String> {
    let mut differences = Vec::new();
    for (service, model) in services() {
        for operation in &service.operations {
            let Some((shape, structure)) = select(&model, operation) else { continue };
            let comparison = Comparison { service: &service, model: &model, file: &operation.path };
            let path = format!("{} {}", service.name, operation.name);
            differences.extend(comparison.compare(&shape, &structure, &path, 0));
        }
    }
    differences
}

/// Structures inside structures are followed so deep.
const DEPTH_MAX: usize = 4;

struct Comparison<'a> {
    service: &'a ServiceSource,
    model: &'a Model,
    file: &'a Path,
}

impl Comparison<'_> {
    fn compare(&self, shape: &str, structure: &str, path: &str, depth: usize) -> Vec<String> {
        let shape = self.innermost(shape);
        // What is no structure of ours (text, numbers, types with an encoding of their own) has no members to compare.
        let Some(ours) = self.service.structures.find(self.file, structure) else { return vec![] };
        if shape.kind != "structure" || depth > DEPTH_MAX {
            return vec![];
        }
        let missing = shape.members.iter().filter(|(wire, _)| !ours.iter().any(|member| member.wire == *wire));
        let mut differences: Vec<String> = missing.map(|(wire, _)| format!("{path} lacks {wire}")).collect();
        for member in ours {
            match shape.members.get(&member.wire) {
                None => differences.push(format!("{path} invents {}", member.wire)),
                Some(inner) => {
                    let path = format!("{path}.{}", member.wire);
                    differences.extend(self.compare(&inner.shape, &member.inner, &path, depth + 1));
                }
            }
        }
        differences
    }

    /// The element of a list, the value of a map.
    fn innermost(&self, name: &str) -> &botocore::Shape {
        let shape = self.model.shape(name);
        match shape.member.as_ref().or(shape.value.as_ref()) {
            Some(inner) => self.innermost(&inner.shape),
            None => shape,
        }
    }
}

#[test]
fn required_members_are_those_of_the_model() {
    let mut differences = Vec::new();
    for (service, model) in services() {
        for operation in &service.operations {
            let Some(shape) = model.operations.get(&operation.name).and_then(|modelled| model.input(modelled)) else {
                continue;
            };
            for member in &operation.members {
                let modelled = shape.required.contains(&member.wire);
                if modelled != member.is_required {
                    let word = if modelled { "must be Required" } else { "must be Option" };
                    differences.push(format!("{} {}.{} {word}", service.name, operation.name, member.wire));
                }
            }
        }
    }
    gaps::compare("required", differences);
}

#[test]
fn error_codes_are_those_of_the_model_or_shared_by_all_services() {
    let mut differences = Vec::new();
    for (service, model) in services() {
        let known = model.error_codes();
        for code in &service.error_codes {
            if !known.contains(&code.as_str()) && !SHARED_ERRORS.contains(&code.as_str()) {
                differences.push(format!("{} {code} is not an error of the service", service.name));
            }
        }
    }
    gaps::compare("error", differences);
}
