//! Running other programs: what is run is printed, what fails is named.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::workspace::Outcome;

/// A command in a folder, with its arguments.
pub(crate) fn command(program: impl AsRef<Path>, arguments: &[&str], folder: &Path) -> Command {
    let mut command = Command::new(program.as_ref());
    command.args(arguments).current_dir(folder);
    command
}

/// Runs a command with our own output; an error when it fails.
pub(crate) fn run(command: &mut Command) -> Outcome<()> {
    let line = line(command);
    eprintln!("$ {line}");
    let status = command.status().map_err(|error| format!("{line}: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("{line}: {status}")) }
}

/// Lets a command find programs in `folder` before anywhere else.
pub(crate) fn search_first(command: &mut Command, folder: &Path) -> Outcome<()> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(folder.to_owned()).chain(std::env::split_paths(&path));
    command.env("PATH", std::env::join_paths(folders).map_err(|error| error.to_string())?);
    Ok(())
}

/// The output of a command, or nothing when it cannot be run or fails.
pub(crate) fn output(program: impl AsRef<Path>, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program.as_ref()).args(arguments).stdin(Stdio::null()).stderr(Stdio::null()).output();
    let output = output.ok().filter(|output| output.status.success())?;
    Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Installs Debian packages for a program that is missing; an error that names them where that is not possible.
pub(crate) fn install(packages: &[&str], reason: &str) -> Outcome<()> {
    let is_root = output("id", &["-u"]).is_some_and(|id| id == "0");
    let has_apt = output("apt-get", &["--version"]).is_some();
    if !is_root || !has_apt {
        return Err(format!("{reason}: install {} and run this again", packages.join(", ")));
    }
    eprintln!("{reason}: installing {}", packages.join(", "));
    let here = Path::new(".");
    let mut update = command("apt-get", &["update", "-qq"], here);
    // An index that is partly out of reach may still hold what is needed; the installation decides.
    if let Err(text) = run(&mut update) {
        eprintln!("{text}");
    }
    let mut arguments = vec!["install", "-y", "-qq", "--no-install-recommends"];
    arguments.extend(packages);
    run(command("apt-get", &arguments, here).env("DEBIAN_FRONTEND", "noninteractive"))
}

fn line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}
