//! Arguments out of Arrow arrays, and answers into them.
//!
//! Calls are written once for a handful of plain types: narrow columns are widened on the way in and narrowed on the way
//! out, instead of a copy of each call for each column type.

use std::sync::Arc;

use arrow_array::builder::{BinaryViewBuilder, StringViewBuilder};
use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, Time32MillisecondType, TimestampMillisecondType,
};
use arrow_array::{Array, ArrayRef, BinaryViewArray, BooleanArray, NullArray, PrimitiveArray, StringViewArray};
use arrow_buffer::{ArrowNativeType, NullBuffer, ScalarBuffer};
use arrow_schema::{DataType as Arrow, TimeUnit};

use crate::state::{Damaged, Loader, Saver};

/// A value that can stay in a window.
pub(super) trait Stored: Sized {
    /// Memory that it holds beside itself, in bytes.
    fn heap(&self) -> usize {
        0
    }
    fn save(&self, saver: &mut Saver);
    fn load(loader: &mut Loader<'_>) -> Result<Self, Damaged>;
}

/// A type that calls work with.
pub(super) trait Native: Stored + Clone + Default + Send + 'static {
    /// An argument's values.
    type Reader;
    fn reader(array: &ArrayRef) -> Self::Reader;
    fn get(reader: &Self::Reader, row: usize) -> Self;
    /// An array of answers, with a type that goes with this one; any value stands where there is a NULL.
    fn array(values: Vec<Self>, nulls: Option<NullBuffer>, data_type: &Arrow) -> ArrayRef;
}

/// The argument of a call.
pub(super) struct Argument<T: Native> {
    nulls: Option<NullBuffer>,
    reader: T::Reader,
}

impl<T: Native> Argument<T> {
    pub(super) fn new(array: &ArrayRef) -> Self {
        Self { nulls: array.logical_nulls().filter(|nulls| nulls.null_count() > 0), reader: T::reader(array) }
    }

    pub(super) fn get(&self, row: usize) -> Option<T> {
        if self.nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) { None } else { Some(T::get(&self.reader, row)) }
    }
}

/// Whether there is a value is all that COUNT wants to know.
impl Stored for () {
    fn save(&self, _: &mut Saver) {}
    fn load(_: &mut Loader<'_>) -> Result<Self, Damaged> {
        Ok(())
    }
}

impl Native for () {
    type Reader = ();
    fn reader(_: &ArrayRef) {}
    fn get((): &(), _: usize) {}
    fn array(values: Vec<Self>, _: Option<NullBuffer>, _: &Arrow) -> ArrayRef {
        Arc::new(NullArray::new(values.len()))
    }
}

impl Stored for bool {
    fn save(&self, saver: &mut Saver) {
        saver.integer(i64::from(*self));
    }
    fn load(loader: &mut Loader<'_>) -> Result<Self, Damaged> {
        Ok(loader.integer()? != 0)
    }
}

impl Native for bool {
    type Reader = BooleanArray;
    fn reader(array: &ArrayRef) -> BooleanArray {
        array.as_boolean().clone()
    }
    fn get(reader: &BooleanArray, row: usize) -> bool {
        reader.value(row)
    }
    fn array(values: Vec<Self>, nulls: Option<NullBuffer>, _: &Arrow) -> ArrayRef {
        Arc::new(BooleanArray::new(values.into(), nulls))
    }
}

fn widened<P: ArrowPrimitiveType, T: From<P::Native> + ArrowNativeType>(array: &ArrayRef) -> ScalarBuffer<T> {
    array.as_primitive::<P>().values().iter().map(|value| T::from(*value)).collect()
}

fn primitive<P: ArrowPrimitiveType, T: Copy>(
    values: Vec<T>,
    nulls: Option<NullBuffer>,
    data_type: &Arrow,
    narrowed: impl Fn(T) -> P::Native,
) -> ArrayRef {
    let values: Vec<P::Native> = values.into_iter().map(narrowed).collect();
    let array = PrimitiveArray::<P>::new(values.into(), nulls);
    Arc::new(array.with_data_type(data_type.clone()))
}

