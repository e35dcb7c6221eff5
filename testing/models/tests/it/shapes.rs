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
    for expected in ["kinesis", "kms", "sts"] {
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
    let differences = compare_members(|service, operation, model_names| {
        let ours: Vec<&str> = operation.members.iter().map(|member| member.wire.as_str()).collect();
        let missing = model_names.iter().filter(|name| !ours.contains(name));
        let invented = ours.iter().filter(|name| !model_names.contains(name));
        missing
            .map(|name| format!("{service} {} lacks {name}", operation.name))
            .chain(invented.map(|name| format!("{service} {} invents {name}", operation.name)))
            .collect()
    });
    gaps::compare("member", differences);
}

fn compare_members(check: impl Fn(&str, &OperationSource, &[&str]) -> Vec<String>) -> Vec<String> {
    let mut differences = Vec::new();
    for (service, model) in services() {
        for operation in &service.operations {
            let Some(modelled) = model.operations.get(&operation.name) else { continue };
            let shape = model.input(modelled);
            let names: Vec<&str> = shape.iter().flat_map(|shape| shape.members.iter()).map(|(name, _)| name).collect();
            differences.extend(check(&service.name, operation, &names));
        }
    }
    differences
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
