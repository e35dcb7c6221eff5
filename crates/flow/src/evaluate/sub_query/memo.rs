//! What a query has answered, by the values that it was asked with.

use std::collections::BTreeMap;

use arrow_array::{Array, ArrayRef};

use crate::RowError;
use crate::operators::keys::{KeyColumns, Keys};

/// How much is remembered: then it is begun anew.
const BYTES_MAX: usize = 16 << 20;
/// So many lists of answers are made one, so that a row's answer is found among few.
const LISTS_MAX: usize = 64;

/// Answers by what was asked.
#[derive(Debug, Default)]
pub(super) struct Memo {
    asked: Keys,
    /// Answers in the order of the numbers of what was asked.
    lists: Vec<ArrayRef>,
    /// Where each number's answer is: the list, and the place in it.
    places: Vec<(usize, usize)>,
    errors: BTreeMap<u32, RowError>,
}

/// Rows with the numbers of what they ask.
pub(super) struct Asked {
    pub(super) numbers: Vec<u32>,
    /// The rows that ask something new, one for each new number, in their order.
    pub(super) new: Vec<u32>,
}

impl Memo {
    /// Gives numbers to what rows ask; the answers to new ones must be [added](Self::add).
    pub(super) fn ask(&mut self, columns: &[ArrayRef], rows: usize) -> Asked {
        if self.memory() > BYTES_MAX {
            *self = Self::default();
        }
        let columns = KeyColumns::new(columns);
        let (mut key, mut new, mut numbers) = (Vec::new(), Vec::new(), Vec::with_capacity(rows));
        for row in 0..rows {
            columns.write(row, &mut key);
            let number = self.asked.number(&key);
            if number as usize == self.places.len() + new.len() {
                new.push(u32::try_from(row).expect("batches are smaller than 2^32 rows"));
            }
            numbers.push(number);
        }
        Asked { numbers, new }
    }

    /// Takes the answers to what was new, and what is wrong with some of them.
    pub(super) fn add(&mut self, answers: ArrayRef, errors: BTreeMap<usize, RowError>) {
        let first = self.places.len();
        let number = |place: usize| u32::try_from(first + place).expect("memory ends before 2^32 answers");
        self.errors.extend(errors.into_iter().map(|(place, error)| (number(place), error)));
        if self.lists.len() == LISTS_MAX {
            let lists: Vec<&dyn Array> = self.lists.iter().map(AsRef::as_ref).collect();
            let one = arrow_select::concat::concat(&lists).expect("answers are of one type");
            self.places = (0..one.len()).map(|place| (0, place)).collect();
            self.lists = vec![one];
        }
        self.places.extend((0..answers.len()).map(|place| (self.lists.len(), place)));
        self.lists.push(answers);
    }

    /// The answers to rows.
    pub(super) fn answers(&self, asked: &Asked) -> ArrayRef {
        let lists: Vec<&dyn Array> = self.lists.iter().map(AsRef::as_ref).collect();
        let places: Vec<(usize, usize)> = asked.numbers.iter().map(|number| self.places[*number as usize]).collect();
        arrow_select::interleave::interleave(&lists, &places).expect("answers are of one type")
    }

    /// What is wrong with rows.
    pub(super) fn errors<'m>(&'m self, asked: &'m Asked) -> impl Iterator<Item = (usize, &'m RowError)> {
        let none = self.errors.is_empty();
        let numbers = asked.numbers.iter().enumerate().filter(move |_| !none);
        numbers.filter_map(|(row, number)| Some((row, self.errors.get(number)?)))
    }

    /// The memory it holds, in bytes.
    pub(super) fn memory(&self) -> usize {
        let lists: usize = self.lists.iter().map(|list| list.get_array_memory_size()).sum();
        self.asked.memory() + lists + self.places.capacity() * size_of::<(usize, usize)>() + self.errors.len() * 100
    }
}
