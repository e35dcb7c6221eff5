//! Types of the model in Rust, with the constraints of each member.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use models::botocore::{Model, Shape};

use super::names;

/// Types that a file needs beside its request and its answer, and what it imports for them.
#[derive(Debug, Default)]
pub(super) struct Needs {
    /// Names of `aws` to import.
    pub(super) imports: BTreeSet<&'static str>,
    /// Whether `std::collections::BTreeMap` is needed.
    pub(super) has_maps: bool,
    /// Patterns: constant name and expression.
    pub(super) patterns: Vec<(String, String)>,
    /// Structures and enums that are still to be written.
    pub(super) pending: Vec<Pending>,
    seen: BTreeSet<String>,
}

/// A structure or enum that is still to be written.
#[derive(Debug)]
pub(super) struct Pending {
    /// Its name in the model.
    pub(super) shape: String,
    /// Its name in Rust.
    pub(super) name: String,
    pub(super) usage: Use,
    /// Whether it is an element of a list, which validation messages print.
    pub(super) is_element: bool,
}

/// What a structure is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// Asked for.
    Request,
    /// Answered.
    Answer,
}

impl Needs {
    /// The Rust type of a shape.
    pub(super) fn rust_type(&mut self, model: &Model, name: &str, usage: Use) -> String {
        let shape = model.shape(name);
        match shape.kind.as_str() {
            "string" if !shape.names.is_empty() => {
                self.later(name, name.to_owned(), usage, false);
                if usage == Use::Request { format!("{}<{name}>", self.imported("Lenient")) } else { name.to_owned() }
            }
            "string" => "String".to_owned(),
            "integer" => "i32".to_owned(),
            "long" => "i64".to_owned(),
            "float" | "double" => "f64".to_owned(),
            "boolean" => "bool".to_owned(),
            "blob" => self.imported("Blob"),
            "timestamp" => self.imported("Timestamp"),
            "list" => {
                let element = shape.member.as_ref().map_or("", |member| &member.shape);
                let inner = self.rust_type(model, element, usage);
                let pending = self.pending.iter_mut().find(|pending| pending.name == inner);
                pending.into_iter().for_each(|pending| pending.is_element = true);
                format!("Vec<{inner}>")
            }
            "map" => {
                self.has_maps = true;
                let value = shape.value.as_ref().map_or("", |value| &value.shape);
                format!("BTreeMap<String, {}>", self.rust_type(model, value, usage))
            }
            _ => {
                // What is asked for and answered is two types: one of optional members, one of facts.
                let is_both = usage == Use::Answer && is_requested(model, name);
                let rust = if is_both { format!("{name}Answer") } else { name.to_owned() };
                self.later(name, rust.clone(), usage, false);
                rust
            }
        }
    }

    fn imported(&mut self, name: &'static str) -> String {
        self.imports.insert(name);
        name.to_owned()
    }

    fn later(&mut self, shape: &str, name: String, usage: Use, is_element: bool) {
        if self.seen.insert(name.clone()) {
            self.pending.push(Pending { shape: shape.to_owned(), name, usage, is_element });
        }
    }

    /// The lines that check one member; `owner` is what has the field.
    pub(super) fn checks(&mut self, model: &Model, wire: &str, shape_name: &str, is_required: bool) -> String {
        let shape = model.shape(shape_name);
        let (field, name) = (names::snake(wire), names::lower_first(wire));
        let mut calls = self.calls(model, shape_name, shape);
        let nested = nested(model, shape);
        if calls.is_empty() && !is_required && nested.is_none() {
            return String::new();
        }
        let mut lines = String::new();
        if !calls.is_empty() || is_required {
            calls.insert_str(0, &format!("        check.member(\"{name}\", &self.{field})"));
            lines = calls + ";\n";
        }
        // Writing to a String cannot fail.
        let present = if is_required { format!("self.{field}.get()") } else { format!("&self.{field}") };
        let _ = match nested {
            Some(Nested::Structure) => writeln!(
                lines,
                "        if let Some(inner) = {present} {{\n            \
                 check.nested(\"{name}\", |check| inner.constraints(check));\n        }}"
            ),
            Some(Nested::List) => writeln!(
                lines,
                "        if let Some(items) = {present} {{\n            \
                 check.each(\"{name}\", items, |check, item| item.constraints(check));\n        }}"
            ),
            None => Ok(()),
        };
        lines
    }

