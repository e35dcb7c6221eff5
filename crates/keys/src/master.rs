//! The master key: 32 bytes in a file, created with the first key and never again.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use host::Host;
use host::files::File;
use store::{Changes, Store};
use zeroize::Zeroizing;

use crate::Error;
use crate::cipher::{Cipher, KEY_BYTES};

/// Holds one row: a known text under the master key, which tells it from any other.
const TABLE: &str = "keys_master";
const ROW: &[u8] = b"proof";
const PROOF: &[u8] = b"millstream master key";

/// Taken aside while it is written, so that no half a key is ever found.
const NEW_SUFFIX: &str = "new";

/// Access to the master key.
pub(crate) struct Master {
    host: Host,
    store: Store,
    path: PathBuf,
    proven: Mutex<Option<Arc<Cipher>>>,
}

impl Master {
    pub(crate) fn new(host: &Host, store: Store, path: &Path) -> Self {
        Self { host: host.clone(), store, path: path.to_owned(), proven: Mutex::new(None) }
    }

    fn wrong(&self, problem: &'static str) -> Error {
        Error::WrongKey { path: self.path.clone(), problem }
    }

    fn proven(&self) -> Option<Arc<Cipher>> {
        self.proven.lock().expect("holders of this lock do not panic").clone()
    }

    /// The key that everything was wrapped with.
    pub(crate) fn get(&self) -> Result<Arc<Cipher>, Error> {
        if let Some(cipher) = self.proven() {
            return Ok(cipher);
        }
        let proof = self.store.get(TABLE, ROW)?.ok_or(Error::NotFound)?;
        let cipher = self.read()?.ok_or_else(|| self.wrong("is missing"))?;
        self.check(cipher, &proof)
    }

    fn check(&self, cipher: Cipher, proof: &[u8]) -> Result<Arc<Cipher>, Error> {
        if cipher.open(proof, PROOF).is_err() {
            return Err(self.wrong("is not the one that the stored keys were made with"));
        }
        let cipher = Arc::new(cipher);
        *self.proven.lock().expect("holders of this lock do not panic") = Some(Arc::clone(&cipher));
        Ok(cipher)
    }

    /// The same, creating it if nothing was ever wrapped.
    pub(crate) async fn get_or_create(&self) -> Result<Arc<Cipher>, Error> {
        if self.proven().is_none() && self.store.get(TABLE, ROW)?.is_none() {
            let cipher = match self.read()? {
                // The operator brought one along, or a crash came before the proof.
                Some(cipher) => {
                    self.keep()?;
                    cipher
                }
                None => self.create()?,
            };
            let proof = cipher.seal(&self.host, b"", PROOF);
            match self.store.commit(Changes::new().expect(TABLE, ROW, None).put(TABLE, ROW, proof)).await {
                // Somebody else was faster with the same file.
                Ok(()) | Err(store::Error::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        self.get()
    }

    fn open(&self) -> Result<Option<Arc<dyn File>>, Error> {
        match self.host.files().open(&self.path) {
            Ok(file) => Ok(Some(file)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Makes a file that was found durable, before anything is durable that cannot be read without it.
    fn keep(&self) -> Result<(), Error> {
        if let Some(file) = self.open()? {
            file.sync_all()?;
            match self.host.files().sync_dir(self.dir()) {
                // A directory that we may not even read is none that we created a file in.
                Err(error) if error.kind() != io::ErrorKind::PermissionDenied => return Err(error.into()),
                _ => {}
            }
        }
        Ok(())
    }

    fn dir(&self) -> &Path {
        self.path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."))
    }

    fn read(&self) -> Result<Option<Cipher>, Error> {
        let Some(file) = self.open()? else { return Ok(None) };
        if file.len()? != KEY_BYTES as u64 {
            return Err(self.wrong("does not hold 32 bytes"));
        }
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        file.read_exact_at(&mut *key, 0)?;
        Ok(Some(Cipher::new(&key)))
    }

    /// Creates the file, durable and readable by this user alone.
    fn create(&self) -> Result<Cipher, Error> {
        let files = self.host.files();
        let dir = self.dir();
        files.create_dir_durable(dir)?;
        let aside = self.path.with_extension(NEW_SUFFIX);
        if files.exists(&aside) {
            files.remove(&aside)?;
        }
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        self.host.fill_random(&mut *key);
        let file = files.create_new(&aside)?;
        file.write_all_at(&*key, 0)?;
        file.sync_all()?;
        files.rename(&aside, &self.path)?;
        files.sync_dir(dir)?;
        Ok(Cipher::new(&key))
    }
}
