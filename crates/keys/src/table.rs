//! Keys as rows of the store.

use std::ops::Bound;

use store::{Changes, Store};

use crate::{Error, Key, Scope};

pub(crate) const TABLE: &str = "keys";

/// Rows are read in pieces of this many.
const SCAN_COUNT: usize = 1000;

/// The stored keys.
pub(crate) struct Table {
    store: Store,
}

/// The row of a key or alias; it also binds wrapped material to its place.
pub(crate) fn row_key(scope: Scope<'_>, name: &str) -> String {
    format!("{}/{}/{name}", scope.account, scope.region)
}

/// The scope of a row.
pub(crate) fn row_scope(row: &str) -> Option<(Scope<'_>, &str)> {
    let (account, rest) = row.split_once('/')?;
    let (region, name) = rest.split_once('/')?;
    Some((Scope { account, region }, name))
}

/// Where the rows of a scope begin after a name, and where they end.
pub(crate) fn row_range(scope: Scope<'_>, after: Option<&str>) -> (Bound<String>, Bound<String>) {
    let from = match after {
        Some(name) => Bound::Excluded(row_key(scope, name)),
        None => Bound::Included(row_key(scope, "")),
    };
    // '0' follows '/' in ASCII.
    let to = Bound::Excluded(format!("{}/{}0", scope.account, scope.region));
    (from, to)
}

pub(crate) fn bytes(bound: &Bound<String>) -> Bound<&[u8]> {
    bound.as_ref().map(String::as_bytes)
}

fn encode(key: &Key) -> Vec<u8> {
    serde_json::to_vec(key).expect("a key has no maps with strange keys")
}

fn decode(value: &[u8]) -> Result<Key, Error> {
    serde_json::from_slice(value).map_err(|error| Error::Store(store::Error::Corrupt(error.to_string())))
}

impl Table {
    pub(crate) fn new(store: Store) -> Self {
        Self { store }
    }

    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    pub(crate) fn get(&self, scope: Scope<'_>, id: &str) -> Result<Option<Key>, Error> {
        self.store.get(TABLE, row_key(scope, id).as_bytes())?.map(|value| decode(&value)).transpose()
    }

    pub(crate) fn list(&self, scope: Scope<'_>, after: Option<&str>, count_max: usize) -> Result<Vec<Key>, Error> {
        let (from, to) = row_range(scope, after);
        let rows = self.store.scan(TABLE, bytes(&from), bytes(&to), count_max)?;
        rows.iter().map(|(_, value)| decode(value)).collect()
    }

    /// Calls `visit` with every key of every scope.
    pub(crate) fn for_each(&self, mut visit: impl FnMut(Scope<'_>, Key)) -> Result<(), Error> {
        let mut from = Bound::Unbounded;
        loop {
            let rows = self.store.scan(TABLE, from.as_ref().map(Vec::as_slice), Bound::Unbounded, SCAN_COUNT)?;
            for (row, value) in &rows {
                let row = std::str::from_utf8(row).ok().and_then(row_scope);
                let (scope, _) = row.ok_or_else(|| Error::Store(store::Error::Corrupt("a key's row".to_owned())))?;
                visit(scope, decode(value)?);
            }
            match rows.into_iter().last() {
                Some((row, _)) => from = Bound::Excluded(row),
                None => return Ok(()),
            }
        }
    }

    pub(crate) fn create(scope: Scope<'_>, key: &Key) -> Changes {
        let row = row_key(scope, &key.id);
        Changes::new().expect(TABLE, row.clone(), None).put(TABLE, row, encode(key))
    }

    /// Puts `after` (or nothing) in the place of `before`, if that still stands there.
    pub(crate) fn replace(scope: Scope<'_>, before: &Key, after: Option<&Key>) -> Changes {
        let row = row_key(scope, &before.id);
        let expecting = Changes::new().expect(TABLE, row.clone(), Some(encode(before)));
        match after {
            Some(after) => expecting.put(TABLE, row, encode(after)),
            None => expecting.delete(TABLE, row),
        }
    }

    /// Removes every row of one of the key store's tables.
    pub(crate) async fn clear(&self, table: &str) -> Result<(), Error> {
        loop {
            let rows = self.store.scan(table, Bound::Unbounded, Bound::Unbounded, SCAN_COUNT)?;
            if rows.is_empty() {
                return Ok(());
            }
            let changes = rows.into_iter().fold(Changes::new(), |changes, (row, _)| changes.delete(table, row));
            self.commit(changes).await?;
        }
    }

    /// Commits; [`Error::Exists`] when an expectation does not hold.
    pub(crate) async fn commit(&self, changes: Changes) -> Result<(), Error> {
        Ok(self.store.commit(changes).await?)
    }
}
