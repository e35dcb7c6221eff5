//! Second names of keys, and the keys that the system makes for its own services.

use serde::{Deserialize, Serialize};
use store::Changes;

use crate::table::{self, row_key};
use crate::{Error, Key, Keys, Owner, Scope};

pub(crate) const TABLE: &str = "key_aliases";

/// Aliases look like this.
const PREFIX: &str = "alias/";

/// Aliases of managed keys; nobody else may begin one so.
pub const MANAGED_PREFIX: &str = "alias/aws/";

/// Managed keys that are made when they are first asked for, with what they say about themselves.
const MANAGED: &[(&str, &str)] = &[
    ("alias/aws/firehose", "Default key that protects my Firehose data when no other key is defined"),
    ("alias/aws/kinesis", "Default key that protects my Kinesis data when no other key is defined"),
    ("alias/aws/s3", "Default key that protects my S3 objects when no other key is defined"),
];

/// A second name of a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alias {
    /// Begins with `alias/`.
    pub name: String,
    /// The key it stands for.
    pub key_id: String,
    /// Wall-clock milliseconds of its creation.
    pub created_ms: u64,
}

fn put(scope: Scope<'_>, alias: &Alias) -> Changes {
    let row = row_key(scope, &alias.name);
    let value = serde_json::to_vec(alias).expect("an alias has no maps with strange keys");
    Changes::new().expect(TABLE, row.clone(), None).put(TABLE, row, value)
}

/// The changes with the removal of these aliases added.
pub(crate) fn delete_all(mut changes: Changes, scope: Scope<'_>, aliases: &[Alias]) -> Changes {
    for alias in aliases {
        changes = changes.delete(TABLE, row_key(scope, &alias.name));
    }
    changes
}

impl Keys {
    /// Gives a key a second name. [`Error::Exists`] when it is taken.
    pub async fn set_alias(&self, scope: Scope<'_>, name: &str, id: &str) -> Result<(), Error> {
        if name.starts_with(MANAGED_PREFIX) {
            return Err(Error::Managed);
        }
        let key = self.describe(scope, id)?;
        match key.state {
            crate::State::PendingDeletion { .. } => return Err(Error::PendingDeletion),
            crate::State::Enabled | crate::State::Disabled => {}
        }
        if key.owner == Owner::Managed {
            return Err(Error::Managed);
        }
        let alias = Alias { name: name.to_owned(), key_id: key.id, created_ms: self.inner.host.now_ms() };
        self.inner.table.commit(put(scope, &alias)).await
    }

    /// Takes a second name away.
    pub async fn delete_alias(&self, scope: Scope<'_>, name: &str) -> Result<(), Error> {
        if name.starts_with(MANAGED_PREFIX) {
            return Err(Error::Managed);
        }
        self.alias(scope, name)?.ok_or(Error::NotFound)?;
        self.inner.table.commit(Changes::new().delete(TABLE, row_key(scope, name))).await
    }

    /// Aliases of a scope whose name sorts after `after`, by name, at most `count_max`.
    pub fn aliases(&self, scope: Scope<'_>, after: Option<&str>, count_max: usize) -> Result<Vec<Alias>, Error> {
        let (from, to) = table::row_range(scope, after);
        let rows = self.inner.table.store().scan(TABLE, table::bytes(&from), table::bytes(&to), count_max)?;
        rows.iter().map(|(_, value)| decode(value)).collect()
    }

    fn alias(&self, scope: Scope<'_>, name: &str) -> Result<Option<Alias>, Error> {
        let value = self.inner.table.store().get(TABLE, row_key(scope, name).as_bytes())?;
        value.map(|value| decode(&value)).transpose()
    }

    /// The key meant by `ID`, `key/ID` or `alias/NAME`. A managed key is made when it is first asked for.
    pub async fn resolve(&self, scope: Scope<'_>, name: &str) -> Result<Key, Error> {
        if !name.starts_with(PREFIX) {
            return self.describe(scope, name.strip_prefix("key/").unwrap_or(name));
        }
        if let Some(alias) = self.alias(scope, name)? {
            return self.describe(scope, &alias.key_id);
        }
        let managed = MANAGED.iter().find(|(alias, _)| *alias == name);
        let (alias, description) = managed.ok_or(Error::NotFound)?;
        self.create_managed(scope, alias, description).await
    }

    async fn create_managed(&self, scope: Scope<'_>, name: &str, description: &str) -> Result<Key, Error> {
        let (key, changes) = self.draft(scope, description, Owner::Managed).await?;
        let alias = Alias { name: name.to_owned(), key_id: key.id.clone(), created_ms: key.created_ms };
        match self.inner.table.commit(changes.and(put(scope, &alias))).await {
            Ok(()) => Ok(key),
            Err(Error::Exists) => {
                // Somebody else was faster.
                let alias = self.alias(scope, name)?.ok_or(Error::NotFound)?;
                self.describe(scope, &alias.key_id)
            }
            Err(error) => Err(error),
        }
    }
}

fn decode(value: &[u8]) -> Result<Alias, Error> {
    serde_json::from_slice(value).map_err(|error| Error::Store(store::Error::Corrupt(error.to_string())))
}
