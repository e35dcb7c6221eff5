//! A disk that keeps what was synced, and what chance leaves of the rest.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use super::HELD;
use super::content::{Change, Content};
use super::names::{Names, Node};
use crate::files::{File, Files};

/// Accidents that are to happen.
#[derive(Debug, Default)]
pub(super) struct Faults {
    pub(super) cut_power_after: Option<u64>,
    pub(super) fail_sync_after: Option<u64>,
    pub(super) fail_write_after: Option<u64>,
    pub(super) capacity_bytes: Option<u64>,
    pub(super) syncs_lie: bool,
}

/// The disk of a simulated machine.
pub(super) struct Disk {
    state: Arc<Mutex<State>>,
}

struct State {
    random: fastrand::Rng,
    names: Names,
    inodes: BTreeMap<u64, Inode>,
    inode_count: u64,
    locks: BTreeSet<PathBuf>,
    faults: Faults,
    /// Space in use, as long as it is known.
    used: Option<u64>,
    /// Counts the boots; handles of an earlier one are dead.
    boot: u64,
    has_power: bool,
    /// The process was ended from within; what it wrote stays in the page cache.
    is_killed: bool,
    operations: u64,
    trace: DefaultHasher,
}

#[derive(Debug, Default)]
struct Inode {
    durable: Content,
    current: Content,
    pending: Vec<Change>,
    handles: usize,
}

impl Disk {
    pub(super) fn new(random: fastrand::Rng) -> Self {
        let state = State {
            random,
            names: Names::default(),
            inodes: BTreeMap::new(),
            inode_count: 0,
            locks: BTreeSet::new(),
            faults: Faults::default(),
            used: None,
            boot: 0,
            has_power: false,
            is_killed: false,
            operations: 0,
            trace: DefaultHasher::new(),
        };
        Self { state: Arc::new(Mutex::new(state)) }
    }

    /// The files of a new boot.
    pub(super) fn start(&self) -> Arc<dyn Files> {
        let mut state = self.lock();
        state.boot += 1;
        state.has_power = true;
        state.is_killed = false;
        state.inodes.values_mut().for_each(|inode| inode.handles = 0);
        state.used = None;
        Arc::new(SimulatedFiles { state: Arc::clone(&self.state), boot: state.boot })
    }

    /// Ends the boot: no operation is carried out any more, locks are free.
    pub(super) fn stop(&self) {
        let mut state = self.lock();
        state.has_power = false;
        state.locks.clear();
    }

    pub(super) fn cut_power(&self) {
        self.lock().has_power = false;
    }

    pub(super) fn kill(&self) {
        let mut state = self.lock();
        state.is_killed = state.has_power;
        state.has_power = false;
    }

    pub(super) fn is_killed(&self) -> bool {
        self.lock().is_killed
    }

    pub(super) fn has_power(&self) -> bool {
        self.lock().has_power
    }

    pub(super) fn faults(&self, change: impl FnOnce(&mut Faults)) {
        change(&mut self.lock().faults);
    }

    /// Leaves what survives a power failure.
    pub(super) fn lose_unsynced(&self) {
        let mut state = self.lock();
        let state = &mut *state;
        let random = &mut state.random;
        // Some failures take all that was not synced, some nothing, most of them something.
        let loss = match random.u8(..4) {
            0 => Loss::All,
            1 => Loss::Nothing,
            _ => Loss::Some,
        };
        state.names.lose_unsynced(&mut || match loss {
            Loss::All => true,
            Loss::Nothing => false,
            Loss::Some => random.bool(),
        });
        for inode in state.inodes.values_mut() {
            for change in std::mem::take(&mut inode.pending) {
                match loss {
                    Loss::All => {}
                    Loss::Nothing => inode.durable.apply(&change),
                    Loss::Some => inode.durable.apply_by_chance(&change, random),
                }
            }
            inode.current = inode.durable.clone();
            inode.handles = 0;
        }
        state.faults.cut_power_after = None;
        state.used = None;
        state.forget_unreachable();
    }

    pub(super) fn damage(&self, path: &Path, position: u64, bits: u8) -> io::Result<()> {
        let mut state = self.lock();
        let inode = state.names.file(path)?;
        let inode = state.inodes.get_mut(&inode).expect("names stand for files that exist");
        inode.current.flip(position, bits);
        inode.durable.flip(position, bits);
        Ok(())
    }

