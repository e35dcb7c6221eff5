//! How long files and functions may be.

use std::ops::RangeInclusive;

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::visit::Visit;

use super::{Finding, Source};

const OPERATION_LINES_MAX: usize = 200;
const FILE_LINES_MAX: usize = 400;
/// No exception reaches beyond this.
const FILE_LINES_STOP: usize = 800;
const FUNCTION_LINES_MAX: usize = 70;
/// Longer unit tests move to `tests.rs` beside their file.
const INLINE_TEST_LINES_MAX: usize = 60;

pub(super) fn check(source: &Source) -> Vec<Finding> {
    let mut findings = file(source);
    if !source.is_test() {
        let mut functions = Functions { path: &source.path, findings: Vec::new() };
        functions.visit_file(&source.file);
        findings.extend(functions.findings);
    }
    findings
}

fn file(source: &Source) -> Vec<Finding> {
    let tests: Vec<_> = source.file.items.iter().filter(|item| is_for_tests(item)).map(lines).collect();
    let inline: usize = tests.iter().map(|range| range.end() + 1 - range.start()).sum();
    let production = source.text.lines().count() - inline;
    let is_operation = source.path.contains("/src/operations/") && !source.path.ends_with("/mod.rs");
    let mut findings = Vec::new();
    if production > FILE_LINES_STOP {
        let sentence = format!("{production} lines: {FILE_LINES_STOP} is the end, without exceptions");
        findings.push(Finding::new(&source.path, 1, "file-stop", sentence));
    } else if production > OPERATION_LINES_MAX && is_operation && !source.is_test() {
        let sentence = format!("an operation of {production} lines: at most {OPERATION_LINES_MAX}");
        findings.push(Finding::new(&source.path, 1, "operation-lines", sentence).of(production));
    } else if production > FILE_LINES_MAX && !source.is_test() {
        let sentence = format!("{production} lines without tests: at most {FILE_LINES_MAX}");
        findings.push(Finding::new(&source.path, 1, "file-lines", sentence).of(production));
    }
    if inline > INLINE_TEST_LINES_MAX && !source.is_test() {
        let line = tests.first().map_or(1, |range| *range.start());
        let sentence = format!("{inline} lines of unit tests: over {INLINE_TEST_LINES_MAX} they live in `tests.rs`");
        findings.push(Finding::new(&source.path, line, "inline-tests", sentence).of(inline));
    }
    findings
}

/// Whether the item is a `#[cfg(test)] mod` with its body here.
pub(super) fn is_for_tests(item: &syn::Item) -> bool {
    match item {
        syn::Item::Mod(module) => module.content.is_some() && has_test_cfg(&module.attrs),
        _ => false,
    }
}

/// Whether one of the attributes is `#[cfg(test)]` or a combination with it.
pub(super) fn has_test_cfg(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let syn::Meta::List(list) = &attribute.meta else { return false };
        let words = list.tokens.to_string();
        attribute.path().is_ident("cfg") && words.split(|c: char| !c.is_alphanumeric()).any(|word| word == "test")
    })
}

fn lines(spanned: impl Spanned) -> RangeInclusive<usize> {
    let span = spanned.span();
    span.start().line..=span.end().line
}

struct Functions<'a> {
    path: &'a str,
    findings: Vec<Finding>,
}

impl Functions<'_> {
    fn check(&mut self, name: &syn::Ident, begin: Span, end: Span) {
        let (first, last) = (begin.start().line, end.end().line);
        let length = last + 1 - first;
        if length > FUNCTION_LINES_MAX {
            let sentence = format!("`{name}` has {length} lines: at most {FUNCTION_LINES_MAX}");
            self.findings.push(Finding::new(self.path, first, "function-lines", sentence).of(length));
        }
    }
}

impl<'ast> Visit<'ast> for Functions<'_> {
    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        if !has_test_cfg(&module.attrs) {
            syn::visit::visit_item_mod(self, module);
        }
    }

    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        self.check(&function.sig.ident, function.sig.span(), function.block.span());
        syn::visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        self.check(&function.sig.ident, function.sig.span(), function.block.span());
        syn::visit::visit_impl_item_fn(self, function);
    }

    fn visit_trait_item_fn(&mut self, function: &'ast syn::TraitItemFn) {
        if let Some(block) = &function.default {
            self.check(&function.sig.ident, function.sig.span(), block.span());
        }
        syn::visit::visit_trait_item_fn(self, function);
    }
}
