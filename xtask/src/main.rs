//! Every chore of the workspace: `cargo xtask <command>`.

mod commands;
mod coverage;
mod environments;
mod new_operation;
mod steps;
mod tidy;
mod workspace;

use std::process::ExitCode;

use workspace::{Outcome, Workspace};

const USAGE: &str = "\
cargo xtask <command>

  test [--only STEP,STEP…]         everything CI runs, in CI's order; `test --list` names the steps
  tidy                             the rules of STYLE.md
  coverage                         writes docs/coverage.md
  new-operation SERVICE OPERATION  drafts an operation file and its scenario from AWS's model
  scenario --endpoint URL [FILE…]  plays scenario files against a running server
  environments [python] [node]     makes the environments of the client tests below the target folder
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(text) => {
            eprintln!("{text}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[&str]) -> Outcome<()> {
    let Some((command, rest)) = arguments.split_first() else { return Err(USAGE.to_owned()) };
    let workspace = Workspace::find()?;
    match (*command, rest) {
        ("test", rest) => steps::run_all(&workspace, rest),
        ("tidy", []) => tidy::run(&workspace),
        ("coverage", []) => coverage::write(&workspace),
        ("new-operation", [service, operation]) => new_operation::write(&workspace, service, operation),
        ("scenario", rest) => steps::play_scenarios(&workspace, rest),
        ("environments", rest) => environments::make(&workspace, rest),
        ("help" | "--help" | "-h", _) => {
            print!("{USAGE}");
            Ok(())
        }
        _ => Err(format!("not a command: {}\n\n{USAGE}", arguments.join(" "))),
    }
}