    fn calls(&mut self, model: &Model, shape_name: &str, shape: &Shape) -> String {
        let mut calls = String::new();
        let (least, greatest) = (shape.least(), shape.greatest());
        if least.is_some() || greatest.is_some() {
            let is_number = matches!(shape.kind.as_str(), "integer" | "long" | "float" | "double");
            let call = if is_number { range(least, greatest) } else { format!(".length({})", lengths(shape)) };
            calls.push_str(&call);
        }
        if let Some(pattern) = &shape.pattern {
            let constant = names::snake(shape_name).to_uppercase();
            calls.push_str(&format!(".pattern(&{constant})"));
            self.imports.insert("Pattern");
            let is_new = !self.patterns.iter().any(|(name, _)| *name == constant);
            self.patterns.extend(is_new.then(|| (constant, pattern.clone())));
        }
        if shape.kind == "string" && !shape.names.is_empty() {
            calls.push_str(".known()");
        }
        if let Some(element) = shape.member.as_ref().map(|member| model.shape(&member.shape)) {
            if !element.names.is_empty() {
                calls.push_str(".all_known()");
            } else if element.kind == "string" && (element.min.is_some() || element.max.is_some()) {
                calls.push_str(&format!(".each_length({})", lengths(element)));
            }
        }
        for (inner, call) in [(&shape.key, "keys_length"), (&shape.value, "values_length")] {
            let Some(inner) = inner.as_ref().map(|inner| model.shape(&inner.shape)) else { continue };
            if inner.kind == "string" && (inner.min.is_some() || inner.max.is_some()) {
                calls.push_str(&format!(".{call}({})", lengths(inner)));
            }
        }
        calls
    }
}

enum Nested {
    Structure,
    List,
}

/// Whether a member holds structures whose own members have constraints.
fn nested(model: &Model, shape: &Shape) -> Option<Nested> {
    let element = shape.member.as_ref().map(|member| model.shape(&member.shape));
    match (shape.kind.as_str(), element) {
        ("structure", _) => Some(Nested::Structure),
        ("list", Some(element)) if element.kind == "structure" => Some(Nested::List),
        _ => None,
    }
}

/// Whether any operation's request reaches the shape.
fn is_requested(model: &Model, name: &str) -> bool {
    let inputs = model.operations.iter().filter_map(|(_, operation)| operation.input.as_ref());
    let mut pending: Vec<&str> = inputs.map(|input| input.shape.as_str()).collect();
    let mut seen = BTreeSet::new();
    while let Some(shape_name) = pending.pop() {
        if shape_name == name {
            return true;
        }
        if seen.insert(shape_name) {
            let shape = model.shape(shape_name);
            let members = shape.members.iter().map(|(_, member)| member);
            let inner = [&shape.member, &shape.key, &shape.value].into_iter().flatten();
            pending.extend(members.chain(inner).map(|used| used.shape.as_str()));
        }
    }
    false
}

fn lengths(shape: &Shape) -> String {
    let greatest = shape.greatest().map_or_else(|| "usize::MAX".to_owned(), grouped);
    format!("{}..={greatest}", grouped(shape.least().unwrap_or(0)))
}

fn range(least: Option<i64>, greatest: Option<i64>) -> String {
    let end = |value: Option<i64>, open: &str| value.map_or_else(|| open.to_owned(), grouped);
    format!(".range({}..={})", end(least, "i64::MIN"), end(greatest, "i64::MAX"))
}

/// `10485760` → `10_485_760`.
fn grouped(value: i64) -> String {
    let digits = value.abs().to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) && digits.len() > 4 {
            text.push('_');
        }
        text.push(digit);
    }
    if value < 0 { format!("-{text}") } else { text }
}
