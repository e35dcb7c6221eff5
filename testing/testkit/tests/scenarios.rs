//! Every scenario file, each a test of its own against a server of its own.
//!
//! `UPDATE=1` writes the answers as they are into the files, for review.

use std::path::Path;

use libtest_mimic::{Arguments, Failed, Trial};
use testkit::Server;
use testkit::scenario::{Scenario, files, play};

fn main() {
    let arguments = Arguments::from_args();
    let mut trials: Vec<Trial> = files().into_iter().map(|path| Trial::test(name(&path), move || run(&path))).collect();
    trials.push(Trial::test("there_are_scenarios", || {
        if files().is_empty() { Err("no file below testing/scenarios".into()) } else { Ok(()) }
    }));
    libtest_mimic::run(&arguments, trials).exit();
}

/// `kinesis::put_record` for testing/scenarios/kinesis/put_record.scenario.
fn name(path: &Path) -> String {
    let folder = path.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy();
    format!("{folder}::{}", path.file_stem().unwrap_or_default().to_string_lossy())
}

fn run(path: &Path) -> Result<(), Failed> {
    let text = std::fs::read_to_string(path)?;
    let scenario = Scenario::parse(&text).map_err(|mistake| format!("{}:{mistake}", path.display()))?;
    let is_rewriting = std::env::var_os("UPDATE").is_some();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let report = runtime.block_on(async {
        let server = Server::start(scenario.has_limits).await?;
        let report = play(&scenario, &server.client()?, is_rewriting).await;
        server.stop().await;
        Ok::<_, std::io::Error>(report)
    })?;
    if let Some(rewritten) = &report.rewritten {
        std::fs::write(path, rewritten)?;
    }
    if report.failures.is_empty() {
        return Ok(());
    }
    let failures: Vec<String> = report.failures.iter().map(|failure| format!("{}:{failure}", path.display())).collect();
    Err(failures.join("\n").into())
}
