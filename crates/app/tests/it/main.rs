//! The program as an operator meets it: started, refused, stopped.

mod sql;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

/// A started server; killed when the test ends.
struct Served {
    child: Child,
    address: String,
}

impl Drop for Served {
    fn drop(&mut self) {
        // Already gone where the test has stopped it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn millstream(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_millstream"));
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("MILLSTREAM_") || name == "RUST_LOG") {
        command.env_remove(name);
    }
    command
}

fn serve(directory: &Path, arguments: &[&str]) -> Served {
    let directory = directory.to_str().expect("a plain path");
    start(millstream(&["serve", "--listen", "127.0.0.1:0", "--data-dir", directory]).args(arguments))
}

fn start(command: &mut Command) -> Served {
    let mut child = command.spawn().expect("starts");
    let mut line = String::new();
    let stdout = child.stdout.as_mut().expect("piped");
    BufReader::new(stdout).read_line(&mut line).expect("a line");
    let address = line.trim_end().strip_prefix("listening on http://").expect("the line that says where").to_owned();
    Served { child, address }
}

/// A whole exchange over a connection of its own.
fn ask(address: &str, request: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("connects");
    stream.write_all(request.as_bytes()).expect("sends");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer
}

fn get(address: &str, path: &str) -> String {
    ask(address, &format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"))
}

/// The caller's identity, as somebody signed for nothing in particular asks for it.
fn identity(address: &str) -> String {
    let body = "Action=GetCallerIdentity&Version=2011-06-15";
    let signed = "AWS4-HMAC-SHA256 Credential=somebody, SignedHeaders=host, Signature=0";
    ask(
        address,
        &format!(
            "POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: {signed}\r\nx-amz-date: \
             20200101T000000Z\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        ),
    )
}

/// Runs a command that must fail at once, and gives its one line.
fn refused(command: &mut Command) -> String {
    let Output { status, stdout, stderr } = command.output().expect("runs");
    let said = String::from_utf8(stderr).expect("text");
    assert!(!status.success() && stdout.is_empty(), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    said.trim_end().to_owned()
}

#[test]
fn it_says_where_it_listens_and_ends_when_told() {
    let directory = tempfile::tempdir().expect("a directory");
    for signal in [rustix::process::Signal::TERM, rustix::process::Signal::INT] {
        let mut served = serve(directory.path(), &[]);
        assert!(
            get(&served.address, "/health")
                .contains(r#""services":["firehose","kinesis","kinesisanalytics","kms","s3","sts"],"status":"ok""#)
        );
        let process = rustix::process::Pid::from_child(&served.child);
        rustix::process::kill_process(process, signal).expect("a running process");
        assert_eq!(served.child.wait().expect("ends").code(), Some(0));
        let mut rest = String::new();
        served.child.stdout.take().expect("piped").read_to_string(&mut rest).expect("text");
        assert_eq!(rest, "", "nothing else is said on stdout");
    }
}

#[test]
fn one_directory_has_one_process() {
    let directory = tempfile::tempdir().expect("a directory");
    let served = serve(directory.path(), &[]);
    let path = directory.path().to_str().expect("a plain path");
    let said = refused(&mut millstream(&["serve", "--listen", "127.0.0.1:0", "--data-dir", path]));
    assert_eq!(said, format!("millstream: another process uses the data directory {path}"));
    drop(served);
    serve(directory.path(), &[]);
}

#[test]
fn what_cannot_work_is_refused_in_one_line() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("file");
    std::fs::write(&file, "no directory").expect("written");
    let file = file.to_str().expect("a plain path");
    let missing = directory.path().join("missing");
    let missing = missing.to_str().expect("a plain path");
    let data = directory.path().join("data");
    let data = data.to_str().expect("a plain path");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let taken = taken.local_addr().expect("an address").to_string();
    for (arguments, expected) in [
        (
            &["--listen", "0.0.0.0:0"][..],
            "refusing to listen on 0.0.0.0:0 without checking signatures: use --auth keys, or say --insecure"
                .to_owned(),
        ),
        (&["--listen", "[::]:0"], "refusing to listen on [::]:0".to_owned()),
        (&["--auth", "keys"], "--auth keys needs --credentials FILE".to_owned()),
        (&["--credentials", file], "--credentials needs --auth keys; --auth open checks nobody".to_owned()),
        (&["--auth", "keys", "--credentials", missing], format!("cannot read {missing}: No such file")),
        (&["--auth", "keys", "--credentials", file], format!("{file}: not a credentials file")),
        (&["--account", "12"], "--account must be twelve digits, not '12'".to_owned()),
        (&["--region", "Mars 1"], "--region must be lower-case letters, digits and dashes, not 'Mars 1'".to_owned()),
        (&["--config", missing], format!("cannot read {missing}: No such file")),
        (&["--config", file], format!("{file}: line 1: key with no value")),
        (&["--data-dir", file], format!("cannot create {file}: ")),
        (&["--listen", &taken], format!("cannot listen on {taken}: Address already in use")),
        (&["--tls-cert", file, "--tls-key", file], "cannot use the TLS certificate: ".to_owned()),
    ] {
        let mut command = millstream(&["serve"]);
        let has = |flag: &str| arguments.contains(&flag);
        if !has("--data-dir") {
            command.args(["--data-dir", data]);
        }
        if !has("--listen") {
            command.args(["--listen", "127.0.0.1:0"]);
        }
        let said = refused(command.args(arguments));
        assert!(said.starts_with(&format!("millstream: {expected}")), "{arguments:?}: {said}");
    }
}

#[test]
fn flags_win_over_the_environment_and_that_over_the_file() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("millstream.toml");
    std::fs::write(&file, "account = \"111111111111\"\nregion = \"eu-west-1\"\nallow-reset = true\n").expect("written");
    let file = file.to_str().expect("a plain path");
    let data = directory.path().join("data");
    let data = data.to_str().expect("a plain path");
    let usual = ["serve", "--listen", "127.0.0.1:0", "--data-dir", data];
    let account = |command: &mut Command| identity(&start(command).address);
    assert!(account(millstream(&usual).args(["--config", file])).contains("<Account>111111111111</Account>"));
    let environment =
        account(millstream(&usual).env("MILLSTREAM_CONFIG", file).env("MILLSTREAM_ACCOUNT", "222222222222"));
    assert!(environment.contains("<Account>222222222222</Account>"), "{environment}");
    let mut flags = millstream(&usual);
    flags.env("MILLSTREAM_ACCOUNT", "222222222222").args(["--config", file, "--account", "333333333333"]);
    assert!(account(&mut flags).contains("<Account>333333333333</Account>"));
}

#[test]
fn only_a_resettable_server_is_reset() {
    let directory = tempfile::tempdir().expect("a directory");
    let reset = "POST /_millstream/reset HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
    let served = serve(directory.path(), &[]);
    let refused = ask(&served.address, reset);
    assert!(refused.starts_with("HTTP/1.1 403") && refused.contains("--allow-reset"), "{refused}");
    drop(served);
    let served = serve(directory.path(), &["--allow-reset"]);
    assert!(kms(&served.address, "CreateKey").contains("KeyId"));
    assert!(kms(&served.address, "ListKeys").contains("KeyId"));
    assert!(ask(&served.address, reset).starts_with("HTTP/1.1 200"));
    let keys = kms(&served.address, "ListKeys");
    assert!(keys.starts_with("HTTP/1.1 200") && !keys.contains("KeyId"), "{keys}");
}

/// The answer of an operation of KMS that needs no members.
fn kms(address: &str, operation: &str) -> String {
    let signed = "AWS4-HMAC-SHA256 Credential=somebody, SignedHeaders=host, Signature=0";
    ask(
        address,
        &format!(
            "POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: {signed}\r\nx-amz-date: \
             20200101T000000Z\r\ncontent-type: application/x-amz-json-1.1\r\nx-amz-target: \
             TrentService.{operation}\r\ncontent-length: 2\r\n\r\n{{}}"
        ),
    )
}

#[test]
fn help_manual_and_completions_are_printed() {
    for (arguments, expected) in [
        (&["--help"][..], "Run the server until SIGTERM or SIGINT"),
        (&["serve", "--help"], "--shard-limit <NUMBER>"),
        (&["man"], ".TH millstream 1"),
        (&["completions", "bash"], "complete -F _millstream"),
        (&["completions", "zsh"], "#compdef millstream"),
    ] {
        let Output { status, stdout, .. } = millstream(arguments).output().expect("runs");
        let text = String::from_utf8(stdout).expect("text");
        assert!(status.success() && text.contains(expected), "{arguments:?}: {text}");
    }
}
