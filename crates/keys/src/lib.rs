//! A key store for envelope encryption: a master key in a file wraps keys, keys wrap data keys, data keys seal data.
//!
//! What is sealed cannot be read without the master key file, which an operator may keep elsewhere. Keys belong to a
//! [`Scope`] and never leave the store; only data keys are handed out. Faces: KMS; used by every service that
//! encrypts what it stores.

mod aliases;
mod cipher;
mod deletion;
mod error;
mod key;
mod master;
mod sealer;
mod table;

#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Arc;

use host::Host;
use store::{Changes, Store};
use zeroize::Zeroizing;

use cipher::{Cipher, KEY_BYTES};
use master::Master;
use table::Table;

pub use aliases::{Alias, MANAGED_PREFIX};
pub use cipher::{ENVELOPE_OVERHEAD_BYTES, key_id_of};
pub use error::Error;
pub use key::{Key, Owner, Scope, State};
pub use sealer::{SEAL_OVERHEAD_BYTES, Sealer};

/// A new data key: use `plain`, keep `wrapped`.
pub struct DataKey {
    /// The key itself; wiped from memory when dropped.
    pub plain: Zeroizing<[u8; KEY_BYTES]>,
    /// The same under the key that made it; [`Keys::sealer`] and [`Keys::unwrap`] take it back.
    pub wrapped: Vec<u8>,
}

/// The keys of one data directory. Cheap to clone.
#[derive(Clone)]
pub struct Keys {
    inner: Arc<Inner>,
}

struct Inner {
    host: Host,
    table: Table,
    master: Master,
    opened: sealer::Opened,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys")
    }
}

impl Keys {
    /// The keys in `store` under the master key in the file `master_path`, which is created with the first key.
    ///
    /// Opens without the file, too; whatever needs it answers [`Error::WrongKey`] then, until it is back.
    pub fn open(host: &Host, store: Store, master_path: &Path) -> Self {
        let master = Master::new(host, store.clone(), master_path);
        let inner = Inner { host: host.clone(), table: Table::new(store), master, opened: sealer::Opened::default() };
        let keys = Self { inner: Arc::new(inner) };
        deletion::start(&keys);
        keys
    }

    /// Makes a new enabled key.
    pub async fn create(&self, scope: Scope<'_>, description: &str) -> Result<Key, Error> {
        let (key, changes) = self.draft(scope, description, Owner::Customer).await?;
        self.inner.table.commit(changes).await?;
        Ok(key)
    }

    /// A new key and the changes that store it.
    async fn draft(&self, scope: Scope<'_>, description: &str, owner: Owner) -> Result<(Key, Changes), Error> {
        let Inner { host, master, .. } = &*self.inner;
        let master = master.get_or_create().await?;
        let id = key::new_id(host);
        let mut material = Zeroizing::new([0; KEY_BYTES]);
        host.fill_random(&mut *material);
        let wrapped = master.seal(host, &*material, table::row_key(scope, &id).as_bytes());
        let key = Key {
            id,
            description: description.to_owned(),
            created_ms: host.now_ms(),
            state: State::Enabled,
            owner,
            wrapped,
        };
        let changes = Table::create(scope, &key);
        Ok((key, changes))
    }

    /// A key, whatever its state.
    pub fn describe(&self, scope: Scope<'_>, id: &str) -> Result<Key, Error> {
        let key = self.inner.table.get(scope, id)?.ok_or(Error::NotFound)?;
        if key.is_gone(self.inner.host.now_ms()) { Err(Error::NotFound) } else { Ok(key) }
    }

    /// Keys of a scope whose id sorts after `after`, by id, at most `count_max`.
    pub fn list(&self, scope: Scope<'_>, after: Option<&str>, count_max: usize) -> Result<Vec<Key>, Error> {
        let now_ms = self.inner.host.now_ms();
        let keys = self.inner.table.list(scope, after, count_max)?;
        Ok(keys.into_iter().filter(|key| !key.is_gone(now_ms)).collect())
    }

    /// Lets a key be used or not. [`Error::PendingDeletion`] when it is to be deleted.
    pub async fn set_enabled(&self, scope: Scope<'_>, id: &str, enabled: bool) -> Result<(), Error> {
        let change = |key: &mut Key| match key.state {
            State::PendingDeletion { .. } => Err(Error::PendingDeletion),
            State::Enabled | State::Disabled => {
                key.state = if enabled { State::Enabled } else { State::Disabled };
                Ok(())
            }
        };
        self.change(scope, id, change).await.map(drop)
    }

    /// Deletes a key, and its aliases, once `wait_ms` have passed; it cannot be used from now on.
    pub async fn schedule_deletion(&self, scope: Scope<'_>, id: &str, wait_ms: u64) -> Result<Key, Error> {
        let at_ms = self.inner.host.now_ms() + wait_ms;
        let change = |key: &mut Key| match key.state {
            State::PendingDeletion { .. } => Err(Error::PendingDeletion),
            State::Enabled | State::Disabled => {
                key.state = State::PendingDeletion { at_ms };
                Ok(())
            }
        };
        self.change(scope, id, change).await
    }

