//! Sealing data under a data key, and the memory of what was unwrapped.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, RwLock};

use host::Host;

use crate::cipher::{Cipher, KEY_BYTES, NONCE_BYTES, TAG_BYTES};
use crate::table::row_key;
use crate::{Error, Scope};

/// How much longer sealed data is than the data.
pub const SEAL_OVERHEAD_BYTES: usize = NONCE_BYTES + TAG_BYTES;

/// Keys and data keys that stay unwrapped in memory; beyond it all are forgotten and unwrapped again.
const OPENED_COUNT_MAX: usize = 4096;

/// Seals and opens data under one data key.
///
/// Nonces count up from a random start, so that neither this nor another sealer of the same key repeats one.
pub struct Sealer {
    cipher: Cipher,
    nonce_start: u128,
    nonce_count: AtomicU64,
}

impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sealer")
    }
}

impl Sealer {
    pub(crate) fn new(host: &Host, key: &[u8; KEY_BYTES]) -> Self {
        let mut start = [0; 16];
        host.fill_random(&mut start);
        Self { cipher: Cipher::new(key), nonce_start: u128::from_le_bytes(start), nonce_count: AtomicU64::new(0) }
    }

    fn nonce(&self) -> [u8; NONCE_BYTES] {
        let count = self.nonce_count.fetch_add(1, Ordering::Relaxed);
        let number = self.nonce_start.wrapping_add(u128::from(count)).to_le_bytes();
        *number.first_chunk().expect("16 is more than 12")
    }

    /// Data under the key. `associated` is not stored, but needed again to open it.
    pub fn seal(&self, plain: &[u8], associated: &[u8]) -> Vec<u8> {
        let mut sealed = Vec::new();
        self.seal_into(plain, associated, &mut sealed);
        sealed
    }

    /// Appends the sealed data to `out`.
    pub fn seal_into(&self, plain: &[u8], associated: &[u8], out: &mut Vec<u8>) {
        self.cipher.seal_into(self.nonce(), plain, associated, out);
    }

    /// What was sealed; [`Error::Damaged`] unless every bit of it and of `associated` is as it was.
    pub fn open(&self, sealed: &[u8], associated: &[u8]) -> Result<Vec<u8>, Error> {
        let mut plain = Vec::with_capacity(sealed.len().saturating_sub(SEAL_OVERHEAD_BYTES));
        self.cipher.open_into(sealed, associated, &mut plain)?;
        Ok(plain)
    }
}

/// What was unwrapped and is still usable.
#[derive(Default)]
pub(crate) struct Opened {
    state: RwLock<OpenedState>,
}

#[derive(Default)]
struct OpenedState {
    /// By scope and id.
    ciphers: HashMap<String, Arc<Cipher>>,
    /// By scope and wrapped data key.
    sealers: HashMap<(String, Vec<u8>), Arc<Sealer>>,
    /// Counts the changes of keys: what was read before a change is not remembered after it.
    generation: u64,
}

const HELD: &str = "holders of this lock do not panic";

impl Opened {
    /// Forgets everything, because a key has changed.
    pub(crate) fn forget(&self) {
        let mut state = self.state.write().expect(HELD);
        let generation = state.generation + 1;
        *state = OpenedState { generation, ..OpenedState::default() };
    }

    /// The cipher of a key; `make` gives it only while the key may be used.
    pub(crate) fn cipher(
        &self,
        scope: Scope<'_>,
        id: &str,
        make: impl FnOnce() -> Result<Cipher, Error>,
    ) -> Result<Arc<Cipher>, Error> {
        let name = row_key(scope, id);
        self.remembered(name, |state| &mut state.ciphers, |state| &state.ciphers, make)
    }

    /// The sealer of a wrapped data key.
    pub(crate) fn sealer(
        &self,
        scope: Scope<'_>,
        wrapped: &[u8],
        make: impl FnOnce() -> Result<Sealer, Error>,
    ) -> Result<Arc<Sealer>, Error> {
        let name = (row_key(scope, ""), wrapped.to_vec());
        self.remembered(name, |state| &mut state.sealers, |state| &state.sealers, make)
    }

    fn remembered<K: std::hash::Hash + Eq, V>(
        &self,
        name: K,
        map_mut: impl FnOnce(&mut OpenedState) -> &mut HashMap<K, Arc<V>>,
        map: impl FnOnce(&OpenedState) -> &HashMap<K, Arc<V>>,
        make: impl FnOnce() -> Result<V, Error>,
    ) -> Result<Arc<V>, Error> {
        let state = self.state.read().expect(HELD);
        let generation = state.generation;
        if let Some(found) = map(&state).get(&name) {
            return Ok(Arc::clone(found));
        }
        drop(state);
        let made = Arc::new(make()?);
        let mut state = self.state.write().expect(HELD);
        if state.generation == generation {
            let map = map_mut(&mut state);
            if map.len() >= OPENED_COUNT_MAX {
                map.clear();
            }
            map.insert(name, Arc::clone(&made));
        }
        Ok(made)
    }
}
