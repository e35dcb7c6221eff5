//! The values an expression has for a batch, and loops over them that turn a failed row into an error of that row.

use std::sync::Arc;

use arrow_array::types::ArrowPrimitiveType;
use arrow_array::{
    Array, ArrayRef, BinaryViewArray, BooleanArray, Datum, PrimitiveArray, StringViewArray, UInt32Array, new_null_array,
};
use arrow_buffer::{BooleanBufferBuilder, NullBuffer};

use super::batch::Batch;
use crate::RowError;
use crate::rows::arrow_type;
use crate::types::DataType;

/// The values of an expression: one for each row, or one for all of them.
#[derive(Debug, Clone)]
pub(super) enum Values {
    /// One for each row.
    Rows(ArrayRef),
    /// An array of one value, which every row has.
    Constant(ArrayRef),
}

impl Values {
    pub(super) fn rows(array: impl Array + 'static) -> Self {
        Self::Rows(Arc::new(array))
    }

    /// NULL for every row.
    pub(super) fn null(data_type: DataType) -> Self {
        Self::Constant(new_null_array(&arrow_type(data_type), 1))
    }

    pub(super) fn array(&self) -> &ArrayRef {
        match self {
            Self::Rows(array) | Self::Constant(array) => array,
        }
    }

    /// Something made of each value.
    pub(super) fn with(&self, made: ArrayRef) -> Self {
        match self {
            Self::Rows(_) => Self::Rows(made),
            Self::Constant(_) => Self::Constant(made),
        }
    }

    /// Where in the array a row's value is.
    pub(super) fn place(&self, row: usize) -> usize {
        if self.is_constant() { 0 } else { row }
    }

    pub(super) fn is_constant(&self) -> bool {
        matches!(self, Self::Constant(_))
    }

    /// An array with a value for each row.
    pub(super) fn spread(&self, length: usize) -> ArrayRef {
        match self {
            Self::Rows(array) => Arc::clone(array),
            Self::Constant(array) if array.len() == length => Arc::clone(array),
            Self::Constant(array) => {
                let places = UInt32Array::from(vec![0; length]);
                arrow_select::take::take(array, &places, None).expect("the only value is at place 0")
            }
        }
    }

    /// The values as an array of one kind. The binder has seen to it that they are of that kind.
    fn known<T: Array + 'static>(&self) -> &T {
        let array = self.array();
        array.as_any().downcast_ref().unwrap_or_else(|| panic!("values are {} here", array.data_type()))
    }

    pub(super) fn booleans(&self, length: usize) -> BooleanArray {
        match self {
            Self::Rows(_) => self.known::<BooleanArray>().clone(),
            Self::Constant(_) => {
                let spread = Self::Rows(self.spread(length));
                spread.known::<BooleanArray>().clone()
            }
        }
    }

    pub(super) fn numbers<T: ArrowPrimitiveType>(&self) -> Numbers<'_, T> {
        let array: &PrimitiveArray<T> = self.known();
        Numbers { values: array.values(), nulls: array.nulls(), stride: usize::from(!self.is_constant()) }
    }

    pub(super) fn texts(&self) -> Texts<'_> {
        Texts { array: self.known(), stride: usize::from(!self.is_constant()) }
    }

    pub(super) fn bytes(&self) -> &BinaryViewArray {
        self.known()
    }
}

impl Datum for Values {
    fn get(&self) -> (&dyn Array, bool) {
        (&**self.array(), self.is_constant())
    }
}

/// Numbers by row.
pub(super) struct Numbers<'a, T: ArrowPrimitiveType> {
    values: &'a [T::Native],
    nulls: Option<&'a NullBuffer>,
    /// 0 if all rows have the first value.
    stride: usize,
}

impl<T: ArrowPrimitiveType> Numbers<'_, T> {
    pub(super) fn value(&self, row: usize) -> T::Native {
        self.values[row * self.stride]
    }

    pub(super) fn get(&self, row: usize) -> Option<T::Native> {
        self.nulls.is_none_or(|nulls| nulls.is_valid(row * self.stride)).then(|| self.value(row))
    }

    /// The values, one for each row or the one of all.
    pub(super) fn all(&self) -> &[T::Native] {
        self.values
    }

    /// Which rows are NULL.
    pub(super) fn nulls(&self, length: usize) -> Option<NullBuffer> {
        let nulls = self.nulls?;
        match self.stride {
            0 if nulls.is_null(0) => Some(NullBuffer::new_null(length)),
            0 => None,
            _ => Some(nulls.clone()),
        }
    }
}

/// Texts by row.
pub(super) struct Texts<'a> {
    array: &'a StringViewArray,
    stride: usize,
}

