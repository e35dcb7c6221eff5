//! Usual bodies, and those that are handed back.

use super::*;

#[test]
fn usual_bodies_are_taken_apart() {
    let compact =
        br#"{"Records":[{"Data":"aGk=","PartitionKey":"a"},{"PartitionKey":"b","Data":""}],"StreamName":"s"}"#;
    let spaced = br#" { "StreamName" : "s", "Records": [{"Data": "aGk=", "PartitionKey": "a"},
        {"PartitionKey": "b", "Data": ""}] } "#;
    let records = vec![Found { key: b"a", text: b"aGk=", bytes: 2 }, Found { key: b"b", text: b"", bytes: 0 }];
    let expected = Scanned { records, stream_name: Some("s"), stream_arn: None };
    assert_eq!(scan(compact).as_ref(), Some(&expected));
    assert_eq!(scan(spaced).as_ref(), Some(&expected));
    let by_arn = br#"{"StreamARN":"arn","Records":[{"Data":"aGkx","PartitionKey":"a"}]}"#;
    let scanned = scan(by_arn).expect("usual");
    assert_eq!((scanned.stream_arn, scanned.records[0].bytes), (Some("arn"), 3));
}

#[test]
fn everything_else_is_handed_back() {
    for body in [
        "",
        "{}",
        r#"{"Records":[],"StreamName":"s"}"#,
        r#"{"Records":null,"StreamName":"s"}"#,
        r#"{"Records":[{"Data":"aGk=","PartitionKey":"a"}],"StreamName":"s"} x"#,
        r#"{"Records":[{"Data":"aGk=","PartitionKey":"a"}],"StreamName":"s","DryRun":true}"#,
        r#"{"Records":[{"Data":"aGk=","PartitionKey":"a"},],"StreamName":"s"}"#,
        r#"{"Records":[{"Data":"aGk=","PartitionKey":"a"}]"#,
        r#"{"Records":[{"Data":"aGk=","PartitionKey":"a","Data":"aGk="}]}"#,
        r#"{"Records":[{"Data":"aGk=","PartitionKey":"a","ExplicitHashKey":"1"}]}"#,
        r#"{"Records":[{"Data":"aGk=","PartitionKey":""}]}"#,
        r#"{"Records":[{"Data":"aGk=","PartitionKey":"\u0041"}]}"#,
        r#"{"Records":[{"Data":"aGk=","PartitionKey":"ä"}]}"#,
        r#"{"Records":[{"Data":"aGk","PartitionKey":"a"}]}"#,
        r#"{"Records":[{"Data":"=","PartitionKey":"a"}]}"#,
        r#"{"Records":[{"Data":1,"PartitionKey":"a"}]}"#,
        r#"{"Records":[{"PartitionKey":"a"}]}"#,
        r#"{"Records":[{"Data":"aGk="}]}"#,
        r#"{"records":[{"Data":"aGk=","PartitionKey":"a"}]}"#,
    ] {
        assert_eq!(scan(body.as_bytes()), None, "{body}");
    }
    let record = r#"{"Data":"","PartitionKey":"a"}"#;
    let of = |count: usize| format!(r#"{{"Records":[{}]}}"#, vec![record; count].join(","));
    assert_eq!(scan(of(500).as_bytes()).expect("the most").records.len(), 500);
    assert_eq!(scan(of(501).as_bytes()), None);
}

#[test]
fn single_records_are_taken_apart() {
    let record = Found { key: b"a", text: b"aGk=", bytes: 2 };
    let body = br#"{"Data":"aGk=","PartitionKey":"a","StreamName":"s"}"#;
    assert_eq!(scan_one(body), Some(One { record, stream_name: Some("s"), stream_arn: None }));
    let spaced = br#" { "StreamARN" : "arn", "PartitionKey":"a" ,"Data":"aGk=" } "#;
    assert_eq!(scan_one(spaced), Some(One { record, stream_name: None, stream_arn: Some("arn") }));
    for body in [
        "{}",
        r#"{"Data":"aGk=","PartitionKey":"a","StreamName":"s"} x"#,
        r#"{"Data":"aGk=","PartitionKey":"a","StreamName":"s","DryRun":true}"#,
        r#"{"Data":"aGk=","PartitionKey":"a","StreamName":"s",}"#,
        r#"{"Data":"aGk=","PartitionKey":"a","StreamName":null}"#,
        r#"{"Data":"aGk=","PartitionKey":"a","PartitionKey":"a"}"#,
        r#"{"Data":"aGk","PartitionKey":"a"}"#,
        r#"{"Data":"aGk=","PartitionKey":"\n"}"#,
        r#"{"PartitionKey":"a"}"#,
        r#"{"Data":"aGk="}"#,
    ] {
        assert_eq!(scan_one(body.as_bytes()), None, "{body}");
    }
}
