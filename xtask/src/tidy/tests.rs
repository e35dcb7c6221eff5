//! Each rule against text that breaks it and text that keeps it.

use std::path::PathBuf;

use models::source::{OperationSource, ServiceSource};

use super::*;
use crate::workspace::Package;

fn findings(path: &str, text: &str) -> Vec<(usize, &'static str)> {
    let source = Source::parse(path, text).expect("the test's text is Rust");
    check_source(&source).into_iter().map(|finding| (finding.line, finding.rule)).collect()
}

fn of_body(lines: usize) -> String {
    format!("//! Text.\nfn long() {{\n{}}}\n", "    call();\n".repeat(lines))
}

#[test]
fn findings_read_as_place_and_sentence() {
    let source = Source::parse("crates/log/src/wal.rs", "fn a() {}").expect("Rust");
    let texts: Vec<String> = check_source(&source).iter().map(ToString::to_string).collect();
    assert_eq!(texts, ["crates/log/src/wal.rs:1: a file begins with `//!`: why it exists, in one to three lines"]);
}

#[test]
fn files_and_functions_have_sizes() {
    for (path, text, expected) in [
        ("crates/a/src/b.rs", of_body(68), vec![]),
        ("crates/a/src/b.rs", of_body(69), vec![(2, "function-lines")]),
        ("crates/a/src/tests.rs", of_body(69), vec![]),
        ("crates/a/src/b.rs", format!("//! Text.\n{}", "const A: u8 = 1;\n".repeat(400)), vec![(1, "file-lines")]),
        ("crates/a/tests/b.rs", format!("//! Text.\n{}", "const A: u8 = 1;\n".repeat(800)), vec![(1, "file-stop")]),
        (
            "services/a/src/operations/b.rs",
            format!("//! Text.\n{}", "const A: u8 = 1;\n".repeat(200)),
            vec![(1, "operation-lines")],
        ),
        (
            "crates/a/src/b.rs",
            format!("//! Text.\n#[cfg(test)]\nmod tests {{\n{}}}\n", "const A: u8 = 1;\n".repeat(58)),
            vec![(2, "inline-tests")],
        ),
    ] {
        assert_eq!(findings(path, &text), expected, "{path} {} lines", text.lines().count());
    }
}

#[test]
fn unit_tests_do_not_count_as_production_lines() {
    let tests = format!("#[cfg(test)]\nmod tests {{\n{}}}\n", "const A: u8 = 1;\n".repeat(50));
    let text = format!("//! Text.\n{}{tests}", "const A: u8 = 1;\n".repeat(390));
    assert_eq!(findings("crates/a/src/b.rs", &text), []);
}

#[test]
fn empty_names_are_refused_in_any_spelling() {
    for (path, text) in [
        ("crates/a/src/shard.rs", "//! T.\nstruct ShardManager;"),
        ("crates/a/src/shard.rs", "//! T.\nenum Utils {}"),
        ("crates/a/src/shard.rs", "//! T.\nfn record_helper() {}"),
        ("crates/a/src/shard.rs", "//! T.\nmod common;"),
        ("crates/a/src/shard.rs", "//! T.\ntrait EventHandler {}"),
    ] {
        assert_eq!(findings(path, text), [(2, "names")], "{text}");
    }
    assert_eq!(findings("crates/a/src/put_handler.rs", "//! T."), [(1, "names")]);
    assert_eq!(findings("crates/common/src/put.rs", "//! T."), [(1, "names")]);
    assert_eq!(findings("crates/a/src/uncommon.rs", "//! T.\nstruct Managerial;"), []);
}

