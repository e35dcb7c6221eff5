//! Words that say nothing: a name says what a thing is.

use syn::visit::Visit;

use super::{Finding, Source};

const BANNED: &[&str] = &[
    "common",
    "handler",
    "handlers",
    "helper",
    "helpers",
    "manager",
    "managers",
    "misc",
    "processor",
    "processors",
    "util",
    "utility",
    "utilities",
    "utils",
];

pub(super) fn check(source: &Source) -> Vec<Finding> {
    let mut names = Names { path: &source.path, findings: Vec::new() };
    for part in source.path.trim_end_matches(".rs").split('/') {
        names.judge(part, 1, "this path");
    }
    names.visit_file(&source.file);
    names.findings
}

/// The words of a name in any spelling: `ShardManager`, `shard_manager`, `shard-manager`.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut previous_is_lower = false;
    for letter in name.chars() {
        let begins = letter.is_uppercase() && previous_is_lower;
        previous_is_lower = letter.is_lowercase() || letter.is_numeric();
        if begins || !letter.is_alphanumeric() {
            words.push(String::new());
        }
        if letter.is_alphanumeric() {
            words.last_mut().expect("there is always one").extend(letter.to_lowercase());
        }
    }
    words
}

struct Names<'a> {
    path: &'a str,
    findings: Vec<Finding>,
}

impl Names<'_> {
    fn judge(&mut self, name: &str, line: usize, what: &str) {
        for word in words(name).iter().filter(|word| BANNED.contains(&word.as_str())) {
            let sentence = format!("{what} is called `{name}`, and `{word}` says nothing: say what it is");
            self.findings.push(Finding::new(self.path, line, "names", sentence));
        }
    }

    fn ident(&mut self, ident: &syn::Ident, what: &str) {
        self.judge(&ident.to_string(), ident.span().start().line, what);
    }
}

impl<'ast> Visit<'ast> for Names<'_> {
    fn visit_item_struct(&mut self, item: &'ast syn::ItemStruct) {
        self.ident(&item.ident, "a struct");
        syn::visit::visit_item_struct(self, item);
    }

    fn visit_item_enum(&mut self, item: &'ast syn::ItemEnum) {
        self.ident(&item.ident, "an enum");
        syn::visit::visit_item_enum(self, item);
    }

    fn visit_item_trait(&mut self, item: &'ast syn::ItemTrait) {
        self.ident(&item.ident, "a trait");
        syn::visit::visit_item_trait(self, item);
    }

    fn visit_item_type(&mut self, item: &'ast syn::ItemType) {
        self.ident(&item.ident, "a type");
        syn::visit::visit_item_type(self, item);
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        self.ident(&item.ident, "a module");
        syn::visit::visit_item_mod(self, item);
    }

    fn visit_signature(&mut self, signature: &'ast syn::Signature) {
        self.ident(&signature.ident, "a function");
        syn::visit::visit_signature(self, signature);
    }
}
