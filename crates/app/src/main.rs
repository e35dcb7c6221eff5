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
            eprintln!("millstream: {error}");
            ExitCode::FAILURE
        }
    }
}
