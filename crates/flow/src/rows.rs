//! Rows in memory: a column of times beside Arrow arrays. Everything between two operators is this.

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, BooleanArray, UInt32Array, new_empty_array};
use arrow_buffer::ScalarBuffer;
use arrow_schema::TimeUnit;

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
        let kept: UInt32Array = mask
            .iter()
            .enumerate()
            .filter(|(_, keep)| *keep == Some(true))
            .map(|(row, _)| u32::try_from(row).expect("batches are smaller than 2^32 rows"))
            .collect::<Vec<_>>()
            .into();
        if kept.len() == self.len() { self.clone() } else { self.take(&kept) }
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

    /// Roughly how much memory they hold, in bytes.
    pub fn memory(&self) -> usize {
        self.times.len() * 8 + self.columns.iter().map(Array::get_array_memory_size).sum::<usize>()
    }
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
