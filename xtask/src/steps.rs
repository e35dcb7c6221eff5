//! `cargo xtask test`: the steps of a full check, in order, each a command that ends with its own closing line.

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::commands::{command, output, run, search_first};
use crate::workspace::{Outcome, Workspace};
use crate::{environments, tidy};

/// The cargo profile of everything that is tested: one for tests, binary and tools, so that dependencies compile once.
const PROFILE: &str = "ci";

struct Step {
    name: &'static str,
    about: &'static str,
    run: fn(&Workspace) -> Outcome<()>,
}

const STEPS: &[Step] = &[
    Step { name: "format", about: "rustfmt has nothing to change", run: format },
    Step { name: "tidy", about: "the rules of STYLE.md", run: tidy::run },
    Step { name: "clippy", about: "no warnings", run: clippy },
    Step { name: "rust", about: "unit, scenario, model, protocol, fuzz and simulation tests", run: rust },
    Step { name: "documents", about: "examples in documents", run: documents },
    Step { name: "clients-python", about: "boto3, the AWS CLI, raw HTTP, the Java SDK", run: clients_python },
    Step { name: "clients-javascript", about: "the AWS SDK for JavaScript v3", run: clients_javascript },
];

/// Runs all steps, or those named after `--only`; goes on after a failure and lists all results at the end.
fn run_named(workspace: &Workspace, only: &[&str]) -> Outcome<()> {
    let is_wanted = |step: &Step| only.is_empty() || only.iter().any(|name| is_named(step, name));
    if let Some(stranger) = only.iter().find(|name| !STEPS.iter().any(|step| is_named(step, name))) {
        return Err(format!("not a step: {stranger}\n{}", listing()));
    }
    let mut results = Vec::new();
    for step in STEPS.iter().filter(|step| is_wanted(step)) {
        eprintln!("\n== {}: {}", step.name, step.about);
        let (result, elapsed) = timed(|| (step.run)(workspace));
        if let Err(text) = &result {
            eprintln!("{text}");
        }
        results.push((step.name, result.is_ok(), elapsed));
    }
    println!("\n{:<20} {:<7} seconds", "step", "result");
    for (name, passed, elapsed) in &results {
        println!("{name:<20} {:<7} {:>7.1}", if *passed { "passed" } else { "FAILED" }, elapsed.as_secs_f64());
    }
    let failed = results.iter().filter(|(_, passed, _)| !passed).count();
    println!("{} of {} steps passed", results.len() - failed, results.len());
    if failed == 0 { Ok(()) } else { Err(format!("{failed} failed")) }
}

#[expect(clippy::disallowed_methods, reason = "a chore runs in real time")]
fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let started = Instant::now();
    let answer = work();
    (answer, started.elapsed())
}

/// A step is meant by its name or by what stands before its dash: `clients` means every client.
fn is_named(step: &Step, name: &str) -> bool {
    step.name == name || step.name.split_once('-').is_some_and(|(group, _)| group == name)
}

/// Reads the arguments of `cargo xtask test`.
pub(crate) fn run_all(workspace: &Workspace, arguments: &[&str]) -> Outcome<()> {
    match arguments {
        [] => run_named(workspace, &[]),
        ["--list"] => {
            println!("{}", listing());
            Ok(())
        }
        ["--only", names] => run_named(workspace, &names.split(',').collect::<Vec<_>>()),
        _ => Err("usage: cargo xtask test [--list | --only STEP,STEP…]".to_owned()),
    }
}

fn listing() -> String {
    STEPS.iter().map(|step| format!("{:<20} {}", step.name, step.about)).collect::<Vec<_>>().join("\n")
}

fn cargo(workspace: &Workspace, arguments: &[&str]) -> Command {
    let mut cargo = command("cargo", arguments, &workspace.root);
    // What `cargo run` told this process about itself must not reach the cargo processes below it.
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("CARGO_PKG_") || name == "CARGO_MANIFEST_DIR")
    {
        cargo.env_remove(name);
    }
    cargo
}

fn format(workspace: &Workspace) -> Outcome<()> {
    run(&mut cargo(workspace, &["fmt", "--all", "--check"]))
}

