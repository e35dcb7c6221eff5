//! Rows in the making: the columns that are needed, and what did not fit.

use std::ops::Range;

use arrow_array::{ArrayRef, BooleanArray};
use arrow_buffer::BooleanBuffer;

use super::column::{Column, Source};
use super::decode::RecordError;
use super::mapping::Mapping;
use super::token::Token;
use crate::row_error::{ErrorName, RowError};
use crate::types::DataType;

/// Characters of a value that an error message shows.
const SHOWN_CHARACTERS_MAX: usize = 100;

/// Rows in the making.
#[derive(Debug)]
pub(super) struct Batch {
    columns: Vec<Part>,
    /// The record of each row.
    records: Vec<u32>,
    errors: Vec<RecordError>,
    /// Rows that are left out at the end, ascending.
    failed: Vec<usize>,
}

#[derive(Debug)]
struct Part {
    name: String,
    data_type: DataType,
    needed: bool,
    column: Column,
}

/// How far a batch was.
#[derive(Clone, Copy)]
pub(super) struct Mark {
    rows: usize,
    errors: usize,
}

impl Batch {
    /// An empty batch.
    pub(super) fn new(mapping: &Mapping) -> Self {
        let part = |column: &super::MappedColumn| Part {
            name: column.name.clone(),
            data_type: column.data_type,
            needed: true,
            column: Column::new(column.data_type),
        };
        let columns = mapping.columns.iter().map(part).collect();
        Self { columns, records: Vec::new(), errors: Vec::new(), failed: Vec::new() }
    }

    /// Says which columns are needed from now on.
    pub(super) fn need(&mut self, needed: &[bool]) {
        for (column, needed) in self.columns.iter_mut().zip(needed) {
            column.needed = *needed;
        }
    }

    /// Appends a row: a value for each column, from a part of a text.
    #[inline]
    pub(super) fn row(&mut self, values: &[Token], part: Range<usize>, source: Source<'_>) {
        let mut wrong = None;
        for (place, (column, value)) in self.columns.iter_mut().zip(values).enumerate() {
            // A row is a row of all its columns, whoever reads it.
            let fits = match column.needed {
                true => column.column.append(if wrong.is_none() { *value } else { Token::NULL }, source),
                false => column.column.check(*value, source),
            };
            if fits.is_err() && wrong.is_none() {
                wrong = Some(place);
            }
        }
        if let Some(place) = wrong {
            self.misfit(place, values[place], part, source);
        }
        self.records.push(u32::try_from(source.number).expect("batches are smaller than 2^32 records"));
    }

    #[cold]
    fn misfit(&mut self, place: usize, value: Token, part: Range<usize>, source: Source<'_>) {
        let shown = value.text(source.text);
        let end = shown.char_indices().nth(SHOWN_CHARACTERS_MAX).map_or(shown.len(), |(end, _)| end);
        let Part { name, data_type, .. } = &self.columns[place];
        let message = format!("The value '{}' for column '{name}' does not fit {data_type}", &shown[..end]);
        let error = RowError::new(ErrorName::Coercion, message);
        self.errors.push(RecordError { record: source.number, part, error });
        self.failed.push(self.records.len());
    }

    /// Notes a part of a record that is not what its format says.
    pub(super) fn broken(&mut self, record: usize, part: Range<usize>, message: &str) {
        self.errors.push(RecordError { record, part, error: RowError::new(ErrorName::Format, message) });
    }

    /// Where the batch is, to come [`back`](Batch::back) to.
    pub(super) fn mark(&self) -> Mark {
        Mark { rows: self.records.len(), errors: self.errors.len() }
    }

    /// Forgets what came since a mark.
    pub(super) fn back(&mut self, mark: Mark) {
        self.failed.retain(|row| *row < mark.rows);
        self.failed.extend(mark.rows..self.records.len());
        self.errors.truncate(mark.errors);
    }

    /// The columns (none for one that was not needed), the record of each row, and the errors; the batch is empty then.
    pub(super) fn finish(&mut self) -> (Vec<Option<ArrayRef>>, Vec<u32>, Vec<RecordError>) {
        let take = |part: &mut Part| part.needed.then(|| part.column.finish());
        let mut columns: Vec<Option<ArrayRef>> = self.columns.iter_mut().map(take).collect();
        let next = Vec::with_capacity(self.records.len());
        let mut records = std::mem::replace(&mut self.records, next);
        if !self.failed.is_empty() {
            let mut good = vec![true; records.len()];
            for row in self.failed.drain(..) {
                good[row] = false;
            }
            let mut keep = good.iter().copied();
            records.retain(|_| keep.next().expect("one for each row"));
            let mask = BooleanArray::new(BooleanBuffer::from(good), None);
            for column in columns.iter_mut().flatten() {
                *column = arrow_select::filter::filter(column, &mask).expect("the mask is as long as the column");
            }
        }
        (columns, records, std::mem::take(&mut self.errors))
    }
}
