//! Only `host` touches the machine: clock, randomness, files, sockets, processes, threads.

use syn::spanned::Spanned;
use syn::visit::Visit;

use super::sizes::has_test_cfg;
use super::{Finding, Source};

/// What is banned, and what to use instead.
const BANNED: &[(&str, &str)] = &[
    ("std::time::SystemTime::now", "ask `host::Host::now_ms`"),
    ("std::time::Instant::now", "ask `host::Host::monotonic`"),
    ("SystemTime::now", "ask `host::Host::now_ms`"),
    ("Instant::now", "ask `host::Host::monotonic`"),
    ("tokio::time", "use `host::Host::sleep`"),
    ("std::fs", "use `host::Host::files`"),
    ("tokio::fs", "use `host::Host::files`"),
    ("std::process::Command", "start processes in `host`"),
    ("tokio::process", "start processes in `host`"),
    ("std::thread::spawn", "use `host::Host::spawn_thread`"),
    ("std::thread::Builder", "use `host::Host::spawn_thread`"),
    ("std::net::TcpListener", "only the gateway opens sockets"),
    ("std::net::TcpStream", "only the gateway opens sockets"),
    ("std::net::UdpSocket", "only the gateway opens sockets"),
    ("tokio::net", "only the gateway opens sockets"),
    ("rand", "use `host::Host::fill_random`"),
    ("fastrand", "use `host::Host::fill_random`"),
    ("getrandom", "use `host::Host::fill_random`"),
];

/// Folders that may touch the machine: `host` by its nature, tests and tools for their own sake, the demo and the SQL
/// terminal because they are clients.
const FREE: &[&str] = &[
    "crates/host/",
    "crates/app/src/client",
    "crates/app/src/demo",
    "crates/app/src/sql",
    "clients/",
    "testing/",
    "bench/",
    "xtask/",
];
/// The one place beside them that may open sockets and wait in real time, which is the time its clients live in.
const NETWORK: &str = "crates/gateway/";

pub(super) fn check(source: &Source) -> Vec<Finding> {
    if source.is_test() || FREE.iter().any(|folder| source.path.starts_with(folder)) {
        return Vec::new();
    }
    let mut calls = Calls { path: &source.path, findings: Vec::new() };
    calls.visit_file(&source.file);
    calls.findings
}

struct Calls<'a> {
    path: &'a str,
    findings: Vec<Finding>,
}

impl Calls<'_> {
    fn judge(&mut self, path: &str, line: usize) {
        let banned = BANNED.iter().find(|(name, _)| path == *name || path.starts_with(&format!("{name}::")));
        let Some((name, instead)) = banned else { return };
        if self.path.starts_with(NETWORK) && (name.contains("::net") || *name == "tokio::time") {
            return;
        }
        self.findings.push(Finding::new(self.path, line, "machine", format!("`{path}` is for `host` only: {instead}")));
    }

    fn judge_use(&mut self, tree: &syn::UseTree, before: &str) {
        match tree {
            syn::UseTree::Path(path) => self.judge_use(&path.tree, &format!("{before}{}::", path.ident)),
            syn::UseTree::Name(name) if name.ident == "self" => {
                self.judge(before.trim_end_matches("::"), name.span().start().line);
            }
            syn::UseTree::Name(name) => self.judge(&format!("{before}{}", name.ident), name.span().start().line),
            syn::UseTree::Rename(rename) => {
                self.judge(&format!("{before}{}", rename.ident), rename.span().start().line);
            }
            syn::UseTree::Glob(glob) => self.judge(&format!("{before}*"), glob.span().start().line),
            syn::UseTree::Group(group) => group.items.iter().for_each(|item| self.judge_use(item, before)),
        }
    }
}

impl<'ast> Visit<'ast> for Calls<'_> {
    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        if !has_test_cfg(&module.attrs) {
            syn::visit::visit_item_mod(self, module);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.judge_use(&item.tree, "");
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        // A lone word is a name of this file's own; imports are judged where they are imported.
        if path.segments.len() > 1 {
            let words: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
            self.judge(&words.join("::"), path.span().start().line);
        }
        syn::visit::visit_path(self, path);
    }
}
