//! The simulated disk as a boot sees it: files, directories and locks that die with it.

use std::hash::Hash;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use super::HELD;
use super::content::Change;
use super::disk::{State, power_is_off};
use super::names::Node;
use crate::files::{File, Files};

/// The disk as one boot sees it.
pub(super) struct SimulatedFiles {
    state: Arc<Mutex<State>>,
    boot: u64,
}

impl SimulatedFiles {
    pub(super) fn new(state: Arc<Mutex<State>>, boot: u64) -> Self {
        Self { state, boot }
    }

    /// Carries out an operation on names, unless the power is off.
    fn run<T>(&self, operation: &str, path: &Path, body: impl FnOnce(&mut State) -> io::Result<T>) -> io::Result<T> {
        let mut state = self.state.lock().expect(HELD);
        let fails = state.begin(self.boot, (operation, path))?;
        state.used = None;
        let result = body(&mut state)?;
        // A result that is thrown away because the power failed may take the lock itself.
        drop(state);
        if fails { Err(power_is_off()) } else { Ok(result) }
    }

    fn handle(&self, state: &mut State, id: u64) -> Arc<dyn File> {
        state.inode(id).handles += 1;
        Arc::new(SimulatedFile { state: Arc::clone(&self.state), boot: self.boot, id })
    }
}

impl Files for SimulatedFiles {
    fn open(&self, path: &Path) -> io::Result<Arc<dyn File>> {
        let id = self.run("open", path, |state| state.names.file(path))?;
        Ok(self.handle(&mut self.state.lock().expect(HELD), id))
    }

    fn create_new(&self, path: &Path) -> io::Result<Arc<dyn File>> {
        let id = self.run("create", path, |state| state.create(path))?;
        Ok(self.handle(&mut self.state.lock().expect(HELD), id))
    }

    fn create_dir_all(&self, path: &Path) -> io::Result<()> {
        self.run("create_dir", path, |state| state.names.create_dir_all(path))
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        self.run("sync_dir", path, |state| {
            if !state.faults.syncs_lie {
                state.names.sync(path)?;
                state.forget_unreachable();
            }
            Ok(())
        })
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.run("rename", from, |state| state.names.rename(from, to))
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.run("remove", path, |state| state.names.remove(path))
    }

    fn remove_dir_all(&self, path: &Path) -> io::Result<()> {
        self.run("remove_dir", path, |state| state.names.remove_dir_all(path))
    }

    fn list(&self, path: &Path) -> io::Result<Vec<PathBuf>> {
        self.run("list", path, |state| state.names.list(path))
    }

    fn exists(&self, path: &Path) -> bool {
        self.state.lock().expect(HELD).names.get(path).is_some()
    }

    fn lock(&self, path: &Path) -> io::Result<Box<dyn Send + Sync>> {
        self.run("lock", path, |state| {
            if !matches!(state.names.get(path), Some(Node::File(_))) {
                state.create(path)?;
            }
            if !state.locks.insert(path.to_owned()) {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            let state = Arc::clone(&self.state);
            Ok(Box::new(Lock { state, boot: self.boot, path: path.to_owned() }) as Box<dyn Send + Sync>)
        })
    }
}

struct Lock {
    state: Arc<Mutex<State>>,
    boot: u64,
    path: PathBuf,
}

impl Drop for Lock {
    fn drop(&mut self) {
        let mut state = self.state.lock().expect(HELD);
        if state.boot == self.boot && state.has_power {
            state.locks.remove(&self.path);
        }
    }
}

struct SimulatedFile {
    state: Arc<Mutex<State>>,
    boot: u64,
    id: u64,
}

impl SimulatedFile {
    fn run<T>(&self, operation: impl Hash, body: impl FnOnce(&mut State) -> io::Result<T>) -> io::Result<T> {
        let mut state = self.state.lock().expect(HELD);
        let fails = state.begin(self.boot, (self.id, operation))?;
        let result = body(&mut state)?;
        if fails { Err(power_is_off()) } else { Ok(result) }
    }

    /// A sync during which the power fails has happened, or not.
    fn sync(&self, operation: &str) -> io::Result<()> {
        self.run(operation, |state| if state.has_power || state.random.bool() { state.sync(self.id) } else { Ok(()) })
    }
}

impl Drop for SimulatedFile {
    fn drop(&mut self) {
        let mut state = self.state.lock().expect(HELD);
        if state.boot == self.boot
            && let Some(inode) = state.inodes.get_mut(&self.id)
        {
            inode.handles = inode.handles.saturating_sub(1);
            state.used = None;
        }
    }
}

impl File for SimulatedFile {
    fn read_exact_at(&self, buffer: &mut [u8], position: u64) -> io::Result<()> {
        let len = buffer.len();
        self.run(("read", position, len), |state| state.inode(self.id).current.read(buffer, position))
    }

    fn write_all_at(&self, bytes: &[u8], position: u64) -> io::Result<()> {
        let edges = (bytes.first(), bytes.last());
        self.run(("write", position, bytes.len(), edges), |state| state.write(self.id, bytes, position))
    }

    fn sync_data(&self) -> io::Result<()> {
        self.sync("sync_data")
    }

    fn sync_all(&self) -> io::Result<()> {
        self.sync("sync_all")
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.run(("set_len", len), |state| {
            state.used = None;
            let inode = state.inode(self.id);
            inode.current.set_len(len);
            inode.pending.push(Change::SetLen(len));
            Ok(())
        })
    }

    fn len(&self) -> io::Result<u64> {
        self.run("len", |state| Ok(state.inode(self.id).current.len()))
    }
}
