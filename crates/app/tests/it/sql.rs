//! `millstream sql` against a running server: programs from a file, statements from a pipe, complaints with their place.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::{Served, ask, millstream, serve};

/// Calls an operation of Kinesis.
fn call(server: &Served, operation: &str, body: &str) -> String {
    let signed =
        "AWS4-HMAC-SHA256 Credential=A/20200101/us-east-1/kinesis/aws4_request, SignedHeaders=host, Signature=0";
    ask(
        &server.address,
        &format!(
            "POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: {signed}\r\nx-amz-date: \
             20200101T000000Z\r\nx-amz-target: Kinesis_20131202.{operation}\r\ncontent-type: \
             application/x-amz-json-1.1\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        ),
    )
}

/// Calls an operation that must succeed.
fn kinesis(server: &Served, operation: &str, body: &str) {
    let answer = call(server, operation, body);
    assert!(answer.starts_with("HTTP/1.1 200"), "{operation}: {answer}");
}

/// Makes a stream, and asks until it is there.
fn make(server: &Served, name: &str) {
    kinesis(server, "CreateStream", &format!(r#"{{"StreamName": "{name}", "ShardCount": 1}}"#));
    let describe = format!(r#"{{"StreamName": "{name}"}}"#);
    // Refusals because of too many calls are no answer either.
    while !call(server, "DescribeStreamSummary", &describe).contains("\"ACTIVE\"") {
        std::thread::yield_now();
    }
}

/// A server with a stream of trades.
fn trading(directory: &Path) -> Served {
    let server = serve(directory, &[]);
    make(&server, "trades");
    for (ticker, price) in [("AMZN", 10.5), ("WORK", 3.0), ("AMZN", 12.0), ("TINY", 0.25), ("AMZN", 11.0)] {
        put(&server, ticker, price);
    }
    server
}

fn put(server: &Served, ticker: &str, price: f64) {
    let data = base64_simd::STANDARD.encode_to_string(format!(r#"{{"ticker": "{ticker}", "price": {price:?}}}"#));
    let body = format!(r#"{{"StreamName": "trades", "PartitionKey": "{ticker}", "Data": "{data}"}}"#);
    kinesis(server, "PutRecord", &body);
}

fn sql(server: &Served, arguments: &[&str]) -> Command {
    let mut command = millstream(&["sql"]);
    command.env("AWS_ENDPOINT_URL", format!("http://{}", server.address)).env_remove("AWS_CA_BUNDLE");
    command.args(arguments).env("XDG_STATE_HOME", "/nonexistent").env_remove("AWS_ACCESS_KEY_ID");
    command
}

fn lines(output: &Output) -> Vec<String> {
    let text = String::from_utf8(output.stdout.clone()).expect("text");
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    text.lines().map(str::to_owned).collect()
}

#[test]
fn a_program_runs_to_the_end_of_its_stream() {
    let directory = tempfile::tempdir().expect("a directory");
    let server = trading(&directory.path().join("data"));
    let file = directory.path().join("app.sql");
    let program = r#"
        CREATE OR REPLACE STREAM "DEAR" ("ticker" VARCHAR(8), "price" DOUBLE);
        CREATE OR REPLACE PUMP "P" AS INSERT INTO "DEAR"
            SELECT STREAM "ticker", "price" FROM "SOURCE_SQL_STREAM_001" WHERE "price" > 2;
        CREATE OR REPLACE STREAM "COUNTS" ("ticker" VARCHAR(8), TRADES INTEGER);
        CREATE OR REPLACE PUMP "Q" AS INSERT INTO "COUNTS"
            SELECT STREAM "ticker", COUNT(*) FROM "DEAR"
            GROUP BY "ticker", STEP("DEAR".ROWTIME BY INTERVAL '1' HOUR);
    "#;
    std::fs::write(&file, program).expect("written");
    let file = file.to_str().expect("a plain path");
    let run = |more: &[&str]| {
        let fixed = ["--file", file, "--input", "SOURCE_SQL_STREAM_001=trades", "--until-idle"];
        lines(&sql(&server, &fixed).args(more).output().expect("runs"))
    };
    // The last stream is shown, and its window is closed at the end.
    let mut counts = run(&["--format", "json"]);
    counts.sort();
    assert_eq!(counts, [r#"{"ticker":"AMZN","TRADES":3}"#, r#"{"ticker":"WORK","TRADES":1}"#]);
    let dear = run(&["--format", "csv", "--show", "dear"]);
    assert_eq!(
        dear.iter().map(|line| line.split(',').next().expect("a value")).collect::<Vec<_>>(),
        ["AMZN", "WORK", "AMZN", "AMZN"]
    );
    let table = run(&["--show", "COUNTS"]);
    assert!(table[0].starts_with("ROWTIME") && table[0].contains("ticker"), "{table:?}");
    assert_eq!(table.len(), 4, "a heading, a rule and two rows: {table:?}");
}

#[test]
fn statements_run_one_after_the_other() {
    let directory = tempfile::tempdir().expect("a directory");
    let server = trading(directory.path());
    let mut child = sql(&server, &["--until-idle", "--format", "csv"]).stdin(Stdio::piped()).spawn().expect("starts");
    let typed = "\\d trades
        CREATE VIEW dear AS
            SELECT STREAM \"ticker\" AS T FROM \"trades\" -- a remark;
            WHERE \"price\" > 10.75;
        SELECT STREAM T FROM dear;
        SELECT STREAM nothing FROM dear;
        SELECT STREAM * FROM trades;
        SELECT STREAM FROM;
        \\nonsense
        \\q
        SELECT STREAM 'never reached' FROM dear;\n";
    child.stdin.take().expect("piped").write_all(typed.as_bytes()).expect("typed");
    let output = child.wait_with_output().expect("ends");
    let (shown, said) = (lines(&output).join("\n"), String::from_utf8(output.stderr).expect("text"));
    assert!(shown.contains("\"ticker\"") && shown.contains("APPROXIMATE_ARRIVAL_TIME"), "{shown}");
    assert!(shown.contains("AMZN\nAMZN") && !shown.contains("WORK") && !shown.contains("never"), "{shown}");
    // Each complaint has its line of the statement, and a caret under its place.
    assert!(said.contains("SELECT STREAM nothing FROM dear;\n              ^^^^^^^\nline 1, column 15"), "{said}");
    assert!(said.contains("did you mean \"trades\"?"), "{said}");
    assert!(said.contains("SELECT STREAM FROM;\n"), "{said}");
    assert!(said.contains("there is no command \\nonsense"), "{said}");
}

#[test]
fn an_interrupt_stops_the_query_and_not_the_program() {
    let directory = tempfile::tempdir().expect("a directory");
    let server = trading(directory.path());
    let arguments = ["--position", "trim-horizon", "--format", "csv"];
    let mut child = sql(&server, &arguments).stdin(Stdio::piped()).spawn().expect("starts");
    let mut typed = child.stdin.take().expect("piped");
    let mut shown = BufReader::new(child.stdout.take().expect("piped"));
    let mut line = move || {
        let mut line = String::new();
        shown.read_line(&mut line).expect("a line");
        line.trim_end().to_owned()
    };
    typed.write_all(b"SELECT STREAM \"ticker\" FROM \"trades\" WHERE \"price\" < 1;\n").expect("typed");
    assert_eq!(line(), "TINY");
    // It goes on: what comes now is shown too.
    put(&server, "LATE", 0.5);
    assert_eq!(line(), "LATE");
    let process = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(process, rustix::process::Signal::INT).expect("sent");
    typed.write_all(b"\\format\n").expect("typed");
    assert_eq!(line(), "format csv");
    drop(typed);
    assert!(child.wait().expect("ends").success());
}

#[test]
fn what_cannot_be_run_is_said_in_a_sentence() {
    let directory = tempfile::tempdir().expect("a directory");
    let server = serve(&directory.path().join("data"), &[]);
    make(&server, "empty");
    let file = directory.path().join("app.sql");
    let run = |program: &str, arguments: &[&str]| {
        std::fs::write(&file, program).expect("written");
        let mut command = sql(&server, &["--until-idle", "--file", file.to_str().expect("a plain path")]);
        let output = command.args(arguments).output().expect("runs");
        assert!(!output.status.success());
        String::from_utf8(output.stderr).expect("text")
    };
    assert!(run("SELECT STREAM * FROM \"empty\";", &[]).contains("stream 'empty' holds no records yet"));
    assert!(
        run("SELECT STREAM *\n  FROM \"gone\";", &[]).contains("  FROM \"gone\";\n       ^^^^^^\nline 2, column 8")
    );
    assert!(run("CREATE STREAM s (a INTEGER);", &["--show", "t"]).contains("makes no stream 't'"));
    let absent = directory.path().join("absent");
    let absent = absent.to_str().expect("a plain path");
    let mut secure = sql(&server, &["--endpoint", "https://127.0.0.1:1", "--ca-file", absent]);
    let said = crate::refused(&mut secure);
    assert!(said.contains("absent: No such file"), "{said}");
    let said = crate::refused(sql(&server, &["--reference", &format!("T={absent}")]).stdin(Stdio::null()));
    assert!(said.contains("absent: No such file"), "{said}");
}
