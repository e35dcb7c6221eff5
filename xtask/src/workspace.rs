//! Where things are: the workspace's root, the target folder, packages and their dependencies.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// What a chore answers: nothing, or the sentences to print before failing.
pub(crate) type Outcome<T> = Result<T, String>;

/// The workspace as cargo knows it.
pub(crate) struct Workspace {
    /// The folder of the root manifest.
    pub(crate) root: PathBuf,
    /// Where cargo builds; environments are made below it too.
    pub(crate) target: PathBuf,
    /// The members.
    pub(crate) packages: Vec<Package>,
}

/// A member of the workspace.
#[derive(Debug, Clone)]
pub(crate) struct Package {
    pub(crate) name: String,
    /// The manifest, relative to the root.
    pub(crate) manifest: PathBuf,
    /// `[package.metadata] layer`.
    pub(crate) layer: Option<u64>,
    /// What it needs to build; not what only its tests need.
    pub(crate) dependencies: Vec<String>,
}

impl Package {
    /// The package's folder, relative to the root, with `/` between names.
    pub(crate) fn folder(&self) -> String {
        self.manifest.parent().unwrap_or(Path::new("")).to_string_lossy().replace('\\', "/")
    }
}

impl Workspace {
    /// Asks cargo.
    pub(crate) fn find() -> Outcome<Self> {
        let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
        // `cargo run` sets the variable at run time; the folder this was built in is the fallback.
        let here = std::env::var("CARGO_MANIFEST_DIR").unwrap_or_else(|_| env!("CARGO_MANIFEST_DIR").to_owned());
        let arguments = ["metadata", "--format-version", "1", "--no-deps"];
        let output = Command::new(cargo).args(arguments).current_dir(here).output();
        let output = output.map_err(|error| format!("cargo metadata: {error}"))?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned());
        }
        let metadata: Value = serde_json::from_slice(&output.stdout).map_err(|error| error.to_string())?;
        Self::read(&metadata).ok_or_else(|| "cargo metadata answers without its usual members".to_owned())
    }

    fn read(metadata: &Value) -> Option<Self> {
        let root = PathBuf::from(metadata["workspace_root"].as_str()?);
        let packages = metadata["packages"].as_array()?.iter();
        let packages = packages.map(|package| read_package(package, &root)).collect::<Option<Vec<_>>>()?;
        Some(Self { target: PathBuf::from(metadata["target_directory"].as_str()?), root, packages })
    }
}

fn read_package(package: &Value, root: &Path) -> Option<Package> {
    let manifest = Path::new(package["manifest_path"].as_str()?);
    let dependencies = package["dependencies"].as_array()?.iter();
    let needed = dependencies.filter(|dependency| dependency["kind"].as_str() != Some("dev"));
    Some(Package {
        name: package["name"].as_str()?.to_owned(),
        manifest: manifest.strip_prefix(root).unwrap_or(manifest).to_owned(),
        layer: package["metadata"]["layer"].as_u64(),
        dependencies: needed.filter_map(|dependency| dependency["name"].as_str().map(str::to_owned)).collect(),
    })
}
