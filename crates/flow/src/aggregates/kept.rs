//! Single values of each Arrow type, taken out of arrays to be kept, and made into arrays again.

use std::cmp::Ordering;
use std::marker::PhantomData;
use std::sync::Arc;

use arrow_array::builder::GenericByteViewBuilder;
use arrow_array::types::{ArrowPrimitiveType, ByteViewType};
use arrow_array::{Array, ArrayRef, ArrowNativeTypeOp, BooleanArray, GenericByteViewArray, PrimitiveArray};
use arrow_schema::DataType as Arrow;

/// How values of one Arrow type are kept.
pub(super) trait Kept: Send + 'static {
    /// The array that they come in.
    type Array: Array + 'static;
    /// A value that is kept.
    type Owned: Clone + Send;

    /// Compares two values of arrays and kept ones.
    fn compare(array: &Self::Array, row: usize, kept: &Self::Owned) -> Ordering;
    /// Takes a value out, copied so that it does not hold its array's memory.
    fn own(array: &Self::Array, row: usize) -> Self::Owned;
    /// The memory a value holds beside itself.
    fn memory(_kept: &Self::Owned) -> usize {
        0
    }
    /// An array of values.
    fn array<'k>(values: impl Iterator<Item = Option<&'k Self::Owned>>, arrow: Arrow) -> ArrayRef;
}

/// Numbers, days and instants.
pub(super) struct Numbers<T>(PhantomData<fn() -> T>);

impl<T: ArrowPrimitiveType> Kept for Numbers<T> {
    type Array = PrimitiveArray<T>;
    type Owned = T::Native;

    fn compare(array: &Self::Array, row: usize, kept: &Self::Owned) -> Ordering {
        array.value(row).compare(*kept)
    }

    fn own(array: &Self::Array, row: usize) -> Self::Owned {
        array.value(row)
    }

    fn array<'k>(values: impl Iterator<Item = Option<&'k Self::Owned>>, arrow: Arrow) -> ArrayRef {
        Arc::new(values.map(Option::<&T::Native>::copied).collect::<PrimitiveArray<T>>().with_data_type(arrow))
    }
}

/// Truth values.
pub(super) struct Truths;

impl Kept for Truths {
    type Array = BooleanArray;
    type Owned = bool;

    fn compare(array: &Self::Array, row: usize, kept: &Self::Owned) -> Ordering {
        array.value(row).cmp(kept)
    }

    fn own(array: &Self::Array, row: usize) -> Self::Owned {
        array.value(row)
    }

    fn array<'k>(values: impl Iterator<Item = Option<&'k Self::Owned>>, _arrow: Arrow) -> ArrayRef {
        Arc::new(values.map(Option::<&bool>::copied).collect::<BooleanArray>())
    }
}

/// Texts and bytes.
pub(super) struct Views<T>(PhantomData<fn() -> T>);

impl<T: ByteViewType> Kept for Views<T>
where
    T::Native: ToOwned<Owned = T::Owned>,
    T::Owned: AsRef<[u8]>,
{
    type Array = GenericByteViewArray<T>;
    type Owned = T::Owned;

    fn compare(array: &Self::Array, row: usize, kept: &Self::Owned) -> Ordering {
        let value: &[u8] = array.value(row).as_ref();
        value.cmp(kept.as_ref())
    }

    fn own(array: &Self::Array, row: usize) -> Self::Owned {
        array.value(row).to_owned()
    }

    fn memory(kept: &Self::Owned) -> usize {
        // Taken out at their exact length.
        AsRef::<[u8]>::as_ref(kept).len()
    }

    fn array<'k>(values: impl Iterator<Item = Option<&'k Self::Owned>>, _arrow: Arrow) -> ArrayRef {
        let mut builder = GenericByteViewBuilder::<T>::new();
        for value in values {
            builder.append_option(value.map(AsRef::<T::Native>::as_ref));
        }
        Arc::new(builder.finish())
    }
}
