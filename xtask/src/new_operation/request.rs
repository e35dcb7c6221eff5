//! The operation file: what it does, where AWS says so, what comes in, what goes out, what is refused, what happens.

use std::fmt::Write as _;

use models::botocore::{Model, OperationModel, Shape};

use super::shapes::{Needs, Pending, Use};
use super::{link, names};

/// The whole file. `run` refuses until somebody writes it: a draft never answers a success.
pub(super) fn file(
    model: &Model,
    service: &str,
    service_type: &str,
    operation: &str,
    modelled: &OperationModel,
) -> String {
    let mut needs = Needs::default();
    needs.imports.extend(["Call", "Constraints", "Operation", "ServiceError"]);
    let sentence = names::first_sentence(&modelled.documentation);
    let document = format!("/// {sentence}\n///\n/// <{}>\n", link(service, operation));
    let input = model.input(modelled);
    let request = structure(model, &mut needs, operation, input, Use::Request);
    let output_shape = modelled.output.as_ref().map(|output| model.shape(&output.shape));
    let has_output = output_shape.is_some_and(|shape| shape.members.iter().next().is_some());
    let output = output_shape.filter(|_| has_output).map(|shape| {
        let name = format!("{operation}Output");
        structure(model, &mut needs, &name, Some(shape), Use::Answer)
    });
    let output_type = if has_output { format!("{operation}Output") } else { "()".to_owned() };
    let checks = input.map(|shape| checks(model, &mut needs, shape)).unwrap_or_default();
    let checks =
        if checks.is_empty() { "        let _ = check; // The model constrains nothing.\n".to_owned() } else { checks };
    let others = others(model, &mut needs);
    let mut text = format!("//! `{operation}`.\n\n");
    text.push_str(&imports(&needs, service_type, output.is_some() || others.contains("Serialize")));
    let _ = writeln!(text, "{document}{request}"); // Writing to a String cannot fail.
    if let Some(output) = output {
        let _ = writeln!(text, "/// What it answers.\n{output}");
    }
    let _ = write!(
        text,
        "impl Operation for {operation} {{\n    const NAME: &'static str = \"{operation}\";\n    \
         type Service = {service_type};\n    type Output = {output_type};\n\n    \
         fn constraints(&self, check: &mut Constraints) {{\n{checks}    }}\n\n    \
         async fn run(self, _: &Arc<{service_type}>, _: &Call) -> Result<{output_type}, ServiceError> {{\n        \
         Err(ServiceError::not_implemented(\"{service}:{operation}\"))\n    }}\n}}\n{others}"
    );
    text
}

fn structure(model: &Model, needs: &mut Needs, name: &str, shape: Option<&Shape>, usage: Use) -> String {
    let derive = match usage {
        Use::Request => "#[derive(Debug, Default, Deserialize)]\n#[serde(rename_all = \"PascalCase\", default)]",
        Use::Answer => "#[derive(Debug, Serialize)]\n#[serde(rename_all = \"PascalCase\")]",
    };
    let mut text = format!("{derive}\npub(crate) struct {name} {{\n");
    for (wire, member) in shape.iter().flat_map(|shape| shape.members.iter()) {
        let field = names::snake(wire);
        let is_required = shape.is_some_and(|shape| shape.required.iter().any(|name| name == wire));
        let inner = needs.rust_type(model, &member.shape, usage);
        let is_optional_answer = usage == Use::Answer && !is_required;
        if names::pascal(&field) != wire {
            let _ = writeln!(text, "    #[serde(rename = \"{wire}\")]");
        }
        if is_optional_answer {
            text.push_str("    #[serde(skip_serializing_if = \"Option::is_none\")]\n");
        }
        let kind = match (usage, is_required) {
            (Use::Request, true) => {
                needs.imports.insert("Required");
                format!("Required<{inner}>")
            }
            (Use::Answer, true) => inner,
            (_, false) => format!("Option<{inner}>"),
        };
        let _ = writeln!(text, "    {field}: {kind},");
    }
    text + "}\n"
}

fn checks(model: &Model, needs: &mut Needs, shape: &Shape) -> String {
    let members = shape.members.iter();
    members
        .map(|(wire, member)| {
            let is_required = shape.required.iter().any(|name| name == wire);
            needs.checks(model, wire, &member.shape, is_required)
        })
        .collect()
}

/// Structures and enums that the request and the answer are made of. Those that another operation shares move to
/// `shapes.rs` by hand.
fn others(model: &Model, needs: &mut Needs) -> String {
    let mut text = String::new();
    while let Some(Pending { shape, name, usage, is_element }) = needs.pending.pop() {
        let shape = model.shape(&shape);
        if !shape.names.is_empty() {
            text.push_str(&enumeration(&name, &shape.names));
            continue;
        }
        // Writing to a String cannot fail.
        let _ = write!(text, "\n/// Part of the wire shape.\n{}", structure(model, needs, &name, Some(shape), usage));
        if usage == Use::Request {
            let checks = checks(model, needs, shape);
            let check = if checks.is_empty() { "_" } else { "check" };
            let _ = write!(
                text,
                "\nimpl {name} {{\n    fn constraints(&self, {check}: &mut Constraints) {{\n{checks}    }}\n}}\n"
            );
        }
        if usage == Use::Request && is_element {
            let _ = write!(
                text,
                "\nimpl aws::Render for {name} {{\n    fn render(&self, f: &mut std::fmt::Formatter<'_>) -> \
                 std::fmt::Result {{\n        write!(f, \"{{self:?}}\")\n    }}\n}}\n"
            );
        }
    }
    text
}

fn enumeration(name: &str, values: &[String]) -> String {
    let mut text = format!("\naws::wire_enum! {{\n    /// A value of the model.\n    pub(crate) enum {name} {{\n");
    for value in values {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "        /// `{value}`\n        {} = \"{value}\",", names::variant(value));
    }
    text + "    }\n}\n"
}

fn imports(needs: &Needs, service_type: &str, has_answer: bool) -> String {
    let mut text = String::new();
    if needs.has_maps {
        text.push_str("use std::collections::BTreeMap;\n");
    }
    let sync = if needs.patterns.is_empty() { "use std::sync::Arc;" } else { "use std::sync::{Arc, LazyLock};" };
    let names = needs.imports.iter().copied().collect::<Vec<_>>().join(", ");
    let serde = if has_answer { "{Deserialize, Serialize}" } else { "Deserialize" };
    let _ = write!(text, "{sync}\n\nuse aws::{{{names}}};\nuse serde::{serde};\n\nuse crate::{service_type};\n\n");
    for (name, pattern) in &needs.patterns {
        let _ =
            write!(text, "static {name}: LazyLock<Pattern> = LazyLock::new(|| Pattern::new(r#\"{pattern}\"#));\n\n");
    }
    text
}