    /// Keeps a key that was to be deleted, disabled. [`Error::NotPendingDeletion`] for others.
    pub async fn cancel_deletion(&self, scope: Scope<'_>, id: &str) -> Result<(), Error> {
        let change = |key: &mut Key| match key.state {
            State::PendingDeletion { .. } => {
                key.state = State::Disabled;
                Ok(())
            }
            State::Enabled | State::Disabled => Err(Error::NotPendingDeletion),
        };
        self.change(scope, id, change).await.map(drop)
    }

    /// Removes every key and every alias of every scope; what is sealed under them cannot be opened any more. The
    /// master key stays.
    pub async fn delete_all(&self) -> Result<(), Error> {
        self.inner.table.clear(aliases::TABLE).await?;
        self.inner.table.clear(table::TABLE).await?;
        self.inner.opened.forget();
        Ok(())
    }

    async fn change(
        &self,
        scope: Scope<'_>,
        id: &str,
        change: impl Fn(&mut Key) -> Result<(), Error>,
    ) -> Result<Key, Error> {
        let key = loop {
            let before = self.describe(scope, id)?;
            if before.owner == Owner::Managed {
                return Err(Error::Managed);
            }
            let mut after = before.clone();
            change(&mut after)?;
            match self.inner.table.commit(Table::replace(scope, &before, Some(&after))).await {
                Ok(()) => break after,
                Err(Error::Exists) => {} // Somebody else was faster: look again.
                Err(error) => return Err(error),
            }
        };
        self.inner.opened.forget();
        Ok(key)
    }

    /// Makes a data key under a key.
    pub fn generate_data_key(&self, scope: Scope<'_>, id: &str) -> Result<DataKey, Error> {
        let mut plain = Zeroizing::new([0; KEY_BYTES]);
        self.inner.host.fill_random(&mut *plain);
        let wrapped = self.encrypt(scope, id, &*plain, b"")?;
        Ok(DataKey { plain, wrapped })
    }

    /// The data key that [`Keys::generate_data_key`] wrapped.
    pub fn unwrap(&self, scope: Scope<'_>, wrapped: &[u8]) -> Result<Zeroizing<[u8; KEY_BYTES]>, Error> {
        let (_, plain) = self.decrypt(scope, wrapped, b"")?;
        let plain = <[u8; KEY_BYTES]>::try_from(plain.as_slice()).map_err(|_wrong_length| Error::Damaged)?;
        Ok(Zeroizing::new(plain))
    }

    /// What seals and opens under a wrapped data key. Fast when asked again; checks the key's state each time.
    pub fn sealer(&self, scope: Scope<'_>, wrapped: &[u8]) -> Result<Arc<Sealer>, Error> {
        self.usable_cipher(scope, &cipher::key_id_of(wrapped)?)?;
        self.inner.opened.sealer(scope, wrapped, || {
            let plain = self.unwrap(scope, wrapped)?;
            Ok(Sealer::new(&self.inner.host, &plain))
        })
    }

    /// Encrypts a little directly under a key. `context` is not stored, but needed again to decrypt.
    pub fn encrypt(&self, scope: Scope<'_>, id: &str, plain: &[u8], context: &[u8]) -> Result<Vec<u8>, Error> {
        let cipher = self.usable_cipher(scope, id)?;
        cipher::envelope(&self.inner.host, &cipher, id, plain, context)
    }

    /// Decrypts what [`Keys::encrypt`] made, and tells under which key.
    pub fn decrypt(
        &self,
        scope: Scope<'_>,
        envelope: &[u8],
        context: &[u8],
    ) -> Result<(String, Zeroizing<Vec<u8>>), Error> {
        let id = cipher::key_id_of(envelope)?;
        let cipher = self.usable_cipher(scope, &id)?;
        let plain = cipher::open_envelope(&cipher, envelope, context)?;
        Ok((id, plain))
    }

    /// The cipher of a key that may be used now.
    fn usable_cipher(&self, scope: Scope<'_>, id: &str) -> Result<Arc<Cipher>, Error> {
        let Inner { host, table, master, opened, .. } = &*self.inner;
        opened.cipher(scope, id, || {
            let key = table.get(scope, id)?.ok_or(Error::NotFound)?;
            match key.state {
                _ if key.is_gone(host.now_ms()) => Err(Error::NotFound),
                State::Disabled => Err(Error::Disabled),
                State::PendingDeletion { .. } => Err(Error::PendingDeletion),
                State::Enabled => {
                    let material = master.get()?.open(&key.wrapped, table::row_key(scope, id).as_bytes())?;
                    Cipher::from_slice(&material)
                }
            }
        })
    }
}