    pub(super) fn used(&self) -> u64 {
        self.lock().used()
    }

    pub(super) fn operations(&self) -> u64 {
        self.lock().operations
    }

    pub(super) fn trace(&self) -> u64 {
        self.lock().trace.finish()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect(HELD)
    }
}

#[derive(Clone, Copy)]
enum Loss {
    All,
    Nothing,
    Some,
}

/// Counts down; true exactly once.
fn is_due(counter: &mut Option<u64>) -> bool {
    let Some(left) = counter else { return false };
    *left = left.saturating_sub(1);
    let due = *left == 0;
    if due {
        *counter = None;
    }
    due
}

fn power_is_off() -> io::Error {
    io::Error::other("the simulated machine is off")
}

impl State {
    /// Every operation begins here. `Ok(true)` means that the power fails during it.
    fn begin(&mut self, boot: u64, operation: impl Hash) -> io::Result<bool> {
        if !self.has_power || self.boot != boot {
            return Err(power_is_off());
        }
        self.operations += 1;
        operation.hash(&mut self.trace);
        let fails = is_due(&mut self.faults.cut_power_after);
        if fails {
            self.has_power = false;
        }
        Ok(fails)
    }

    fn used(&mut self) -> u64 {
        if let Some(used) = self.used {
            return used;
        }
        let linked = self.names.linked();
        let counted = self.inodes.iter().filter(|(id, inode)| inode.handles > 0 || linked.contains(id));
        let used = counted.map(|(_, inode)| inode.current.allocated_bytes()).sum();
        self.used = Some(used);
        used
    }

    fn forget_unreachable(&mut self) {
        let kept = self.names.kept();
        self.inodes.retain(|id, inode| inode.handles > 0 || kept.contains(id));
    }

    fn inode(&mut self, id: u64) -> &mut Inode {
        self.inodes.get_mut(&id).expect("a file with a handle is not forgotten")
    }

    fn write(&mut self, id: u64, bytes: &[u8], position: u64) -> io::Result<()> {
        let missing = self.inode(id).current.missing_bytes(position, bytes.len());
        let is_full =
            missing > 0 && self.faults.capacity_bytes.is_some_and(|capacity| self.used() + missing > capacity);
        let is_broken = is_due(&mut self.faults.fail_write_after);
        let fails = is_full || is_broken;
        let mut len = if fails { self.random.usize(..=bytes.len()) } else { bytes.len() };
        if is_full && self.inode(id).current.missing_bytes(position, len) > 0 {
            len = 0;
        }
        if len > 0 {
            let bytes = bytes[..len].to_vec();
            let missing = self.inode(id).current.missing_bytes(position, len);
            self.used = self.used.map(|used| used + missing);
            let inode = self.inode(id);
            inode.current.write(&bytes, position);
            inode.pending.push(Change::Write { position, bytes });
        }
        match (is_full, is_broken) {
            (true, _) => Err(io::ErrorKind::StorageFull.into()),
            (false, true) => Err(io::Error::other("a simulated write failed")),
            (false, false) => Ok(()),
        }
    }

    fn sync(&mut self, id: u64) -> io::Result<()> {
        if self.faults.syncs_lie {
            return Ok(());
        }
        let fails = is_due(&mut self.faults.fail_sync_after);
        let random = &mut self.random;
        let inode = self.inodes.get_mut(&id).expect("a file with a handle is not forgotten");
        for change in inode.pending.drain(..) {
            // As on Linux: pages whose writing failed count as clean, so no later sync writes them.
            if !fails || random.bool() {
                inode.durable.apply(&change);
            }
        }
        if fails { Err(io::Error::other("a simulated sync failed")) } else { Ok(()) }
    }
}

/// The disk as one boot sees it.
struct SimulatedFiles {
    state: Arc<Mutex<State>>,
    boot: u64,
}

impl SimulatedFiles {
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

impl State {
    fn create(&mut self, path: &Path) -> io::Result<u64> {
        let id = self.inode_count;
        self.names.create(path, id)?;
        self.inode_count += 1;
        self.inodes.insert(id, Inode::default());
        Ok(id)
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