const FITS: &str = "answers have been checked to fit their type";

impl Stored for i32 {
    fn save(&self, saver: &mut Saver) {
        saver.integer(i64::from(*self));
    }
    fn load(loader: &mut Loader<'_>) -> Result<Self, Damaged> {
        i32::try_from(loader.integer()?).map_err(|_| Damaged)
    }
}

/// TINYINT, SMALLINT, INTEGER, DATE, TIME.
impl Native for i32 {
    type Reader = ScalarBuffer<i32>;
    fn reader(array: &ArrayRef) -> ScalarBuffer<i32> {
        match array.data_type() {
            Arrow::Int8 => widened::<Int8Type, _>(array),
            Arrow::Int16 => widened::<Int16Type, _>(array),
            Arrow::Date32 => array.as_primitive::<Date32Type>().values().clone(),
            Arrow::Time32(_) => array.as_primitive::<Time32MillisecondType>().values().clone(),
            _ => array.as_primitive::<Int32Type>().values().clone(),
        }
    }
    fn get(reader: &ScalarBuffer<i32>, row: usize) -> i32 {
        reader[row]
    }
    fn array(values: Vec<Self>, nulls: Option<NullBuffer>, data_type: &Arrow) -> ArrayRef {
        match data_type {
            Arrow::Int8 => primitive::<Int8Type, _>(values, nulls, data_type, |value| value.try_into().expect(FITS)),
            Arrow::Int16 => primitive::<Int16Type, _>(values, nulls, data_type, |value| value.try_into().expect(FITS)),
            Arrow::Date32 => primitive::<Date32Type, _>(values, nulls, data_type, |value| value),
            Arrow::Time32(_) => primitive::<Time32MillisecondType, _>(values, nulls, data_type, |value| value),
            _ => primitive::<Int32Type, _>(values, nulls, data_type, |value| value),
        }
    }
}

impl Stored for i64 {
    fn save(&self, saver: &mut Saver) {
        saver.integer(*self);
    }
    fn load(loader: &mut Loader<'_>) -> Result<Self, Damaged> {
        loader.integer()
    }
}

/// BIGINT, TIMESTAMP, intervals.
impl Native for i64 {
    type Reader = ScalarBuffer<i64>;
    fn reader(array: &ArrayRef) -> ScalarBuffer<i64> {
        match array.data_type() {
            Arrow::Timestamp(..) => array.as_primitive::<TimestampMillisecondType>().values().clone(),
            _ => array.as_primitive::<Int64Type>().values().clone(),
        }
    }
    fn get(reader: &ScalarBuffer<i64>, row: usize) -> i64 {
        reader[row]
    }
    fn array(values: Vec<Self>, nulls: Option<NullBuffer>, data_type: &Arrow) -> ArrayRef {
        match data_type {
            Arrow::Timestamp(TimeUnit::Millisecond, _) => {
                primitive::<TimestampMillisecondType, _>(values, nulls, data_type, |value| value)
            }
            _ => primitive::<Int64Type, _>(values, nulls, data_type, |value| value),
        }
    }
}

impl Stored for i128 {
    fn save(&self, saver: &mut Saver) {
        saver.bytes(&self.to_le_bytes());
    }
    fn load(loader: &mut Loader<'_>) -> Result<Self, Damaged> {
        Ok(i128::from_le_bytes(loader.bytes()?.try_into().map_err(|_| Damaged)?))
    }
}

