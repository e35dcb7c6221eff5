//! Rows in memory: a column of times beside Arrow arrays. Everything between two operators is this.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{ByteViewType, Int64Type};
use arrow_array::{Array, ArrayRef, BooleanArray, GenericByteViewArray, Int64Array, UInt32Array, new_empty_array};
use arrow_buffer::ScalarBuffer;
use arrow_schema::TimeUnit;
use arrow_select::filter::FilterBuilder;

use crate::plan::Schema;
use crate::types::DataType;

/// Rows of one stream, in ascending ROWTIME.
///
/// Arrays have the types of [`arrow_type`]. Cloning and slicing share the memory.
#[derive(Debug, Clone, PartialEq)]
pub struct Rows {
    times: ScalarBuffer<i64>,
    columns: Vec<ArrayRef>,
}

impl Rows {
    /// Rows with their times (milliseconds since 1970, never falling) and an array of the same length for each column.
    pub fn new(times: ScalarBuffer<i64>, columns: Vec<ArrayRef>) -> Self {
        debug_assert!(columns.iter().all(|column| column.len() == times.len()), "columns are as long as the times");
        debug_assert!(times.is_sorted(), "rows leave in ascending ROWTIME");
        Self { times, columns }
    }

    /// No rows, with the columns of a schema.
    pub fn none(schema: &Schema) -> Self {
        let columns = schema.columns.iter().map(|column| new_empty_array(&arrow_type(column.data_type)));
        Self { times: ScalarBuffer::from(Vec::new()), columns: columns.collect() }
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.times.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.times.is_empty()
    }

    /// The ROWTIME of each row.
    pub fn times(&self) -> &ScalarBuffer<i64> {
        &self.times
    }

    /// The columns.
    pub fn columns(&self) -> &[ArrayRef] {
        &self.columns
    }

    /// Other columns for the same rows.
    #[must_use]
    pub fn with_columns(&self, columns: Vec<ArrayRef>) -> Self {
        Self::new(self.times.clone(), columns)
    }

    /// Some rows that follow one another.
    #[must_use]
    pub fn slice(&self, offset: usize, length: usize) -> Self {
        let columns = self.columns.iter().map(|column| column.slice(offset, length)).collect();
        Self { times: self.times.slice(offset, length), columns }
    }

    /// The rows for which the mask is TRUE (NULL is not).
    #[must_use]
    pub fn filter(&self, mask: &BooleanArray) -> Self {
        // Optimised once, for all columns.
        let predicate = FilterBuilder::new(mask).optimize().build();
        if predicate.count() == self.len() {
            return self.clone();
        }
        let filter = |column: &ArrayRef| predicate.filter(column).expect("the mask is as long as the rows");
        let times = filter(&(Arc::new(Int64Array::new(self.times.clone(), None)) as ArrayRef));
        let times = times.as_primitive::<Int64Type>().values().clone();
        Self::new(times, self.columns.iter().map(filter).collect())
    }

    /// The rows at some places, which must not be NULL and be such that times do not fall.
    #[must_use]
    pub fn take(&self, places: &UInt32Array) -> Self {
        let take = |column: &ArrayRef| {
            arrow_select::take::take(column, places, None).expect("places lie within the rows, which have plain types")
        };
        let times = places.values().iter().map(|place| self.times[*place as usize]).collect();
        Self::new(times, self.columns.iter().map(take).collect())
    }

    /// Rows behind one another. There must be at least one part, and all have the same types.
    #[must_use]
    pub fn concat(parts: &[Rows]) -> Self {
        if let [only] = parts {
            return only.clone();
        }
        let times = parts.iter().flat_map(|part| part.times.iter().copied()).collect();
        let columns = (0..parts[0].columns.len()).map(|index| {
            let arrays: Vec<&dyn Array> = parts.iter().map(|part| &*part.columns[index]).collect();
            arrow_select::concat::concat(&arrays).expect("parts have the same types")
        });
        Self::new(times, columns.collect())
    }

    /// Rows of several parts, merged by ROWTIME; among equals earlier parts come first.
    ///
    /// There must be at least one part, and all have the same types.
    #[must_use]
    pub fn merge(parts: &[Rows]) -> Self {
        let filled = parts.iter().filter(|part| !part.is_empty());
        if filled.is_sorted_by(|one, next| one.times.last() <= next.times.first()) {
            return Self::concat(parts);
        }
        let times: Vec<i64> = parts.iter().flat_map(|part| part.times.iter().copied()).collect();
        let mut places: Vec<u32> = (0..times.len()).map(place).collect();
        // A stable sort, which finds the parts as runs.
        places.sort_by_key(|place| times[*place as usize]);
        let places = UInt32Array::from(places);
        let columns = (0..parts[0].columns.len()).map(|index| {
            let arrays: Vec<&dyn Array> = parts.iter().map(|part| &*part.columns[index]).collect();
            let all = arrow_select::concat::concat(&arrays).expect("parts have the same types");
            arrow_select::take::take(&all, &places, None).expect("places lie within the rows")
        });
        Self::new(places.values().iter().map(|place| times[*place as usize]).collect(), columns.collect())
    }

    /// The same rows without the memory of what else lies beside their texts: what is kept for long should not hold
    /// the records that it was cut out of.
    #[must_use]
    pub fn compacted(&self) -> Self {
        let columns = self.columns.iter().map(compacted).collect();
        Self { times: self.times.clone(), columns }
    }

