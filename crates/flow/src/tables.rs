//! Reference tables: rows that stay, under names.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::Rows;

/// The reference tables of an application by their folded names. Cloning shares them.
#[derive(Debug, Clone, Default)]
pub struct Tables {
    by_name: Arc<BTreeMap<String, Rows>>,
}

impl Tables {
    /// Tables with their rows, whose times mean nothing.
    pub fn new(tables: impl IntoIterator<Item = (String, Rows)>) -> Self {
        Self { by_name: Arc::new(tables.into_iter().collect()) }
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
        Self { by_name: Arc::new(by_name) }
    }
}
