//! Reference tables: rows that stay, under names.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::Rows;
use crate::evaluate::{Account, Prepared};
use crate::state::{Damaged, Loader, Saver};

/// The reference tables of an application by their folded names. Cloning shares them.
#[derive(Debug, Clone, Default)]
pub struct Tables {
    by_name: Arc<BTreeMap<String, Rows>>,
    /// The queries over them that are ready.
    prepared: Arc<Prepared>,
}

impl Tables {
    /// Tables with their rows, whose times mean nothing.
    pub fn new(tables: impl IntoIterator<Item = (String, Rows)>) -> Self {
        Self::of(tables.into_iter().collect())
    }

    fn of(by_name: BTreeMap<String, Rows>) -> Self {
        Self { by_name: Arc::new(by_name), prepared: Arc::default() }
    }

    /// The same tables for a graph that may hold so many bytes.
    pub(crate) fn for_graph(&self, memory_bytes_max: usize) -> Self {
        let prepared = Prepared::on(&Arc::new(Account::new(memory_bytes_max)));
        Self { by_name: Arc::clone(&self.by_name), prepared: Arc::new(prepared) }
    }

    /// The same tables for the queries inside of a query, whose memory counts as that of the graph around.
    pub(crate) fn inside(&self) -> Self {
        let prepared = Prepared::on(self.prepared.account());
        Self { by_name: Arc::clone(&self.by_name), prepared: Arc::new(prepared) }
    }

    /// The queries over them that are ready.
    pub(crate) fn prepared(&self) -> &Prepared {
        &self.prepared
    }

    /// The rows of a table.
    pub fn get(&self, name: &str) -> Option<&Rows> {
        self.by_name.get(name)
    }

    /// The same tables, and one more or with other rows.
    #[must_use]
    pub fn with(&self, name: &str, rows: Rows) -> Self {
        let mut by_name = BTreeMap::clone(&self.by_name);
        by_name.insert(name.to_owned(), rows);
        Self::of(by_name)
    }

    /// The same tables and one more, of a name that no query looked at before.
    pub(crate) fn beside(&self, name: &str, rows: Rows) -> Self {
        Self { prepared: Arc::clone(&self.prepared), ..self.with(name, rows) }
    }

    /// Writes them down, so that a recovery has the same ones.
    pub fn save(&self) -> Saver {
        let mut saver = self.written();
        let digest = saver.digest();
        saver.integer(i64::from(digest));
        saver
    }

    fn written(&self) -> Saver {
        let mut saver = Saver::default();
        saver.count(self.by_name.len());
        for (name, rows) in &*self.by_name {
            saver.bytes(name.as_bytes());
            saver.rows(rows);
        }
        saver
    }

    /// Reads what [`save`](Self::save) wrote.
    pub fn load(bytes: &[u8]) -> Result<Self, Damaged> {
        let (bytes, written) = bytes.split_last_chunk().ok_or(Damaged)?;
        if i64::from(crc32c::crc32c(bytes)) != i64::from_le_bytes(*written) {
            return Err(Damaged);
        }
        let mut loader = Loader::new(bytes);
        let mut by_name = BTreeMap::new();
        for _ in 0..loader.count()? {
            let name = std::str::from_utf8(loader.bytes()?).map_err(|_| Damaged)?.to_owned();
            by_name.insert(name, loader.rows()?);
        }
        loader.finish()?;
        Ok(Self::of(by_name))
    }

    /// Tells tables with other rows apart.
    pub(crate) fn digest(&self) -> u32 {
        self.written().digest()
    }
}

#[cfg(test)]
mod tests {
    use arrow_array::StringViewArray;

    use super::*;

    #[test]
    fn tables_come_back_and_others_are_others() {
        let rows = |text| Rows::new(vec![0].into(), vec![Arc::new(StringViewArray::from(vec![text]))]);
        let tables = Tables::new([("ONE".to_owned(), rows("1")), ("TWO".to_owned(), rows("2"))]);
        let saved = tables.save().finish();
        let loaded = Tables::load(&saved).unwrap();
        assert_eq!((loaded.get("ONE"), loaded.get("TWO")), (tables.get("ONE"), tables.get("TWO")));
        assert_eq!(loaded.digest(), tables.digest());
        assert_ne!(loaded.with("TWO", rows("3")).digest(), tables.digest());
        assert_eq!(Tables::load(&saved[1..]).map(|_| ()), Err(Damaged));
    }
}
