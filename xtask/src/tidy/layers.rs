//! Which crate may depend on which: only downwards, and a few pairs never.

use crate::workspace::Package;

use super::Finding;

/// Folders of tools and tests: they may use everything, nothing may use them.
const TOOLS: &[&str] = &["testing/", "bench", "xtask"];

/// Crates that may need only these of ours, whatever the layers say.
const NARROW: &[(&str, &[&str])] =
    &[("aws", &[]), ("host", &[]), ("store", &["host"]), ("gateway", &["aws", "host"]), ("console", &["aws", "host"])];

/// Outside crates with the layers that may need them.
const OUTSIDE: &[(&str, &[u64], &str)] = &[
    ("hyper", &[4, 5], "HTTP is the gateway's business"),
    ("hyper-util", &[4, 5], "HTTP is the gateway's business"),
    ("http", &[0, 4, 5], "HTTP is the gateway's business"),
    ("axum", &[4, 5], "HTTP is the gateway's business"),
    ("rand", &[0], "randomness comes from `host`"),
    ("getrandom", &[0], "randomness comes from `host`"),
    ("fastrand", &[0], "randomness comes from `host`"),
    ("openssl", &[], "there is one TLS stack: rustls with ring"),
    ("native-tls", &[], "there is one TLS stack: rustls with ring"),
    ("aws-lc-rs", &[], "there is one TLS stack: rustls with ring"),
];

/// Families of outside crates, by how their names begin, with the only crates of ours that may need them.
const RESERVED: &[(&str, &[&str], &str)] =
    &[("datafusion", &["flow", "query", "warehouse"], "only the SQL engines do, so that the rest builds without it")];

/// Services that need an outside crate all the same.
const EXCEPTIONS: &[(&str, &[&str], &str)] = &[
    ("firehose", &["http", "hyper", "hyper-util"], "it delivers to other people's servers"),
    ("s3", &["http"], "its bodies are streams, and its protocol is made of paths and headers"),
];

/// Engines that use another engine, as ARCHITECTURE.md draws them.
const ENGINE_EDGES: &[(&str, &str)] = &[];

pub(super) fn check(packages: &[Package], read: impl Fn(&str) -> String) -> Vec<Finding> {
    let mut findings = Vec::new();
    for package in packages {
        let manifest = package.manifest.to_string_lossy();
        let text = read(&manifest);
        let mut found = |name: &str, sentence: String| {
            let line = text.lines().position(|line| line.trim_start().starts_with(name)).map_or(1, |index| index + 1);
            findings.push(Finding::new(&manifest, line, "layers", sentence));
        };
        if package.layer.is_none() {
            found("[package]", "no `[package.metadata] layer`: every crate has its place".to_owned());
        }
        for needed in &package.dependencies {
            if let Some(sentence) = refusal(package, needed, packages) {
                found(needed, sentence);
            }
        }
    }
    findings
}

/// Why `package` may not need `needed`.
fn refusal(package: &Package, needed: &str, packages: &[Package]) -> Option<String> {
    if is_tool(package) {
        return None;
    }
    let layer = package.layer?;
    let Some(other) = packages.iter().find(|other| other.name == needed) else {
        if let Some((_, crates, reason)) = RESERVED.iter().find(|(start, _, _)| needed.starts_with(start)) {
            let sentence = || format!("`{}` needs `{needed}`: {reason}", package.name);
            return (!crates.contains(&package.name.as_str())).then(sentence);
        }
        let (name, layers, reason) = OUTSIDE.iter().find(|(name, _, _)| *name == needed)?;
        if EXCEPTIONS.iter().any(|(service, needs, _)| *service == package.name && needs.contains(&needed)) {
            return None;
        }
        return (!layers.contains(&layer)).then(|| format!("`{}` needs `{name}`: {reason}", package.name));
    };
    if is_tool(other) {
        return Some(format!("`{}` needs `{needed}`, which is a tool for tests", package.name));
    }
    let narrow = NARROW.iter().find(|(name, _)| *name == package.name);
    if let Some((_, allowed)) = narrow {
        return (!allowed.contains(&needed))
            .then(|| format!("`{}` needs `{needed}`: of ours it may need only {allowed:?}", package.name));
    }
    let other_layer = other.layer?;
    let drawn = ENGINE_EDGES.contains(&(package.name.as_str(), needed));
    if other_layer >= layer && !drawn {
        let sentence = match (layer, other_layer) {
            (3, 3) => "services never need each other: what both need is an engine".to_owned(),
            (2, 2) => "an engine needs another only as ARCHITECTURE.md draws it".to_owned(),
            _ => format!("layer {layer} may need only what is below it, not layer {other_layer}"),
        };
        return Some(format!("`{}` needs `{needed}`: {sentence}", package.name));
    }
    match (layer, needed) {
        (1 | 2, "aws") => Some(format!("`{}` needs `aws`: engines speak no AWS", package.name)),
        _ => None,
    }
}

fn is_tool(package: &Package) -> bool {
    TOOLS.iter().any(|folder| package.folder().starts_with(folder))
}
