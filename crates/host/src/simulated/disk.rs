//! A disk that keeps what was synced, and what chance leaves of the rest.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use super::HELD;
use super::content::{Change, Content};
use super::handles::SimulatedFiles;
use super::names::Names;
use crate::Files;

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

pub(super) struct State {
    pub(super) random: fastrand::Rng,
    pub(super) names: Names,
    pub(super) inodes: BTreeMap<u64, Inode>,
    inode_count: u64,
    pub(super) locks: BTreeSet<PathBuf>,
    pub(super) faults: Faults,
    /// Space in use, as long as it is known.
    pub(super) used: Option<u64>,
    /// Counts the boots; handles of an earlier one are dead.
    pub(super) boot: u64,
    pub(super) has_power: bool,
    /// The process was ended from within; what it wrote stays in the page cache.
    is_killed: bool,
    operations: u64,
    trace: DefaultHasher,
}

#[derive(Debug, Default)]
pub(super) struct Inode {
    durable: Content,
    pub(super) current: Content,
    pub(super) pending: Vec<Change>,
    pub(super) handles: usize,
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
        Arc::new(SimulatedFiles::new(Arc::clone(&self.state), state.boot))
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

pub(super) fn power_is_off() -> io::Error {
    io::Error::other("the simulated machine is off")
}

impl State {
    /// Every operation begins here. `Ok(true)` means that the power fails during it.
    pub(super) fn begin(&mut self, boot: u64, operation: impl Hash) -> io::Result<bool> {
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

    pub(super) fn forget_unreachable(&mut self) {
        let kept = self.names.kept();
        self.inodes.retain(|id, inode| inode.handles > 0 || kept.contains(id));
    }

    pub(super) fn inode(&mut self, id: u64) -> &mut Inode {
        self.inodes.get_mut(&id).expect("a file with a handle is not forgotten")
    }

    pub(super) fn write(&mut self, id: u64, bytes: &[u8], position: u64) -> io::Result<()> {
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

    pub(super) fn sync(&mut self, id: u64) -> io::Result<()> {
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
        match (fails, self.operations.is_multiple_of(2)) {
            (false, _) => Ok(()),
            // As where space is found only when it is written out: thin volumes, network file systems.
            (true, true) => Err(io::ErrorKind::StorageFull.into()),
            (true, false) => Err(io::Error::other("a simulated sync failed")),
        }
    }
}

impl State {
    pub(super) fn create(&mut self, path: &Path) -> io::Result<u64> {
        let id = self.inode_count;
        self.names.create(path, id)?;
        self.inode_count += 1;
        self.inodes.insert(id, Inode::default());
        Ok(id)
    }
}
