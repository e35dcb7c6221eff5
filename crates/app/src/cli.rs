//! The command line. A new command adds a variant and an arm.

use clap::{CommandFactory, Parser, Subcommand};

use crate::settings::Settings;
use crate::{Failure, demo, serve, sql};

/// The AWS data-analytics stack as one self-hosted program.
#[derive(Debug, Parser)]
#[command(
    name = "millstream",
    version,
    max_term_width = 100,
    after_help = "Point any AWS client at it: AWS_ENDPOINT_URL=http://127.0.0.1:4566 aws kinesis list-streams"
)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server until SIGTERM or SIGINT
    Serve(Box<Settings>),
    /// Put real records through a stream, kill the server in the middle, count what arrived
    Demo(demo::Arguments),
    /// Type SQL on the live streams of a running server, or run a program file on them
    Sql(Box<sql::Arguments>),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    Man,
    /// What the server starts to run jq expressions
    #[command(name = firehose::WORKER_ARGUMENT, hide = true)]
    JqWorker,
}

/// Runs a command to its end.
pub fn run(cli: Cli) -> Result<(), Failure> {
    match cli.command {
        Command::Serve(settings) => serve::run(*settings),
        Command::Demo(arguments) => demo::run(&arguments),
        Command::Sql(arguments) => sql::run(*arguments),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "millstream", &mut script);
            print(&script)
        }
        Command::Man => print(&manual()?),
        Command::JqWorker => firehose::run_worker().map_err(|error| Failure::caused_by(&error)),
    }
}

/// The page of the program, followed by that of each command.
fn manual() -> Result<Vec<u8>, Failure> {
    let mut page = Vec::new();
    let mut program = Cli::command();
    program.build();
    let render = |command: &clap::Command, page: &mut Vec<u8>| {
        clap_mangen::Man::new(command.clone()).render(page).map_err(|error| Failure::caused_by(&error))
    };
    render(&program, &mut page)?;
    for command in program.get_subcommands().filter(|command| ["serve", "demo", "sql"].contains(&command.get_name())) {
        render(command, &mut page)?;
    }
    Ok(page)
}

fn print(bytes: &[u8]) -> Result<(), Failure> {
    use std::io::Write as _;
    match std::io::stdout().write_all(bytes) {
        // `millstream man | head` is no failure.
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(Failure::caused_by(&error)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_manual_names_every_setting() {
        let page = String::from_utf8(manual().expect("renders")).expect("text");
        for flag in ["listen", "data\\-dir", "tls\\-cert", "shard\\-limit", "allow\\-reset"] {
            assert!(page.contains(flag), "{flag}");
        }
    }
}
