//! Groups of one key that is a whole number, a day or an instant.

use std::hash::BuildHasher;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Int8Type, Int16Type, Int32Type, Int64Type, Time32MillisecondType,
    TimestampMillisecondType,
};
use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType as Arrow;
use foldhash::fast::RandomState;
use hashbrown::HashTable;

use super::text::number;

/// Numbers for whole numbers, in the order in which they were first seen.
#[derive(Default)]
pub(super) struct Wholes {
    table: HashTable<u32>,
    /// Its secret keeps strangers from choosing keys that collide; no result depends on it.
    hasher: RandomState,
    /// The value of each group.
    values: Vec<i64>,
    /// The group of NULL.
    null: Option<u32>,
}

impl Wholes {
    pub(super) fn count(&self) -> usize {
        self.values.len()
    }

    pub(super) fn clear(&mut self) {
        self.table.clear();
        self.values.clear();
        self.null = None;
    }

    pub(super) fn memory(&self) -> usize {
        self.table.allocation_size() + self.values.capacity() * size_of::<i64>()
    }

    /// Puts the number of each row's value behind `groups`.
    pub(super) fn assign(&mut self, column: &ArrayRef, groups: &mut Vec<u32>) {
        match column.data_type() {
            Arrow::Int8 => self.typed::<Int8Type>(column, groups),
            Arrow::Int16 => self.typed::<Int16Type>(column, groups),
            Arrow::Int32 => self.typed::<Int32Type>(column, groups),
            Arrow::Int64 => self.typed::<Int64Type>(column, groups),
            Arrow::Date32 => self.typed::<Date32Type>(column, groups),
            Arrow::Time32(_) => self.typed::<Time32MillisecondType>(column, groups),
            Arrow::Timestamp(..) => self.typed::<TimestampMillisecondType>(column, groups),
            other => unreachable!("{other} is no whole number"),
        }
    }

    fn typed<T: ArrowPrimitiveType>(&mut self, column: &ArrayRef, groups: &mut Vec<u32>)
    where
        T::Native: Into<i64>,
    {
        let array = column.as_primitive::<T>();
        match array.nulls().filter(|nulls| nulls.null_count() > 0) {
            None => groups.extend(array.values().iter().map(|value| self.find((*value).into()))),
            Some(_) => groups.extend(array.iter().map(|value| match value {
                Some(value) => self.find(value.into()),
                None => self.null(),
            })),
        }
    }

    fn null(&mut self) -> u32 {
        if let Some(null) = self.null {
            return null;
        }
        let group = number(self.values.len());
        // Its place is taken, and nothing in the table leads to it.
        self.values.push(0);
        self.null = Some(group);
        group
    }

    fn find(&mut self, value: i64) -> u32 {
        let hash = self.hasher.hash_one(value);
        match self.table.find(hash, |group| self.values[*group as usize] == value) {
            Some(group) => *group,
            None => self.add(value, hash),
        }
    }

    #[cold]
    fn add(&mut self, value: i64, hash: u64) -> u32 {
        let group = number(self.values.len());
        self.values.push(value);
        let Self { table, hasher, values, .. } = self;
        table.insert_unique(hash, group, |group| hasher.hash_one(values[*group as usize]));
        group
    }
}