#[test]
fn debts_banners_and_blanket_permissions_are_refused() {
    for (line, expected) in [
        (concat!("// TO", "DO: later"), vec![(2, "debt")]),
        (concat!("// FIX", "ME later"), vec![(2, "debt")]),
        (concat!("// TO", "DO #12: later"), vec![]),
        (concat!("// TO", "DO(#12): later"), vec![]),
        (concat!("const TEXT: &str = \"// TO", "DO\";"), vec![]),
        ("// ---------- reading ----------", vec![]),
        ("// ----------------------", vec![(2, "banner")]),
        ("// ======", vec![(2, "banner")]),
        ("#[allow(dead_code)]\nfn a() {}", vec![(2, "allow")]),
        ("#[expect(dead_code, reason = \"r\")]\nfn a() {}", vec![]),
        ("#[test]\n#[ignore]\nfn a() {}", vec![(3, "ignore")]),
    ] {
        assert_eq!(findings("crates/a/src/b.rs", &format!("//! Text.\n{line}\n")), expected, "{line}");
    }
}

#[test]
fn only_the_host_touches_the_machine() {
    for (line, count) in [
        ("use std::time::{Duration, Instant};\nfn a() { Instant::now(); }", 1),
        ("fn a() { std::time::SystemTime::now(); }", 1),
        ("use std::{fs, io};", 1),
        ("use std::fs::{self, File};", 2),
        ("use std::process::{Command, ExitCode};", 1),
        ("use tokio::net::TcpListener;", 1),
        ("fn a() { tokio::time::sleep(d); }", 1),
        ("use std::time::Duration;\nfn a() { now(); }", 0),
        ("#[cfg(test)]\nmod tests { use std::fs; }", 0),
    ] {
        let text = format!("//! Text.\n{line}\n");
        assert_eq!(findings("crates/log/src/b.rs", &text).len(), count, "{line}");
        for free in ["crates/host/src/b.rs", "bench/src/b.rs", "testing/sim/src/b.rs", "crates/log/tests/it/b.rs"] {
            assert_eq!(findings(free, &text), [], "{free}: {line}");
        }
    }
    let network = "//! Text.\nuse tokio::net::TcpListener;\nuse std::net::TcpStream;\nuse tokio::time::timeout;\n";
    assert_eq!(findings("crates/gateway/src/listener.rs", network), []);
}

fn package(name: &str, folder: &str, layer: u64, dependencies: &[&str]) -> Package {
    Package {
        name: name.to_owned(),
        manifest: PathBuf::from(folder).join("Cargo.toml"),
        layer: Some(layer),
        dependencies: dependencies.iter().map(|&name| name.to_owned()).collect(),
    }
}

#[test]
fn crates_depend_downwards_only() {
    for (name, folder, layer, needed, is_refused) in [
        ("kinesis", "services/kinesis", 3, "log", false),
        ("kinesis", "services/kinesis", 3, "host", false),
        ("kinesis", "services/kinesis", 3, "kms", true),
        ("kinesis", "services/kinesis", 3, "store", false),
        ("kinesis", "services/kinesis", 3, "gateway", true),
        ("kinesis", "services/kinesis", 3, "hyper", true),
        ("firehose", "services/firehose", 3, "hyper", false),
        ("log", "crates/log", 2, "store", false),
        ("log", "crates/log", 2, "aws", true),
        ("log", "crates/log", 2, "keys", true),
        ("store", "crates/store", 1, "host", false),
        ("store", "crates/store", 1, "aws", true),
        ("gateway", "crates/gateway", 4, "aws", false),
        ("gateway", "crates/gateway", 4, "log", true),
        ("gateway", "crates/gateway", 4, "kinesis", true),
        ("millstream", "crates/app", 5, "kinesis", false),
        ("millstream", "crates/app", 5, "testkit", true),
        ("testkit", "testing/testkit", 5, "millstream", false),
        ("host", "crates/host", 0, "aws", true),
        ("keys", "crates/keys", 2, "openssl", true),
        ("keys", "crates/keys", 2, "datafusion-functions", true),
        ("flow", "crates/flow", 2, "datafusion-functions", false),
    ] {
        let mut packages = vec![
            package("aws", "crates/aws", 0, &[]),
            package("host", "crates/host", 0, &[]),
            package("store", "crates/store", 1, &[]),
            package("log", "crates/log", 2, &[]),
            package("keys", "crates/keys", 2, &[]),
            package("kinesis", "services/kinesis", 3, &[]),
            package("kms", "services/kms", 3, &[]),
            package("gateway", "crates/gateway", 4, &[]),
            package("millstream", "crates/app", 5, &[]),
            package("testkit", "testing/testkit", 5, &[]),
        ];
        packages.retain(|other| other.name != name);
        packages.push(package(name, folder, layer, &[needed]));
        let findings = layers::check(&packages, |_| format!("[dependencies]\n{needed}.workspace = true\n"));
        assert_eq!(findings.len(), usize::from(is_refused), "{name} → {needed}: {findings:?}");
        assert!(findings.iter().all(|finding| finding.line == 2 && finding.rule == "layers"), "{findings:?}");
    }
}

