//! Keys that are equal, keys that are not, and numbers that are given out again.

use super::*;
use arrow_array::{Int32Array, StringViewArray};
use std::sync::Arc;

fn written(columns: &[ArrayRef], row: usize) -> Vec<u8> {
    let mut key = vec![9];
    KeyColumns::new(columns).write(row, &mut key);
    key
}

#[test]
fn keys_are_equal_when_all_columns_are() {
    let numbers: ArrayRef = Arc::new(Int32Array::from(vec![Some(1), None, Some(1), None, Some(0)]).slice(1, 4));
    let texts: ArrayRef = Arc::new(StringViewArray::from(vec!["ab", "c", "ab", "ab"]));
    let columns = [texts, numbers];
    assert_eq!(written(&columns, 0), written(&columns, 2));
    assert_ne!(written(&columns, 0), written(&columns, 1));
    assert_ne!(written(&columns, 0), written(&columns, 3));
    assert!(KeyColumns::new(&columns).has_null(0));
    assert!(!KeyColumns::new(&columns).has_null(1));
    let doubles: [ArrayRef; 1] = [Arc::new(Float64Array::from(vec![0.0, -0.0, f64::NAN, -f64::NAN]))];
    assert_eq!(written(&doubles, 0), written(&doubles, 1));
    assert_eq!(written(&doubles, 2), written(&doubles, 3));
}

#[test]
fn borders_between_texts_count() {
    let left: ArrayRef = Arc::new(StringViewArray::from(vec!["ab", "a"]));
    let right: ArrayRef = Arc::new(StringViewArray::from(vec!["c", "bc"]));
    assert_ne!(written(&[left.clone(), right.clone()], 0), written(&[left, right], 1));
    let filled: [ArrayRef; 1] = [Arc::new(StringViewArray::from(vec!["ab  ", "ab"]))];
    assert_ne!(written(&filled, 0), written(&filled, 1));
    let mut key = Vec::new();
    KeyColumns::padded(&filled, &[true]).write(0, &mut key);
    assert_eq!(key, written(&filled, 1));
}

#[test]
fn numbers_of_removed_keys_are_given_out_again_also_after_a_checkpoint() {
    let mut keys = Keys::default();
    let long = [7; 100];
    assert_eq!([keys.number(b"a"), keys.number(&long), keys.number(b"c"), keys.number(b"a")], [0, 1, 2, 0]);
    let memory = keys.memory();
    keys.remove(1);
    assert!(keys.memory() < memory);
    assert_eq!((keys.find(&long), keys.len(), keys.numbers()), (None, 2, 3));
    let mut saver = Saver::default();
    keys.save(&mut saver);
    let bytes = saver.finish();
    let mut keys = Keys::load(&mut Loader::new(&bytes)).unwrap();
    assert_eq!([keys.find(b"a"), keys.find(b"c"), keys.find(&long), keys.find(b"")], [Some(0), Some(2), None, None]);
    assert_eq!([keys.number(b""), keys.number(b"d")], [1, 3]);
}

#[test]
fn memory_of_many_removed_keys_is_given_back() {
    let mut keys = Keys::default();
    for number in 0..5000u32 {
        assert_eq!(keys.number(&number.to_le_bytes()), number);
    }
    assert_eq!(keys.compact(), None);
    let full = keys.memory();
    (0..5000).filter(|number| number % 1000 != 7).for_each(|number| keys.remove(number));
    assert_eq!(keys.compact(), Some(vec![7, 1007, 2007, 3007, 4007]));
    assert_eq!(keys.find(&2007u32.to_le_bytes()), Some(2));
    assert!(keys.memory() < full / 100);
}