    /// The same rows in memory of their own. What is read from a checkpoint has all its columns in one piece, which would stay
    /// as long as any of them, and be counted for each.
    #[must_use]
    pub(crate) fn unshared(&self) -> Self {
        let all = UInt32Array::from_iter_values((0..self.len()).map(place));
        let column = |column: &ArrayRef| -> ArrayRef {
            // Of views this takes the NULLs out, of all others everything.
            let taken = arrow_select::take::take(column, &all, None).expect("all places lie within the rows");
            match (taken.as_string_view_opt(), taken.as_binary_view_opt()) {
                (Some(texts), _) => Arc::new(texts.gc()),
                (_, Some(bytes)) => Arc::new(bytes.gc()),
                _ => taken,
            }
        };
        Self { times: self.times.iter().copied().collect(), columns: self.columns.iter().map(column).collect() }
    }

    /// Roughly how much memory they hold, in bytes.
    pub fn memory(&self) -> usize {
        self.times.len() * 8 + self.columns.iter().map(Array::get_array_memory_size).sum::<usize>()
    }
}

fn place(row: usize) -> u32 {
    u32::try_from(row).expect("batches are smaller than 2^32 rows")
}

fn compacted(column: &ArrayRef) -> ArrayRef {
    if let Some(texts) = column.as_string_view_opt() {
        if needs_compacting(texts) { Arc::new(texts.gc()) } else { Arc::clone(column) }
    } else if let Some(bytes) = column.as_binary_view_opt() {
        if needs_compacting(bytes) { Arc::new(bytes.gc()) } else { Arc::clone(column) }
    } else {
        Arc::clone(column)
    }
}

fn needs_compacting<T: ByteViewType>(views: &GenericByteViewArray<T>) -> bool {
    let held: usize = views.data_buffers().iter().map(arrow_buffer::Buffer::capacity).sum();
    held > 2 * views.total_buffer_bytes_used()
}

/// The Arrow type that holds values of a type. Intervals are whole numbers of milliseconds or months.
pub fn arrow_type(data_type: DataType) -> arrow_schema::DataType {
    use arrow_schema::DataType as Arrow;
    match data_type {
        DataType::Null => Arrow::Null,
        DataType::Boolean => Arrow::Boolean,
        DataType::TinyInt => Arrow::Int8,
        DataType::SmallInt => Arrow::Int16,
        DataType::Integer => Arrow::Int32,
        DataType::BigInt | DataType::Interval | DataType::MonthInterval => Arrow::Int64,
        DataType::Decimal { precision, scale } => {
            Arrow::Decimal128(precision, i8::try_from(scale).expect("a scale is at most 19"))
        }
        DataType::Real => Arrow::Float32,
        DataType::Double => Arrow::Float64,
        // Views: values decoded from records stay where they are, and filters copy sixteen bytes.
        DataType::Char(_) | DataType::Varchar(_) => Arrow::Utf8View,
        DataType::Binary(_) | DataType::Varbinary(_) => Arrow::BinaryView,
        DataType::Date => Arrow::Date32,
        DataType::Time => Arrow::Time32(TimeUnit::Millisecond),
        DataType::Timestamp => Arrow::Timestamp(TimeUnit::Millisecond, None),
    }
}

/// The Arrow schema of a stream's columns; ROWTIME is not among them.
pub fn arrow_schema(schema: &Schema) -> Arc<arrow_schema::Schema> {
    let field = |column: &crate::plan::Column| {
        arrow_schema::Field::new(&column.name, arrow_type(column.data_type), column.nullable)
    };
    Arc::new(arrow_schema::Schema::new(schema.columns.iter().map(field).collect::<Vec<_>>()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::{NullArray, StringViewArray};

    fn rows(times: &[i64]) -> Rows {
        let texts = times.iter().map(|time| Some(format!("the text of the row at {time}")));
        let texts: StringViewArray = texts.collect();
        Rows::new(times.to_vec().into(), vec![Arc::new(texts), Arc::new(NullArray::new(times.len()))])
    }

    #[test]
    fn only_true_leaves_a_row_in() {
        let all = rows(&[1, 2, 3, 4]);
        assert_eq!(all.filter(&BooleanArray::from(vec![Some(true), None, Some(false), Some(true)])), rows(&[1, 4]));
        assert_eq!(all.filter(&BooleanArray::from(vec![true; 4])), all);
        assert!(all.filter(&BooleanArray::from(vec![false; 4])).is_empty());
    }

    #[test]
    fn parts_are_merged_by_rowtime() {
        assert_eq!(Rows::merge(&[rows(&[1, 4]), rows(&[2, 4, 9]), rows(&[]), rows(&[0])]), rows(&[0, 1, 2, 4, 4, 9]));
        assert_eq!(Rows::merge(&[rows(&[1, 2]), rows(&[2])]), rows(&[1, 2, 2]));
        let merged = Rows::merge(&[rows(&[]), rows(&[5]), rows(&[]), rows(&[3])]);
        assert_eq!(merged, rows(&[3, 5]));
    }

    #[test]
    fn compacted_rows_hold_only_their_own_texts() {
        let times: Vec<i64> = (0..10_000).collect();
        let few = rows(&times).slice(500, 2);
        let compacted = few.compacted();
        assert_eq!(compacted, few);
        assert!(few.memory() > 100_000 && compacted.memory() < 2_000, "{} {}", few.memory(), compacted.memory());
    }
}
