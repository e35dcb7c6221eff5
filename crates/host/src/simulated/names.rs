//! The names on a simulated disk: which of them a power failure would leave.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Node {
    Dir,
    File(u64),
}

/// The tree of names as programs see it, and as it is on the medium.
#[derive(Debug, Default)]
pub(super) struct Names {
    current: BTreeMap<PathBuf, Node>,
    durable: BTreeMap<PathBuf, Node>,
    /// In the order they were made.
    pending: Vec<NameChange>,
}

/// Names that change together.
#[derive(Debug, Clone)]
struct NameChange {
    entries: Vec<(PathBuf, Option<Node>)>,
}

impl NameChange {
    fn dirs(&self) -> impl Iterator<Item = &Path> {
        self.entries.iter().filter_map(|(path, _)| path.parent())
    }
}

impl Names {
    pub(super) fn get(&self, path: &Path) -> Option<Node> {
        if is_root(path) { Some(Node::Dir) } else { self.current.get(path).copied() }
    }

    pub(super) fn file(&self, path: &Path) -> io::Result<u64> {
        match self.get(path) {
            Some(Node::File(inode)) => Ok(inode),
            Some(Node::Dir) => Err(io::ErrorKind::IsADirectory.into()),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn dir(&self, path: &Path) -> io::Result<()> {
        match self.get(path) {
            Some(Node::Dir) => Ok(()),
            Some(Node::File(_)) => Err(io::ErrorKind::NotADirectory.into()),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    pub(super) fn create(&mut self, path: &Path, inode: u64) -> io::Result<()> {
        self.dir(path.parent().unwrap_or(Path::new("")))?;
        if self.get(path).is_some() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        self.change(vec![(path.to_owned(), Some(Node::File(inode)))]);
        Ok(())
    }

    pub(super) fn create_dir_all(&mut self, path: &Path) -> io::Result<()> {
        let mut ancestors = path.ancestors().collect::<Vec<_>>();
        ancestors.reverse();
        for dir in ancestors {
            match self.get(dir) {
                Some(Node::Dir) => {}
                Some(Node::File(_)) => return Err(io::ErrorKind::NotADirectory.into()),
                None => self.change(vec![(dir.to_owned(), Some(Node::Dir))]),
            }
        }
        Ok(())
    }

    pub(super) fn rename(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        let inode = match self.get(from) {
            Some(Node::File(inode)) => inode,
            Some(Node::Dir) => return Err(io::Error::other("the simulated disk does not rename directories")),
            None => return Err(io::ErrorKind::NotFound.into()),
        };
        self.dir(to.parent().unwrap_or(Path::new("")))?;
        if self.get(to) == Some(Node::Dir) {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        if from != to {
            self.change(vec![(to.to_owned(), Some(Node::File(inode))), (from.to_owned(), None)]);
        }
        Ok(())
    }

    pub(super) fn remove(&mut self, path: &Path) -> io::Result<()> {
        self.file(path)?;
        self.change(vec![(path.to_owned(), None)]);
        Ok(())
    }

    pub(super) fn remove_dir_all(&mut self, path: &Path) -> io::Result<()> {
        self.dir(path)?;
        let beneath = self.current.range(path.to_owned()..).map(|(name, _)| name);
        let mut names = beneath.take_while(|name| name.starts_with(path)).cloned().collect::<Vec<_>>();
        names.reverse();
        for name in names {
            self.change(vec![(name, None)]);
        }
        Ok(())
    }

    pub(super) fn list(&self, path: &Path) -> io::Result<Vec<PathBuf>> {
        self.dir(path)?;
        let beneath = self.current.range(path.to_owned()..).map(|(name, _)| name);
        let inside = beneath.take_while(|name| name.starts_with(path)).filter(|name| name.parent() == Some(path));
        Ok(inside.cloned().collect())
    }

    fn change(&mut self, entries: Vec<(PathBuf, Option<Node>)>) {
        let change = NameChange { entries };
        apply(&mut self.current, &change);
        self.pending.push(change);
    }

    /// Makes the changes in one directory durable.
    pub(super) fn sync(&mut self, dir: &Path) -> io::Result<()> {
        self.dir(dir)?;
        let mut dirs = BTreeSet::from([dir.to_owned()]);
        // A rename between directories is one transaction of the file system, so it takes the other one along.
        loop {
            let together = self.pending.iter().filter(|change| change.dirs().any(|touched| dirs.contains(touched)));
            let all = together.flat_map(|change| change.dirs().map(Path::to_owned)).chain([dir.to_owned()]);
            let all = all.collect::<BTreeSet<_>>();
            if all.len() <= dirs.len() {
                break;
            }
            dirs = all;
        }
        for change in std::mem::take(&mut self.pending) {
            if change.dirs().any(|touched| dirs.contains(touched)) {
                apply(&mut self.durable, &change);
                // What happened before in a directory that is gone for good happened to other names than the same
                // names in a later directory.
                for (removed, _) in change.entries.iter().filter(|(_, node)| node.is_none()) {
                    self.pending.retain(|earlier| !earlier.dirs().any(|dir| dir.starts_with(removed)));
                }
            } else {
                self.pending.push(change);
            }
        }
        Ok(())
    }

    /// Leaves what survives a power failure: in each directory the changes up to a point of chance.
    pub(super) fn lose_unsynced(&mut self, stop: &mut dyn FnMut() -> bool) {
        let mut stopped = BTreeSet::new();
        for change in std::mem::take(&mut self.pending) {
            if change.dirs().any(|dir| stopped.contains(dir)) || stop() {
                stopped.extend(change.dirs().map(Path::to_owned));
            } else {
                apply(&mut self.durable, &change);
            }
        }
        // What was made durable in a directory that is gone cannot be found any more.
        let mut found: BTreeMap<PathBuf, Node> = BTreeMap::new();
        for (path, node) in &self.durable {
            let parent = path.parent().unwrap_or(Path::new(""));
            if is_root(parent) || found.get(parent) == Some(&Node::Dir) {
                found.insert(path.clone(), *node);
            }
        }
        self.durable = found;
        self.current = self.durable.clone();
    }

    /// The files that programs can find.
    pub(super) fn linked(&self) -> BTreeSet<u64> {
        self.current.values().filter_map(|node| inode(*node)).collect()
    }

    /// The files that programs can find, or could find again after a power failure.
    pub(super) fn kept(&self) -> BTreeSet<u64> {
        let pending = self.pending.iter().flat_map(|change| &change.entries).filter_map(|(_, node)| *node);
        let all = self.current.values().chain(self.durable.values()).copied().chain(pending);
        all.filter_map(inode).collect()
    }
}

fn inode(node: Node) -> Option<u64> {
    match node {
        Node::File(inode) => Some(inode),
        Node::Dir => None,
    }
}

fn is_root(path: &Path) -> bool {
    path.parent().is_none()
}

fn apply(names: &mut BTreeMap<PathBuf, Node>, change: &NameChange) {
    for (path, node) in &change.entries {
        match node {
            Some(node) => {
                names.insert(path.clone(), *node);
            }
            None => names.retain(|name, _| !name.starts_with(path)),
        }
    }
}
