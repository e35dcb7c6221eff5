//! What clients read.

use serde::Deserialize;

use super::*;
use crate::{Blob, ErrorCode, ErrorMember, Required, Timestamp};

#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Probe {
    name: Required<String>,
    count: Option<i32>,
    flag: Option<bool>,
    data: Option<Blob>,
    at: Option<Timestamp>,
    list: Option<Vec<Option<String>>>,
    nested: Option<Inner>,
    map: Option<std::collections::BTreeMap<String, String>>,
}

#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
struct Inner {}

#[test]
fn byte_strings_are_base64() {
    struct Data(Vec<u8>);
    impl Serialize for Data {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_bytes(&self.0)
        }
    }
    for length in [0, 1, 2, 3, 3071, 3072, 3073, 10_000] {
        let bytes: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
        let expected = format!("\"{}\"", base64_simd::STANDARD.encode_to_string(&bytes));
        assert_eq!(encode(&Data(bytes)).expect("encodes"), expected, "{length}");
    }
}

#[test]
fn wrong_types_read_as_aws_says() {
    for (body, expected) in [
        (
            r#"{"Name":5}"#,
            "class com.amazon.coral.value.json.numbers.TruncatingBigNumber can not be converted to an String",
        ),
        (r#"{"Name":[]}"#, "Start of list found where not expected"),
        (r#"{"Name":{}}"#, "Start of structure or map found where not expected."),
        (r#"{"Count":true}"#, "class java.lang.Boolean can not be converted to an Integer"),
        (r#"{"Count":"5"}"#, "class java.lang.String can not be converted to an Integer"),
        (r#"{"Flag":"yes"}"#, "'YES' can not be converted to an Boolean"),
        (
            r#"{"Data":"abc"}"#,
            "'abc' can not be converted to a Blob: Base64 encoded length is expected a multiple of 4 bytes but found: 3",
        ),
        (r#"{"Data":"a~bc"}"#, "'a~bc' can not be converted to a Blob: Invalid Base64 character: '~'"),
        (r#"{"Data":"=+/="}"#, "'=+/=' can not be converted to a Blob: Invalid Base64 character: '='"),
        (
            r#"{"Data":"+/+="}"#,
            "'+/+=' can not be converted to a Blob: Invalid last non-pad Base64 character dectected",
        ),
        (r#"{"Data":true}"#, "class java.lang.Boolean can not be converted to a Blob"),
        (r#"{"At":"x"}"#, "class java.lang.String can not be converted to milliseconds since epoch"),
        (r#"{"List":5}"#, "Expected list or null"),
        (r#"{"List":{}}"#, "Start of structure or map found where not expected."),
        (r#"{"Nested":"x"}"#, "Expected null"),
        (r#"{"Nested":[]}"#, "Start of list found where not expected"),
        (r#"{"Map":"x"}"#, "Expected map or null"),
        (r#"{"Map":[]}"#, "Start of list found where not expected"),
    ] {
        let error = decode::<Probe>(body.as_bytes()).expect_err(body);
        assert_eq!(error.message(), Some(expected), "{body}");
    }
    for broken in [r#"{"Name":"#, "{} {}", "", "\u{feff}{}"] {
        let error = decode::<Probe>(broken.as_bytes()).expect_err(broken);
        assert_eq!((error.code().name, error.message()), ("SerializationException", None), "{broken}");
    }
    for body in ["[]", r#"["a"]"#, "5", "null", r#""x""#] {
        let error = decode::<Probe>(body.as_bytes()).expect_err(body);
        assert_eq!((error.code().name, error.message()), ("SerializationException", None), "{body}");
    }
}

#[test]
fn numbers_are_cut_to_integers() {
    for (count, expected) in
        [("1.9", 1), ("-1.9", -1), ("2e3", 2_000), ("99999999999999", i32::MAX), ("-1e30", i32::MIN)]
    {
        let probe: Probe = decode(format!(r#"{{"Count":{count}}}"#).as_bytes()).expect(count);
        assert_eq!(probe.count, Some(expected), "{count}");
    }
}

#[test]
fn hostile_nesting_is_refused() {
    for open in ["[", "{\"Nested\":", "{\"Unknown\":[", "{\"List\":[["] {
        assert!(decode::<Probe>(open.repeat(200_000).as_bytes()).is_err(), "{open}");
    }
}

/// The careful reader alone.
fn careful<T: DeserializeOwned>(body: &[u8]) -> Option<T> {
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let decoded = strict::deserialize(&mut deserializer).and_then(|value| deserializer.end().map(|()| value));
    decoded.ok()
}

#[test]
fn plain_bodies_are_read_plainly() {
    let large = "QUJD".repeat(20_000);
    for body in [
        r#"{"Name":"a","Count":-5,"Flag":true,"At":1700000000,"List":["x",null],"Nested":{"Deep":[1,{}]}}"#.to_owned(),
        r#" { "Name" : "é" , "Data" : "aGk=" , "Count" : null } "#.to_owned(),
        format!(r#"{{"Data":"{large}"}}"#),
    ] {
        let probe: Probe = plain::read(body.as_bytes()).expect("plain");
        assert_eq!(Some(probe), careful(body.as_bytes()), "{body}");
    }
}

proptest::proptest! {
    /// Whatever the quick reader takes, the careful one takes too, and reads the same.
    #[test]
    fn the_quick_reader_never_differs(
        body in r#"(\{|\[|\}|\]|,|:|"|\\|"Name"|"Data"|"Count"|"Flag"|"At"|"List"|"Nested"|"aGk="|"x"| |-|0|1|12|1\.5|e|true|null|\n|\PC){0,14}"#,
        members in proptest::collection::vec((
            r#""(Name|Data|Count|Flag|At|List|Nested|Other)""#,
            r#"("(aGk=|aGk|x|\\\\n|\PC|\x01)"|-?(0|7|12|007|1\.5|2e3|999999999999999999999)|true|null|\[\]|\[1,\]|\["a", "b"\]|\{\}|\{"a":\[0\]\})"#,
        ), 0..6),
    ) {
        let members: Vec<String> = members.iter().map(|(name, value)| format!("{name}: {value}")).collect();
        for body in [body, format!("{{{}}}", members.join(","))] {
            if let Ok(probe) = plain::read::<Probe>(body.as_bytes()) {
                proptest::prop_assert_eq!(Some(probe), careful(body.as_bytes()), "{}", body);
            }
        }
    }
}

#[test]
fn errors_bring_members_of_their_own() {
    let samples = ErrorMember::Texts(vec!["a".to_owned()]);
    let error = ErrorCode::sender("Bad").with("why").with_member("code", ErrorMember::Text("c".into()));
    let error = error.with_member("RawInputRecords", samples);
    let expected = r#"{"RawInputRecords":["a"],"__type":"Bad","code":"c","message":"why"}"#;
    assert_eq!(encode_error(&error), expected);
}