#[test]
fn exceptions_may_only_shrink() {
    let long = || Finding::new("a.rs", 1, "file-lines", "450 lines".to_owned()).of(450);
    let name = || Finding::new("a.rs", 1, "names", "a name".to_owned());
    for (list, found, remaining) in [
        ("", vec![long()], vec!["file-lines"]),
        ("file-lines a.rs 450 # reason", vec![long()], vec![]),
        ("file-lines a.rs 500 # reason", vec![long()], vec!["exceptions"]),
        ("file-lines a.rs 449 # reason", vec![long()], vec!["file-lines", "exceptions"]),
        ("file-lines a.rs 450", vec![long()], vec!["exceptions", "file-lines"]),
        ("file-lines b.rs 450 # reason", vec![long()], vec!["file-lines", "exceptions"]),
        ("names a.rs # reason", vec![name()], vec![]),
        ("names a.rs # reason", vec![], vec!["exceptions"]),
    ] {
        let rules: Vec<_> = exceptions::apply(found, list).into_iter().map(|finding| finding.rule).collect();
        assert_eq!(rules, remaining, "{list}");
    }
}

#[test]
fn an_operation_has_its_link_scenario_and_row() {
    let operation = |doc: &str| OperationSource {
        path: PathBuf::from("put_record.rs"),
        name: "PutRecord".to_owned(),
        type_name: "PutRecord".to_owned(),
        doc: doc.to_owned(),
        members: vec![],
        output: None,
        is_stream: false,
    };
    let service = |table: &[&str]| ServiceSource {
        name: "kinesis".to_owned(),
        folder: PathBuf::new(),
        table: table.iter().map(|&row| row.to_owned()).collect(),
        is_rest: false,
        operations: vec![],
        error_codes: vec![],
        structures: Default::default(),
    };
    let link = "<https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecord.html>";
    let rules = |table: &[&str], doc: &str, scenario: Result<(), String>| {
        let found = operations::judge(&service(table), &operation(doc), "put_record.rs", scenario);
        found.into_iter().map(|finding| finding.rule).collect::<Vec<_>>()
    };
    assert_eq!(rules(&["PutRecord"], link, Ok(())), [""; 0]);
    assert_eq!(rules(&["PutRecord"], "no link", Ok(())), ["operation-link"]);
    assert_eq!(rules(&["PutRecord"], link, Err("x.scenario".to_owned())), ["operation-scenario"]);
    assert_eq!(rules(&["PutRecords"], link, Ok(())), ["operation-table"]);
}

#[test]
fn clients_name_operations_each_in_its_own_way() {
    let tests = "client.put_object(Bucket=b)\nrun('s3api', 'list-parts')\nnew HeadObjectCommand({})";
    for tried in ["PutObject", "ListParts", "HeadObject"] {
        assert!(operations::is_tried(tests, tried), "{tried}");
    }
    for missing in ["PutObjectAcl", "ListPart", "Object"] {
        assert!(!operations::is_tried(tests, missing), "{missing}");
    }
}

#[test]
fn examples_are_told_from_other_fences() {
    assert!(has_example("/// ```\n/// let a = 1;\n/// ```"));
    assert!(has_example("//! ```rust\n//! let a = 1;\n//! ```"));
    assert!(!has_example("/// ```text\n/// picture\n/// ```\nfn a() {}"));
    assert!(!has_example("let text = \"```\";"));
}
