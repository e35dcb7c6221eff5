//! The `millstream` program: reads the command line, runs one command, prints why it failed.

use std::process::ExitCode;

use clap::Parser;
use millstream::cli::{Cli, run};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let text = error.to_string();
            // What is drawn, with a caret below its place, begins on a line of its own.
            let separator = if text.contains('\n') { '\n' } else { ' ' };
            eprintln!("millstream:{separator}{text}");
            ExitCode::FAILURE
        }
    }
}
