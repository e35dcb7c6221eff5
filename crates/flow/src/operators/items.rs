//! The values of a column as items that are counted.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float32Type, Float64Type};
use arrow_array::{Array, ArrayRef, BinaryViewArray, BooleanArray, StringViewArray};
use arrow_buffer::{Buffer, NullBuffer};
use arrow_schema::DataType;
use siphasher::sip128::{Hasher128, SipHasher13};

/// The values of a column, each as the bytes that stand for it.
pub(super) enum Items {
    Null,
    Boolean(BooleanArray),
    Text(StringViewArray),
    Binary(BinaryViewArray),
    /// Numbers and times.
    Fixed {
        values: Buffer,
        width: usize,
        nulls: Option<NullBuffer>,
    },
}

impl Items {
    /// Looks at a column.
    pub(super) fn of(column: &ArrayRef) -> Self {
        match column.data_type() {
            DataType::Null => Self::Null,
            DataType::Boolean => Self::Boolean(column.as_boolean().clone()),
            DataType::Utf8View => Self::Text(column.as_string_view().clone()),
            DataType::BinaryView => Self::Binary(column.as_binary_view().clone()),
            // Minus zero is zero.
            DataType::Float64 => {
                Self::fixed(&column.as_primitive::<Float64Type>().unary::<_, Float64Type>(|value| value + 0.0))
            }
            DataType::Float32 => {
                Self::fixed(&column.as_primitive::<Float32Type>().unary::<_, Float32Type>(|value| value + 0.0))
            }
            _ => Self::fixed(column),
        }
    }

    fn fixed(column: &dyn Array) -> Self {
        let width = column.data_type().primitive_width().expect("all other columns hold numbers and times");
        let data = column.to_data();
        let values = data.buffers()[0].slice_with_length(data.offset() * width, data.len() * width);
        Self::Fixed { values, width, nulls: column.nulls().cloned() }
    }

    /// A number that stands for a row's value: the same in every process, and never met twice for different values. None for NULL.
    pub(super) fn fingerprint(&self, row: usize) -> Option<u128> {
        match self {
            Self::Null => None,
            Self::Boolean(values) => values.is_valid(row).then(|| hash(&[u8::from(values.value(row))])),
            Self::Text(values) => values.is_valid(row).then(|| hash(values.value(row).as_bytes())),
            Self::Binary(values) => values.is_valid(row).then(|| hash(values.value(row))),
            Self::Fixed { values, width, nulls } => {
                let is_valid = nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row));
                is_valid.then(|| hash(&values[row * width..][..*width]))
            }
        }
    }
}

fn hash(bytes: &[u8]) -> u128 {
    let mut hasher = SipHasher13::new_with_keys(0x6d69_6c6c, 0x7374_7265_616d);
    std::hash::Hasher::write(&mut hasher, bytes);
    hasher.finish128().as_u128()
}

/// The values without the records' memory behind them.
pub(super) fn compact(values: ArrayRef) -> ArrayRef {
    match values.data_type() {
        DataType::Utf8View => Arc::new(values.as_string_view().gc()),
        DataType::BinaryView => Arc::new(values.as_binary_view().gc()),
        _ => values,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::{Decimal128Array, Float64Array, NullArray};

    #[test]
    fn equal_values_have_equal_fingerprints_and_others_do_not() {
        let items = |array: ArrayRef| Items::of(&array);
        let doubles = items(Arc::new(Float64Array::from(vec![Some(0.0), Some(-0.0), None, Some(1.0)]).slice(1, 3)));
        let zeros = items(Arc::new(Float64Array::from(vec![0.0, 1.0])));
        assert_eq!(doubles.fingerprint(0), zeros.fingerprint(0));
        assert_eq!(doubles.fingerprint(1), None);
        assert_eq!(doubles.fingerprint(2), zeros.fingerprint(1));
        assert_ne!(zeros.fingerprint(0), zeros.fingerprint(1));
        let decimals = items(Arc::new(Decimal128Array::from(vec![Some(1), None])));
        assert!(decimals.fingerprint(0).is_some() && decimals.fingerprint(1).is_none());
        assert_eq!(items(Arc::new(NullArray::new(1))).fingerprint(0), None);
        let flags = items(Arc::new(BooleanArray::from(vec![true, false])));
        assert_ne!(flags.fingerprint(0), flags.fingerprint(1));
        let texts = items(Arc::new(StringViewArray::from(vec!["a", "", "a text that is longer than a view holds"])));
        let binary = items(Arc::new(BinaryViewArray::from(vec![b"a".as_slice()])));
        assert_eq!(texts.fingerprint(0), binary.fingerprint(0));
        assert!(texts.fingerprint(1).is_some() && texts.fingerprint(1) != texts.fingerprint(2));
    }
}
