//! Records that hold several, taken apart.

use super::*;

#[test]
fn json_values_are_split() {
    let check = |record: &'static str, expected: Option<Vec<&str>>| {
        let parts = split(&Bytes::from_static(record.as_bytes()), &SubRecords::Json);
        assert_eq!(parts, expected.map(|parts| parts.into_iter().map(|part| Bytes::from(part.to_owned())).collect()));
    };
    check(r#"{"a":1}{"a":"}{"}"#, Some(vec![r#"{"a":1}"#, r#"{"a":"}{"}"#]));
    check("{\"a\":1}\n {\"b\":[{}]} \n", Some(vec![r#"{"a":1}"#, r#"{"b":[{}]}"#]));
    check(r#"{"a":1}"#, Some(vec![r#"{"a":1}"#]));
    check(r#"{"a":1}{"#, None);
    check("no json", None);
    check("", None);
}

#[test]
fn pieces_are_split_at_the_delimiter() {
    let check = |record: &'static str, delimiter: &str, expected: Option<Vec<&str>>| {
        let how = SubRecords::Delimited(delimiter.as_bytes().to_vec());
        let parts = split(&Bytes::from_static(record.as_bytes()), &how);
        assert_eq!(parts, expected.map(|parts| parts.into_iter().map(|part| Bytes::from(part.to_owned())).collect()));
    };
    check("a|b|c", "|", Some(vec!["a", "b", "c"]));
    check("a####b####", "####", Some(vec!["a", "b"]));
    check("whole", "|", Some(vec!["whole"]));
    check("||", "|", None);
}

#[test]
fn too_many_sub_records_are_left_together() {
    let many = |count: usize| Bytes::from("{}".repeat(count));
    assert_eq!(split(&many(500), &SubRecords::Json).map(|parts| parts.len()), Some(500));
    assert_eq!(split(&many(501), &SubRecords::Json), None);
    let lines = |count: usize| Bytes::from("x\n".repeat(count));
    let how = SubRecords::Delimited(b"\n".to_vec());
    assert_eq!(split(&lines(500), &how).map(|parts| parts.len()), Some(500));
    assert_eq!(split(&lines(501), &how), None);
}
