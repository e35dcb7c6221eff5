//! Values of key columns as small numbers: the groups of a window, the keys of a join.
//!
//! A key is written as bytes, so that one table serves columns of all types. NULLs are equal to one another here; a join
//! asks whether a key holds one.

use arrow_array::cast::AsArray;
use arrow_array::types::{Float32Type, Float64Type};
use arrow_array::{Array, ArrayRef, BinaryViewArray, BooleanArray, Float32Array, Float64Array, StringViewArray};
use arrow_buffer::{Buffer, NullBuffer};
use arrow_schema::DataType as Arrow;
use foldhash::fast::FixedState;
use hashbrown::HashTable;
use std::hash::BuildHasher;

use crate::state::{Damaged, Loader, Saver};

/// Keys and their numbers. Numbers are dense, and those of removed keys are given out again.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    table: HashTable<u32>,
    keys: Vec<Key>,
    free: Vec<u32>,
    long_bytes: usize,
}

/// A key, most of them without memory of their own.
#[derive(Debug, Clone)]
enum Key {
    Short(u8, [u8; SHORT_BYTES_MAX]),
    Long(Box<[u8]>),
}

/// What fits beside a length into the 24 bytes that a long key needs anyway.
const SHORT_BYTES_MAX: usize = 22;
/// Below this many numbers it does not matter how many of them are free.
const COMPACT_FROM: usize = 1024;
/// The same in every run; the keys of one application are not chosen by strangers to it.
const SEED: u64 = 0x6d69_6c6c;

impl Key {
    fn new(bytes: &[u8]) -> Self {
        match u8::try_from(bytes.len()) {
            Ok(length) if bytes.len() <= SHORT_BYTES_MAX => {
                let mut short = [0; SHORT_BYTES_MAX];
                short[..bytes.len()].copy_from_slice(bytes);
                Self::Short(length, short)
            }
            _ => Self::Long(bytes.into()),
        }
    }

    fn bytes(&self) -> &[u8] {
        match self {
            Self::Short(length, bytes) => &bytes[..usize::from(*length)],
            Self::Long(bytes) => bytes,
        }
    }

    fn long_bytes(&self) -> usize {
        if let Self::Long(bytes) = self { bytes.len() } else { 0 }
    }
}

impl Keys {
    /// The number of a key, which is added if it is new.
    pub(crate) fn number(&mut self, key: &[u8]) -> u32 {
        let hash = hash(key);
        let short = (key.len() <= SHORT_BYTES_MAX).then(|| Key::new(key));
        let found = self.table.find(hash, |number| match (&short, &self.keys[*number as usize]) {
            // Compared as a whole, without looking how long they are.
            (Some(Key::Short(length, bytes)), Key::Short(other_length, other)) => {
                length == other_length && bytes == other
            }
            (None, other) => other.bytes() == key,
            _ => false,
        });
        if let Some(number) = found {
            return *number;
        }
        let key = short.unwrap_or_else(|| Key::new(key));
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
        self.table.insert_unique(hash, number, |number| hash_of(&self.keys, *number));
        number
    }

    /// The number of a key that is there.
    pub(crate) fn find(&self, key: &[u8]) -> Option<u32> {
        self.table.find(hash(key), |number| self.keys[*number as usize].bytes() == key).copied()
    }

