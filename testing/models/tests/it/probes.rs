//! Constraints: for each of the model, a request that breaks it, and the refusal that names the member.

use std::collections::BTreeSet;

use models::botocore::{Model, Shape};
use regex::Regex;
use serde_json::{Map, Value, json};
use testkit::{Client, Server};

use crate::{gaps, shapes};

/// Structures inside structures are followed so deep.
const DEPTH_MAX: usize = 4;
/// The codes under which services refuse what breaks a constraint.
const REFUSALS: &[&str] = &["ValidationException", "ValidationError"];

/// A request that breaks one constraint.
struct Probe {
    /// The constraint, as the list of gaps spells it.
    name: String,
    /// The member as the refusal must spell it.
    member: String,
    /// What the refusal must say of it.
    sentence: String,
    body: Value,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_breaks_a_constraint_of_the_model_is_refused_by_name() {
    let server = Server::start(false).await.expect("a server");
    let client = server.client().expect("a client");
    let mut differences = Vec::new();
    let mut count = 0;
    for (service, model) in shapes::services() {
        for operation in &service.operations {
            let Some(input) = model.operations.get(&operation.name).and_then(|modelled| model.input(modelled)) else {
                continue;
            };
            let ours: BTreeSet<&str> = operation.members.iter().map(|member| member.wire.as_str()).collect();
            for probe in probes(&model, input, &ours) {
                count += 1;
                if let Err(found) = send(&client, &service.name, &operation.name, &probe).await {
                    println!("{} {}.{}: {found}", service.name, operation.name, probe.name);
                    differences.push(format!("{} {}.{}", service.name, operation.name, probe.name));
                }
            }
        }
    }
    server.stop().await;
    println!("{count} requests were sent");
    assert!(count > 0, "the models constrain something");
    gaps::compare("constraint", differences);
}

/// An error is what was found instead of the refusal.
async fn send(client: &Client, service: &str, operation: &str, probe: &Probe) -> Result<(), String> {
    let answer = client.call(service, operation, &probe.body).await.map_err(|error| error.to_string())?;
    let message = answer.message.clone().unwrap_or_default();
    let is_refusal = answer.code.as_deref().is_some_and(|code| REFUSALS.contains(&code));
    let at_member = format!("at '{}' failed to satisfy constraint: {}", probe.member, probe.sentence);
    if is_refusal && message.contains(&at_member) {
        return Ok(());
    }
    let shown: String = message.chars().take(300).collect();
    Err(format!("expected {at_member:?}, found {} {} {shown}", answer.status, answer.code.unwrap_or_default()))
}

/// The probes of a request, without those of members that it does not have.
fn probes(model: &Model, input: &Shape, ours: &BTreeSet<&str>) -> Vec<Probe> {
    let mut found = Vec::new();
    for (wire, member) in input.members.iter().filter(|(wire, _)| ours.contains(wire)) {
        let is_required = input.required.iter().any(|name| name == wire);
        let mut base = sample_members(model, input, 0);
        for (name, spelled, sentence, value) in violations(model, &member.shape, is_required, 0) {
            match value {
                Some(value) => base.insert(wire.to_owned(), value),
                None => base.remove(wire),
            };
            found.push(Probe {
                name: format!("{wire}{name}"),
                member: format!("{}{spelled}", lower_first(wire)),
                sentence,
                body: Value::Object(base.clone()),
            });
        }
    }
    found
}

/// What may be wrong with a value: the constraint, the path below the member, the sentence, the wrong value.
type Violation = (String, String, String, Option<Value>);

fn violations(model: &Model, name: &str, is_required: bool, depth: usize) -> Vec<Violation> {
    let shape = model.shape(name);
    let mut found = Vec::new();
    let mut add = |constraint: &str, sentence: String, value: Option<Value>| {
        found.push((format!(" {constraint}"), String::new(), sentence, value));
    };
    if is_required {
        add("required", "Member must not be null".to_owned(), None);
    }
    let is_number = matches!(shape.kind.as_str(), "integer" | "long");
    let word = if is_number { "value" } else { "length" };
    if let Some(greatest) = shape.greatest().filter(|&greatest| greatest < 1 << 31) {
        let wrong = if is_number { json!(greatest + 1) } else { sized(model, shape, greatest + 1) };
        add("max", format!("Member must have {word} less than or equal to {greatest}"), Some(wrong));
    }
    if let Some(least) = shape.least().filter(|&least| is_number || least > 0) {
        let wrong = if is_number { json!(least - 1) } else { sized(model, shape, least - 1) };
        add("min", format!("Member must have {word} greater than or equal to {least}"), Some(wrong));
    }
    if let Some(wrong) = shape.pattern.as_deref().and_then(|pattern| mismatch(pattern, shape.least().unwrap_or(1))) {
        add("pattern", "Member must satisfy regular expression pattern: ".to_owned(), Some(json!(wrong)));
    }
    if !shape.names.is_empty() {
        add("enum", "Member must satisfy enum value set: [".to_owned(), Some(json!("NOT_A_VALUE")));
    }
    if depth < DEPTH_MAX {
        found.extend(inner_violations(model, shape, depth));
    }
    found
}

/// Violations inside structures, and inside lists of structures.
fn inner_violations(model: &Model, shape: &Shape, depth: usize) -> Vec<Violation> {
    let (inner, is_list) = match (&shape.member, shape.kind.as_str()) {
        (Some(element), _) => (model.shape(&element.shape), true),
        (None, "structure") => (shape, false),
        _ => return Vec::new(),
    };
    let mut found = Vec::new();
    for (wire, member) in inner.members.iter() {
        let is_required = inner.required.iter().any(|name| name == wire);
        for (name, spelled, sentence, value) in violations(model, &member.shape, is_required, depth + 1) {
            let mut members = sample_members(model, inner, depth + 1);
            match value {
                Some(value) => members.insert(wire.to_owned(), value),
                None => members.remove(wire),
            };
            let value = Value::Object(members);
            let (value, place) = if is_list { (json!([value]), ".1.member") } else { (value, "") };
            found.push((
                format!(".{wire}{name}"),
                format!("{place}.{}{spelled}", lower_first(wire)),
                sentence,
                Some(value),
            ));
        }
    }
    found
}

/// A text that does not match, as long as it may be.
fn mismatch(pattern: &str, least: i64) -> Option<String> {
    let pattern = Regex::new(&format!("^(?:{pattern})$")).ok()?;
    let length = usize::try_from(least).unwrap_or(1).max(1);
    let texts = ["~", " ", "é", "\u{1}"].into_iter().map(|letter| letter.repeat(length));
    texts.into_iter().find(|text| !pattern.is_match(text))
}

/// A value of the given length.
fn sized(model: &Model, shape: &Shape, length: i64) -> Value {
    let length = usize::try_from(length).unwrap_or(0);
    match shape.kind.as_str() {
        "blob" => json!(base64_simd::STANDARD.encode_to_string(vec![0; length])),
        "list" => {
            let element = shape.member.as_ref().map_or(Value::Null, |element| sample(model, &element.shape, 1));
            Value::Array(vec![element; length])
        }
        "map" => {
            let value = shape.value.as_ref().map_or(Value::Null, |value| sample(model, &value.shape, 1));
            Value::Object((0..length).map(|index| (format!("k{index}"), value.clone())).collect())
        }
        _ => json!("a".repeat(length)),
    }
}

/// The required members of a structure with values of the right types.
fn sample_members(model: &Model, shape: &Shape, depth: usize) -> Map<String, Value> {
    let required = shape.members.iter().filter(|(wire, _)| shape.required.iter().any(|name| name == wire));
    required.map(|(wire, member)| (wire.to_owned(), sample(model, &member.shape, depth + 1))).collect()
}

fn sample(model: &Model, name: &str, depth: usize) -> Value {
    let shape = model.shape(name);
    let least = shape.least().unwrap_or(1).max(1);
    match shape.kind.as_str() {
        "structure" if depth <= DEPTH_MAX => Value::Object(sample_members(model, shape, depth)),
        "structure" => json!({}),
        "list" | "map" => sized(model, shape, least),
        "integer" | "long" | "float" | "double" => json!(least),
        "boolean" => json!(false),
        "timestamp" => json!(1_700_000_000),
        "blob" => sized(model, shape, least),
        _ => shape.names.first().map_or_else(|| sized(model, shape, least), |name| json!(name)),
    }
}

fn lower_first(name: &str) -> String {
    let (first, rest) = name.split_at(name.chars().next().map_or(0, char::len_utf8));
    first.to_lowercase() + rest
}