/// DECIMAL; and sums of whole numbers, which are checked to fit their type.
impl Native for i128 {
    type Reader = ScalarBuffer<i128>;
    fn reader(array: &ArrayRef) -> ScalarBuffer<i128> {
        array.as_primitive::<Decimal128Type>().values().clone()
    }
    fn get(reader: &ScalarBuffer<i128>, row: usize) -> i128 {
        reader[row]
    }
    fn array(values: Vec<Self>, nulls: Option<NullBuffer>, data_type: &Arrow) -> ArrayRef {
        match data_type {
            Arrow::Boolean => Arc::new(BooleanArray::new(values.into_iter().map(|value| value != 0).collect(), nulls)),
            Arrow::Int8 => primitive::<Int8Type, _>(values, nulls, data_type, |value| value.try_into().expect(FITS)),
            Arrow::Int16 => primitive::<Int16Type, _>(values, nulls, data_type, |value| value.try_into().expect(FITS)),
            Arrow::Int32 => primitive::<Int32Type, _>(values, nulls, data_type, |value| value.try_into().expect(FITS)),
            Arrow::Int64 => primitive::<Int64Type, _>(values, nulls, data_type, |value| value.try_into().expect(FITS)),
            _ => primitive::<Decimal128Type, _>(values, nulls, data_type, |value| value),
        }
    }
}

impl Stored for f64 {
    fn save(&self, saver: &mut Saver) {
        saver.double(*self);
    }
    fn load(loader: &mut Loader<'_>) -> Result<Self, Damaged> {
        loader.double()
    }
}

/// REAL and DOUBLE.
impl Native for f64 {
    type Reader = ScalarBuffer<f64>;
    fn reader(array: &ArrayRef) -> ScalarBuffer<f64> {
        match array.data_type() {
            Arrow::Float32 => widened::<Float32Type, _>(array),
            _ => array.as_primitive::<Float64Type>().values().clone(),
        }
    }
    fn get(reader: &ScalarBuffer<f64>, row: usize) -> f64 {
        reader[row]
    }
    #[expect(clippy::cast_possible_truncation, reason = "a mean of REAL is REAL: the nearest one is meant")]
    fn array(values: Vec<Self>, nulls: Option<NullBuffer>, data_type: &Arrow) -> ArrayRef {
        match data_type {
            Arrow::Float32 => primitive::<Float32Type, _>(values, nulls, data_type, |value| value as f32),
            _ => primitive::<Float64Type, _>(values, nulls, data_type, |value| value),
        }
    }
}

impl Stored for Box<[u8]> {
    fn heap(&self) -> usize {
        self.len()
    }
    fn save(&self, saver: &mut Saver) {
        saver.bytes(self);
    }
    fn load(loader: &mut Loader<'_>) -> Result<Self, Damaged> {
        loader.bytes().map(Into::into)
    }
}

/// Where characters or bytes are read from.
pub(super) enum Bytes {
    Text(StringViewArray),
    Binary(BinaryViewArray),
}

/// Characters and bytes, copied: a view would keep whole records alive.
impl Native for Box<[u8]> {
    type Reader = Bytes;
    fn reader(array: &ArrayRef) -> Bytes {
        match array.data_type() {
            Arrow::Utf8View => Bytes::Text(array.as_string_view().clone()),
            _ => Bytes::Binary(array.as_binary_view().clone()),
        }
    }
    fn get(reader: &Bytes, row: usize) -> Self {
        match reader {
            Bytes::Text(texts) => texts.value(row).as_bytes().into(),
            Bytes::Binary(values) => values.value(row).into(),
        }
    }
    fn array(values: Vec<Self>, nulls: Option<NullBuffer>, data_type: &Arrow) -> ArrayRef {
        let rows = values.iter().enumerate();
        let rows = rows.map(|(row, value)| nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row)).then_some(value));
        if *data_type == Arrow::Utf8View {
            let mut builder = StringViewBuilder::with_capacity(values.len());
            // Only what came in as characters, or was loaded from a checkpoint that is checked as a whole, is here.
            rows.for_each(|value| builder.append_option(value.map(|value| String::from_utf8_lossy(value))));
            return Arc::new(builder.finish());
        }
        let mut builder = BinaryViewBuilder::with_capacity(values.len());
        rows.for_each(|value| builder.append_option(value.map(|value| &**value)));
        Arc::new(builder.finish())
    }
}