    /// Takes a key out; its number may be given to another one.
    pub(crate) fn remove(&mut self, number: u32) {
        let hash = hash_of(&self.keys, number);
        if let Ok(entry) = self.table.find_entry(hash, |other| *other == number) {
            entry.remove();
            self.long_bytes -= self.keys[number as usize].long_bytes();
            self.keys[number as usize] = Key::Short(0, [0; SHORT_BYTES_MAX]);
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
            table.insert_unique(hash(key.bytes()), number, |number| hash_of(keys, *number));
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
            let key = Key::new(loader.bytes()?);
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

fn hash(key: &[u8]) -> u64 {
    FixedState::with_seed(SEED).hash_one(key)
}

fn hash_of(keys: &[Key], number: u32) -> u64 {
    hash(keys[number as usize].bytes())
}

/// Key columns of some rows, ready to be written as bytes.
#[derive(Debug)]
pub(crate) struct KeyColumns {
    columns: Vec<(Option<NullBuffer>, Values)>,
}

#[derive(Debug)]
enum Values {
    Null,
    Boolean(BooleanArray),
    Real(Float32Array),
    Double(Float64Array),
    Text(StringViewArray),
    /// Without the spaces at the end.
    Padded(StringViewArray),
    Binary(BinaryViewArray),
    /// Values of one width, one behind the other.
    Fixed(Buffer, usize),
}

impl KeyColumns {
    /// Prepares columns, which have types of [`crate::arrow_type`].
    pub(crate) fn new(columns: &[ArrayRef]) -> Self {
        Self::padded(columns, &vec![false; columns.len()])
    }

    /// The same, where of some texts the spaces at the end do not count.
    pub(crate) fn padded(columns: &[ArrayRef], padded: &[bool]) -> Self {
        let column = |(column, padded): (&ArrayRef, &bool)| (column.logical_nulls(), Values::of(column, *padded));
        Self { columns: columns.iter().zip(padded).map(column).collect() }
    }

    /// Whether a row's key holds a NULL.
    pub(crate) fn has_null(&self, row: usize) -> bool {
        self.columns.iter().any(|(nulls, _)| nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)))
    }

    /// Writes a row's key into a buffer that is emptied before.
    pub(crate) fn write(&self, row: usize, key: &mut Vec<u8>) {
        key.clear();
        let last = self.columns.len().wrapping_sub(1);
        for (index, (nulls, values)) in self.columns.iter().enumerate() {
            if nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
                key.push(0);
                continue;
            }
            key.push(1);
            values.write(row, index == last, key);
        }
    }
}

impl Values {
    fn of(column: &ArrayRef, padded: bool) -> Self {
        match column.data_type() {
            Arrow::Null => Self::Null,
            Arrow::Boolean => Self::Boolean(column.as_boolean().clone()),
            Arrow::Float32 => Self::Real(column.as_primitive::<Float32Type>().clone()),
            Arrow::Float64 => Self::Double(column.as_primitive::<Float64Type>().clone()),
            Arrow::Utf8View if padded => Self::Padded(column.as_string_view().clone()),
            Arrow::Utf8View => Self::Text(column.as_string_view().clone()),
            Arrow::BinaryView => Self::Binary(column.as_binary_view().clone()),
            fixed => {
                let width = fixed.primitive_width().expect("all other types have one width");
                let data = column.to_data();
                Self::Fixed(data.buffers()[0].slice(data.offset() * width), width)
            }
        }
    }

    fn write(&self, row: usize, last: bool, key: &mut Vec<u8>) {
        match self {
            Self::Null => {}
            Self::Boolean(values) => key.push(u8::from(values.value(row))),
            Self::Real(values) => write_double(f64::from(values.value(row)), key),
            Self::Double(values) => write_double(values.value(row), key),
            Self::Text(values) => write_bytes(values.value(row).as_bytes(), last, key),
            Self::Padded(values) => write_bytes(values.value(row).trim_end_matches(' ').as_bytes(), last, key),
            Self::Binary(values) => write_bytes(values.value(row), last, key),
            Self::Fixed(values, width) => key.extend_from_slice(&values[row * width..(row + 1) * width]),
        }
    }
}

/// Zeroes of both signs are equal, and so are all that are not a number.
fn write_double(value: f64, key: &mut Vec<u8>) {
    let value = if value.is_nan() { f64::NAN } else { value + 0.0 };
    key.extend_from_slice(&value.to_bits().to_le_bytes());
}

/// Bytes end where the key does, or where their length says.
fn write_bytes(value: &[u8], last: bool, key: &mut Vec<u8>) {
    if !last {
        key.extend_from_slice(&u32::try_from(value.len()).expect("views are shorter than 2^32").to_le_bytes());
    }
    key.extend_from_slice(value);
}

#[cfg(test)]
mod tests;
