//! Values of key columns as small numbers: the groups of a window, the keys of a join.
//!
//! A key is written as bytes, so that one table serves columns of all types. NULLs are equal to one another here; a join
//! asks whether a key holds one.

mod columns;
mod key;

use hashbrown::HashTable;

use crate::state::{Damaged, Loader, Saver};
pub(crate) use columns::KeyColumns;
use key::{Key, Sought};

/// Keys and their numbers. Numbers are dense, and those of removed keys are given out again.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    table: HashTable<u32>,
    keys: Vec<Key>,
    free: Vec<u32>,
    long_bytes: usize,
}

/// The number of no key.
pub(crate) const NO_NUMBER: u32 = u32::MAX;
/// So many keys are looked for together: few enough for the nearest cache.
const GLANCE_KEYS: usize = 32;
/// Below this many numbers it does not matter how many of them are free.
const COMPACT_FROM: usize = 1024;

impl Keys {
    /// The number of a key, which is added if it is new.
    pub(crate) fn number(&mut self, key: &[u8]) -> u32 {
        self.number_of(&Sought::of(key))
    }

    /// The same.
    #[inline]
    pub(crate) fn number_of(&mut self, key: &Sought<'_>) -> u32 {
        let hash = key.hash();
        match self.table.find(hash, |number| self.keys[*number as usize].is(key)) {
            Some(number) => *number,
            None => self.add(key, hash),
        }
    }

    /// The numbers of some rows' keys; keys that are new are added.
    pub(crate) fn number_all(&mut self, columns: &KeyColumns, rows: impl Iterator<Item = usize>) -> Vec<u32> {
        self.all(columns, rows, Self::number_of)
    }

    /// The numbers of some rows' keys; [`NO_NUMBER`] for those that are not there.
    pub(crate) fn find_all(&mut self, columns: &KeyColumns, rows: impl Iterator<Item = usize>) -> Vec<u32> {
        self.all(columns, rows, |keys, key| keys.find_of(key).unwrap_or(NO_NUMBER))
    }

    /// Keys lie all over the memory. Asked for one behind the other, each is waited for twice, at its place in the table and
    /// where it is kept; asked for together, they come together.
    fn all(
        &mut self,
        columns: &KeyColumns,
        mut rows: impl Iterator<Item = usize>,
        other: impl Fn(&mut Self, &Sought<'_>) -> u32,
    ) -> Vec<u32> {
        let mut numbers = Vec::with_capacity(rows.size_hint().1.unwrap_or_default());
        let (mut together, mut buffer) = (Vec::with_capacity(GLANCE_KEYS), Vec::new());
        loop {
            together.extend(rows.by_ref().take(GLANCE_KEYS).map(|row| {
                let key = columns.short(row);
                // The table knows a part of each hash, so the first number it has is seldom another key's.
                let guess = key.and_then(|key| self.table.find(key.hash(), |_| true).copied());
                (row, key.zip(guess))
            }));
            if together.is_empty() {
                return numbers;
            }
            for (row, guess) in together.drain(..) {
                numbers.push(match guess {
                    Some((key, number)) if self.keys[number as usize].is_short(key) => number,
                    _ => other(self, &columns.key(row, &mut buffer)),
                });
            }
        }
    }

    #[cold]
    fn add(&mut self, key: &Sought<'_>, hash: u64) -> u32 {
        let key = key.to_key();
        self.long_bytes += key.long_bytes();
        let number = match self.free.pop() {
            Some(number) => {
                self.keys[number as usize] = key;
                number
            }
            None => {
                self.keys.push(key);
                u32::try_from(self.keys.len() - 1).expect("memory ends before 2^32 keys")
            }
        };
        self.table.insert_unique(hash, number, |number| self.keys[*number as usize].hash());
        number
    }

    /// The number of a key that is there.
    pub(crate) fn find(&self, key: &[u8]) -> Option<u32> {
        self.find_of(&Sought::of(key))
    }

    /// The same.
    #[inline]
    pub(crate) fn find_of(&self, key: &Sought<'_>) -> Option<u32> {
        self.table.find(key.hash(), |number| self.keys[*number as usize].is(key)).copied()
    }

    /// Takes a key out; its number may be given to another one.
    pub(crate) fn remove(&mut self, number: u32) {
        let hash = self.keys[number as usize].hash();
        if let Ok(entry) = self.table.find_entry(hash, |other| *other == number) {
            entry.remove();
            self.long_bytes -= self.keys[number as usize].long_bytes();
            self.keys[number as usize] = Key::EMPTY;
            self.free.push(number);
        }
    }

    /// Gives the keys new numbers if most numbers are free, and tells the old number of each new one, ascending.
    pub(crate) fn compact(&mut self) -> Option<Vec<u32>> {
        if self.keys.len() < COMPACT_FROM || self.table.len() * 4 > self.keys.len() {
            return None;
        }
        let mut kept: Vec<u32> = self.table.iter().copied().collect();
        kept.sort_unstable();
        let keys = kept.iter().map(|number| self.keys[*number as usize].clone()).collect();
        *self = Self { keys, long_bytes: self.long_bytes, ..Self::default() };
        self.fill_table(|_| true);
        Some(kept)
    }

    fn fill_table(&mut self, taken: impl Fn(usize) -> bool) {
        let Self { table, keys, .. } = self;
        for (number, key) in (0..).zip(keys.iter()).filter(|(number, _)| taken(*number as usize)) {
            table.insert_unique(key.hash(), number, |number| keys[*number as usize].hash());
        }
    }

    /// All numbers are below this.
    pub(crate) fn numbers(&self) -> usize {
        self.keys.len()
    }

    /// How many keys there are.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.table.len()
    }

    /// The memory they hold, in bytes.
    pub(crate) fn memory(&self) -> usize {
        // A slot of the table is a number and a byte.
        self.table.capacity() * 5
            + self.keys.capacity() * size_of::<Key>()
            + self.free.capacity() * size_of::<u32>()
            + self.long_bytes
    }

    /// Writes them down with their numbers.
    pub(crate) fn save(&self, saver: &mut Saver) {
        saver.count(self.free.len());
        self.free.iter().for_each(|number| saver.integer(i64::from(*number)));
        saver.count(self.keys.len());
        self.keys.iter().for_each(|key| saver.bytes(key.bytes()));
    }

    /// Reads what [`save`](Keys::save) wrote.
    pub(crate) fn load(loader: &mut Loader<'_>) -> Result<Self, Damaged> {
        let mut loaded = Self::default();
        for _ in 0..loader.count()? {
            loaded.free.push(u32::try_from(loader.integer()?).map_err(|_| Damaged)?);
        }
        for _ in 0..loader.count()? {
            let key = Sought::of(loader.bytes()?).to_key();
            loaded.long_bytes += key.long_bytes();
            loaded.keys.push(key);
        }
        let mut taken = vec![true; loaded.keys.len()];
        for number in &loaded.free {
            *taken.get_mut(*number as usize).ok_or(Damaged)? = false;
        }
        loaded.fill_table(|number| taken[number]);
        Ok(loaded)
    }
}

#[cfg(test)]
mod tests;
