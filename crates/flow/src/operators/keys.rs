//! Values of key columns as small numbers: the groups of a window, the keys of a join.
//!
//! A key is written as bytes, so that one table serves columns of all types. NULLs are equal to one another here; a join
//! asks whether a key holds one.

mod columns;
mod key;

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

use crate::state::{Damaged, Loader, Saver};
pub(crate) use columns::KeyColumns;
use key::{Key, Short, Sought};

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
        let key = Sought::of(key);
        self.number_of(key, key.hash())
    }

    /// The number of a key that is there.
    pub(crate) fn find(&self, key: &[u8]) -> Option<u32> {
        let key = Sought::of(key);
        self.find_of(key, key.hash())
    }

    /// The numbers of some rows' keys; keys that are new are added.
    pub(crate) fn number_all(&mut self, columns: &KeyColumns, rows: impl Iterator<Item = usize>) -> Vec<u32> {
        self.all(columns, rows, Self::number_of)
    }

    /// The numbers of some rows' keys; [`NO_NUMBER`] for those that are not there.
    pub(crate) fn find_all(&mut self, columns: &KeyColumns, rows: impl Iterator<Item = usize>) -> Vec<u32> {
        self.all(columns, rows, |keys, key, hash| keys.find_of(key, hash).unwrap_or(NO_NUMBER))
    }

    /// Keys lie all over the memory. Asked for one behind the other, each is waited for twice, at its place in the table and
    /// where it is kept; asked for together, they come together.
    ///
    /// A key is made twice, as that costs less than to read it where it was written just before.
    fn all(
        &mut self,
        columns: &KeyColumns,
        mut rows: impl Iterator<Item = usize>,
        other: impl Fn(&mut Self, Sought<'_>, u64) -> u32,
    ) -> Vec<u32> {
        let mut numbers = Vec::with_capacity(rows.size_hint().1.unwrap_or_default());
        let (mut together, mut buffer) = (Vec::with_capacity(GLANCE_KEYS), Vec::new());
        loop {
            together.extend(rows.by_ref().take(GLANCE_KEYS).map(|row| {
                let hash = columns.short(row).map(Short::hash);
                // The table knows a part of each hash, so the first number it has is seldom another key's.
                let guess = hash.and_then(|hash| self.table.find(hash, |_| true).copied());
                (row, hash.unwrap_or_default(), guess.unwrap_or(NO_NUMBER))
            }));
            if together.is_empty() {
                return numbers;
            }
            for (row, hash, guess) in together.drain(..) {
                numbers.push(match columns.short(row) {
                    Some(key) if self.keys.get(guess as usize).is_some_and(|kept| kept.is_short(key)) => guess,
                    Some(key) => other(self, Sought::Short(key), hash),
                    None => {
                        columns.write(row, &mut buffer);
                        let key = Sought::of(&buffer);
                        other(self, key, key.hash())
                    }
                });
            }
        }
    }

    #[inline]
    fn number_of(&mut self, key: Sought<'_>, hash: u64) -> u32 {
        let Self { table, keys, free, long_bytes } = self;
        let is_same = |number: &u32| keys[*number as usize].is(key);
        let place = match table.entry(hash, is_same, |number| keys[*number as usize].hash()) {
            Entry::Occupied(found) => return *found.get(),
            Entry::Vacant(place) => place,
        };
        let key = key.to_key();
        *long_bytes += key.long_bytes();
        let number = match free.pop() {
            Some(number) => {
                keys[number as usize] = key;
                number
            }
            None => {
                keys.push(key);
                u32::try_from(keys.len() - 1).expect("memory ends before 2^32 keys")
            }
        };
        place.insert(number);
        number
    }

    #[inline]
    fn find_of(&self, key: Sought<'_>, hash: u64) -> Option<u32> {
        self.table.find(hash, |number| self.keys[*number as usize].is(key)).copied()
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
