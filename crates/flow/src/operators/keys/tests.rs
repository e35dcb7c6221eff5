//! Keys that are equal, keys that are not, and numbers that are given out again.

use super::*;
use arrow_array::{
    ArrayRef, BinaryViewArray, BooleanArray, Decimal128Array, Float32Array, Float64Array, Int8Array, Int16Array,
    Int32Array, Int64Array, NullArray, StringViewArray, TimestampMillisecondArray,
};
use std::sync::Arc;

fn written(columns: &[ArrayRef], row: usize) -> Vec<u8> {
    let mut key = vec![9];
    KeyColumns::new(columns).write(row, &mut key);
    key
}

fn written_number(number: i64) -> Vec<u8> {
    [&[1], &number.to_le_bytes()[..]].concat()
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
fn a_key_is_the_same_whichever_way_it_is_made() {
    let all: [ArrayRef; 11] = [
        Arc::new(NullArray::new(4)),
        Arc::new(BooleanArray::from(vec![Some(true), Some(false), None, Some(true)])),
        Arc::new(Int8Array::from(vec![Some(1), Some(-1), None, Some(1)])),
        Arc::new(Int16Array::from(vec![Some(300), Some(0), None, Some(300)])),
        Arc::new(Int32Array::from(vec![Some(9), Some(70_000), Some(1), None, Some(70_000)]).slice(1, 4)),
        Arc::new(Int64Array::from(vec![Some(i64::MAX), Some(0), None, Some(i64::MAX)])),
        Arc::new(TimestampMillisecondArray::from(vec![Some(7), Some(8), None, Some(7)])),
        Arc::new(Decimal128Array::from(vec![Some(1 << 100), Some(0), None, Some(1 << 100)])),
        Arc::new(Float64Array::from(vec![Some(0.0), Some(f64::NAN), None, Some(-0.0)])),
        Arc::new(Float32Array::from(vec![Some(-0.0), Some(1.5), None, Some(0.0)])),
        Arc::new(BinaryViewArray::from(vec![Some(&b"\0"[..]), Some(b""), None, Some(b"\0")])),
    ];
    let texts = |texts: [&str; 4]| -> ArrayRef { Arc::new(StringViewArray::from(texts.to_vec())) };
    let few = [texts(["", "x", "a\0", ""]), texts(["twelve bytes", "thirteen byte", "a", "twelve bytes"])];
    let columns: Vec<&ArrayRef> = all.iter().chain(&few).collect();
    for one in &columns {
        for two in &columns {
            for columns in [vec![(*one).clone()], vec![(*one).clone(), (*two).clone()]] {
                let (mut keys, key_columns) = (Keys::default(), KeyColumns::new(&columns));
                assert_eq!(keys.find_all(&key_columns, 0..4), [NO_NUMBER; 4]);
                let numbers: Vec<u32> = (0..4).map(|row| keys.number(&written(&columns, row))).collect();
                assert_eq!(keys.number_all(&key_columns, 0..4), numbers, "{columns:?}");
                assert_eq!(keys.find_all(&key_columns, (0..4).rev()), [3, 2, 1, 0].map(|row| numbers[row]));
                assert_eq!(keys.find(&written(&columns, 0)), keys.find(&written(&columns, 3)), "{columns:?}");
            }
        }
    }
}

#[test]
fn many_keys_are_numbered_at_once() {
    let numbers: Vec<i64> = (0..10_000).map(|number| number * number % 7919).collect();
    let columns: [ArrayRef; 1] = [Arc::new(Int64Array::from(numbers.clone()))];
    let columns = KeyColumns::new(&columns);
    let (mut keys, mut one_by_one) = (Keys::default(), Keys::default());
    let expected = numbers.iter().map(|number| one_by_one.number(&written_number(*number)));
    assert_eq!(keys.number_all(&columns, 0..10_000), expected.collect::<Vec<_>>());
    (0..keys.numbers()).step_by(2).for_each(|number| keys.remove(u32::try_from(number).unwrap()));
    let found = keys.find_all(&columns, 0..10_000);
    let is_there = |number: u32| if number.is_multiple_of(2) { NO_NUMBER } else { number };
    assert!((0..10_000).all(|row| found[row] == is_there(one_by_one.number(&written_number(numbers[row])))));
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