impl<'a> Texts<'a> {
    /// The text at a place of the array.
    pub(super) fn at(&self, place: usize) -> Option<&'a str> {
        self.array.is_valid(place).then(|| self.array.value(place))
    }

    pub(super) fn get(&self, row: usize) -> Option<&'a str> {
        self.at(row * self.stride)
    }
}

/// A number of each number. `None` is an error, which `error` describes.
pub(super) fn unary<I: ArrowPrimitiveType, O: ArrowPrimitiveType>(
    batch: &Batch<'_>,
    input: &Values,
    operation: impl Fn(I::Native) -> Option<O::Native>,
    error: impl Fn(I::Native) -> RowError,
) -> PrimitiveArray<O> {
    let input = input.numbers::<I>();
    let nulls = input.nulls(batch.len());
    each(batch, nulls, |row| operation(input.value(row)), |row| error(input.value(row)))
}

/// A number of each two numbers. `None` is an error, which `error` describes.
pub(super) fn binary<L: ArrowPrimitiveType, R: ArrowPrimitiveType, O: ArrowPrimitiveType>(
    batch: &Batch<'_>,
    left: &Values,
    right: &Values,
    operation: impl Fn(L::Native, R::Native) -> Option<O::Native>,
    error: impl Fn(L::Native, R::Native) -> RowError,
) -> PrimitiveArray<O> {
    let (left, right) = (left.numbers::<L>(), right.numbers::<R>());
    let nulls = NullBuffer::union(left.nulls(batch.len()).as_ref(), right.nulls(batch.len()).as_ref());
    each(
        batch,
        nulls,
        |row| operation(left.value(row), right.value(row)),
        |row| error(left.value(row), right.value(row)),
    )
}

/// A number for each row. What stands at NULLs is worked on too, as branches cost more; its errors are none.
pub(super) fn each<O: ArrowPrimitiveType>(
    batch: &Batch<'_>,
    nulls: Option<NullBuffer>,
    operation: impl Fn(usize) -> Option<O::Native>,
    error: impl Fn(usize) -> RowError,
) -> PrimitiveArray<O> {
    let mut failed = Vec::new();
    let mut out = Vec::with_capacity(batch.len());
    for row in 0..batch.len() {
        out.push(operation(row).unwrap_or_else(|| {
            failed.push(row);
            O::Native::default()
        }));
    }
    failed.retain(|row| nulls.as_ref().is_none_or(|nulls| nulls.is_valid(*row)));
    for row in &failed {
        batch.fail(*row, error(*row));
    }
    PrimitiveArray::new(out.into(), without(nulls, &failed, batch.len()))
}

/// The validity without some more rows.
pub(super) fn without(nulls: Option<NullBuffer>, failed: &[usize], length: usize) -> Option<NullBuffer> {
    if failed.is_empty() {
        return nulls;
    }
    let mut bits = BooleanBufferBuilder::new(length);
    match nulls {
        Some(nulls) => bits.append_buffer(nulls.inner()),
        None => bits.append_n(length, true),
    }
    failed.iter().for_each(|row| bits.set_bit(*row, false));
    Some(NullBuffer::new(bits.finish()))
}

/// A text of each row; what `make` writes into the buffer, or NULL if it answers false.
pub(super) fn written(
    batch: &Batch<'_>,
    mut make: impl FnMut(usize, &mut String) -> Result<bool, RowError>,
) -> StringViewArray {
    let mut out = arrow_array::builder::StringViewBuilder::with_capacity(batch.len());
    let mut text = String::new();
    for row in 0..batch.len() {
        text.clear();
        match make(row, &mut text) {
            Ok(true) => out.append_value(&text),
            Ok(false) => out.append_null(),
            Err(error) => {
                batch.fail(row, error);
                out.append_null();
            }
        }
    }
    out.finish()
}

/// A piece of a text that each row has; NULL where there is none.
pub(super) fn pieces<'t>(
    batch: &Batch<'_>,
    mut piece: impl FnMut(usize) -> Result<Option<&'t str>, RowError>,
) -> StringViewArray {
    let mut out = arrow_array::builder::StringViewBuilder::with_capacity(batch.len());
    for row in 0..batch.len() {
        match piece(row) {
            Ok(piece) => out.append_option(piece),
            Err(error) => {
                batch.fail(row, error);
                out.append_null();
            }
        }
    }
    out.finish()
}

/// A number, instant or truth of each row; NULL where there is none.
pub(super) fn made<O: ArrowPrimitiveType>(
    batch: &Batch<'_>,
    mut make: impl FnMut(usize) -> Result<Option<O::Native>, RowError>,
) -> PrimitiveArray<O> {
    (0..batch.len())
        .map(|row| {
            make(row).unwrap_or_else(|error| {
                batch.fail(row, error);
                None
            })
        })
        .collect()
}
