//! `cargo xtask scenario`: plays scenario files against any endpoint.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use testkit::Client;
use testkit::scenario::{Scenario, files, play};

const USAGE: &str = "usage: cargo xtask scenario --endpoint http://HOST:PORT [FILE…]";

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (Some("--endpoint"), Some(endpoint)) = (arguments.first().map(String::as_str), arguments.get(1)) else {
        eprintln!("{USAGE}");
        return ExitCode::FAILURE;
    };
    let client = match Client::new(endpoint) {
        Ok(client) => client,
        Err(error) => {
            eprintln!("{error}\n{USAGE}");
            return ExitCode::FAILURE;
        }
    };
    let named: Vec<PathBuf> = arguments[2..].iter().map(PathBuf::from).collect();
    let paths = if named.is_empty() { files() } else { named };
    let mut failed = 0;
    for path in &paths {
        failed += usize::from(!play_file(path, &client).await);
    }
    println!("{} of {} scenarios passed", paths.len() - failed, paths.len());
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

async fn play_file(path: &Path, client: &Client) -> bool {
    let scenario = match std::fs::read_to_string(path).map_err(|error| error.to_string()) {
        Ok(text) => Scenario::parse(&text),
        Err(error) => Err(error),
    };
    let failures = match scenario {
        Ok(scenario) => play(&scenario, client, false).await.failures,
        Err(text) => vec![text],
    };
    let verdict = if failures.is_empty() { "passed" } else { "FAILED" };
    println!("{verdict} {}", path.display());
    for failure in &failures {
        println!("  {}:{failure}", path.display());
    }
    failures.is_empty()
}
