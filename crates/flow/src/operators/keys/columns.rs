//! Key columns of rows, ready to be written as bytes.

use arrow_array::cast::AsArray;
use arrow_array::types::{Float32Type, Float64Type};
use arrow_array::{Array, ArrayRef, BinaryViewArray, BooleanArray, Float32Array, Float64Array, StringViewArray};
use arrow_buffer::{Buffer, NullBuffer};
use arrow_schema::DataType as Arrow;

use super::key::Short;

/// Key columns of some rows.
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

    /// A row's key, if it is short and made of values that need no look elsewhere.
    ///
    /// Always in place: a key that is handed over in memory is waited for.
    #[inline(always)]
    pub(super) fn short(&self, row: usize) -> Option<Short> {
        let mut key = Short::default();
        let last = self.columns.len().wrapping_sub(1);
        for (index, (nulls, values)) in self.columns.iter().enumerate() {
            let is_null = nulls.as_ref().is_some_and(|nulls| nulls.is_null(row));
            key.append(u128::from(!is_null), 1)?;
            if !is_null {
                values.append(row, index == last, &mut key)?;
            }
        }
        Some(key)
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
            Self::Real(values) => key.extend_from_slice(&double_bits(f64::from(values.value(row))).to_le_bytes()),
            Self::Double(values) => key.extend_from_slice(&double_bits(values.value(row)).to_le_bytes()),
            Self::Text(values) => write_bytes(values.value(row).as_bytes(), last, key),
            Self::Padded(values) => write_bytes(values.value(row).trim_end_matches(' ').as_bytes(), last, key),
            Self::Binary(values) => write_bytes(values.value(row), last, key),
            Self::Fixed(values, width) => key.extend_from_slice(&values[row * width..(row + 1) * width]),
        }
    }

    #[inline]
    fn append(&self, row: usize, last: bool, key: &mut Short) -> Option<()> {
        match self {
            Self::Null => Some(()),
            Self::Boolean(values) => key.append(u128::from(values.value(row)), 1),
            Self::Real(values) => key.append(u128::from(double_bits(f64::from(values.value(row)))), 8),
            Self::Double(values) => key.append(u128::from(double_bits(values.value(row))), 8),
            Self::Text(values) => append_view(values.views()[row], last, key),
            Self::Padded(_) => None,
            Self::Binary(values) => append_view(values.views()[row], last, key),
            Self::Fixed(values, 1) => key.append(u128::from(u8::from_le_bytes(fixed(values, row))), 1),
            Self::Fixed(values, 2) => key.append(u128::from(u16::from_le_bytes(fixed(values, row))), 2),
            Self::Fixed(values, 4) => key.append(u128::from(u32::from_le_bytes(fixed(values, row))), 4),
            Self::Fixed(values, 8) => key.append(u128::from(u64::from_le_bytes(fixed(values, row))), 8),
            Self::Fixed(values, 16) => key.append(u128::from_le_bytes(fixed(values, row)), 16),
            Self::Fixed(..) => None,
        }
    }
}

#[inline]
fn fixed<const N: usize>(values: &Buffer, row: usize) -> [u8; N] {
    *values[row * N..].first_chunk().expect("there is a value for each row")
}

/// The longest value that lies in its view.
const INLINE_BYTES_MAX: u8 = 12;

/// A value that lies in its view: the length, then the bytes with zeroes behind them.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "the lowest four bytes are meant")]
fn append_view(view: u128, last: bool, key: &mut Short) -> Option<()> {
    let length = view as u32;
    let count = u8::try_from(length).ok().filter(|count| *count <= INLINE_BYTES_MAX)?;
    if !last {
        key.append(u128::from(length), 4)?;
    }
    key.append(view >> 32, count)
}

/// Zeroes of both signs are equal, and so are all that are not a number.
fn double_bits(value: f64) -> u64 {
    let value = if value.is_nan() { f64::NAN } else { value + 0.0 };
    value.to_bits()
}

/// Bytes end where the key does, or where their length says.
fn write_bytes(value: &[u8], last: bool, key: &mut Vec<u8>) {
    if !last {
        key.extend_from_slice(&u32::try_from(value.len()).expect("views are shorter than 2^32").to_le_bytes());
    }
    key.extend_from_slice(value);
}
