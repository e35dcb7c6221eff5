//! The draft of a scenario: what the model alone tells, and the refusal of an operation that is not written yet.

use std::fmt::Write as _;

use models::botocore::{Model, OperationModel, Shape};

use super::{link, names};

pub(super) fn file(model: &Model, service: &str, operation: &str, modelled: &OperationModel) -> String {
    let mut text = format!("# {}\n", link(service, operation));
    let input = model.input(modelled);
    let required: Vec<&str> = input.iter().flat_map(|shape| shape.required.iter().map(String::as_str)).collect();
    if let Some(shape) = input.filter(|_| !required.is_empty()) {
        let missing = shape.members.iter().filter(|(wire, _)| required.contains(wire));
        let failures: Vec<String> = missing
            .map(|(wire, _)| {
                let name = names::lower_first(wire);
                format!("Value null at '{name}' failed to satisfy constraint: Member must not be null")
            })
            .collect();
        let plural = if failures.len() == 1 { "" } else { "s" };
        let _ = write!(
            text,
            "> {service} {operation} {{}}\n400 ValidationException\n{} validation error{plural} detected: {}\n\n",
            failures.len(),
            failures.join("; ")
        );
    }
    let request = input.map_or_else(|| "{}".to_owned(), |shape| sample(model, shape));
    let _ = write!(
        text,
        "> {service} {operation} {request}\n501 NotImplementedException\n\
         {service}:{operation} is not implemented by Millstream.\n"
    );
    text
}

/// A request with the required members only.
fn sample(model: &Model, shape: &Shape) -> String {
    let required = shape.members.iter().filter(|(wire, _)| shape.required.iter().any(|name| name == wire));
    let members: Vec<String> =
        required.map(|(wire, member)| format!("\"{wire}\": {}", value(model, &member.shape))).collect();
    format!("{{{}}}", members.join(", "))
}

fn value(model: &Model, name: &str) -> String {
    let shape = model.shape(name);
    let least = shape.least().unwrap_or(1).max(1);
    match shape.kind.as_str() {
        "structure" => sample(model, shape),
        "list" => format!("[{}]", shape.member.as_ref().map_or_else(String::new, |inner| value(model, &inner.shape))),
        "map" => {
            let inner = shape.value.as_ref().map_or_else(|| "\"\"".to_owned(), |inner| value(model, &inner.shape));
            format!("{{\"name\": {inner}}}")
        }
        "integer" | "long" | "float" | "double" => least.to_string(),
        "timestamp" => "1700000000".to_owned(),
        "boolean" => "true".to_owned(),
        "blob" => "\"aGk=\"".to_owned(),
        _ => match shape.names.first() {
            Some(first) => format!("\"{first}\""),
            None => format!("\"{}\"", "a".repeat(usize::try_from(least).unwrap_or(1))),
        },
    }
}
