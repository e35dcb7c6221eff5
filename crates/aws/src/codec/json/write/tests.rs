//! What is written reads as AWS's JSON.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

#[derive(Debug, Clone, Serialize)]
enum Choice {
    Nothing,
    One(String),
    Two(i8, Option<bool>),
    Named { text: String, list: Vec<f64> },
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Everything {
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<i64>,
    fraction: f64,
    small: f32,
    character: char,
    by_name: BTreeMap<String, u128>,
    by_number: BTreeMap<i32, ()>,
    pair: (bool, u64),
    choices: Vec<Choice>,
}

fn choice() -> impl Strategy<Value = Choice> {
    prop_oneof![
        Just(Choice::Nothing),
        any::<String>().prop_map(Choice::One),
        any::<(i8, Option<bool>)>().prop_map(|(number, flag)| Choice::Two(number, flag)),
        any::<(String, Vec<f64>)>().prop_map(|(text, list)| Choice::Named { text, list }),
    ]
}

proptest! {
    #[test]
    fn values_are_written_as_serde_json_writes_them_and_counted_right(
        (text, number, fraction, small, character) in any::<(String, Option<i64>, f64, f32, char)>(),
        (by_name, by_number, pair) in any::<(BTreeMap<String, u128>, BTreeMap<i32, ()>, (bool, u64))>(),
        controls in "[\\x00-\\x22\\\\é]{0,9}",
        choices in prop::collection::vec(choice(), 0..4),
    ) {
        let text = text + &controls;
        let value =
            Everything { text, number, fraction, small, character, by_name, by_number, pair, choices };
        let (mut out, mut length) = (Vec::new(), Length::default());
        write(&value, &mut out).expect("JSON");
        write(&value, &mut length).expect("JSON");
        prop_assert_eq!(length.0, out.len() as u64);
        prop_assert_eq!(String::from_utf8(out).expect("text"), serde_json::to_string(&value).expect("JSON"));
    }
}

#[test]
fn keys_are_texts() {
    assert!(write(&BTreeMap::from([(vec![1], 2)]), &mut Vec::new()).is_err());
}

#[test]
fn numbers_with_few_decimals_look_as_serde_json_writes_them() {
    let instants = (0..2_000_u32).map(|step| 1_700_000_000.0 + f64::from(step) * 0.001_f64);
    let others = [
        0.0,
        -0.0,
        0.5,
        1.0,
        1.5,
        1.05,
        1.001,
        1.0001,
        9.999,
        -1.25,
        0.1 + 0.2,
        1e12,
        1e15,
        1e16,
        999_999_999_999.999,
        f64::MAX,
    ];
    let millis = (0..5_000_u64).map(|step| (step * 1_234_567_891) as f64 / 1000.0);
    for number in instants.chain(others).chain(millis) {
        let mut written = Vec::new();
        write(&number, &mut written).expect("a number");
        assert_eq!(String::from_utf8(written).expect("digits"), serde_json::to_string(&number).expect("a number"));
    }
}