fn clippy(workspace: &Workspace) -> Outcome<()> {
    let what = ["clippy", "--workspace", "--all-targets", "--keep-going", "--profile", PROFILE];
    run(cargo(workspace, &what).args(["--", "-D", "warnings"]))
}

fn rust(workspace: &Workspace) -> Outcome<()> {
    environments::botocore_data(workspace)?;
    if output("cargo-nextest", &["nextest", "--version"]).is_some() {
        run(&mut cargo(workspace, &["nextest", "run", "--workspace", "--cargo-profile", PROFILE, "--no-fail-fast"]))
    } else {
        run(&mut cargo(workspace, &["test", "--workspace", "--all-targets", "--profile", PROFILE, "--no-fail-fast"]))
    }
}

/// Compiling documents is slow, so it is done only where one has an example.
fn documents(workspace: &Workspace) -> Outcome<()> {
    let mut names = Vec::new();
    for package in &workspace.packages {
        let mut files = Vec::new();
        let folder = workspace.root.join(package.folder()).join("src");
        models::source::rust_files(&folder, &mut files).map_err(|error| format!("{}: {error}", folder.display()))?;
        let has_example = |path: &PathBuf| std::fs::read_to_string(path).is_ok_and(|text| tidy::has_example(&text));
        if folder.join("lib.rs").is_file() && files.iter().any(has_example) {
            names.extend(["-p", &package.name]);
        }
    }
    if names.is_empty() {
        println!("no document has an example");
        return Ok(());
    }
    let mut arguments = vec!["test", "--doc", "--profile", PROFILE];
    arguments.extend(names);
    run(&mut cargo(workspace, &arguments))
}

/// Builds the server once, in the profile of the tests.
fn binary(workspace: &Workspace) -> Outcome<PathBuf> {
    // The same selection as the tests, so that features unify to the same set and nothing compiles twice.
    run(&mut cargo(workspace, &["build", "--workspace", "--all-targets", "--profile", PROFILE]))?;
    let binary = workspace.target.join(PROFILE).join("millstream");
    if binary.is_file() { Ok(binary) } else { Err(format!("{} was not built", binary.display())) }
}

fn clients_python(workspace: &Workspace) -> Outcome<()> {
    let binary = binary(workspace)?;
    let environment = environments::python_clients(workspace)?;
    environments::java()?;
    let mut pytest = command(environment.join("bin/python"), &["-m", "pytest"], &workspace.root);
    pytest.current_dir(workspace.root.join("testing/clients/python"));
    // The environment's own programs (`aws`) come first, and nothing is written into the clone.
    search_first(&mut pytest, &environment.join("bin"))?;
    pytest.env("PYTHONDONTWRITEBYTECODE", "1").env("MILLSTREAM_BIN", binary);
    pytest.env("CARGO_TARGET_DIR", &workspace.target).env("PYTHONUNBUFFERED", "1");
    run(&mut pytest)
}

fn clients_javascript(workspace: &Workspace) -> Outcome<()> {
    let binary = binary(workspace)?;
    run(environments::npm(workspace, &["test", "--silent"])?.env("MILLSTREAM_BIN", binary))
}

/// Plays scenario files against a running server.
pub(crate) fn play_scenarios(workspace: &Workspace, arguments: &[&str]) -> Outcome<()> {
    let mut all = vec!["run", "--quiet", "--profile", PROFILE, "--package", "testkit", "--bin", "scenario", "--"];
    all.extend(arguments);
    // File names are relative to where the user stands.
    let here = std::env::current_dir().map_err(|error| error.to_string())?;
    run(cargo(workspace, &all).current_dir(here))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_means_each_of_its_steps() {
        let names = |wanted: &str| STEPS.iter().filter(|step| is_named(step, wanted)).map(|step| step.name).collect();
        let clients: Vec<&str> = names("clients");
        assert_eq!(clients, ["clients-python", "clients-javascript"]);
        let tidy: Vec<&str> = names("tidy");
        assert_eq!(tidy, ["tidy"]);
    }
}
